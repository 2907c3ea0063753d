"""The same events, kept by chainlog and by others: `make bench-peers`."""

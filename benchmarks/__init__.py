"""Benchmarks: each figure is a ratio to a yardstick of the same run. Run them with `python -m benchmarks`."""

"""The port to whatever keeps the bytes, and its engines: LMDB and memory. Does I/O.

May import tree and below. The one door to LMDB; does no cryptography and knows nothing of events.
"""

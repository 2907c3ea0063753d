"""The log itself: writer, reader, drafting. Does I/O through the store port.

May import store and below. Only `log/writer.py` changes a log.
"""

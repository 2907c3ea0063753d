"""A record and its parts: draft file, record, signatures, keys. Pure, except for key files.

May import event and below. `record/keys.py` is the one door to libsodium.
"""

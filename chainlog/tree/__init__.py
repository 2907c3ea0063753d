"""The Merkle tree over the record hashes, its tiles, and the signed heads. Pure.

Imports only canon, digest, limits and errors. What signs and what verifies is passed in.
"""

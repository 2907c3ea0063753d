"""The one encoding: strict MessagePack, folded text, references to carriers and persons. Pure.

May import digest, errors, limits, codes. Everything that is hashed or signed passes through here.
"""

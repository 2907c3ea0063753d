"""Who may do what at an index: persons, keys, administrators, posts, policy; and `admit`. Pure.

May import record and below. Draft, writer, audit and bundle verifier all use this fold and no other.
"""

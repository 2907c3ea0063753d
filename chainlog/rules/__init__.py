"""Findings: pure functions from facts, policy in force and a moment to what is against the regulations.

May import projection and below. One module a chapter of the regulations; policy profiles are data.
"""

"""State folded from records: custody and its intervals, lineage, people, inventory. Kept in `derived/`.

May import proof, log and below. All of it can be deleted and rebuilt from the log.
"""

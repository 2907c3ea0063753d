"""What proves something of a log away from it: receipts, pins, evidence of conflicts. A reader is passed in, no store.

Imports log and the rooms below it but store.
"""

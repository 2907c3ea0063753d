"""Registers in and out: one declaration a ledger serves import, export and print.

May import forensics and below. The one door to spreadsheet libraries.
"""

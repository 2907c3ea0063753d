"""Questions after the fact: integrity audit, investigation, comparison of logs, case files.

May import rules and below. Collects findings, goes on after the first, and never raises for bad data.
"""

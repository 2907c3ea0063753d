"""The vocabulary: every kind of event, its fields, roles and subjects, built from one table. Pure.

May import canon and below. Knows neither signatures nor order.
"""

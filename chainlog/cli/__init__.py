"""The command `chainlog`: arguments in, text or JSON out. The only room that prints, exits, or reads the clock.

May import every room. Needs the extra `chainlog-custody[cli]`.
"""

"""The first day: a guide from the first import to the first running measure, on the start page until it is done.

Noun: FirstDay (how far a shop is). It holds no rule of its own: each step shows what other modules know and calls their
actions.
"""

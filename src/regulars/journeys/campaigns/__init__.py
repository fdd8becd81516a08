"""Campaigns: a Campaign is a journey launched once at a segment; its Arms are the ways in which it may be said.

A draft is written in a form. Launching it makes a measure and freezes a journey of it (`blueprint.py`); from there on the
engine of journeys does the work: it takes the members in page by page, draws arms by a keyed hash, sends. What is a
campaign's own is the moment, the pace, the pause, and the winner of a test.
"""

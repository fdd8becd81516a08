"""Rehearsals: what a journey would have done in the past year, counted from what is on record. Nothing is written to anybody.

`past_segments` tells when customers were in a segment, `past_entries` when the trigger would have taken them in, `tryout`
asks the re-entry rule, the gate and the budget, for one page of customers at a time.
"""

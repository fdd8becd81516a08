"""Whom: Segment (a named rule), SegmentMember (who is in it now) and CustomerProfile (traits and scores, derived)."""

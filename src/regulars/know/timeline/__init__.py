"""What happened, and who still has to react to it: Event (a dated fact, append-only) and EventDue (one row a listener)."""

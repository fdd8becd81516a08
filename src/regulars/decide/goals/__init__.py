"""What is done on purpose, and for what: Goal (one of six, ranked) and Measure (one goal, one KPI, one stop rule)."""

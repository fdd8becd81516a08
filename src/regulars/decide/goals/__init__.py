"""What is done on purpose and for which goal: Goal (one of six, ranked) and Measure (names one goal, one KPI, one stop rule)."""

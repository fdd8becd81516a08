"""Facts think: the snapshot, the warehouse door, KPIs, models, scores and effects."""

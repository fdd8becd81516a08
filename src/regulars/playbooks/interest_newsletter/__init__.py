"""A newsletter about what each customer likes."""

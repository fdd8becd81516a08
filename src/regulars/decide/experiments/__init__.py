"""Who is left untreated by plan: Assignment of a customer to the treated arm or the holdout of a measure."""

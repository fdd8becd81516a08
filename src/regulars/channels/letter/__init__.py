"""The channel `letter`: letters on paper for window envelopes (DIN 5008, form B). What the gate granted is taken as a batch,
printed as one PDF, and told: printed, or not.
"""

"""May we? Consent, Suppression, Objection, ContactFreeze, ContactRequest, Contact and Decision: the only gate."""

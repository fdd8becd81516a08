"""Welcome those who allow mails for the first time."""

"""E-mail through a provider's interface instead of SMTP: its account, mails over HTTP, and its reports about them."""

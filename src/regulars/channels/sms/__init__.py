"""The channel `sms`: short messages over the HTTP interface of a provider, with a second one where the first fails."""

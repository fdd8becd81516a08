"""Telling other programs: WebhookEndpoint (where to, with its secret) and Webhook (one signed call, sent at least once)."""

"""The REST interface: `/api/v1/…`, keys with scopes, problem+json errors, one file of routes a noun."""

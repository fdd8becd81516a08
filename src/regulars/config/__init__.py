"""Settings from a typed environment, URLs, WSGI and system checks. Every setting has a default that starts."""

"""Lucide's line icons (ISC), as shipped; `{% icon "users" %}` writes one into a page."""

"""A mail inside a page: its HTML alone, for a frame, under a policy of its own."""

from django.http import HttpResponse

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail's HTML runs nothing and loads nothing; its links open in a window of their own."""


def mail_frame(html: str) -> HttpResponse:
    """The answer for the frame. Nobody but our own pages may show it, and no cache keeps what was written to somebody."""
    # A link without a target would try to open the shop inside the frame.
    response = HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-store"
    return response

"""Kept numbers of sign-ups: by state."""

from regulars.core.tallies import keep

SIGNUPS = keep("signups", "signups_signup", owner="form_id", parts=("{row}.state",), columns=("state",))
"""Of a form."""

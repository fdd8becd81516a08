"""Verbs of sign-ups: write a form, sign up, confirm, let unconfirmed ones expire."""

from .forms import DEFAULT_TEXTS, FormWords, save_form
from .signing import confirm, expire, known_signup, sign_up

__all__ = ["DEFAULT_TEXTS", "FormWords", "confirm", "expire", "known_signup", "save_form", "sign_up"]

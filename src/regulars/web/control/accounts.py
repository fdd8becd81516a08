"""How staff get in: no public sign-up, and no hint whether an address is known."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an owner or the command line; redirects stay on this host (allauth checks `is_safe_url`)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/accounts/login/"

    def get_user_display(self, user: Any) -> str:
        return str(user)

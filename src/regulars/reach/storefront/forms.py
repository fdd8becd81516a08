"""The form of the shop's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class OriginsForm(forms.Form):
    """Further addresses of the shop's pages."""

    origins = forms.CharField(
        label=_("Further addresses of your shop"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line, such as https://en.your-shop.com. The website from the settings counts anyway."),
    )

"""The form of the mailbox."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Mailbox


class MailboxForm(forms.Form):
    """Where the mailbox is. An empty password keeps the one that is there."""

    host = forms.CharField(label=_("Server"), max_length=200, help_text=_("Such as imap.your-shop.com"))
    security = forms.ChoiceField(label=_("Encryption"), choices=Mailbox.Security.choices)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    username = forms.CharField(label=_("User"), max_length=200)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forget_password = forms.BooleanField(
        label=_("Keep no password here: take REGULARS_MAILBOX_PASSWORD of the installation"), required=False
    )
    folder = forms.CharField(label=_("Folder"), max_length=200)
    done_folder = forms.CharField(
        label=_("Mails that were read go to"),
        max_length=200,
        required=False,
        help_text=_("A folder, made when it is missing. Empty: they stay where they are and are flagged."),
    )
    is_active = forms.BooleanField(label=_("Read this mailbox every three minutes"), required=False)

    def __init__(self, *arguments: Any, box: Mailbox, **words: Any) -> None:
        names = ("host", "security", "port", "username", "folder", "done_folder", "is_active")
        initial = {name: getattr(box, name) for name in names}
        super().__init__(*arguments, **{"initial": initial, **words})
        if box.password:
            self.fields["password"].help_text = _("Kept encrypted. Leave empty to keep it as it is.")

    def values(self) -> dict[str, Any]:
        """What `actions.set_up` is given."""
        data = dict(self.cleaned_data)
        password = data.pop("password") or None
        return data | {"password": "" if data.pop("forget_password") else password}

"""The table of the mailbox: where it is, and how far it was read."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Mailbox(ShopOwned):
    """The IMAP mailbox of a shop for returned mails, complaints and replies.

    password: sealed; "" takes REGULARS_MAILBOX_PASSWORD. done_folder: where mails go that were read ("" = they stay and
    are flagged). uid_validity, last_uid: up to here everything was read and put away (RFC 3501, 2.3.1.1).
    """

    class Security(models.TextChoices):
        TLS = "tls", _("TLS (port 993)")
        STARTTLS = "starttls", _("STARTTLS (port 143)")
        NONE = "none", _("none, on this machine only")

    host = models.CharField(_("server"), max_length=200)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("encryption"), max_length=10, choices=Security.choices, default=Security.TLS)
    username = models.CharField(_("user"), max_length=200)
    password = models.TextField(blank=True, default="")
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    done_folder = models.CharField(_("folder for mails that were read"), max_length=200, blank=True, default="Regulars")
    is_active = models.BooleanField(_("read this mailbox"), default=True)
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    mails_read = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="mailbox_once")]

    def __str__(self) -> str:
        return f"{self.username} @ {self.host}"

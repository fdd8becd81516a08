"""The shop: the tenant that owns every other row."""

from datetime import time
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def known_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("“%(value)s” is not a time zone, such as Europe/Berlin."), params={"value": value})


class Shop(models.Model):
    """One online shop with its currency, zone, languages and sender."""

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))],
    )
    timezone = models.CharField(_("time zone"), max_length=60, default="Europe/Berlin", validators=[known_zone])
    locale = models.CharField(
        _("language of the shop"), max_length=5, default="de", choices=[("de", _("German")), ("en", _("English"))]
    )
    country = models.CharField(_("country (for public holidays)"), max_length=2, default="DE")
    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    sender_email = models.EmailField(_("sender's address"), blank=True)
    reply_to = models.EmailField(_("replies go to"), blank=True)
    website = models.URLField(_("website"), blank=True)
    legal_footer = models.TextField(
        _("legal notice under each mail"), blank=True, help_text=_("Name, postal address, register and VAT number.")
    )
    opening_hours = models.JSONField(
        _("opening hours"), default=dict, blank=True, help_text=_('Such as {"mon": [["09:00", "17:00"]]}.')
    )
    quiet_from = models.TimeField(_("quiet hours from"), default=time(20))
    quiet_until = models.TimeField(_("quiet hours until"), default=time(8))
    contacts_per_week = models.PositiveSmallIntegerField(
        _("contacts a customer and week at most"), default=2, validators=[MaxValueValidator(50)]
    )
    contacts_per_month = models.PositiveSmallIntegerField(
        _("contacts a customer and 30 days at most"), default=4, validators=[MaxValueValidator(200)]
    )
    existing_customers_since = models.DateField(
        _("buyers are told about advertising since"),
        null=True,
        blank=True,
        help_text=_(
            "§ 7 (3) UWG: since this day whoever orders is told, when the address is asked for, that it is used for advertising "
            "of your own similar goods and that they may object at any time. Their orders since then permit measures that "
            "advertise similar goods. Leave it empty if you only write with consent."
        ),
    )
    global_holdout_share = models.DecimalField(
        _("global holdout"),
        max_digits=4,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(0.5)],
    )
    cost_rate = models.DecimalField(
        _("cost of goods, share of the tax-free list value"), max_digits=4, decimal_places=3, default="0.6"
    )
    tax_rate = models.DecimalField(_("usual value-added tax rate"), max_digits=4, decimal_places=3, default="0.19")
    message_cost_minor = models.PositiveIntegerField(_("cost of 1,000 mails, in minor units"), default=100)
    checkout_left_minutes = models.PositiveIntegerField(
        _("minutes until a checkout counts as left"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(60 * 24 * 14)],
    )
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

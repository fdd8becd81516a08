"""Tables of customers: Customer, Identity, PostalAddress, ErasedIdentity, Tag."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned, shop_manager


class CustomerQuerySet(models.QuerySet["Customer"]):
    def living(self) -> "CustomerQuerySet":
        """Those that are still persons of their own: not merged into another, not erased."""
        return self.filter(merged_into=None, erased_at=None)


class Customer(ShopOwned):
    """A person known to the shop.

    number: the shop's own id of the customer, as its exports name it.
    birthday: day and month, the year only where the customer gave it (a birthday mail needs no year).
    source_version: of what the shop told last; newest wins.
    """

    number = models.CharField(_("customer number"), max_length=64)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    locale = models.CharField(_("language"), max_length=5, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    birthday_day = models.PositiveSmallIntegerField(null=True, blank=True)
    birthday_month = models.PositiveSmallIntegerField(null=True, blank=True)
    birthday_year = models.PositiveSmallIntegerField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    since = models.DateTimeField(_("known since"), null=True, blank=True)
    source_version = models.CharField(max_length=40, blank=True, default="")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[Any] = shop_manager(CustomerQuerySet)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="customer_number_once")]
        indexes = [
            models.Index(fields=["shop", "birthday_month", "birthday_day"], name="customer_birthday"),
            models.Index(fields=["shop", "last_name", "first_name"], name="customer_name"),
            models.Index(
                fields=["shop", "first_name"], opclasses=["int8_ops", "varchar_pattern_ops"], name="customer_first_name"
            ),
            models.Index(
                fields=["shop", "id"], condition=models.Q(merged_into=None, erased_at=None), name="customer_living"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """First and last name, or the number of a customer whose name is not known."""
        return f"{self.first_name} {self.last_name}".strip() or self.number

    @property
    def language(self) -> str:
        """The locale to write in: the customer's, else the shop's."""
        return self.locale or self.shop.locale


class Identity(ShopOwned):
    """One address of a customer. `value` as given, `key` normalised (lower case, E.164)."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("phone")
        SHOP_ID = "shop_id", _("shop's id")
        DEVICE = "device", _("device")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=254)
    key = models.CharField(max_length=254)
    is_primary = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind", "key"], name="identity_once")]

    def __str__(self) -> str:
        return self.value


class PostalAddress(ShopOwned):
    """Where letters reach a customer: one address, the newest that was told.

    recipient: lines above the street beside the name, such as a company, one a line. street: with the house number, one
    or two lines. country: two letters, "" means the customer's or the shop's. returned_at: when post came back from it; a
    new address ends that.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="postal_address")
    recipient = models.CharField(_("company or addition"), max_length=120, blank=True)
    street = models.CharField(_("street and number"), max_length=160)
    postal_code = models.CharField(_("postal code"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("region or state"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.street}, {self.postal_code} {self.city}"


class ErasedIdentity(ShopOwned):
    """A keyed hash of an erased person's identity, so that a later import does not bring the person back."""

    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind", "digest"], name="erased_identity_once")]

    def __str__(self) -> str:
        return self.digest[:8]


class Tag(ShopOwned):
    """A word on a customer, set by a person or a journey; segments can ask for it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(_("tag"), max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="tag_once")]
        indexes = [models.Index(fields=["shop", "name"], name="tag_by_name")]

    def __str__(self) -> str:
        return self.name

"""Who may do what: staff, their roles in shops, and keys for programs."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.roles import Role
from regulars.core.scoping import ShopOwned


class StaffManager(BaseUserManager["Staff"]):
    """Makes staff by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)


class Staff(AbstractBaseUser, PermissionsMixin):
    """A person who works with Regulars. What they may do in a shop is said by their Membership."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    locale = models.CharField(
        _("language"), max_length=5, default="de", choices=[("de", _("German")), ("en", _("English"))]
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = StaffManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """The role of one person in one shop."""

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, related_name="memberships")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "staff"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.staff}: {self.role}"


class ApiKey(ShopOwned):
    """A key for a program. Only its SHA-256 is kept; the key itself is shown once."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

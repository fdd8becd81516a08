"""Tables of sign-ups: SignupForm, FormText, Signup."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class SignupForm(ShopOwned):
    """A form on a page of its own, to link to. topics: keys of topics to choose from. asks_tracking: whether it also asks,
    apart and unticked, whether opens and clicks may be measured."""

    key = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    topics = models.JSONField(default=list, blank=True)
    asks_name = models.BooleanField(_("asks for the first name"), default=True)
    asks_tracking = models.BooleanField(_("asks whether opens and clicks may be measured"), default=True)
    is_active = models.BooleanField(_("open"), default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="signup_form_once")]

    def __str__(self) -> str:
        return self.name


class FormText(models.Model):
    """One frozen version of a form's words in one locale: what somebody agreed to can always be shown again."""

    form = models.ForeignKey(SignupForm, on_delete=models.CASCADE, related_name="texts")
    locale = models.CharField(max_length=5)
    version = models.PositiveIntegerField()
    title = models.CharField(_("headline"), max_length=120)
    intro = models.TextField(_("what to expect"), max_length=1000)
    wording = models.TextField(_("words of the consent"), max_length=1000)
    tracking_wording = models.TextField(_("words of the consent to measuring"), max_length=1000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "locale", "version"], name="form_text_once")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.locale} v{self.version}"


class Signup(ShopOwned):
    """One person asked, and perhaps confirmed. made_customer: the customer was not known before and goes again if nobody
    confirms."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        EXPIRED = "expired", _("not confirmed")

    form = models.ForeignKey(SignupForm, on_delete=models.CASCADE, related_name="signups")
    text = models.ForeignKey(FormText, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", null=True)
    consents = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    made_customer = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "state", "created_at"], name="signup_by_state"),
            models.Index(fields=["customer"], name="signup_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.form_id}: {self.state}"

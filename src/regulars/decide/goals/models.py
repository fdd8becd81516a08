"""Tables of goals: Goal and Measure."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Goal(ShopOwned):
    """One of the six goals, with its rank (1 is first), its KPI, target and budget."""

    class Kind(models.TextChoices):
        WIN_BACK = "win_back", _("win back the most valuable customers")
        HOLD = "hold", _("hold existing customers")
        BASKET = "basket", _("raise the basket of existing customers")
        ATTACHMENT = "attachment", _("raise attachment to the brand")
        SATISFACTION = "satisfaction", _("raise satisfaction")
        DATA = "data", _("gain data")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    rank = models.PositiveSmallIntegerField()
    kpi = models.CharField(max_length=60)
    target = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    budget = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("rank",)
        constraints = [models.UniqueConstraint(fields=["shop", "kind"], name="goal_once")]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Measure(ShopOwned):
    """Anything done to customers on purpose. kind says which module runs it ("journey" now).

    occasion: the date of a customer's that it keeps ("birthday"), "" for none. topic: key of what it writes about; who does
    not want that topic is left out. is_similar_goods: it advertises own goods like those a customer bought (§ 7 (3) UWG).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("advertising")
        RESEARCH = "research", _("research")
        SERVICE = "service", _("service")

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=20, default="journey")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.MARKETING)
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="measures")
    kpi = models.CharField(max_length=60)
    occasion = models.CharField(max_length=40, blank=True, default="", editable=False)
    topic = models.CharField(max_length=40, blank=True, default="", editable=False)
    is_similar_goods = models.BooleanField(default=False, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    holdout_share = models.DecimalField(
        _("holdout"),
        max_digits=4,
        decimal_places=3,
        default="0.1",
        validators=[MinValueValidator(0), MaxValueValidator(0.9)],
    )
    outcome_days = models.PositiveSmallIntegerField(_("outcome window in days"), default=30)
    stop_rule = models.JSONField(default=dict, blank=True)
    salt = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    true_effect = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="measure_key_once")]

    def __str__(self) -> str:
        return self.name

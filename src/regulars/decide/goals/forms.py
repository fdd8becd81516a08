"""Forms of goals."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.core import money
from regulars.core.figure_names import known_figures
from regulars.core.models import Shop

from .models import Goal


class GoalForm(forms.Form):
    """KPI, target and yearly budget of a goal. The budget is typed in major units."""

    kpi = forms.ChoiceField(label=_("Figure that shows it"))
    target = forms.DecimalField(
        label=_("Target"),
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=_("A share as 0.45, an amount in cents."),
    )
    budget = forms.DecimalField(label=_("Budget a year"), min_value=0, max_digits=14, decimal_places=2, required=False)

    def __init__(self, *arguments: Any, shop: Shop, goal: Goal, **words: Any) -> None:
        budget: Decimal | None = None if goal.budget is None else money.to_decimal(goal.budget, shop.currency)
        target = None if goal.target is None else goal.target.normalize()
        words["initial"] = {"kpi": goal.kpi, "target": target, "budget": budget}
        super().__init__(*arguments, **words)
        self.shop = shop
        known = known_figures()
        # One that is not built in stays what it is until somebody chooses another.
        self.fields["kpi"].choices = list(({goal.kpi: goal.kpi} | known).items())  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What `actions.change_goal` is given."""
        budget = self.cleaned_data["budget"]
        return {
            "kpi": self.cleaned_data["kpi"],
            "target": self.cleaned_data["target"],
            "budget": None if budget is None else money.to_minor(budget, self.shop.currency),
        }

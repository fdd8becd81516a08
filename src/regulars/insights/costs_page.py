"""The page on which costs are entered: what a month's winning and keeping of customers cost."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.clock import local_date
from regulars.core.models import Shop
from regulars.core.money import digits
from regulars.core.pages import page

from .costs import enter
from .models import Cost
from .periods import add_months, month_of

MONTHS = 12


class AmountField(forms.DecimalField):
    """An amount as people of the page's language write it, thousands separated or not."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            value = parse_decimal(str(value).strip(), locale=(get_language() or "en").split("-")[0], strict=True)
        except NumberFormatError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        return super().to_python(value)


class CostForm(forms.Form):
    """Twelve months, two amounts each, in major units; empty is nothing entered."""

    def __init__(self, *args: Any, shop: Shop, months: list[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places, self.months = digits(shop.currency), months
        there = {
            (row.kind, row.month): row.amount
            for row in Cost.objects.filter(shop=shop, month__gte=months[-1], month__lte=months[0])
        }
        for month in months:
            for kind in Cost.Kind:
                amount = there.get((kind.value, month))
                self.fields[_name(kind.value, month)] = AmountField(
                    label=f"{kind.label}, {month:%m/%Y}",
                    required=False,
                    min_value=Decimal(0),
                    max_digits=14,
                    decimal_places=self.places,
                    initial=None if amount is None else self._written(amount),
                )

    def _written(self, amount: int) -> str:
        """Minor units as the page's language writes them."""
        value = Decimal(amount).scaleb(-self.places)
        pattern = "#,##0" + ("." + "0" * self.places if self.places else "")
        return str(format_decimal(value, pattern, locale=(get_language() or "en").split("-")[0]))

    def rows(self) -> list[dict[str, Any]]:
        """Month by month its two fields, for the table."""
        return [
            {"month": month, "fields": [self[_name(kind.value, month)] for kind in Cost.Kind]} for month in self.months
        ]

    def amounts(self) -> dict[tuple[str, date], int]:
        """What was changed: (kind, month) → minor units."""
        return {
            (kind.value, month): int((self.cleaned_data[name] or Decimal(0)).scaleb(self.places))
            for month in self.months
            for kind in Cost.Kind
            if (name := _name(kind.value, month)) in self.changed_data
        }


def _name(kind: str, month: date) -> str:
    return f"{kind}-{month:%Y-%m}"


@page("costs/", name="costs", permission="manage_settings")
def costs(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The last twelve months, to be filled in; each change is audited."""
    now = clock.now()
    this = month_of(local_date(now, shop.timezone))
    months = [add_months(this, -back) for back in range(MONTHS)]
    form = CostForm(request.POST or None, shop=shop, months=months)
    if request.method == "POST" and form.is_valid():
        for (kind, month), amount in form.amounts().items():
            enter(shop, kind, month, amount, request.user, now)  # type: ignore[arg-type]
        messages.success(request, _("The costs are saved. The figures follow within minutes."))
        return redirect("shop:costs", shop.slug)
    context = {
        "form": form,
        "kinds": list(Cost.Kind),
        "crumbs": [(_("Figures"), reverse("shop:figures", args=[shop.slug]))],
    }
    return render(request, "insights/costs.html", context)

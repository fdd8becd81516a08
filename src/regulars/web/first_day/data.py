"""What the guide shows of a shop's data: what is there, and what to do about what is missing."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.connectors.files.models import ImportRun
from regulars.core.models import Shop
from regulars.journeys.shop_facts import ShopFacts
from regulars.know.customers.models import Identity
from regulars.know.orders.models import Order

MANY = 10_000
"""Beyond this it is enough to know that there are more: counting a million rows is no work for a page."""


@dataclass(frozen=True)
class Line:
    """One kind of data. count: how many there are; is_more: and more. is_good: enough to begin with. todo: what to do else."""

    title: Any
    count: int
    is_good: bool
    todo: Any
    is_more: bool = False


def lines_of(shop: Shop, facts: ShopFacts) -> list[Line]:
    """What measures live on. Two queries beside the facts."""
    orders = _counted(Order._base_manager.filter(shop=shop))
    mails = _counted(Identity._base_manager.filter(shop=shop, kind="email"))
    return [
        Line(_("Customers"), facts.customers, facts.customers > 0, _("Import the order export of your shop.")),
        Line(_("Orders"), min(orders, MANY), orders > 0, _("Import the order export of your shop."), orders > MANY),
        Line(
            _("E-mail addresses"),
            min(mails, MANY),
            mails > 0,
            _("Add the column with the address to the export, and import it again: nothing is doubled."),
            mails > MANY,
        ),
        Line(
            _("Birthdays"),
            facts.birthdays,
            facts.birthdays > 0,
            _("Not needed to begin with. They come with an import of customers."),
        ),
        Line(
            _("Customers who agreed to advertising"),
            facts.may_mail,
            facts.may_mail > 0,
            _("The step “Whom you may write to” shows three ways."),
        ),
    ]  # fmt: skip


def _counted(rows: Any) -> int:
    return int(rows[: MANY + 1].count())


def last_import() -> ImportRun | None:
    """The newest import that wrote something, with the rows it left out."""
    found: ImportRun | None = ImportRun.objects.filter(is_dry_run=False).order_by("-created_at", "-pk").first()
    return found

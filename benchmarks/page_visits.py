"""Which addresses are visited: every page of the registry, with what a person would look at, and the lists turned over."""

from typing import Any

QUERIES: dict[str, tuple[str, ...]] = {
    "customers": (
        "",
        "?sort=name",
        "?q=Ros",
        "?q=c77",
        "?after={middle}",
        "?sort=name&after={middle}",
        "?before={middle}",
    ),
    "customer-orders": ("", "?before={order}"),
    "vouchers": ("", "?state=open", "?state=used", "?state=expired", "?state=cancelled", "?q=B7", "?q={number}"),
    "suppressions": ("", "?q=dead1", "?before={suppression}"),
    "measure_decisions": ("", "?reason=ok"),
    "overview": ("", "?days=30"),
    "templates": ("", "?q=a"),
    "template_products": ("", "?q=Record"),
    "template_people": ("", "?q=Ros"),
    "inbox": ("", "?q=rosa"),
    "campaign_edit": ("", "?step=message", "?step=test", "?step=time", "?step=check"),
    "campaign_reach": ("", "?segment={segment}&holdout_share=0.1"),
    "journey": ("", "?at=trigger", "?at=asks"),
    "calendar": ("", "?view=week", "?view=list"),
}
"""Beside the plain page."""


def visits(shop: Any) -> dict[str, str]:
    """name of the page and its query → its address; "" where no argument is known to take."""
    from django.urls import NoReverseMatch, reverse

    from regulars.core.pages import PAGES
    from regulars.core.scoping import scope

    with scope(shop=shop):
        known = _known()
    found: dict[str, str] = {}
    for name in PAGES:
        arguments = known.get(name, {})
        try:
            address = reverse(f"shop:{name}", args=[shop.slug, *arguments])
        except NoReverseMatch:
            found[name] = ""
            continue
        for query in QUERIES.get(name, ("",)):
            found[name + query] = address + query.format_map(known["words"])
    return found


def _known() -> dict[str, Any]:
    """name of a page → its arguments; those without any are left out."""
    from regulars.connectors.files.models import ImportRun
    from regulars.core.pages import PAGES
    from regulars.decide.contact_policy.models import Suppression
    from regulars.decide.goals.models import Goal, Measure
    from regulars.decide.segments.models import Segment
    from regulars.journeys.campaigns.models import Campaign
    from regulars.journeys.models import JourneyDraft
    from regulars.journeys.playbook import PLAYBOOKS
    from regulars.know.customers.models import Customer
    from regulars.know.orders.models import Order
    from regulars.reach.messaging.models import Media, Message, Template
    from regulars.reach.signups.models import SignupForm
    from regulars.reward.offers.models import Offer, Voucher

    message = Message.objects.order_by("-pk").first()
    customer = message.customer_id if message else 0
    newest = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    middle = Customer.objects.filter(pk__lte=newest // 2 + 1).order_by("-pk").values_list("pk", flat=True).first() or 0
    order = Order.objects.filter(customer=customer).order_by("-placed_at").first()
    one = {
        "customer": (customer,), "measure": Measure, "goal": Goal, "segment": Segment, "template": Template, "image": Media,
        "signup-form": SignupForm, "offer": Offer, "voucher": Voucher, "import": ImportRun,
        "journey": JourneyDraft,
    }  # fmt: skip
    keys = {
        Measure: "key",
        Goal: "kind",
        Segment: "key",
        SignupForm: "key",
        Offer: "key",
        Voucher: "code",
        JourneyDraft: "key",
    }
    known: dict[str, Any] = {
        "order": (order.number,) if order else (),
        "message": (customer, message.pk) if message else (),
        "message-html": (customer, message.pk) if message else (),
        "figure": ("orders",),
        "settings-part": ("policy",),
        "settings-staff-change": (1,),
        "settings-key-revoke": (1,),
        **dict.fromkeys(("campaign_edit", "campaign_delete"), _first(Campaign, "key", status="draft")),
        **dict.fromkeys(("campaign", "campaign_progress"), _first(Campaign, "key", measure__isnull=False)),
        "campaign_do": (*_first(Campaign, "key", measure__isnull=False), "pause"),
    }
    for name, page in PAGES.items():
        if "<" not in page.path or name in known:
            continue
        if page.path.startswith("measures/new/"):
            known[name] = (min(PLAYBOOKS),)
            continue
        noun = max((noun for noun in one if name.replace("_", "-").startswith(noun)), key=len, default="")
        noun = noun or ("customer" if page.path.startswith("customers/<int:pk>/") else "")
        source = one.get(noun)
        if isinstance(source, tuple):
            known[name] = source
        elif source is not None:
            known[name] = _first(source, keys.get(source, "pk"))
    suppression = Suppression.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    number = Customer.objects.filter(pk=customer).values_list("number", flat=True).first()
    words = {"middle": middle, "order": order.pk if order else 0, "suppression": suppression, "number": number}
    words["segment"] = next(iter(_first(Segment, "pk", key="segment-0")), "")
    return known | {"words": words}


def _first(model: Any, field: str, **which: Any) -> tuple[Any, ...]:
    """The field of the oldest row, as arguments of a page; none where there is no row."""
    return tuple(model.objects.filter(**which).order_by("pk").values_list(field, flat=True)[:1])

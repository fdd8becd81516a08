"""The step `webhook`: tells another program of the customer."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, Publication, StepKind, Wording
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer, Identity
from regulars.reach.webhooks import actions as webhooks
from regulars.reach.webhooks.models import WebhookEndpoint

INCLUDES = {
    "name": Words(en="name", de="Name"),
    "email": Words(en="e-mail address", de="E-Mail-Adresse"),
    "locale": Words(en="language", de="Sprache"),
}


class WebhookStep(StepKind):
    """The call is written with the move and sent afterwards, at least once, always with the same id. The journey goes on at
    once. It names the customer by number; more only where `include` asks for it.
    """

    key = "webhook"
    title = gettext_lazy("Webhook")
    icon = "webhook"
    fields = (
        Field("endpoint", "webhook", Words(en="Endpoint", de="Ziel"), required=True),
        Field(
            "type",
            "text",
            Words(en="Type of the call", de="Art des Aufrufs"),
            Words(en="For the receiver, such as customer.lapsed.", de="Für den Empfänger, etwa customer.lapsed."),
            default="journey.step",
            minimum=1,
            maximum=60,
        ),
        Field("include", "choices", Words(en="Also tell", de="Auch mitteilen"), choices=INCLUDES),
    )

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        found = WebhookEndpoint._base_manager.filter(shop=publication.shop, key=params["endpoint"]).first()
        if found is None:
            words = _("There is no webhook endpoint called “%(key)s”: make it first, on the page of webhooks.")
            raise Refused(words % {"key": params["endpoint"]})
        return {**params, "endpoint_id": found.pk}

    def run(self, batch: Batch) -> list[Move]:
        ids = {one.customer_id for one in batch.enrolments}
        include = batch.params.get("include", ())
        rows = Customer._base_manager.filter(pk__among=ids)
        people = {
            pk: {"number": number, "name": f"{first} {last}".strip(), "locale": locale or batch.shop.locale}
            for pk, number, first, last, locale in rows.values_list("pk", "number", "first_name", "last_name", "locale")
        }
        emails: dict[int, str] = {}
        if "email" in include:
            primary = Identity._base_manager.filter(customer_id__among=ids, kind=Identity.Kind.EMAIL, is_primary=True)
            emails = dict(primary.order_by("-pk").values_list("customer_id", "value"))
        told = ("number", *(name for name in ("name", "locale") if name in include))
        drafts = []
        for one in batch.enrolments:
            person = {name: people[one.customer_id][name] for name in told}
            if one.customer_id in emails:
                person["email"] = emails[one.customer_id]
            drafts.append(
                webhooks.Draft(
                    endpoint_id=batch.params["endpoint_id"],
                    kind=batch.params.get("type", "journey.step"),
                    data={"journey": batch.journey.measure.key, "step": batch.step, "customer": person},
                    key=batch.key(one),
                    customer_id=one.customer_id,
                )
            )
        webhooks.queue(batch.shop, drafts, batch.now)
        return [batch.forward(one) for one in batch.enrolments]

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("Tells “%(endpoint)s”") % {"endpoint": params["endpoint"]}

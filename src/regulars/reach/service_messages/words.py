"""What a service message says until the shop writes its own: a tree of blocks in each language, without any offer."""

from typing import Any

from regulars.reach.messaging.starting_points import Block, Drafts, block

_LINES = """<mj-section padding="0 24px"><mj-column>
<mj-table padding="0" font-size="15px">
{% for line in order.lines %}<tr><td style="padding:6px 0">{{ line.quantity }} × {{ line.title }}</td>
<td align="right" style="padding:6px 0">{{ line.value }}</td></tr>
{% endfor %}{% if order.discount %}<tr><td style="padding:6px 0">DISCOUNT</td>
<td align="right" style="padding:6px 0">−{{ order.discount }}</td></tr>
{% endif %}{% if order.shipping %}<tr><td style="padding:6px 0">SHIPPING</td>
<td align="right" style="padding:6px 0">{{ order.shipping }}</td></tr>
{% endif %}<tr><td style="padding:10px 0"><strong>TOTAL</strong></td>
<td align="right" style="padding:10px 0"><strong>{{ order.total }}</strong></td></tr>
</mj-table>
</mj-column></mj-section>"""
_HELLO = {
    "de": 'Hallo {{ customer.first_name | default("und guten Tag") }},',
    "en": 'Hello {{ customer.first_name | default("there") }},',
}
_WHY = {
    "de": "Diese Nachricht gehört zu Ihrer Bestellung {{ order.number }} bei {{ shop.name }}.",
    "en": "This message belongs to your order {{ order.number }} at {{ shop.name }}.",
}


def _lines(discount: str, shipping: str, total: str) -> Block:
    source = _LINES.replace("DISCOUNT", discount).replace("SHIPPING", shipping).replace("TOTAL", total)
    return block("mjml", source=source)


def _mail(locale: str, subject: str, preheader: str, head: str, text: str, *blocks: Block) -> tuple[str, str, Any]:
    body = [
        block("heading", text=head),
        block("text", text=f"{_HELLO[locale]}\n\n{text}"),
        *blocks,
        block("footer", reason=_WHY[locale]),
    ]
    return subject, preheader, body


def _ordered() -> Drafts:
    return {
        "de": _mail(
            "de", "Ihre Bestellung {{ order.number }} ist da", "Danke! Das haben wir notiert.", "Danke für Ihre Bestellung",
            "wir haben Ihre Bestellung {{ order.number }} vom {{ order.date }} erhalten und kümmern uns darum.",
            _lines("Nachlass", "Versand", "Summe"),
            block("text", text="Stimmt etwas nicht? Antworten Sie einfach auf diese E-Mail.", size="small"),
        ),
        "en": _mail(
            "en", "We have your order {{ order.number }}", "Thank you! This is what we noted.", "Thank you for your order",
            "we received your order {{ order.number }} of {{ order.date }} and are taking care of it.",
            _lines("Discount", "Shipping", "Total"),
            block("text", text="Is something wrong? Just answer this e-mail.", size="small"),
        ),
    }  # fmt: skip


def _shipped() -> Drafts:
    return {
        "de": _mail(
            "de", "Ihr Paket ist unterwegs", "Bestellung {{ order.number }} hat unser Haus verlassen.", "Ihr Paket ist unterwegs",
            "Ihre Bestellung {{ order.number }} ist verpackt und übergeben"
            "{% if parcel.carrier %} an {{ parcel.carrier }}{% endif %}."
            "{% if parcel.tracking_code %}\n\nSendungsnummer: **{{ parcel.tracking_code }}**{% endif %}"
            "{% if parcel.tracking_url %}\n\n[Sendung verfolgen]({{ parcel.tracking_url }}){% endif %}"
            "{% if parcel.promised_on %}\n\nSie soll bis zum {{ parcel.promised_on }} bei Ihnen sein.{% endif %}",
        ),
        "en": _mail(
            "en", "Your parcel is on its way", "Order {{ order.number }} has left our house.", "Your parcel is on its way",
            "your order {{ order.number }} is packed and handed over"
            "{% if parcel.carrier %} to {{ parcel.carrier }}{% endif %}."
            "{% if parcel.tracking_code %}\n\nTracking number: **{{ parcel.tracking_code }}**{% endif %}"
            "{% if parcel.tracking_url %}\n\n[Follow the parcel]({{ parcel.tracking_url }}){% endif %}"
            "{% if parcel.promised_on %}\n\nIt should reach you by {{ parcel.promised_on }}.{% endif %}",
        ),
    }  # fmt: skip


def _delivered() -> Drafts:
    return {
        "de": _mail(
            "de", "Ihr Paket ist angekommen", "Ist alles heil?", "Ihr Paket ist angekommen",
            "Ihre Bestellung {{ order.number }} wurde zugestellt. Fehlt etwas oder ist etwas beschädigt? Antworten Sie auf "
            "diese E-Mail, wir machen es gut.",
        ),
        "en": _mail(
            "en", "Your parcel has arrived", "Is everything in one piece?", "Your parcel has arrived",
            "your order {{ order.number }} was delivered. Is something missing or damaged? Answer this e-mail, and we make "
            "it good.",
        ),
    }  # fmt: skip


def _cancelled() -> Drafts:
    return {
        "de": _mail(
            "de", "Ihre Bestellung {{ order.number }} ist storniert", "Es wird nichts verschickt.", "Bestellung storniert",
            "Ihre Bestellung {{ order.number }} vom {{ order.date }} über {{ order.total }} ist storniert. Was Sie schon bezahlt "
            "haben, bekommen Sie zurück. Wollten Sie das nicht, antworten Sie bitte gleich.",
        ),
        "en": _mail(
            "en", "Your order {{ order.number }} is cancelled", "Nothing will be sent.", "Order cancelled",
            "your order {{ order.number }} of {{ order.date }} over {{ order.total }} is cancelled. What you have paid already "
            "comes back to you. If you did not want this, please answer at once.",
        ),
    }  # fmt: skip


def _refunded() -> Drafts:
    return {
        "de": _mail(
            "de", "{{ refund.total }} sind auf dem Weg zu Ihnen", "Ihre Erstattung ist angewiesen.", "Ihr Geld kommt zurück",
            "wir haben am {{ refund.date }} **{{ refund.total }}**"
            "{% if order.number %} zur Bestellung {{ order.number }}{% endif %} erstattet. Bis es auf Ihrem Konto steht, können "
            "einige Tage vergehen.",
        ),
        "en": _mail(
            "en", "{{ refund.total }} are on their way to you", "Your refund is paid.", "Your money comes back",
            "on {{ refund.date }} we paid **{{ refund.total }}** back"
            "{% if order.number %} for order {{ order.number }}{% endif %}. It may take some days until you see it on your "
            "account.",
        ),
    }  # fmt: skip


WORDS: dict[str, Any] = {
    "ordered": _ordered,
    "shipped": _shipped,
    "delivered": _delivered,
    "cancelled": _cancelled,
    "refunded": _refunded,
}
"""Key of a kind → the function that makes its drafts."""

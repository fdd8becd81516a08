"""A product of the catalogue."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .fields import FieldProblem, Flag, Line, Picture, ProductChoice
from .image import picture
from .kind import BlockKind, Composing, Goods, Values, align, attribute, words


class Product(BlockKind):
    """Title, price and address are taken from the catalogue when the template is published."""

    key = "product"
    title = _("Product")
    about = _("One product of your catalogue. Put several side by side with columns.")
    icon = "shopping-bag"
    group = "shop"
    order = 70
    fields = (
        ProductChoice("sku", _("Product"), is_required=True),
        Picture("picture", _("Image")),
        Line("text", _("Text"), limit=200),
        Flag("price", _("Show the price"), default=True),
        Line(
            "label",
            _("Button"),
            limit=40,
            help=_("Without a label there is no button; the title leads to the product."),
        ),
        align(),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        goods = composing.goods.get(values["sku"])
        if goods is None:
            return ""
        image = picture({**values, "alt": goods.title, "address": goods.url, "width": "half"}, composing)
        return image + card(goods, values["align"], values["label"], text=values["text"], with_price=values["price"])

    def check(self, block: Mapping[str, Any], composing: Composing) -> None:
        sku = block["values"]["sku"]
        if sku and sku not in composing.goods:
            raise FieldProblem(_now("There is no product “%(sku)s” in the catalogue.") % {"sku": sku})


def card(goods: Goods, align: str, label: str, *, text: str = "", with_price: bool = True) -> str:
    """Title, text, price and button of a product; `goods` may hold placeholders."""
    title = words(goods.title)
    if goods.url:
        title = f'<a href="{attribute(goods.url)}" style="text-decoration:none;">{title}</a>'
    parts = [f"<b>{title}</b>"]
    parts += [words(text)] if text else []
    parts += [words(goods.price)] if with_price and goods.price else []
    button = (
        f'<mj-button href="{attribute(goods.url)}" align="{align}" font-size="14px" inner-padding="10px 20px" '
        f'padding="8px 32px 16px">{words(label)}</mj-button>'
        if label and goods.url
        else ""
    )
    return f'<mj-text align="{align}" font-size="15px">{"<br />".join(parts)}</mj-text>{button}'

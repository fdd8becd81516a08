"""From blocks to MJML: the tree of a draft is cleaned, checked and composed.

`clean` gives any JSON the shape of a tree (or refuses it), `compose` makes the source of the template with every
problem at its block. What is composed is compiled by the same compiler as MJML that people write.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.know.orders.models import Product

from .blocks import KINDS
from .blocks.fields import FieldProblem
from .blocks.kind import Composing, Goods, Lines, Picture
from .look import HOUSE, Look
from .models import Media

MAX_BLOCKS = 120
MAX_DEPTH = 3
_ID = re.compile(r"[a-z0-9]{1,16}")

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BlockProblem:
    """What is wrong with one block, in words for its author. field: "" for the block as a whole."""

    block: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Composed:
    """MJML of the body; owners[i] is the id of the block that line i + 1 comes from."""

    source: str
    owners: tuple[str, ...]
    problems: tuple[BlockProblem, ...]


def clean(raw: object) -> list[Block]:
    """The tree as it is kept: known kinds and fields in their types, unique ids. Raises Refused for what is no tree."""
    ids: set[str] = set()
    return _clean(raw, ids, "body", 0)


def _clean(raw: object, ids: set[str], place: str, depth: int) -> list[Block]:
    if not isinstance(raw, list) or depth > MAX_DEPTH:
        raise Refused(_("The blocks cannot be read."), code="blocks")
    cleaned: list[Block] = []
    for one in raw:
        kind = KINDS.get(one.get("kind", "")) if isinstance(one, Mapping) else None
        name = one.get("id") if isinstance(one, Mapping) else None
        if kind is None or not isinstance(name, str) or not _ID.fullmatch(name) or name in ids:
            raise Refused(_("The blocks cannot be read."), code="blocks")
        if place not in kind.places:
            raise Refused(_("“%(kind)s” cannot stand in a column.") % {"kind": kind.title}, code="blocks")
        ids.add(name)
        if len(ids) > MAX_BLOCKS:
            raise Refused(_("A template holds %(limit)s blocks at most.") % {"limit": MAX_BLOCKS}, code="blocks")
        values = one.get("values") if isinstance(one.get("values"), Mapping) else {}
        slots = one.get("slots") if isinstance(one.get("slots"), list) else []
        inside = "column" if kind.key == "columns" else place
        cleaned.append(
            {
                "id": name,
                "kind": kind.key,
                "values": {field.key: field.clean(values.get(field.key, field.default)) for field in kind.fields},
                "slots": [
                    _clean(slots[at] if at < len(slots) else [], ids, inside, depth + 1)
                    for at in range(len(kind.slots))
                ],
            }
        )
    return cleaned


def walk(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every block of the tree, from above."""
    for block in blocks:
        yield block
        for slot in block["slots"]:
            yield from walk(slot)


def compose(blocks: Sequence[Mapping[str, Any]], composing: Composing) -> Composed:
    """The source of cleaned blocks. Blocks with a problem are left out of it."""
    problems: list[BlockProblem] = []
    seen: set[str] = set()

    def lines(tree: Sequence[Mapping[str, Any]], place: str) -> Lines:
        made: Lines = []
        for block in tree:
            kind = KINDS[block["kind"]]
            wrong = _problems(block, composing)
            if kind.is_once and kind.key in seen:
                wrong.append(BlockProblem(block["id"], "", _("This block can stand in a template once only.")))
            seen.add(kind.key)
            problems.extend(wrong)
            if not wrong:
                made += _marked(kind.lines(block, context, place), composing, place)
            else:  # what is inside is looked at all the same
                for slot in block["slots"]:
                    lines(slot, "column" if kind.key == "columns" else place)
        return made

    context = replace(composing, inside=lines)
    written = lines(blocks, "body")
    return Composed("\n".join(line for line, _own in written), tuple(own for _line, own in written), tuple(problems))


def _problems(block: Mapping[str, Any], composing: Composing) -> list[BlockProblem]:
    kind = KINDS[block["kind"]]
    found = []
    for field in kind.fields:
        try:
            field.check(block["values"][field.key])
        except FieldProblem as problem:
            found.append(BlockProblem(block["id"], field.key, str(problem)))
    try:
        if not found:
            kind.check(block, composing)
    except FieldProblem as problem:
        found.append(BlockProblem(block["id"], "", str(problem)))
    return found


def _marked(lines: Lines, composing: Composing, place: str) -> Lines:
    """In a preview each section carries the id of its block, so that a click on it finds the block."""
    if not composing.is_marked or place != "body":
        return lines
    return [
        (re.sub(r"<mj-section(?![^>]*css-class)", f'<mj-section css-class="rg-of-{own}"', line), own)
        for line, own in lines
    ]


def composing_for(
    shop: Shop, blocks: Sequence[Mapping[str, Any]], locale: str, look: Look = HOUSE, *, is_marked: bool = False
) -> Composing:
    """The pictures and products that the blocks name. Two queries."""
    files, skus = set(), set()
    for block in walk(blocks):
        for field in KINDS[block["kind"]].fields:
            if field.kind == "picture":
                files.add(block["values"][field.key])
            elif field.kind == "product":
                skus.add(block["values"][field.key])
    return Composing(
        locale=locale,
        look=look,
        pictures={
            one.file: Picture(one.file, one.width, one.height, one.alt.get(locale, ""))
            for one in Media._base_manager.filter(shop=shop, file__in=files - {""})
        },
        goods={one.sku: goods_of(one, shop, locale) for one in _products(shop, skus - {""})},
        is_marked=is_marked,
    )


def _products(shop: Shop, skus: set[str]) -> list[Product]:
    return list(Product._base_manager.filter(Q(shop=shop) & Q(sku__in=skus))) if skus else []


def goods_of(product: Product, shop: Shop, locale: str) -> Goods:
    """A product as a mail in `locale` shows it."""
    price = formatted(product.price, shop.currency, locale) if product.price is not None else ""
    return Goods(product.sku, _plain(product.title or product.sku), price, product.url)


def _plain(text: str) -> str:
    """Catalogue text is no source: braces in it must not become placeholders."""
    return text.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #").replace("}}", "} }").replace("%}", "% }")

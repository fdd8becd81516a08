"""A large shop for `page.py`, written by SQL alone: ten orders a customer, with everything else in proportion.

`fill` may be called again: each time it adds so many customers with all that is theirs.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.page_measures import begin_campaigns, begin_measures

SLUG = "bench"
FIRST = (
    "Rosa",
    "Nico",
    "Lena",
    "Otto",
    "Heidi",
    "Anna",
    "Paul",
    "Mia",
    "Jonas",
    "Emma",
    "Karl",
    "Ida",
    "Emil",
    "Lotte",
)
LAST = ("Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Koch")
MANY = 10_000
"""Last names at most: with the number of a customer behind them, as in a shop where few are called alike."""
REASONS = ("ok", "budget", "no_consent", "quiet_hours", "objection")
COUNTS = json.dumps({"rows": 900, "orders": 300, "customers": 200, "rejected": 2, "unchanged": 0})
PROOF = json.dumps({"confirmed": "double opt-in"})


def begin(now: datetime) -> Any:
    """The shop with its owner, its measures and campaigns, offers, segments, topics, a form: what does not grow."""
    from regulars.core.actions import create_shop
    from regulars.core.models import Membership, Staff
    from regulars.core.roles import Role
    from regulars.core.scoping import scope
    from regulars.decide.contact_policy.models import Topic
    from regulars.decide.segments.models import Segment
    from regulars.know.orders.models import Product
    from regulars.reach.signups.models import FormText, SignupForm
    from regulars.reward.offers.models import Offer

    shop = create_shop(
        SLUG, now=now, sender_email="post@bench.example", legal_footer="Bench, Weg 1, Berlin", currency="EUR",
        timezone="Europe/Berlin",
    )  # fmt: skip
    owner = Staff.objects.create_user("owner@bench.example", "a good long word", name="Rosa")
    Membership.objects.create(shop=shop, staff=owner, role=Role.OWNER)
    with scope(shop=shop):
        begin_measures(shop, now)
        for n, (field, value) in enumerate((("orders", 1), ("orders", 5), ("revenue_365", 10_000), ("returns", 1))):
            Segment.objects.create(
                shop=shop, key=f"segment-{n}", name=f"Segment {n}", created_at=now, updated_at=now, computed_at=now,
                rule={"all": [{"field": field, "op": "at_least", "value": value}]}, size=0,
            )  # fmt: skip
        for key in ("rock", "jazz"):
            Topic.objects.create(shop=shop, key=key, names={"de": key.title()})
        for n in range(3):
            Offer.objects.create(
                shop=shop, key=f"offer-{n}", name=f"Offer {n}", kind="percent", percent=10, created_at=now
            )
        form = SignupForm.objects.create(shop=shop, key="footer", name="Footer", created_at=now)
        FormText.objects.create(form=form, locale="de", version=1, title="Post", intro="", wording="Ja", created_at=now)
        products = [
            Product(shop=shop, sku=f"sku-{n}", title=f"Record {n}", category=f"Genre {n % 12}") for n in range(2000)
        ]
        Product.objects.bulk_create(products)
        begin_campaigns(shop, now)
    return shop


def fill(shop: Any, customers: int, now: datetime) -> None:
    """So many customers more, and all their rows. The newest of everything is of `now`."""
    _Filling(shop, customers, now).all()


class _Filling:
    def __init__(self, shop: Any, customers: int, now: datetime) -> None:
        from regulars.core.scoping import scopes_disabled
        from regulars.decide.contact_policy.models import ContactRequest, Topic
        from regulars.decide.goals.models import Measure
        from regulars.decide.segments.models import Segment
        from regulars.journeys.campaigns.models import Campaign
        from regulars.journeys.models import Enrolment, Journey
        from regulars.know.customers.models import Customer
        from regulars.know.orders.models import Order, Product, Return
        from regulars.reach.messaging.models import Message, TemplateVersion
        from regulars.reach.messaging.trial import sample_values
        from regulars.reach.signups.models import FormText, SignupForm
        from regulars.reward.offers.models import Offer, Voucher

        self.values = json.dumps(dict(sample_values(shop)), default=str, ensure_ascii=False).replace("'", "''")
        self.shop, self.n, self.now = shop, customers, now
        with scopes_disabled():
            first = lambda model: model._base_manager.order_by("pk").values_list("pk", flat=True).first()  # noqa: E731
            last = lambda model: model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0  # noqa: E731
            self.measures = list(Measure._base_manager.order_by("pk").values_list("pk", flat=True))
            self.journeys = list(Journey._base_manager.order_by("pk").values_list("pk", flat=True))
            self.segments = list(Segment._base_manager.order_by("pk").values_list("pk", flat=True))
            self.topic, self.product = first(Topic), first(Product)
            self.version, self.text, self.form, self.offer = map(first, (TemplateVersion, FormText, SignupForm, Offer))
            self.c, self.o, self.q, self.m, self.r, self.v, self.e = map(
                last, (Customer, Order, ContactRequest, Message, Return, Voucher, Enrolment)
            )
            self.step = Journey._base_manager.order_by("pk").first().definition["steps"][0]["key"]
            self.campaign = Campaign._base_manager.get(measure__isnull=False).measure_id

    def all(self) -> None:
        """Table after table; `i` counts from 0 and grows with time."""
        n, c, o = self.n, self.c, self.o
        who = f"{c} + 1 + i * 2654435761 % {n}"  # somebody, always the same for the same row
        self.people()
        when = self.when(10 * n)
        self.write("orders.Order", 10 * n, id=f"{o} + 1 + i", customer=who, number=f"'o' || {_padded(f'{o} + 1 + i')}",
                   placed_at=when, currency="'EUR'",
                   value="1500 + i * 7919 % 6000", list_value="1500 + i * 7919 % 6000", units="2",
                   source="'bench'")  # fmt: skip
        self.write("orders.OrderLine", 20 * n, order=f"{o} + 1 + i / 2", product=f"{self.product} + i * 40503 % 2000",
                   sku="'sku-' || (i * 40503 % 2000)", title="'Record ' || (i * 40503 % 2000)", value="1000",
                   list_value="1000")  # fmt: skip
        self.write("timeline.Event", 10 * n, customer=who, type="'order.placed'", at=when, recorded_at=when,
                   source="'bench'", source_key=f"'o' || {_padded(f'{o} + 1 + i')}",
                   data=f"json_object('order', 'o' || {_padded(f'{o} + 1 + i')}, 'value', 3000)")  # fmt: skip
        self.write("timeline.Event", n, customer=who, at=self.when(n), recorded_at=self.when(n),
                   type="CASE i % 4 WHEN 0 THEN 'segment.left' ELSE 'segment.entered' END",
                   data=f"json_object('segment_id', {self.segments[0]} + i % 4, 'name', 'Segment')")  # fmt: skip
        self.write("segments.SegmentMove", n, segment=f"{self.segments[0]} + i % 4", customer=who, at=self.when(n),
                   is_entry="i % 4 <> 0")  # fmt: skip
        self.write("orders.Return", n, id=f"{self.r} + 1 + i", customer=who, order=f"{o} + 1 + i * 10",
                   number=f"'r' || ({self.r} + 1 + i)", returned_at=self.when(n), units="1", value="900")  # fmt: skip
        self.write("orders.ReturnLine", n, parent=f"{self.r} + 1 + i", sku="'sku-1'", value="900")
        self.write("orders.Refund", n // 2, customer=who, order=f"{o} + 1 + i * 20", number=f"'f' || ({self.r} + 1 + i)",
                   refunded_at=self.when(n // 2), merchandise="900", total="900")  # fmt: skip
        self.policy(who)
        self.messages(who)
        self.rewards(who)

    def people(self) -> None:
        n, c, now = self.n, self.c, self.moment(self.now)
        me, when = f"{c} + 1 + i", self.when(n)
        first = " ".join(f"WHEN {k} THEN '{name}'" for k, name in enumerate(FIRST))
        last = " ".join(f"WHEN {k} THEN '{name}'" for k, name in enumerate(LAST))
        self.write("customers.Customer", n, id=me, number=f"'c' || ({me})", locale="'de'", country="'DE'",
                   first_name=f"CASE i % {len(FIRST)} {first} END",
                   last_name=f"CASE i % {len(LAST)} {last} END || ' ' || (i * 40503 % {MANY})", since=when,
                   birthday_day="1 + i % 28", birthday_month="1 + i % 12", created_at=when, updated_at=when)  # fmt: skip
        self.write("customers.Identity", n, customer=me, kind="'email'", value=f"'c' || ({me}) || '@example.com'",
                   key=f"'c' || ({me}) || '@example.com'", created_at=when)  # fmt: skip
        self.write("segments.CustomerProfile", n, customer=me, orders="i % 20", revenue="i % 20 * 3000", returns="i % 3",
                   revenue_365="i % 90000", last_order_at=when, first_order_at=when, country="'DE'", locale="'de'",
                   favourite_category="'Genre ' || (i % 12)", has_email="1", may_email="1", refreshed_at=now,
                   days_between_orders="30.0 + i % 60")  # fmt: skip
        for k, segment in enumerate(self.segments):
            self.write(
                "segments.SegmentMember", n // (k + 1), segment=segment, customer=f"{c} + 1 + i * {k + 1}", since=when
            )
        self.run(f"UPDATE segments_segment SET size = (SELECT COUNT(*) FROM segments_segmentmember WHERE segment_id = "
                 f"segments_segment.id) WHERE shop_id = {self.shop.pk}")  # fmt: skip

    def policy(self, who: str) -> None:
        n, c, q = self.n, self.c, self.q
        me, when = f"{c} + 1 + i", self.when(n)
        for purpose, count in (("marketing", n), ("tracking", n // 2)):
            self.write("contact_policy.Consent", count, customer=me, channel="'email'", purpose=f"'{purpose}'",
                       state="'granted'", wording="'Ja, schreibt mir.'", evidence=f"'{PROOF}'", given_at=when)  # fmt: skip
        self.write("contact_policy.TopicChoice", n // 20, customer=f"{c} + 1 + i * 20", topic=self.topic, is_wanted="i % 2",
                   at=self.when(n // 20))  # fmt: skip
        self.write("contact_policy.Objection", n // 100, customer=f"{c} + 1 + i * 100", at=self.when(n // 100))
        self.write("contact_policy.Suppression", n // 20, key=f"'dead' || ({c} + i) || '@example.com'",
                   reason="'hard_bounce'", at=self.when(n // 20))  # fmt: skip
        measure = f"{self.measures[0]} + i % {len(self.measures)}"
        self.write("contact_policy.ContactRequest", 3 * n, id=f"{q} + 1 + i", customer=who, measure=measure,
                   channel="'email'", purpose="'marketing'", earliest=self.when(3 * n), latest=self.when(3 * n),
                   status="CASE i % 50 WHEN 0 THEN 'waiting' ELSE 'used' END", key=f"'bench:' || {_padded(f'{q} + 1 + i')}",
                   created_at=self.when(3 * n))  # fmt: skip
        self.write("contact_policy.Contact", 3 * n, customer=who, measure=measure, request=f"{q} + 1 + i",
                   channel="'email'", purpose="'marketing'", at=self.when(3 * n))  # fmt: skip
        reason = " ".join(f"WHEN {k} THEN '{word}'" for k, word in enumerate(REASONS))
        self.write("contact_policy.Decision", 5 * n, customer=who, measure=measure, at=self.when(5 * n), stage="'grant'",
                   outcome="CASE i % 5 WHEN 0 THEN 'granted' ELSE 'refused' END", reason=f"CASE i % 5 {reason} END")  # fmt: skip
        for k, (measure_id, journey) in enumerate(zip(self.measures, self.journeys, strict=True)):
            arm = "CASE i % 10 WHEN 0 THEN 'holdout' ELSE 'treated' END"
            count = n // (k + 1)
            self.write(
                "experiments.Assignment", count, measure=measure_id, customer=me, arm=arm, assigned_at=self.when(count)
            )
            is_campaign = measure_id == self.campaign
            step = "CASE i % 2 WHEN 0 THEN 'a-end' ELSE 'b-end' END" if is_campaign else f"'{self.step}'"
            self.write("journeys.Enrolment", count, id=f"{self.e} + 1 + i", journey=journey, customer=me, arm=arm,
                       entry_key="'k'", step=step,
                       status="CASE i % 8 WHEN 0 THEN 'due' WHEN 1 THEN 'refused' ELSE 'done' END",
                       exit_reason="CASE i % 8 WHEN 0 THEN '' WHEN 1 THEN 'no_consent' ELSE 'completed' END",
                       step_at=self.when(count), entered_at=self.when(count),
                       due_at=self.moment(self.now + timedelta(days=9)))  # fmt: skip
            if is_campaign:
                self.write("journeys.SplitDraw", count, enrolment=f"{self.e} + 1 + i", step="'test'",
                           way="CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END")  # fmt: skip
            self.e += count

    def messages(self, who: str) -> None:
        n, m, when = self.n, self.m, self.when(3 * self.n)
        self.write("messaging.Message", 3 * n, id=f"{m} + 1 + i", customer=who, status="'done'", request=f"{self.q} + 1 + i",
                   measure=f"{self.measures[0]} + i % {len(self.measures)}", version=self.version, purpose="'marketing'",
                   address="'somebody@example.com'", message_id=f"{_padded(f'{m} + 1 + i')} || '@bench.example'",
                   key=f"'bench:' || {_padded(f'{m} + 1 + i')}", created_at=when, sent_at=when, may_track="1",
                   values=f"'{self.values}'",
                   first_opened_at=f"CASE i % 3 WHEN 0 THEN {when} END",
                   first_clicked_at=f"CASE i % 12 WHEN 0 THEN {when} END")  # fmt: skip
        for kind, every in (("accepted", 1), ("opened", 3), ("clicked", 12)):
            self.write("messaging.Delivery", 3 * n // every, message=f"{m} + 1 + i * {every}", kind=f"'{kind}'", at=when,
                       judged_at=when)  # fmt: skip
        self.write("timeline.Event", 3 * n, customer=who, type="'message.sent'", at=when, recorded_at=when,
                   source="'messaging'", source_key=f"'message:' || {_padded(f'{m} + 1 + i')}",
                   data="json_object('template', 'Wir vermissen dich')")  # fmt: skip
        self.write("signups.Signup", n // 10, form=self.form, text=self.text, customer=f"{self.c} + 1 + i * 10",
                   state="CASE i % 3 WHEN 0 THEN 'expired' ELSE 'confirmed' END", created_at=self.when(n // 10))  # fmt: skip

    def rewards(self, who: str) -> None:
        n, v, when = self.n, self.v, self.when(self.n)
        until = f"datetime({when}, '+30 days')"
        self.write("offers.Voucher", n, id=f"{v} + 1 + i", offer=f"{self.offer} + i % 3", customer=who, issued_at=when,
                   measure=self.measures[0], code=f"'B' || ({v} + 1 + i)", valid_from=when, valid_until=until,
                   uses="i % 4 = 0", cancelled_at=f"CASE i % 50 WHEN 1 THEN {when} END")  # fmt: skip
        self.write("offers.VoucherRedemption", n // 4, voucher=f"{v} + 1 + i * 4", idempotency_key=f"'b' || ({v} + 1 + i)",
                   order_number=f"'o' || {_padded(f'{self.o} + 1 + i')}", at=self.when(n // 4))  # fmt: skip
        self.write("files.ImportRun", n // 100, kind="'orders'", path="'orders.csv'", file_name="'orders.csv'",
                   status="'done'", created_at=self.when(n // 100), counts=f"'{COUNTS}'")  # fmt: skip
        self.write("core.AuditEntry", n // 100, at=self.when(n // 100), verb="'customer.exported'")

    def write(self, label: str, count: int, **given: Any) -> None:
        """`count` rows of a model; what is not given has its default. Expressions may use `i`, from 0."""
        from django.apps import apps
        from django.db.models import NOT_PROVIDED

        model = apps.get_model(label)
        names, values = [], []
        for field in model._meta.concrete_fields:
            if field.name in given:
                value = given.pop(field.name)
            elif field.name == "shop":
                value = self.shop.pk
            elif field.primary_key:
                continue
            elif field.null:
                value = "NULL"
            else:
                default = "" if field.default is NOT_PROVIDED else field.get_default()
                value = f"'{json.dumps(default)}'" if isinstance(default, dict | list) else f"'{default}'"
                value = str(int(default)) if isinstance(default, int) else value
            names.append(f'"{field.column}"')
            values.append(str(value))
        assert not given, f"{label} has no {', '.join(given)}"
        if count > 0:
            self.run(
                f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL"
                f" SELECT i + 1 FROM n WHERE i + 1 < {count}) SELECT {', '.join(values)} FROM n"
            )

    def when(self, count: int) -> str:
        """A moment of the last three years, the later the greater `i` is."""
        return f"datetime({self.moment(self.now)}, '-' || (({count} - i) * {3 * 365 * 86_400} / {max(count, 1)}) || ' seconds')"

    def moment(self, at: datetime) -> str:
        return f"'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"

    def run(self, statement: str) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement)


def _padded(number: str) -> str:
    """As text that sorts as the numbers do: rows then come in the order of their unique keys, ten times quicker."""
    return f"printf('%09d', {number})"


@contextmanager
def without_indexes() -> Iterator[None]:
    """The indexes of SQLite are taken away and made again at the end, which is several times quicker for so many rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL")
        kept = cursor.fetchall()
        for name, made in kept:
            cursor.execute(f'DROP {made.split()[1 if not made.startswith("CREATE UNIQUE") else 2]} "{name}"')
        yield
        for _name, made in kept:
            cursor.execute(made)

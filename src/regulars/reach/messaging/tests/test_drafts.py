"""Writing and publishing: drafts save themselves, versions freeze, nobody's words are lost."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.decide.segments.models import CustomerProfile
from regulars.know.orders.models import Order, OrderLine, Product
from regulars.reach.messaging import actions, checks, trial
from regulars.reach.messaging.models import Link, Message, TemplateDraft, TemplateVersion
from regulars.reach.messaging.starting_points import block


def begin(shop: Any, now: Any, *blocks: Any, locale: str = "de", subject: str = "Neues") -> Any:
    return actions.begin_template(
        shop, "Neuigkeiten", {locale: (subject, "", blocks or [block("text", text="Hallo")])}, now
    )


def found(shop: Any, template: Any, now: Any, **more: Any) -> dict[str, checks.Finding]:
    written = {}
    for locale in ("de", "en"):
        one = actions.written(template, locale)
        if not one.is_empty:
            result = actions.compiled(shop, template, one)
            written[locale] = checks.Checked(result.source, result.content, result.problems)
    return {one.code: one for one in checks.check(shop, written, now, **more)}


def test_publishing_freezes_what_is_written_and_twice_is_once(shop: Any, now: Any) -> None:
    template = begin(shop, now, block("button", label="Los", address="https://plattenkiste.example/neu"))
    (version,) = actions.publish_template(shop, template, now)
    again = actions.publish_template(shop, template, now + timedelta(minutes=1))
    assert again == [version]
    assert (version.version, version.locale, version.subject) == (1, "de", "Neues")
    assert version.blocks[0]["kind"] == "button"
    assert list(Link.objects.values_list("position", "url")) == [(0, "https://plattenkiste.example/neu")]

    one = actions.written(template, "de")
    later = now + timedelta(hours=1)
    actions.save_draft(template, "de", one.revision, "Anders", "", [block("text", text="Neu")], later)
    version.refresh_from_db()
    assert version.subject == "Neues"
    assert actions.written(template, "de").subject == "Anders"
    (second,) = actions.publish_template(shop, template, later + timedelta(minutes=1))
    assert (second.version, second.subject) == (2, "Anders")
    assert AuditEntry.objects.filter(verb="template.saved").count() == 2


def test_an_older_state_never_overwrites_a_newer_one(shop: Any, now: Any) -> None:
    template = begin(shop, now)
    revision = actions.written(template, "de").revision
    actions.save_draft(template, "de", revision, "Erste", "", [], now)
    with pytest.raises(Refused) as why:
        actions.save_draft(template, "de", revision, "Zweite", "", [], now)
    assert why.value.code == "changed"
    assert TemplateDraft.objects.get().subject == "Erste"


def test_a_draft_with_a_problem_is_saved_and_not_published(shop: Any, now: Any) -> None:
    template = begin(shop, now, block("button", label="", address="https://a.example"))
    with pytest.raises(Refused, match="DE"):
        actions.publish_template(shop, template, now)
    assert not TemplateVersion.objects.exists()


def test_one_language_with_a_problem_keeps_the_other_from_being_published(shop: Any, now: Any) -> None:
    template = actions.begin_template(
        shop,
        "Zwei",
        {"de": ("Gut", "", [block("text", text="x")]), "en": ("Bad", "", [block("text", text="")])},
        now,
    )
    with pytest.raises(Refused, match="EN"):
        actions.publish_template(shop, template, now)
    assert not TemplateVersion.objects.exists()


def test_mjml_of_a_measure_opens_in_the_editor_and_newer_mjml_wins_over_a_published_draft(shop: Any, now: Any) -> None:
    mjml = "<mj-section><mj-column><mj-text>eins</mj-text></mj-column></mj-section>"
    version = actions.save_template(shop, "win-back", "Wiedersehen", "de", "S", "", mjml, now)
    one = actions.written(version.template, "de")
    assert [(block["kind"], block["values"]["source"]) for block in one.blocks] == [("mjml", mjml)]

    later = now + timedelta(hours=1)
    actions.save_draft(version.template, "de", one.revision, "Unser", "", one.blocks, later)
    actions.publish_template(shop, version.template, later)
    actions.save_template(shop, "win-back", "Wiedersehen", "de", "Neu", "", mjml, later + timedelta(hours=1))
    assert actions.written(version.template, "de").subject == "Neu"


def test_a_template_that_was_sent_stays(shop: Any, now: Any, queue: Any, rosa: Any) -> None:
    queue(rosa)
    template = Message._base_manager.get().version.template
    with pytest.raises(Refused) as why:
        actions.remove_template(template, now)
    assert why.value.code == "template_used"
    fresh = begin(shop, now)
    actions.remove_template(fresh, now)
    assert not TemplateDraft.objects.exists()


def test_the_brand_reaches_versions_that_were_published_before(shop: Any, now: Any) -> None:
    template = begin(shop, now, block("button", label="Los", address="https://a.example"))
    (version,) = actions.publish_template(shop, template, now)
    from regulars.reach.messaging.actions.templates import content_key

    before = content_key(TemplateVersion.objects.get())
    assert "#123456" not in str(actions.content_of(version))
    actions.save_brand(shop, {"accent": "#123456"}, now)
    fresh = TemplateVersion.objects.get()
    assert "#123456" in str(actions.content_of(fresh))
    assert content_key(fresh) != before
    for values, code in (({"accent": "red"}, "accent"), ({"ink": "#eeeeee"}, "ink"), ({"font": "Comic"}, "font")):
        with pytest.raises(Refused) as why:
            actions.save_brand(shop, values, now)
        assert why.value.code == code


# ------------------------------------------------------------------------------------------------------------ choosing
def sold(shop: Any, now: Any, category: str, *titles: str) -> None:
    for rank, title in enumerate(titles):
        product = Product._base_manager.create(shop=shop, sku=title, title=title, category=category, price=1000 + rank)
        order = Order._base_manager.create(
            shop=shop, number=title, placed_at=now - timedelta(days=3), currency="EUR", is_counted=True
        )
        OrderLine.objects.create(order=order, product=product, quantity=100 - rank)


def test_bestsellers_follow_the_favourite_category_with_few_queries_whatever_the_batch(
    shop: Any, now: Any, make_customer: Any, django_assert_num_queries: Any
) -> None:
    from regulars.reach.messaging.blocks.bestsellers import bestsellers

    sold(shop, now, "Jazz", "Blue", "Kind", "Giant")
    sold(shop, now, "Rock", "Loud")
    people = [make_customer(f"P{at}") for at in range(12)]
    for at, one in enumerate(people[:10]):
        CustomerProfile._base_manager.update_or_create(
            customer=one, defaults={"shop": shop, "favourite_category": "Jazz" if at % 2 else "Rock"}
        )
    with django_assert_num_queries(3):  # since when, what sells best, who likes what
        few = bestsellers(shop, [people[1].pk], now)
    with django_assert_num_queries(1):  # what sells best is kept for an hour
        many = bestsellers(shop, [one.pk for one in people], now)
    assert many[people[1].pk] == few[people[1].pk]
    assert [few[people[1].pk][f"title_{at}"] for at in range(1, 5)] == ["Blue", "Kind", "Giant", ""]
    assert few[people[1].pk]["category"] == "Jazz"
    # a category with one product, and nobody's favourite: the bestsellers of the shop
    assert many[people[0].pk]["category"] == many[people[11].pk]["category"] == ""
    assert many[people[11].pk]["title_1"] == "Blue"
    assert many[people[11].pk]["price_1"] == "10,00\xa0€"


def test_queueing_blocks_costs_the_same_queries_for_any_batch(
    shop: Any, now: Any, measure: Any, make_customer: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sold(shop, now, "Jazz", "Blue", "Kind")
    when = {"name": "profile.orders", "is": "at_least", "value": "1"}
    template = begin(
        shop,
        now,
        block("condition", [block("text", text="Stammkunde")], [], when=when),
        block("bestsellers", count="2"),
    )
    actions.publish_template(shop, template, now)

    def queue(*people: Any) -> int:
        drafts = [
            actions.MessageDraft(
                customer_id=one.pk, template_key=template.key, measure_id=measure.pk, purpose="marketing", rank=1,
                earliest=now, latest=now + timedelta(days=3), key=f"k{one.pk}",
            )
            for one in people
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as seen:
            actions.queue(shop, drafts, now)
        return len(seen)

    people = [make_customer(f"P{at}") for at in range(21)]
    queue(people[0])
    assert queue(people[1]) == queue(*people[2:])
    assert {one.values["bestsellers.title_1"] for one in Message._base_manager.all()} == {"Blue"}
    assert "bestsellers.title_4" not in Message._base_manager.first().values


# -------------------------------------------------------------------------------------------------------------- checks
def test_a_good_template_has_only_the_notes_it_deserves(shop: Any, now: Any, rosa: Any) -> None:
    template = actions.begin_template(
        shop,
        "Gut",
        {
            locale: ("Neues", "Kurz", [block("text", text="Hallo, [Laden](https://plattenkiste.example).")])
            for locale in ("de", "en")
        },
        now,
    )
    assert found(shop, template, now) == {}


@pytest.mark.parametrize(
    ("address", "code", "severity"),
    [
        ("https://localhost/x", "link_local", "error"),
        ("https://192.168.0.7/x", "link_local", "error"),
        ("https://nohost", "link_broken", "error"),
        ("https://bit.ly/abc", "link_redirector", "warning"),
        ("http://plattenkiste.example", "link_insecure", "warning"),
        ("https://plattenkiste.example", None, None),
        ("mailto:post@plattenkiste.example", None, None),
    ],
)
def test_links_are_looked_at(shop: Any, now: Any, rosa: Any, address: str, code: Any, severity: Any) -> None:
    seen = found(shop, begin(shop, now, block("button", label="x", address=address)), now)
    links = {key: one.severity for key, one in seen.items() if key.startswith("link_")}
    assert links == ({code: severity} if code else {})


def test_variables_are_tried_on_real_customers(shop: Any, now: Any, make_customer: Any) -> None:
    for at in range(3):
        make_customer(f"P{at}")
    make_customer("", number="nameless")
    seen = found(shop, begin(shop, now, block("text", text="Hallo {{ customer.first_name }}")), now)
    assert seen["variable_empty"].message.startswith("„customer.first_name“") or "1" in seen["variable_empty"].message
    quiet = found(shop, begin(shop, now, block("text", text='Hallo {{ customer.first_name | default("du") }}')), now)
    assert "variable_empty" not in quiet


def test_size_subject_languages_and_sender_are_told(shop: Any, now: Any, rosa: Any) -> None:
    long = begin(shop, now, *[block("text", text="Wort " * 750) for _at in range(30)], subject="x" * 70)
    seen = found(shop, long, now)
    assert seen["too_large"].severity == "error"
    assert seen["subject_long"].severity == "warning"
    assert seen["language_missing"].locale == "en"
    shop.legal_footer = ""
    assert found(shop, long, now)["no_legal_footer"].severity == "error"


def test_a_whole_document_without_a_way_out_is_found(shop: Any, now: Any, rosa: Any) -> None:
    mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>"
    version = actions.save_template(shop, "own", "Own", "de", "S", "", mjml, now)
    source = __import__("regulars.reach.messaging.actions.templates", fromlist=["x"]).source_of(version)
    seen = {
        one.code: one.severity
        for one in checks.check(shop, {"de": checks.Checked(source, actions.content_of(version))}, now)
    }
    assert seen["no_way_out"] == "error"
    assert seen["no_address"] == "error"
    service = checks.check(shop, {"de": checks.Checked(source, actions.content_of(version))}, now, purpose="service")
    assert "no_way_out" not in {one.code for one in service}


def test_the_audience_that_may_be_written_to_is_counted(shop: Any, now: Any, rosa: Any, otto: Any) -> None:
    from regulars.know.customers.models import Customer

    for one, may in ((rosa, True), (otto, False)):
        CustomerProfile._base_manager.update_or_create(customer=one, defaults={"shop": shop, "may_email": may})
    template = begin(shop, now)
    everybody = Customer._base_manager.filter(shop=shop)
    assert found(shop, template, now, audience=everybody)["consent"].severity == "note"
    assert found(shop, template, now, audience=everybody.filter(pk=otto.pk))["no_consent"].severity == "error"
    assert "nobody" in found(shop, template, now, audience=everybody.none())


# --------------------------------------------------------------------------------------------------------------- trial
def test_a_test_mail_goes_through_the_channel_and_counts_as_no_contact(
    shop: Any, now: Any, rosa: Any, mail_server: Any
) -> None:
    from regulars.decide.contact_policy.models import Contact

    template = begin(shop, now, block("text", text="Hallo {{ customer.first_name }}"), block("voucher"))
    result = actions.compiled(shop, template, actions.written(template, "de"))
    assert result.content is not None
    values = trial.trial_values(shop, [rosa.pk], result.content.names, now)[rosa.pk]
    trial.send_trial(shop, result.content, values, "marketing@plattenkiste.example", "Erika", now)
    (kept,) = mail_server.latest()
    assert kept.recipient == "marketing@plattenkiste.example"
    assert kept.subject.startswith("[Test] Neues")
    assert b"Rosa" in mail_server.get(kept.id).raw
    assert not Message._base_manager.exists()
    assert not Contact._base_manager.exists()

"""Documents: one form for playbooks and journeys made by hand; errors name the place; equal as text in both directions."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.journeys import actions, text_form
from regulars.journeys.document import checked, of_playbook, problems
from regulars.journeys.kinds import Entry, step_kinds, trigger_kinds
from regulars.journeys.models import Enrolment, Journey, JourneyDraft
from regulars.journeys.playbook import PLAYBOOKS

HELLO = {"de": {"subject": "Hallo", "preheader": "", "source": "<mj-text>Hallo</mj-text>"}}


def made(**changes: Any) -> dict[str, Any]:
    """A journey made by hand, whole."""
    return {
        "format": 1,
        "key": "thanks",
        "name": {"de": "Danke", "en": "Thanks"},
        "goal": "hold",
        "kpi": "customer_retention_rate",
        "holdout": 0.0,
        "reentry": {"rule": "once"},
        "stop": {"after_days": 100},
        "trigger": {"kind": "segment_entered", "segment": "regulars"},
        "steps": [
            {"key": "think", "kind": "wait", "params": {"days": 3}},
            {"key": "asked", "kind": "branch", "params": {"ordered": True, "then": "end"}},
            {"key": "hello", "kind": "send", "params": {"message": "hello"}},
            {"key": "end", "kind": "exit", "params": {}},
        ],
        "messages": {"hello": {"name": "Hello", "texts": HELLO}},
        **changes,
    }


def step(key: str, kind: str, **params: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "params": params}


def said(document: Any) -> str:
    with override("en"):
        return "\n".join(str(one) for one in problems(document))


@pytest.mark.parametrize("key", sorted(PLAYBOOKS))
def test_a_playbook_is_a_document_and_the_same_as_text(key: str) -> None:
    playbook = PLAYBOOKS[key]
    document = of_playbook(playbook, playbook.defaults())
    assert problems(document) == []
    assert text_form.read(text_form.write(document)) == document


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": []}, "a journey needs a step"),
        ({"steps": [step("a", "dance")]}, "step 1 “a” (dance): there is no kind of step called “dance”"),
        ({"steps": [step("a", "wait", days=1), step("a", "exit")]}, "step 2 “a” (exit): two steps have the same key"),
        ({"steps": [step("a", "branch", ordered=True)]}, "step 1 “a” (branch), parameter then: is missing"),
        ({"steps": [step("a", "wait", weeks=1)]}, "step 1 “a” (wait), parameter weeks: there is no such parameter"),
        ({"steps": [step("a", "wait", hours="x")]}, "step 1 “a” (wait), parameter hours: a whole number is needed"),
        ({"steps": [step("a", "wait", until_hour=24)]}, "parameter until_hour: “24” is not an hour"),
        (
            {"steps": [step("a", "wait", days=1), step("b", "branch", ordered=True, then="a")]},
            "step 2 “b” (branch), parameter then: “a” is not a later step",
        ),
        (
            {"steps": [step("a", "branch", ordered=True, then="a"), step("b", "exit")]},
            "step 1 “a” (branch), parameter then: “a” is not a later step",
        ),
        (
            {"steps": [step("a", "send", message="hello", voucher="b"), step("b", "exit")]},
            "step 1 “a” (send), parameter voucher: “b” is not an earlier step",
        ),
        ({"steps": [step("a", "send", message="bye")]}, "parameter message: the journey has no message called “bye”"),
        ({"trigger": {"kind": "moon"}}, "trigger: there is no kind of trigger called “moon”"),
        ({"trigger": {"kind": "customer_date"}}, "trigger (customer_date), parameter date: is missing"),
        ({"goal": "fame"}, "goal: “fame” is not one of: win_back"),
        ({"holdout": 1.5}, "holdout: “1.5” is not a share"),
        ({"key": "Große Reise"}, "key: “Große Reise” is not a key"),
        ({"stop": {}}, "stop: say when it ends"),
        ({"stop": {"on": "31.12.2026"}}, "stop.on: “31.12.2026” is not a day"),
        ({"reentry": {"rule": "once", "days": 3}}, "reentry: “days” belongs to the rule after_days"),
        ({"leave_when": {}}, "leave_when: say one of"),
        ({"wings": 2}, "wings: is not part of a journey"),
        ({"purpose": "service", "holdout": 0.1}, "holdout: service messages go to everybody"),
        ({"messages": {"hello": {"texts": {"fr": {}}}}}, "message “hello”, fr: languages are: de, en"),
        (
            {"messages": {"hello": {"texts": {"de": {"subject": "x"}}}}},
            "message “hello”, de, parameter source: is missing",
        ),
        ({"steps": [step(f"s{n}", "exit") for n in range(201)]}, "it has 201 steps: at most 200"),
        ({"name": {"de": "x" * 3_000_000}}, "bytes: at most"),
    ],
)
def test_what_could_not_run_is_named_with_its_place(changes: dict[str, Any], words: str) -> None:
    assert words in said(made(**changes))


@pytest.mark.parametrize("document", [None, [], "x", {"steps": 3}, {"steps": [1], "messages": [], "trigger": []}])
def test_what_is_no_document_is_told_so(document: Any) -> None:
    assert said(document)


def test_a_deep_document_is_refused_without_falling_over() -> None:
    deep: Any = []
    for _level in range(10_000):
        deep = [deep]
    assert "nested too deeply" in said(made(wings=deep))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("key = \n", "line 1"),
        ('key = "a"\nkey = "b"\n', "line 2"),
        ('[[steps]]\nkey = "a"\nkey = "b"\n', "line 3"),
        ("stop = {on = 2026-12-31}", "stop.on: dates and times are written as texts"),
        ("a = " + "[" * 100_000, "this is not TOML|nested too deeply"),
        ("a = " + "9" * 10_000, "this is not TOML|nested too deeply"),
    ],
)
def test_a_wrong_file_names_the_line(text: str, words: str) -> None:
    with override("en"), pytest.raises(Refused, match=words):
        text_form.read(text, "x.toml")


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    with override("en"), pytest.raises(Refused, match=r"huge\.toml has 50000000 bytes"):
        text_form.read_file(huge)
    million = tmp_path / "million.toml"
    million.write_text('[[steps]]\nkey = "a"\nkind = "exit"\n' * 1_000_000, "utf-8")
    with override("en"), pytest.raises(Refused, match="bytes"):
        text_form.read_file(million)
    with override("en"), pytest.raises(Refused, match="cannot be read"):
        text_form.read_file(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes("key = 'ä'".encode("latin-1"))
    with override("en"), pytest.raises(Refused, match="not UTF-8 at byte 7"):
        text_form.read_file(tmp_path / "latin.toml")


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=80).filter(
    lambda text: text.strip()
)
KEYS = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,19}\Z")
LEAVES = st.one_of(
    st.builds(lambda n: {"field": "orders", "op": "at_least", "value": n}, st.integers(0, 10**12)),
    st.builds(lambda x: {"field": "clv", "op": "at_most", "value": x}, st.floats(-1e14, 1e14)),
    st.builds(lambda t: {"field": "country", "op": "one_of", "value": t}, st.lists(TEXTS, min_size=1, max_size=3)),
    st.builds(lambda d: {"did_not": "ordered", "within_days": d}, st.integers(1, 900)),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda nodes: {"all": nodes}, st.lists(inner, max_size=3)),
        st.builds(lambda nodes: {"any": nodes}, st.lists(inner, max_size=3)),
        st.builds(lambda node: {"not": node}, inner),
    ),
    max_leaves=6,
)


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Documents that can be published, of every part and odd texts."""
    keys = draw(st.lists(KEYS, min_size=2, max_size=6, unique=True))
    steps = []
    for place, key in enumerate(keys[:-1]):
        later = st.sampled_from(keys[place + 1 :])
        steps.append(
            draw(
                st.one_of(
                    st.builds(lambda d, k=key: step(k, "wait", days=d, until_hour=9), st.integers(0, 3650)),
                    st.builds(lambda r, t, k=key: step(k, "branch", profile=r, then=t), RULES, later),
                    st.builds(lambda t, o, k=key: step(k, "branch", ordered=True, then=t, otherwise=o), later, later),
                    st.builds(lambda g, k=key: step(k, "issue_voucher", offer="gift", gift=g, valid_days=9), TEXTS),
                    st.just(step(key, "send", message="hello", goes_on=True)),
                )
            )
        )
    steps.append(step(keys[-1], "exit"))
    source = draw(st.lists(TEXTS, min_size=1, max_size=5).map("\n".join))
    texts = {"subject": draw(TEXTS), "preheader": draw(st.just("") | TEXTS), "source": source}
    document = made(
        key=draw(KEYS),
        name=draw(st.one_of(TEXTS, st.fixed_dictionaries({"de": TEXTS, "en": TEXTS}))),
        holdout=draw(st.floats(0, 0.9)),
        stop=draw(st.sampled_from([{"after_days": 3}, {"after_customers": 10}, {"on": "2028-02-29"}])),
        reentry=draw(st.sampled_from([{"rule": "yearly"}, {"rule": "after_days", "days": 9}, {"rule": "every_time"}])),
        steps=steps,
        messages={"hello": {"name": draw(TEXTS), "texts": {"de": texts}}},
    )
    if draw(st.booleans()):
        document["leave_when"] = {"profile": draw(RULES)}
    return document


@given(documents())
@settings(max_examples=60, deadline=None)
def test_text_is_equal_in_both_directions(document: dict[str, Any]) -> None:
    assert said(document) == ""
    text = text_form.write(document)
    assert text_form.read(text) == document
    assert text_form.write(text_form.read(text)) == text


def test_every_kind_declares_its_fields_in_both_languages() -> None:
    for kind in [*step_kinds().values(), *trigger_kinds().values()]:
        names = [one.key for one in kind.fields]
        assert len(set(names)) == len(names)
        assert not {"key", "kind"} & set(names)
        for one in kind.fields:
            assert {"de", "en"} <= set(one.label.texts), (kind.key, one.key)
            if one.default is not None:
                assert one.problem(one.default) == "", (kind.key, one.key)


@pytest.mark.postgres
def test_a_journey_made_by_hand_is_drafted_published_and_edited(
    shop: Shop, rosa: Any, nico: Any, now: datetime
) -> None:
    # given an unfinished draft: kept, not publishable, and nothing else made
    draft = actions.save_draft(shop, {"key": "thanks", "name": "Danke"}, now)
    with override("en"), pytest.raises(Refused, match="goal: is missing"):
        actions.publish_draft(draft, now)
    assert not Measure._base_manager.exists()
    # when it is finished and published, Rosa comes in
    draft = actions.save_draft(shop, made(), now, revision=draft.revision)
    first = actions.publish_draft(draft, now)
    assert (first.version, first.playbook, first.measure.status) == (1, "", "running")
    actions.enrol(shop, first, [Entry(rosa.pk, "k")], now)
    # then publishing the same again makes no new version, and an edit makes the next one; Rosa stays in hers
    assert actions.publish_draft(draft, now).pk == first.pk
    changed = made(steps=[step("later", "wait", days=9), step("end", "exit")], messages={})
    second = actions.publish_draft(actions.save_draft(shop, changed, now), now)
    assert (second.version, second.measure_id) == (2, first.measure_id)
    actions.enrol(shop, second, [Entry(nico.pk, "k")], now)
    assert dict(Enrolment._base_manager.values_list("customer_id", "journey_id")) == {
        rosa.pk: first.pk,
        nico.pk: second.pk,
    }
    assert actions.published_document(first) == made()
    assert actions.document_for(shop, "thanks") == changed
    # and what its effect is computed by cannot be changed any more
    with override("en"), pytest.raises(Refused, match="holdout_share of a measure that was started"):
        actions.publish_draft(actions.save_draft(shop, {**changed, "holdout": 0.2}, now), now)
    assert Journey._base_manager.get(is_current=True).pk == second.pk


def test_two_editors_do_not_write_over_each_other(shop: Shop, now: datetime) -> None:
    draft = actions.save_draft(shop, made(), now)
    actions.save_draft(shop, made(holdout=0.2), now, revision=draft.revision)
    with pytest.raises(Refused) as refused:
        actions.save_draft(shop, made(holdout=0.3), now, revision=draft.revision)
    assert refused.value.code == "edited_meanwhile"
    assert JourneyDraft._base_manager.get().document["holdout"] == 0.2


def test_a_message_that_cannot_be_sent_names_its_step_and_changes_nothing(shop: Shop, now: datetime) -> None:
    texts = {"de": {"subject": "x", "source": "<mj-text>{{ customer.nonsense }}</mj-text>"}}
    draft = actions.save_draft(shop, made(messages={"hello": {"texts": texts}}), now)
    with override("en"), pytest.raises(Refused, match=r"step 3 “hello” \(send\): "):
        actions.publish_draft(draft, now)
    assert not Measure._base_manager.exists()
    assert not Journey._base_manager.exists()


def test_what_a_playbook_started_is_exported_and_taken_over_by_hand(shop: Shop, now: datetime) -> None:
    measure = actions.launch(shop, "win_back", {"percent": 20}, now, holdout_share="0.3")
    document = actions.document_for(shop, "win-back")
    assert document["holdout"] == 0.3
    assert document["steps"][0]["params"]["percent"] == 20
    # a version from before documents were kept is made again from its playbook
    Journey._base_manager.update(document={})
    assert actions.document_for(shop, "win-back") == document
    assert checked(document)
    document["steps"][0]["params"]["percent"] = 25
    edited = actions.publish_draft(actions.save_draft(shop, document, now), now)
    assert (edited.measure_id, edited.version, edited.playbook) == (measure.pk, 2, "")

"""Pages of templates: who may, what is saved, what is refused, what a frame may do."""

import io
import json
from typing import Any

import pytest
from PIL import Image

from regulars.reach.messaging import actions
from regulars.reach.messaging.models import Brand, Media, Template, TemplateDraft, TemplateVersion
from regulars.reach.messaging.starting_points import block

PAGES = (
    "templates/", "templates/{pk}/", "templates/{pk}/preview/?locale=de", "templates/{pk}/checks/", "templates/products/",
    "templates/images/", "templates/images/pick/", "templates/brand/", "templates/brand/preview/",
    "templates/brand/contrast/",
)  # fmt: skip
POSTS = (
    "templates/new/", "templates/{pk}/save/", "templates/{pk}/try/", "templates/{pk}/publish/", "templates/{pk}/remove/",
    "templates/images/", "templates/images/pick/", "templates/brand/",
)  # fmt: skip


@pytest.fixture
def enter(shop: Any, client: Any) -> Any:
    """`enter("marketer")`: a client logged in with that role."""
    from regulars.core.models import Membership, Staff

    def make(role: str) -> Any:
        person = Staff.objects.create_user(f"{role}@example.com", "a good long word")
        Membership.objects.create(shop=shop, staff=person, role=role)
        client.force_login(person)
        client.cookies["django_language"] = "en"
        return client

    return make


@pytest.fixture
def template(shop: Any, now: Any) -> Template:
    return actions.begin_template(shop, "Neues", {"de": ("Neu", "", [block("text", text="Hallo")])}, now)


def at(shop: Any, path: str, template: Template) -> str:
    return f"/s/{shop.slug}/{path.format(pk=template.pk)}"


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("marketer", 200), ("service", 403), ("analyst", 403), ("till", 403)]
)
def test_marketers_and_owners_write_and_nobody_else_sees(
    shop: Any, template: Template, enter: Any, role: str, status: int
) -> None:
    client = enter(role)
    assert {path: client.get(at(shop, path, template)).status_code for path in PAGES} == dict.fromkeys(PAGES, status)
    if status == 403:
        assert {path: client.post(at(shop, path, template)).status_code for path in POSTS} == dict.fromkeys(POSTS, 403)
        assert Template._base_manager.count() == 1


def test_the_template_of_another_shop_is_not_there(shop: Any, enter: Any, now: Any) -> None:
    from regulars.core.models import Shop

    other = Shop.objects.create(slug="other", name="Other")
    theirs = actions.begin_template(other, "Theirs", {"de": ("x", "", [])}, now)
    client = enter("owner")
    for path in PAGES[1:4]:
        assert client.get(at(shop, path, theirs)).status_code == 404
    assert client.post(at(shop, "templates/{pk}/save/", theirs), "{}", "application/json").status_code == 404


def save(client: Any, shop: Any, template: Template, **said: Any) -> Any:
    body = {"locale": "de", "revision": 1, "subject": "S", "preheader": "", "blocks": [], **said}
    return client.post(at(shop, "templates/{pk}/save/", template), json.dumps(body), "application/json")


def test_the_editor_saves_by_itself_and_says_what_is_wrong(shop: Any, template: Template, enter: Any) -> None:
    client = enter("marketer")
    answer = save(client, shop, template, blocks=[block("button", label="", address="x")], name="Anders")
    assert answer.status_code == 200
    assert answer.json()["revision"] == 2
    assert [one["field"] for one in answer.json()["problems"]] == ["label", "address"]
    template.refresh_from_db()
    assert template.name == "Anders"

    older = save(client, shop, template, subject="Too late")
    assert (older.status_code, older.json()["code"]) == (409, "changed")
    assert save(client, shop, template, revision=2, blocks="x").status_code == 422
    assert save(client, shop, template, revision=2, locale="fr").status_code == 422
    assert client.post(at(shop, "templates/{pk}/save/", template), "[", "application/json").status_code == 422
    big = "x" * 500_000
    assert save(client, shop, template, revision=2, subject=big).status_code == 422
    assert TemplateDraft.objects.get().subject == "S"


def test_publishing_is_stopped_by_grave_findings(shop: Any, template: Template, enter: Any) -> None:
    client = enter("marketer")
    save(client, shop, template, blocks=[block("button", label="x", address="https://localhost/x")])
    answer = client.post(at(shop, "templates/{pk}/publish/", template))
    assert answer.status_code == 422
    assert not TemplateVersion.objects.exists()
    save(client, shop, template, revision=2, blocks=[block("text", text="Gut")])
    assert client.post(at(shop, "templates/{pk}/publish/", template)).status_code == 200
    assert TemplateVersion.objects.get().subject == "S"


def test_a_frame_runs_nothing_and_shows_the_theme_that_was_asked_for(
    shop: Any, template: Template, enter: Any, rosa: Any
) -> None:
    client = enter("marketer")
    save(
        client,
        shop,
        template,
        blocks=[block("text", text="Hallo {{ customer.first_name }}")],
        subject="Für {{ customer.first_name }}",
    )
    path = at(shop, "templates/{pk}/preview/", template)
    answer = client.get(f"{path}?locale=de&customer={rosa.pk}&theme=dark")
    html = answer.content.decode()
    assert "Hallo Rosa" in html
    assert 'data-subject="Für Rosa"' in html
    assert "prefers-color-scheme" not in html
    assert "@media all" in html
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert client.get(f"{path}?locale=de&customer=999999").status_code == 404


def test_a_template_begins_from_each_point(shop: Any, enter: Any) -> None:
    client = enter("marketer")
    answer = client.post(f"/s/{shop.slug}/templates/new/", {"point": "newsletter", "name": "Herbst"})
    assert answer.status_code == 302
    made = Template._base_manager.get()
    assert (made.name, made.drafts.count()) == ("Herbst", 2)
    client.post(f"/s/{shop.slug}/templates/new/", {"point": "nosuch"})
    assert Template._base_manager.count() == 1


def test_the_list_costs_the_same_queries_for_any_number(
    shop: Any, enter: Any, now: Any, template: Template, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = enter("marketer")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/s/{shop.slug}/templates/").status_code == 200
        return len(seen)

    cost()
    one = cost()
    for number in range(6):
        actions.begin_template(shop, f"T{number}", {"de": ("x", "", []), "en": ("y", "", [])}, now)
    assert cost() == one


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (320, 80), (10, 80, 60)).save(out, "PNG")
    out.seek(0)
    out.name = "logo.png"
    return out


def brand(client: Any, shop: Any, **said: Any) -> Any:
    fields = {
        "accent": "#0f5f4c", "ink": "#111111", "card": "#ffffff", "paper": "#eeeeee", "font": "book", "button": "pill",
        "logo_width": "180", "footer_de": "Bis bald", "footer_en": "", "legal_footer": "Neu GmbH, Weg 2", **said,
    }  # fmt: skip
    return client.post(f"/s/{shop.slug}/templates/brand/", fields)


def test_the_brand_is_saved_and_a_marketer_leaves_the_legal_address(shop: Any, enter: Any) -> None:
    client = enter("marketer")
    assert brand(client, shop, logo=picture()).status_code == 302
    saved = Brand.objects.get()
    assert (saved.accent, saved.font, saved.footer) == ("#0f5f4c", "book", {"de": "Bis bald"})
    assert saved.logo is not None
    shop.refresh_from_db()
    assert shop.legal_footer == "Plattenkiste GmbH, Rillenweg 33, 12345 Berlin"
    page = client.get(f"/s/{shop.slug}/templates/brand/preview/").content.decode()
    assert f'src="/m/{saved.logo.file}"' in page
    assert "Georgia" in page


def test_an_owner_sets_the_legal_address(shop: Any, enter: Any) -> None:
    assert brand(enter("owner"), shop).status_code == 302
    shop.refresh_from_db()
    assert shop.legal_footer == "Neu GmbH, Weg 2"


def test_bad_brands_are_refused_whole(shop: Any, enter: Any) -> None:
    client = enter("owner")
    big = io.BytesIO(b"\x89PNG" + b"x" * 10 * 1024 * 1024)
    big.name = "logo.png"
    drawing = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    drawing.name = "logo.svg"
    for said in ({"ink": "#dddddd"}, {"accent": "red"}, {"font": "Comic"}, {"logo": big}, {"logo": drawing}):
        assert brand(client, shop, **said).status_code == 422
    assert not Brand.objects.exists()
    assert not Media._base_manager.exists()

"""Templates of plain text: begun, written, seen, checked, published; by those who may."""

from typing import Any

import pytest
from django.urls import reverse

from regulars.reach.messaging import actions
from regulars.reach.messaging.models import Template, TemplateDraft, TemplateVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(shop: Any, client: Any, django_user_model: Any) -> Any:
    from regulars.core.models import Membership

    staff = django_user_model.objects.create(email="mia@example.com", name="Mia", locale="en")
    Membership.objects.create(shop=shop, staff=staff, role="marketer")
    client.force_login(staff)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def url(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def begun(shop: Any, writer: Any, channel: str = "sms") -> Template:
    answer = writer.post(url(shop, "template_new"), {"channel": channel, "name": "Hint"})
    assert answer.status_code == 302
    template: Template = Template._base_manager.get(name="Hint")
    assert template.channel == channel
    return template


def save(shop: Any, writer: Any, template: Any, text: str, revision: int = 0, locale: str = "de", **more: Any) -> Any:
    said = {"locale": locale, "revision": revision, "text": text, **more}
    return writer.post(url(shop, "template_text", template.pk), said, headers={"HX-Request": "true"})


def test_a_text_is_saved_as_it_is_written_and_shown_with_its_length(shop: Any, writer: Any, rosa: Any) -> None:
    template = begun(shop, writer)
    page = writer.get(url(shop, "template", template.pk))
    assert b"text-editor.js" in page.content
    assert b"template-editor.js" not in page.content
    answer = save(shop, writer, template, "Hallo {{ customer.first_name }} 😀 STOPP", customer=rosa.pk)
    shown = answer.content.decode()
    assert "Hallo Rosa 😀 STOPP" in shown
    assert "19 of 70 characters, 1 SMS" in shown
    assert "with such signs an SMS holds 70 characters" in shown
    assert 'value="1"' in shown, "the next save knows its revision"
    assert TemplateDraft.objects.get().text == "Hallo {{ customer.first_name }} 😀 STOPP"


def test_what_is_wrong_is_said_beside_it(shop: Any, writer: Any) -> None:
    template = begun(shop, writer)
    shown = save(shop, writer, template, "Hallo\n{{ customer.fist_name }}").content.decode()
    assert "Line 2: There is no variable “customer.fist_name”. Did you mean “customer.first_name”?" in shown


def test_words_of_somebody_else_are_not_overwritten(shop: Any, writer: Any) -> None:
    template = begun(shop, writer)
    save(shop, writer, template, "first STOPP")
    answer = save(shop, writer, template, "second STOPP", revision=0)
    assert answer.status_code == 422
    assert "Somebody else changed this template meanwhile" in answer.content.decode()
    assert TemplateDraft.objects.get().text == "first STOPP"


def test_published_it_is_what_is_sent_and_grave_findings_stop_it(shop: Any, writer: Any) -> None:
    template = begun(shop, writer)
    save(shop, writer, template, "Neu: https://plattenkiste.example/neu")
    answer = writer.post(url(shop, "template_text_publish", template.pk), follow=True)
    assert "The SMS does not say how to get no more of them." in answer.content.decode()
    assert not TemplateVersion.objects.exists()
    save(shop, writer, template, "Neu: https://plattenkiste.example/neu. Stopp mit STOPP", revision=1)
    writer.post(url(shop, "template_text_publish", template.pk))
    version = TemplateVersion.objects.get()
    assert (version.source, version.subject, version.text[:4]) == ("", "", "Neu:")
    assert [link.url for link in version.links.all()] == ["https://plattenkiste.example/neu"]
    content = actions.content_of(version)
    assert content.html == ()


def test_a_call_has_a_subject_and_a_script(shop: Any, writer: Any) -> None:
    template = begun(shop, writer, "phone")
    save(shop, writer, template, "Guten Tag", subject="Neue Platte")
    listed = writer.get(url(shop, "templates")).content.decode()
    assert "Neue Platte" in listed
    assert "Phone call" in listed
    shot = writer.get(url(shop, "template_preview", template.pk) + "?locale=de").content.decode()
    assert "Neue Platte\n\nGuten Tag" in shot


def test_without_scripts_the_form_saves_all_the_same(shop: Any, writer: Any) -> None:
    template = begun(shop, writer)
    answer = writer.post(url(shop, "template_text", template.pk), {"locale": "en", "revision": "0", "text": "Hi STOP"})
    assert answer.status_code == 302
    assert TemplateDraft.objects.get(locale="en").text == "Hi STOP"


@pytest.mark.parametrize("revision", ["", "x", "-1"])
def test_nonsense_is_refused(shop: Any, writer: Any, revision: str) -> None:
    template = begun(shop, writer)
    assert save(shop, writer, template, "x" * 20_001).status_code == 422
    assert save(shop, writer, template, "x", locale="fr").status_code == 422
    said = {"locale": "de", "revision": revision, "text": "x"}
    answer = writer.post(url(shop, "template_text", template.pk), said, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert not TemplateDraft.objects.exists()


@pytest.mark.parametrize("role", ["service", "analyst", "till"])
def test_who_may_not_write_is_kept_out(shop: Any, client: Any, django_user_model: Any, role: str) -> None:
    from regulars.core.models import Membership

    template = actions.begin_template(shop, "Hint", {}, shop.created_at, channel="sms")
    staff = django_user_model.objects.create(email="kai@example.com")
    Membership.objects.create(shop=shop, staff=staff, role=role)
    client.force_login(staff)
    for name in ("template_text", "template_text_publish"):
        assert client.post(url(shop, name, template.pk)).status_code == 403
    assert client.get(url(shop, "template_text_seen", template.pk)).status_code == 403

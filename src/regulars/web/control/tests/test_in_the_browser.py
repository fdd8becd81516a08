"""The staff's room in a real browser: login, theme and language, menus, charts; the policy is never broken.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

import re
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(live_regulars: str, shop: Any, make_staff: Any) -> Any:
    return make_staff("owner", "owner@example.com")


def sign_in(page: Any, address: str) -> None:
    page.goto(f"{address}/accounts/login/?next=/style/")
    page.get_by_label("E-Mail").fill("owner@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url("**/style/")


def ground(page: Any) -> int:
    """How light the page's ground is, 0 to 255 (the sum of a pixel's channels, as a canvas sees them)."""
    return page.evaluate(
        """() => { const c = document.createElement('canvas').getContext('2d');
        c.fillStyle = getComputedStyle(document.body).backgroundColor; c.fillRect(0, 0, 1, 1);
        const [r, g, b] = c.getImageData(0, 0, 1, 1).data; return Math.round((r + g + b) / 3); }"""
    )


def test_a_wrong_password_is_told_and_a_right_one_lets_in(page: Any, live_regulars: str, owner: Any) -> None:
    page.goto(f"{live_regulars}/accounts/login/")
    page.get_by_label("E-Mail").fill("owner@example.com")
    page.get_by_label("Passwort", exact=True).fill("wrong")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.locator(".notice[role=alert], .field-error").first.wait_for()

    sign_in(page, live_regulars)
    page.get_by_label("Ihr Konto").click()
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url(re.compile("/accounts/login/"))


def test_theme_and_language_are_switched_and_kept(page: Any, live_regulars: str, owner: Any) -> None:
    sign_in(page, live_regulars)
    assert ground(page) > 230

    page.get_by_label("Aussehen").click()
    page.get_by_role("button", name="Dunkel").click()
    page.wait_for_url("**/style/")
    page.locator("html[data-theme=regulars-dark]").wait_for()
    assert ground(page) < 40

    page.get_by_label("Sprache: DE").click()
    page.get_by_role("button", name="English").click()
    page.locator("html[lang=en][data-theme=regulars-dark]").wait_for()
    page.get_by_role("heading", name="Who comes back").wait_for()
    page.reload()
    page.locator("html[lang=en][data-theme=regulars-dark]").wait_for()


def test_the_theme_follows_the_system_until_it_is_chosen(page: Any, live_regulars: str, owner: Any) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_regulars}/accounts/login/")

    assert ground(page) < 40


def test_charts_are_drawn_and_say_their_figures_as_a_table(page: Any, live_regulars: str, owner: Any) -> None:
    sign_in(page, live_regulars)

    page.locator("[data-chart=revenue] canvas").wait_for()
    page.locator("[data-chart=revenue]").hover(position={"x": 300, "y": 150})
    page.locator(".chart-tip-title", has_text=re.compile(r"20\d\d")).first.wait_for()
    figure = page.locator("figure", has=page.locator("[data-chart=revenue]"))
    figure.get_by_text("Als Tabelle zeigen").click()
    assert figure.locator("tbody tr").count() == 12


def test_menus_and_dialogs_close_by_escape_and_give_the_focus_back(page: Any, live_regulars: str, owner: Any) -> None:
    sign_in(page, live_regulars)

    page.get_by_label("Sprache: DE").click()
    page.get_by_role("button", name="English").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="English").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Sprache: DE"

    page.get_by_role("button", name="Neue Maßnahme").click()
    page.get_by_role("dialog", name="Maßnahme starten?").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_the_keyboard_skips_to_the_content(page: Any, live_regulars: str, owner: Any) -> None:
    sign_in(page, live_regulars)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("address", ["/style/", "/account/", "/accounts/2fa/", "/accounts/password/change/"])
def test_a_phone_never_scrolls_sideways_and_has_the_drawer(
    page: Any, live_regulars: str, owner: Any, address: str
) -> None:
    sign_in(page, live_regulars)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_regulars + address)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Navigation öffnen").click()
    page.get_by_role("dialog", name="Navigation").get_by_text("Plattenkiste").first.wait_for()


@pytest.mark.parametrize("width", [390, 1440])
def test_an_explanation_stays_on_the_screen(page: Any, live_regulars: str, owner: Any, width: int) -> None:
    sign_in(page, live_regulars)
    page.set_viewport_size({"width": width, "height": 900})

    for place in (0, 1):
        page.locator(".kpi .explain > summary").nth(place).click()
        panel = page.locator(".kpi .explain-panel").nth(place)
        page.wait_for_timeout(50)
        box = panel.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_is_legible_in_both_themes(page: Any, live_regulars: str, owner: Any) -> None:
    """WCAG AA, 4.5:1, for the text colours on the grounds they are used on."""
    sign_in(page, live_regulars)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(50)
        while page.evaluate("document.getAnimations().some((one) => one instanceof CSSTransition)"):
            page.wait_for_timeout(50)  # colours change in a transition
        low = page.evaluate(
            """() => {
              const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
              const light = (colour) => {
                canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                const part = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
                  .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
              };
              const ground = (node) => {
                for (; node; node = node.parentElement) {
                  const colour = getComputedStyle(node).backgroundColor;
                  if (colour !== 'rgba(0, 0, 0, 0)' && !colour.includes('/ 0.')) return colour;
                }
                return 'white';
              };
              const bad = new Set();
              for (const node of document.querySelectorAll('main *, aside *, header *')) {
                const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
                if (!own || !node.offsetParent || node.closest('svg, [disabled], .kpi-value')) continue;
                const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < 4.5) bad.add(`${node.className} "${node.textContent.trim().slice(0, 20)}" ${ratio.toFixed(2)}`);
              }
              return [...bad];
            }"""
        )
        assert low == [], scheme


def test_htmx_sends_the_token_and_draws_charts_that_come_later(page: Any, live_regulars: str, owner: Any) -> None:
    sign_in(page, live_regulars)
    page.goto(f"{live_regulars}/account/")
    page.evaluate(
        """() => {
          const add = (attributes) => {
            const node = document.createElement('button');
            for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
            node.textContent = node.id;
            document.querySelector('main').append(node);
            htmx.process(node);
          };
          add({id: 'posting', 'hx-post': '/theme/', 'hx-swap': 'none', 'hx-vals': '{"theme": "dark"}'});
          add({id: 'loading', 'hx-get': '/style/', 'hx-select': '#content', 'hx-target': 'main'});
        }"""
    )

    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.locator("#posting").click()
    assert posted.value.status == 302

    page.locator("#loading").click()
    page.locator("[data-chart=revenue] canvas").wait_for()

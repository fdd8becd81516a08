"""Pages of the staff and panels on them, declared by the module they show; `web.control` mounts them.

A page is a view `(request, shop, **kwargs) -> HttpResponse` under `/s/<shop>/…`. Who lacks the permission gets 403; the
shop is in scope. A panel is a piece that an upper module adds to a page of a lower one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from .models import Shop

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Nav:
    """A place in the navigation. section: key of `SECTIONS`. order: low first. icon: name of an icon.

    also: the beginning of the paths of further pages that belong to it.
    """

    section: str
    title: Any
    icon: str
    order: int = 50
    also: str = ""


@dataclass(frozen=True)
class Page:
    path: str
    name: str
    view: View
    permission: str
    nav: Nav | None = None


@dataclass(frozen=True)
class Panel:
    """render: `(request, shop, subject) -> (template, context) | None`; None leaves the panel out."""

    page: str
    key: str
    title: Any
    render: Callable[[HttpRequest, "Shop", Any], tuple[str, dict[str, Any]] | None]
    order: int
    permission: str
    place: str = field(default="main")


PAGES: dict[str, Page] = {}
PANELS: dict[tuple[str, str], Panel] = {}


def page(path: str, *, name: str, permission: str, nav: Nav | None = None) -> Callable[[View], View]:
    """Declares a page: `path` in Django's route syntax below the shop, `name` for `reverse("shop:NAME", …)`."""

    def declare(view: View) -> View:
        if name in PAGES and PAGES[name].view is not view:
            raise ValueError(f"two pages are called {name!r}")
        PAGES[name] = Page(path, name, view, permission, nav)
        return view

    return declare


def panel(
    page: str, *, key: str, title: Any, permission: str, order: int = 50, place: str = "main"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a panel on the page called `page`. place: "main", "side" or "top"."""

    def declare(render: Callable[..., Any]) -> Callable[..., Any]:
        PANELS[page, key] = Panel(page, key, title, render, order, permission, place)
        return render

    return declare


@dataclass(frozen=True)
class SettingsTab:
    """A page of a module among the shop's settings. page: its name, which needs nothing but the shop."""

    page: str
    title: Any
    order: int


SETTINGS_TABS: dict[str, SettingsTab] = {}


def settings_tab(page: str, *, title: Any, order: int = 50) -> None:
    """Declares that the page called `page` is one of the settings: `{% settings_tabs %}` shows it on all of them."""
    SETTINGS_TABS[page] = SettingsTab(page, title, order)


def panels_of(
    page: str, request: HttpRequest, shop: "Shop", subject: Any, permissions: frozenset[str]
) -> list[dict[str, Any]]:
    """The panels of a page that this person may see, in order: `{key, title, place, template, context}`."""
    shown = []
    for one in sorted((p for p in PANELS.values() if p.page == page), key=lambda p: (p.order, p.key)):
        if one.permission not in permissions:
            continue
        made = one.render(request, shop, subject)
        if made is not None:
            template, context = made
            shown.append(
                {"key": one.key, "title": one.title, "place": one.place, "template": template, "context": context}
            )
    return shown

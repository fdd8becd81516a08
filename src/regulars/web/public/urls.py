"""URLs of the customers' pages: every module of this package that has `urlpatterns` adds them."""

from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern, URLResolver

from regulars.web import public


def found() -> list[URLPattern | URLResolver]:
    """The patterns of all page modules, in the order of their names."""
    patterns: list[URLPattern | URLResolver] = []
    for module in iter_modules(public.__path__):
        if module.name not in {"apps", "urls", "tests"}:
            patterns += getattr(import_module(f"{public.__name__}.{module.name}"), "urlpatterns", [])
    return patterns


urlpatterns = found()

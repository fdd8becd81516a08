"""The interface: one NinjaAPI, routes found by folder, documentation without foreign hosts."""

from importlib import import_module
from pkgutil import iter_modules

from ninja import NinjaAPI

from regulars import __version__

from . import routes
from .auth import KeyAuth
from .problems import install

api = NinjaAPI(
    title="Regulars",
    version=__version__,
    urls_namespace="api-v1",
    auth=KeyAuth(),
    docs_url=None,
    openapi_url="/openapi.json",
    description="Money is in integer minor units. Errors are problem+json (RFC 9457).",
)
install(api)
for found in sorted(module.name for module in iter_modules(routes.__path__)):
    api.add_router("", import_module(f"{routes.__name__}.{found}").router)

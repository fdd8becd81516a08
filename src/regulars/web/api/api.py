"""The interface: one NinjaAPI, routes found by folder, documentation without foreign hosts."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from regulars import __version__

from . import routes
from .auth import KeyAuth
from .batches import SCHEMAS
from .problems import install


class HouseAPI(NinjaAPI):
    """Describes errors as the problem+json that they are."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"] |= SCHEMAS
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in answer.get("content", {}):
                        answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
        return schema


api = HouseAPI(
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

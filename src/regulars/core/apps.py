"""`HouseApp`: the app configuration every module uses; it loads what the module declares."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

DECLARATIONS = ("event_types", "personal_data", "listeners", "sweeps", "variables", "pages", "panels")
"""Files of a module that declare something to a registry by being imported."""


class HouseApp(AppConfig):
    """Imports the module's declarations once all models are loaded."""

    default = False

    def ready(self) -> None:
        for part in DECLARATIONS:
            dotted = f"{self.name}.{part}"
            if find_spec(dotted) is not None:
                import_module(dotted)


class CoreConfig(HouseApp):
    default = True
    name = "regulars.core"
    label = "core"

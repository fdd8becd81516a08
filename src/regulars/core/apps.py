"""`HouseApp`: the app configuration every module uses; it loads what the module declares."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from . import among  # noqa: F401 - registers the lookup

DECLARATIONS = (
    "event_types",
    "personal_data",
    "listeners",
    "sweeps",
    "tallies",
    "variables",
    "channel",
    "pages",
    "hooks",
    "panels",
    "template_uses",
)
"""Files of a module that declare something to a registry by being imported."""


class HouseApp(AppConfig):
    """Imports the module's declarations once all models are loaded."""

    default = False

    def __init_subclass__(cls) -> None:
        # Django takes the configuration of a module by itself only where exactly one says that it is the default.
        super().__init_subclass__()
        cls.default = True

    def ready(self) -> None:
        for part in DECLARATIONS:
            dotted = f"{self.name}.{part}"
            if find_spec(dotted) is not None:
                import_module(dotted)


class CoreConfig(HouseApp):
    name = "regulars.core"
    label = "core"

    def ready(self) -> None:
        super().ready()
        import_module("regulars.core.upkeep")  # its `sweeps.py` is the registry itself
        # Once after all migrations: any of them may have rebuilt a table, which takes its triggers away on SQLite.
        post_migrate.connect(import_module("regulars.core.tallies").install_missing, sender=self)

"""What templates are composed of. Each kind of block is one file here with one `BlockKind`; nothing else is edited.

A block is `{"id", "kind", "values": {field: value}, "slots": [[block, …], …]}`; a template is a list of them.
"""

from importlib import import_module
from pkgutil import iter_modules

from .kind import BlockKind

_NOT_KINDS = {"kind", "fields", "markup"}


def found() -> dict[str, BlockKind]:
    """Every kind by its key, in the order of the palette. Raises ValueError where two share a key."""
    kinds: dict[str, BlockKind] = {}
    for module in iter_modules(__path__):
        if module.name in _NOT_KINDS or module.name == "tests":
            continue
        for value in list(vars(import_module(f"{__name__}.{module.name}")).values()):
            if isinstance(value, type) and issubclass(value, BlockKind) and "key" in value.__dict__:
                if value.key in kinds and type(kinds[value.key]) is not value:
                    raise ValueError(f"two kinds of blocks are called {value.key!r}")
                kinds[value.key] = value()
    return dict(sorted(kinds.items(), key=lambda pair: (pair[1].order, pair[0])))


KINDS = found()

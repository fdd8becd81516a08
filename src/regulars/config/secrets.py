"""The installation's own secrets: made once, kept in REGULARS_HOME, readable by its owner only."""

import os
import secrets
from pathlib import Path


def own_secret(home: Path, name: str) -> str:
    """The secret `name`, made on first use. Two processes that start at once agree on one value (link is atomic)."""
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8")

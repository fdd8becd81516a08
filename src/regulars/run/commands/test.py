"""Check everything: style, types, import contracts, migrations, texts, and all tests."""

import os
import subprocess
import sys
import time
from pathlib import Path

import typer

NEEDS = "nothing"
LOCK = "dev"
EXAMPLE = "./regulars test src/regulars/core -k claim"

CHECKOUT = Path(__file__).resolve().parents[4]
SOURCES = ["src", "tests", "benchmarks", "conftest.py", "manage.py"]

app = typer.Typer()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def test(context: typer.Context) -> None:
    """Without arguments: ruff, mypy, import contracts, migrations, German texts, written pages, style sheets,
    then all tests on SQLite and those marked postgres on PostgreSQL too. With arguments: only pytest, with these.

    Tests that need a server find it by REGULARS_TEST_POSTGRES and REGULARS_TEST_REDIS, the real data sets by
    REGULARS_TEST_DATA; what is absent is skipped with one loud line, or fails if
    REGULARS_REQUIRE=postgres,redis,browser,data,dovecot,khal names it.
    """
    home = Path(os.environ.get("REGULARS_HOME") or CHECKOUT / "var")
    environment = _environment(home)
    if context.args:
        raise typer.Exit(subprocess.call(pytest_call(home, *context.args), cwd=CHECKOUT, env=environment))
    failed: list[str] = []
    times: list[tuple[str, float]] = []
    for name, call in checks(home):
        print(f"── {name}", flush=True)
        began = time.monotonic()
        if subprocess.call(call, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL) != 0:
            failed.append(name)
            print(f"── {name}: FAILED", flush=True)
        times.append((name, time.monotonic() - began))
    if not _postgres_tests(home, environment, times):
        failed.append("tests on PostgreSQL")
    print("── " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in times))
    if failed:
        print(f"── failed: {', '.join(failed)}", file=sys.stderr)
        raise typer.Exit(1)
    print("── all checks passed")


def checks(home: Path) -> list[tuple[str, list[str]]]:
    """The checks in order, the quick ones first."""
    python = [sys.executable, "-m"]
    ours = [*python, "regulars.run.cli"]
    sources = [name for name in SOURCES if (CHECKOUT / name).exists()]
    found = [
        ("style", [*python, "ruff", "check", "--quiet", *sources]),
        ("layout", [*python, "ruff", "format", "--quiet", "--check", *sources]),
        ("import contracts", [*_import_linter(), "--cache-dir", str(home / "cache" / "imports")]),
        ("migrations", [*ours, "manage", "makemigrations", "--check", "--dry-run"]),
        ("German texts", [*ours, "messages", "--check"]),
        ("written pages", [*ours, "docs", "--check"]),
    ]
    if (CHECKOUT / "src/regulars/run/commands/css.py").exists():
        found.append(("style sheets", [*ours, "css", "--check"]))
    found.append(("types", [*python, "mypy"]))
    found.append(("tests", pytest_call(home, "-n", "2", "--dist", "worksteal", "-q")))
    return found


def pytest_call(home: Path, *arguments: str) -> list[str]:
    """pytest with its cache outside of the checkout."""
    return [sys.executable, "-m", "pytest", "-o", f"cache_dir={home / 'cache' / 'pytest'}", *arguments]


def _import_linter() -> list[str]:
    return [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-logo",
    ]


def _environment(home: Path) -> dict[str, str]:
    """The tests' own home and database, and caches that leave the checkout as it was."""
    environment = dict(os.environ)
    for name in ("REGULARS_DATABASE", "REGULARS_DEMO", "REGULARS_SMTP_URL", "REGULARS_BASE_URL", "REGULARS_LANGUAGE"):
        environment.pop(name, None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    test_home = home / "test"
    test_home.mkdir(parents=True, exist_ok=True)
    cache = home / "cache"
    return environment | {
        "REGULARS_HOME": str(test_home),
        # Tests start some hundred processes; without a cache each of them would compile the whole program first.
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
    }


def _postgres_tests(home: Path, environment: dict[str, str], times: list[tuple[str, float]]) -> bool:
    """Runs the tests marked postgres once more, on PostgreSQL. Whether that is as it should be."""
    sys.path.insert(0, str(CHECKOUT))
    from tests.fixtures import presence

    print("── tests on PostgreSQL", flush=True)
    reason = presence.absence("postgres")
    if reason and presence.required("postgres"):
        print(f"── tests on PostgreSQL: FAILED, postgres is required: {reason}", flush=True)
        return False
    if reason:
        print(f"!!! SKIPPED all tests on PostgreSQL: {reason}", flush=True)
        return True
    began = time.monotonic()
    call = pytest_call(home, "-q", "-m", "postgres or postgres_only")
    code = subprocess.call(
        call,
        cwd=CHECKOUT,
        env=environment | {"REGULARS_DATABASE": presence.postgres_server()},
        stdin=subprocess.DEVNULL,
    )
    times.append(("tests on PostgreSQL", time.monotonic() - began))
    return code == 0

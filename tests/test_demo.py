"""`./regulars demo`, as a newcomer runs it: it answers only when its figures stand, and stops without a trace."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    home = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars.run.cli", "demo", "--port", "0"],
        cwd=home,
        env=os.environ | {"REGULARS_HOME": str(home), "PYTHONPATH": str(CHECKOUT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    told: list[str] = []
    for line in process.stdout:
        told.append(line)
        if line.startswith("Login"):
            break
    try:
        found = re.search(r"http://\S+", told[0]) if told else None
        assert found, f"the demo did not start: {told}"
        yield found[0], process, told
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def logged_in(address: str, told: list[str]) -> urllib.request.OpenerDirector:
    login = re.search(r"Login: (\S+)\s+Password: (\S+)", told[-1])
    assert login
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"{address}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": login[1], "password": login[2]}
    request = urllib.request.Request(
        f"{address}/accounts/login/", urlencode(form).encode(), {"Referer": f"{address}/accounts/login/"}
    )
    assert "/s/plattenkiste/" in opener.open(request).url
    return opener


@pytest.mark.slow
def test_the_demo_shows_true_figures_and_stops_without_a_trace(
    demo: tuple[str, subprocess.Popen[str], list[str]],
) -> None:
    address, process, told = demo
    opener = logged_in(address, told)

    for path in ("", "customers/", "segments/", "measures/", "vouchers/", "imports/", "inbox/", "settings/"):
        page = opener.open(f"{address}/s/plattenkiste/{path}").read().decode()
        assert "CDNOW" in page, f"{path} does not say what is real and what is made up"

    imports = opener.open(f"{address}/s/plattenkiste/imports/").read().decode()
    link = re.search(r'href="([^"]+)">plattenkiste\.csv<', imports)
    assert link, "the purchases did not come through the import"
    counts = opener.open(f"{address}{link[1]}").read().decode()
    assert re.search(r"69\D659", counts), "the import does not tell how many orders it brought"

    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 3
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=2)

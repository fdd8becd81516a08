"""The corpus of flufl.bounce: 117 real returned mails of many servers, against what a person read in them."""

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from regulars.reach.messaging.incoming import read

EYES = dict(
    line.split() for line in (Path(__file__).parent / "corpus_kinds.txt").read_text().splitlines() if line[:1] != "#"
)
NOT_RETURNED = {"qmail_08.txt": "auto_reply", "groupwise_03.txt": "reply"}


@pytest.fixture
def corpus(data_dir: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(data_dir / "bounces-flufl" / "messages.zip") as archive:
        return {Path(name).name: archive.read(name) for name in archive.namelist() if name.endswith(".txt")}


@pytest.mark.data
def test_every_mail_is_what_a_reader_says_it_is(corpus: dict[str, bytes]) -> None:
    assert {name: read(raw).kind.value for name, raw in corpus.items()} == EYES
    assert Counter(EYES.values()) == {"hard": 55, "soft": 60, "auto_reply": 1, "reply": 1}
    assert {name: kind for name, kind in EYES.items() if kind not in ("hard", "soft")} == NOT_RETURNED


@pytest.mark.data
def test_exactly_the_addresses_that_flufl_finds_are_found(corpus: dict[str, bytes], data_dir: Path) -> None:
    expected = json.loads((data_dir / "bounces-flufl" / "expected.json").read_text())["expected"]
    theirs = {one["file"]: sorted(one["temporary"] + one["permanent"]) for one in expected}
    ours = {name: sorted(read(raw).addresses) for name, raw in corpus.items() if name not in NOT_RETURNED}
    assert ours == {name: found for name, found in theirs.items() if name not in NOT_RETURNED}


@pytest.mark.data
def test_addresses_in_one_mail_may_fare_differently(corpus: dict[str, bytes]) -> None:
    reading = read(corpus["yahoo_10.txt"])
    assert all(one.is_dead for one in reading.about)
    assert len(reading.about) == 3


@pytest.mark.data
def test_no_mail_of_the_corpus_breaks_when_it_is_cut_or_its_bytes_are_turned(corpus: dict[str, bytes]) -> None:
    for raw in corpus.values():
        for share in (3, 2):
            read(raw[: len(raw) // share])
        read(raw.replace(b"\n", b"\r"))
        read(bytes(octet ^ 0x80 if index % 97 == 0 else octet for index, octet in enumerate(raw)))

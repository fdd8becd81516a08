"""The locks name packages and hashes, and nothing else."""

import re

from tests.fixtures.presence import CHECKOUT

LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))


def test_no_address_stands_in_a_lock():
    assert [path.name for path in LOCKS] == ["base.txt", "dev.txt", "uv.txt"]
    assert {path.name: re.findall(r"\S*://\S*", path.read_text(encoding="utf-8")) for path in LOCKS} == {
        "base.txt": [],
        "dev.txt": [],
        "uv.txt": [],
    }
    for foreign in ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"):
        assert not (CHECKOUT / foreign).exists()


def test_every_package_of_a_lock_has_a_version_and_a_hash():
    for path in LOCKS:
        blocks = re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8"))
        assert blocks
        for block in blocks:
            assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^\s]+", block), f"{path.name}: {block[:60]}"
            assert "--hash=sha256:" in block, f"{path.name}: {block[:60]}"


def test_the_dev_lock_holds_the_base_lock_so_that_one_environment_serves_both():
    def pins(name):
        text = (CHECKOUT / "requirements" / name).read_text(encoding="utf-8")
        return {
            tuple(pin.split("==")) for pin in re.findall(r"(?m)^([a-z0-9._-]+==[^\s;]+)", re.sub(r"\[.*?\]", "", text))
        }

    assert pins("base.txt") - pins("dev.txt") == set()

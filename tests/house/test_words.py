"""One word a thing: GLOSSARY.md and the code agree."""

import ast
import re

from tests.fixtures.presence import CHECKOUT


def class_names() -> set[str]:
    names: set[str] = set()
    for path in (CHECKOUT / "src" / "regulars").rglob("*.py"):
        if "migrations" in path.parts or "tests" in path.parts:
            continue
        names |= {
            node.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ClassDef)
        }
    return names


def test_each_word_that_names_a_class_has_that_class():
    words = re.findall(r"(?m)^\| `([A-Z][A-Za-z]+)` \|", (CHECKOUT / "GLOSSARY.md").read_text(encoding="utf-8"))

    assert len(words) > 30
    assert sorted(set(words) - class_names()) == []


def test_words_that_are_not_used_name_no_class():
    text = (CHECKOUT / "GLOSSARY.md").read_text(encoding="utf-8")
    unused = re.search(r"(?m)^Not used: (.*)$", text)
    assert unused is not None
    banned = {word.split(" (")[0].strip(". ").title().replace(" ", "") for word in unused[1].split(", ")} - {"Contact"}

    assert "Subscriber" in banned
    assert sorted(class_names() & banned) == []

"""The training examples as files, before any model is trained from them."""

from __future__ import annotations

import pathlib
import re
from collections import Counter

import pytest
import yaml

from bot.privacy import mask
from bot.vocabulary import departments

NLU = pathlib.Path(__file__).parents[3] / "data" / "nlu"
DOMAIN = yaml.safe_load((NLU.parents[1] / "domain.yml").read_text("utf-8"))


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(NLU.glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            lines = [line.removeprefix("- ") for line in block["examples"].splitlines() if line]
            found.setdefault(block["intent"], []).extend(lines)
    return found


EXAMPLES = examples()


def test_every_department_and_intent_has_enough() -> None:
    for code in departments():
        assert len(EXAMPLES[f"report_issue/{code}"]) >= 40, code
    intents = {name for entry in DOMAIN["intents"] for name in entry}
    for intent in intents - {"report_issue"}:
        if not intent.startswith("EXTERNAL_"):
            assert len(EXAMPLES[intent]) >= 20, intent


def test_no_unknown_labels() -> None:
    intents = {name for entry in DOMAIN["intents"] for name in entry}
    for label in EXAMPLES:
        intent, _, department = label.partition("/")
        assert intent in intents, label
        assert not department or department == "unspecified" or department in departments(), label


def test_no_line_stands_twice() -> None:
    counts = Counter(line for lines in EXAMPLES.values() for line in lines)
    assert [line for line, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("label", sorted(EXAMPLES))
def test_lines_are_plain(label: str) -> None:
    for line in EXAMPLES[label]:
        assert not re.search(r"[\[\](){}`]", line), line
        assert not line.startswith("/"), line
        assert mask(line)[1] == [], f"a number that looks personal: {line}"
        assert 0 < len(line) <= 500, line

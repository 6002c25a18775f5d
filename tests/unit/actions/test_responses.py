"""Every text is used, and every text used is there and can be filled in."""

from __future__ import annotations

import pathlib
import re
import string

from actions.wording import responses

ACTIONS = pathlib.Path(__file__).parents[3] / "actions"
SOURCE = "\n".join(path.read_text("utf-8") for path in sorted(ACTIONS.rglob("*.py")))
CHOSEN = re.compile(r"(?:Reply|say|_either)\(\s*\"(\w+)\"")


def test_every_text_is_used_somewhere() -> None:
    unused = [name for name in responses() if f'"{name}"' not in SOURCE]
    assert unused == []


def test_every_text_that_is_chosen_exists() -> None:
    chosen = set(CHOSEN.findall(SOURCE))
    assert len(chosen) > 20
    assert chosen <= set(responses())


def test_texts_fit_a_phone_and_ask_one_thing() -> None:
    for name, text in responses().items():
        assert len(text) <= 160, name
        asked = [part for _, part, _, _ in string.Formatter().parse(text) if part is not None]
        assert all(part.isidentifier() for part in asked), name
        assert text.count("？") <= 1, f"{name} asks more than one thing"

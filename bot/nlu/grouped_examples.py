"""The examples beside Rasa's: what type an appeal is, and whether it is urgent.

Their form is the project's own: ``label: {group: [line, …]}``; what is wrong in such a file is
found by ``suqiu validate``.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from bot.nlu.normalizer import normalize


def read_grouped(path: Path) -> tuple[list[str], list[str]]:
    """Normalised texts and the label of each."""
    table = yaml.safe_load(path.read_text("utf-8"))
    rows = [
        (normalize(line), label)
        for label, groups in table.items()
        for lines in groups.values()
        for line in lines
    ]
    return [text for text, _ in rows], [label for _, label in rows]

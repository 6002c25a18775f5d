"""The examples beside Rasa's: what type an appeal is, and whether it is urgent.

Their form is the project's own: ``label: {group: [line, …]}``. Knows nothing of Rasa.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.vocabulary import appeal_types
from workbench.examples import Example, UnreadableFile, compose


def grouped_files(folder: Path) -> dict[Path, tuple[str, ...]]:
    """The files that lie beside ``folder`` (``data/nlu``), each with the labels it must have."""
    labels = {
        folder.parent / "appeal_types.yml": tuple(appeal_types()),
        folder.parent / "urgency.yml": ("urgent", "not_urgent"),
    }
    return {path: known for path, known in labels.items() if path.exists()}


def read_grouped(path: Path) -> Iterator[Example]:
    """The examples of one file, blank ones too: they are for the checks to find.

    Raises:
        UnreadableFile: not YAML, or not of the form ``label: {group: [line, …]}``.
    """
    for label, groups in _entries(path, compose(path), "要写成“类别:”"):
        for _, lines in _entries(path, groups, "类别下面要分组"):
            if not isinstance(lines, yaml.SequenceNode):
                raise UnreadableFile(path, lines.start_mark.line + 1, "组下面要是“- ”开头的例句")
            for line in lines.value:
                number = line.start_mark.line + 1
                if not isinstance(line, yaml.ScalarNode):
                    raise UnreadableFile(path, number, "例句里有半角冒号或括号，请用全角")
                text = "" if line.tag == "tag:yaml.org,2002:null" else line.value.strip()
                if text and line.tag != "tag:yaml.org,2002:str":
                    raise UnreadableFile(path, number, f"例句会读成数字或日期，请加引号：{text}")
                yield Example(label, text, path, number)


def _entries(path: Path, node: yaml.Node | None, wanted: str) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node else 1
        raise UnreadableFile(path, line, wanted)
    return [(str(name.value), value) for name, value in node.value]

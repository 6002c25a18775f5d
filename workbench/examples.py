"""The training examples as they stand in their files, each with its line. Knows nothing of Rasa.

Format: Rasa's NLU training data, https://rasa.com/docs/rasa/training-data-format#nlu-training-data
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.nlu.labels import REPORT_INTENT, UNSPECIFIED

_BULLET = "- "


@dataclass(frozen=True)
class Example:
    """One line: ``text`` with its ``label`` (``intent`` or ``report_issue/<department>``).

    ``line`` counts from 1.
    """

    label: str
    text: str
    path: Path
    line: int


class UnreadableFile(Exception):
    """A file that is no training data; ``line`` (from 1) is where reading stopped."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


def example_files(folder: Path) -> list[Path]:
    """The files under ``data/nlu`` that hold examples of citizens' words, in a fixed order."""
    return sorted(folder.glob("*/*.yml"))


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of one file, blank ones too: they are for the checks to find.

    Raises:
        UnreadableFile: not YAML, or not of the form ``nlu: [{intent, examples}]``.
    """
    root = compose(path)
    blocks = _value(root, "nlu")
    if not isinstance(blocks, yaml.SequenceNode):
        raise UnreadableFile(path, 1, "没有 nlu 一节")
    for block in blocks.value:
        intent, examples = _value(block, "intent"), _value(block, "examples")
        if not isinstance(intent, yaml.ScalarNode) or not isinstance(examples, yaml.ScalarNode):
            raise UnreadableFile(path, block.start_mark.line + 1, "这一段没有 intent 或 examples")
        if examples.style != "|":
            raise UnreadableFile(path, examples.start_mark.line + 1, "examples 后面要写 |")
        # The text of a block scalar begins on the line after its "|".
        first = examples.start_mark.line + 2
        for number, line in enumerate(examples.value.splitlines(), start=first):
            if not line.strip():
                continue
            if line.strip() != _BULLET.strip() and not line.startswith(_BULLET):
                raise UnreadableFile(path, number, f"例句要以“{_BULLET}”开头：{line[:20]}")
            yield Example(intent.value, line[len(_BULLET) :].strip(), path, number)


def compose(path: Path) -> yaml.Node | None:
    """The nodes of a YAML file, which know their lines.

    Raises:
        UnreadableFile
    """
    try:
        return yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableFile(path, line, f"不是 YAML：{error.problem}") from error
    except yaml.YAMLError as error:
        raise UnreadableFile(path, 1, "有 YAML 里不能用的字符") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(path, 1, "不是 UTF-8 编码") from error


def read_appeals(folder: Path) -> list[tuple[str, str]]:
    """Text and department of every appeal with a matter under ``data/nlu``.

    Raises:
        UnreadableFile
    """
    appeals = []
    for path in example_files(folder):
        for example in read_examples(path):
            intent, _, department = example.label.partition("/")
            if intent == REPORT_INTENT and department and department != UNSPECIFIED:
                appeals.append((example.text, department))
    return appeals


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)

"""What a notice says, from ``notice_texts.yml``. Composed when it is sent, not when it is written.

The words of the file can be changed by people who do not program; what cannot be filled in is
refused when it is read.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from bot import vocabulary
from intake.deadlines import SHANGHAI
from intake.notices import is_office

LONGEST_WORDS = 400
"""Characters of a person's words in a message: with the rest below WeChat's 2,048 bytes."""
_LONGEST_SMS_WORDS = 120
_LONGEST_MATTER = 18
_VALUES = frozenset({"case_id", "matter", "department", "due", "note", "remark", "other"})


class TextsBroken(Exception):
    """``notice_texts.yml`` cannot be used; the message says where, in Chinese."""


@dataclass(frozen=True)
class Template:
    """The words for one kind of notice. ``sms`` is None where nobody is told by SMS."""

    name: str
    lines: tuple[str, ...]
    sms: str | None = None


@dataclass(frozen=True)
class Words:
    """A notice in words: ``text`` in lines, ``sms`` in one sentence, ``name`` of its kind."""

    name: str
    text: str = field(repr=False)
    sms: str = field(repr=False)


def compose(
    recipient: str, kind: str, case_id: str, content: Mapping[str, Any], matter: str | None = None
) -> Words:
    """The words of a notice.

    Args:
        matter: how the case begins, for the citizen who filed it.

    Raises:
        KeyError: no such kind of notice for this recipient.
    """
    template = templates()["offices" if is_office(recipient) else "citizens"][kind]
    values = _values(case_id, content, matter)
    lines = [line.format(**values) for line in template.lines if _filled(line, values)]
    text = "\n".join(lines)
    if template.sms is None:
        return Words(template.name, text, text)
    shorter = {**values, "note": _cut(values["note"], _LONGEST_SMS_WORDS)}
    return Words(template.name, text, template.sms.format(**shorter))


def name_of(recipient: str, kind: str) -> str:
    """The Chinese name of a kind of notice; the kind itself when it is unknown."""
    known = templates()["offices" if is_office(recipient) else "citizens"]
    return known[kind].name if kind in known else kind


@cache
def templates() -> Mapping[str, Mapping[str, Template]]:
    """``citizens`` and ``offices``: kind → template. Raises TextsBroken."""
    file = resources.files(__package__).joinpath("notice_texts.yml")
    return read_templates(file.read_text("utf-8"))


def read_templates(text: str) -> Mapping[str, Mapping[str, Template]]:
    """The templates in the text of such a file.

    Raises:
        TextsBroken: it is no YAML of this form, or has a placeholder that nothing fills in.
    """
    try:
        parts = yaml.safe_load(text)
        found = {
            part: {kind: _template(row, with_sms=part == "citizens") for kind, row in rows.items()}
            for part, rows in parts.items()
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise TextsBroken(f"notice_texts.yml 的格式不对：{error}") from error
    if set(found) != {"citizens", "offices"}:
        raise TextsBroken("notice_texts.yml 应有 citizens 和 offices 两部分")
    return found


def _template(row: Mapping[str, Any], with_sms: bool) -> Template:
    template = Template(row["name"], tuple(row["lines"]), row["sms"] if with_sms else None)
    for line in (*template.lines, template.sms or ""):
        unknown = _placeholders(line) - _VALUES
        if unknown:
            raise TextsBroken(f"notice_texts.yml 里的 {{{sorted(unknown)[0]}}} 没有东西可填")
    return template


def _placeholders(line: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name is not None}


def _filled(line: str, values: Mapping[str, str]) -> bool:
    return all(values[name] for name in _placeholders(line))


def _values(case_id: str, content: Mapping[str, Any], matter: str | None) -> dict[str, str]:
    department = vocabulary.departments().get(content.get("department") or "")
    others = content.get("other") or ()
    return {
        "case_id": case_id,
        "matter": _cut(matter or "", _LONGEST_MATTER),
        "department": department.short if department else "承办部门",
        "due": _day(content.get("due_at")),
        "note": _cut(content.get("note") or "", LONGEST_WORDS),
        "remark": _cut(content.get("remark") or "", LONGEST_WORDS),
        "other": others if isinstance(others, str) else "、".join(others),
    }


def _day(moment: str | None) -> str:
    """11月24日前, or words for a case without a due time."""
    if moment is None:
        return "规定时限内"
    local = dt.datetime.fromisoformat(moment).astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日前"


def _cut(words: str, longest: int) -> str:
    """One line of at most so many characters, without its last full stop: ours follows."""
    line = " ".join(words.split())
    if len(line) > longest:
        return line[: longest - 1] + "…"
    return line.rstrip("。")

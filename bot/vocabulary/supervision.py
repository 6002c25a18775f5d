"""The rules of the supervision (督办), from ``deadlines.yml``, checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.settings import SettingsError
from bot.vocabulary import load_yaml

_SECTION = "bot/vocabulary/deadlines.yml 的 supervision"
# Least and most of each, and whether it must be a whole number.
_LIMITS: Mapping[str, tuple[float, float, bool]] = {
    "reminder_at": (0.1, 0.99, False),
    "red_at": (1.01, 10, False),
    "return_working_days": (1, 60, True),
    "decide_working_days": (1, 60, True),
    "close_working_days": (1, 60, True),
    "satisfied_from": (1, 5, True),
    "urge_cooldown_hours": (0, 720, False),
    "urges_to_raise": (1, 1000, True),
}


@dataclass(frozen=True)
class Supervision:
    """When to remind, warn and close.

    ``reminder_at`` and ``red_at`` are parts of a deadline. ``longest_working_days`` is the longest
    deadline that any department has.
    """

    reminder_at: float
    red_at: float
    return_working_days: int
    decide_working_days: int
    close_working_days: int
    satisfied_from: int
    urge_cooldown_hours: float
    urges_to_raise: int
    longest_working_days: int


@cache
def supervision_rules() -> Supervision:
    """The rules in force.

    Raises:
        bot.settings.SettingsError: a rule is missing, unknown or out of range; it is named.
    """
    return parse_rules(load_yaml("deadlines.yml"))


def parse_rules(table: Mapping[str, Any]) -> Supervision:
    """The rules in the content of ``deadlines.yml``. Raises SettingsError that names the rule."""
    section = table.get("supervision")
    if not isinstance(section, Mapping):
        raise SettingsError(f"缺少 {_SECTION}，或者它不是“名称: 值”的列表")
    unknown = [str(name) for name in section if name not in _LIMITS]
    if unknown:
        raise SettingsError(f"{_SECTION} 里没有这样的规则：{'、'.join(unknown)}")
    values = {name: _checked(name, section.get(name)) for name in _LIMITS}
    own = [table["default"], *table["departments"].values()]
    longest = max(days for rules in own for days in rules.get("working_days", {}).values())
    return Supervision(**values, longest_working_days=longest)


def _checked(name: str, value: Any) -> Any:
    low, high, whole = _LIMITS[name]
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        number = "整数" if whole else "数"
        raise SettingsError(
            f"{_SECTION} 里 {name} 应为 {low:g} 到 {high:g} 的{number}，现在是 {value!r}"
        )
    return value

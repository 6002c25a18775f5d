"""The dispatch rules: an ordered list; the first whose conditions all hold says who gets a case.

Compiled from YAML by :mod:`intake.dispatch.rule_text`. Free of database and clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot import vocabulary
from intake import steps
from intake.cases import NewCase
from intake.deadlines import SHANGHAI, is_working_day
from intake.dispatch.patterns import Word, leveled
from intake.dispatch.places import official
from intake.steps import Dispatch
from intake.validation import CHANNELS

_DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Hours:
    """From one time of day to another in Shanghai, in minutes; may run over midnight."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def covers(self, other: Hours) -> bool:
        return other._minutes & ~self._minutes == 0

    @property
    def _minutes(self) -> int:
        """A bit for each minute of the day that belongs to it."""
        before_end, before_start = (1 << self.end) - 1, (1 << self.start) - 1
        if self.start < self.end:
            return before_end & ~before_start
        return ((1 << _DAY) - 1) & ~before_start | before_end

    def __str__(self) -> str:
        return "-".join(f"{time // 60:02}:{time % 60:02}" for time in (self.start, self.end))


@dataclass(frozen=True)
class Facts:
    """What the conditions look at."""

    values: Mapping[str, str | None]
    flags: Mapping[str, bool]
    minute: int
    text: str = field(repr=False)


def facts_of(new: NewCase, now: dt.datetime) -> Facts:
    """The facts of an appeal that arrives at ``now``, an aware time."""
    local = now.astimezone(SHANGHAI)
    place = official(new.address)
    return Facts(
        values={
            "department": new.department,
            "platform": vocabulary.departments()[new.department].platform,
            "appeal_type": new.appeal_type,
            "channel": new.channel,
            "district": place.district,
            "town": place.town,
            "community": place.community,
        },
        flags={"urgent": new.urgent, "working_day": is_working_day(local.date())},
        minute=local.hour * 60 + local.minute,
        text=leveled(new.description),
    )


def all_codes(name: str) -> frozenset[str] | None:
    """Every value that a condition can meet; None for places, which a case may lack."""
    known: Mapping[str, Any] = {
        "department": vocabulary.departments(),
        "platform": vocabulary.platforms(),
        "appeal_type": vocabulary.appeal_types(),
        "channel": dict.fromkeys(CHANNELS),
    }
    return frozenset(known[name]) if name in known else None


@dataclass(frozen=True)
class Conditions:
    """All of them must hold; of the values of one condition any."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    hours: Hours | None = None
    words: tuple[Word, ...] = ()

    def failing(self, facts: Facts) -> str | None:
        """The name of a condition that does not hold, or None when all hold."""
        for name, wanted in self.values.items():
            if facts.values[name] not in wanted:
                return name
        for name, flag in self.flags.items():
            if facts.flags[name] != flag:
                return name
        if self.hours and not self.hours.holds(facts.minute):
            return "hours"
        if self.words and not any(word.is_in(facts.text) for word in self.words):
            return "words"
        return None

    def covers(self, other: Conditions) -> bool:
        """Whether these hold wherever ``other`` does, as far as can be told without a case."""
        for name, wanted in self.values.items():
            theirs = other.values.get(name) or all_codes(name)
            if theirs is None or not theirs <= wanted:
                return False
        if any(other.flags.get(name) != flag for name, flag in self.flags.items()):
            return False
        if self.hours and not self.hours.covers(other.hours or Hours(0, _DAY)):
            return False
        if self.words:
            return bool(other.words) and all(
                any(mine.covers(theirs) for mine in self.words) for theirs in other.words
            )
        return True

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {name: sorted(wanted) for name, wanted in self.values.items()}
        shown |= self.flags
        if self.hours:
            shown["hours"] = str(self.hours)
        if self.words:
            shown["words"] = [word.text for word in self.words]
        return shown


@dataclass(frozen=True)
class Actions:
    """What a rule sets; None leaves it as the caller named it."""

    department: str | None = None
    co_departments: tuple[str, ...] | None = None
    platform: str | None = None
    handling_mode: str | None = None
    urgent: bool | None = None
    hold: bool = False
    """A person of the centre decides."""

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "department": self.department,
            "platform": self.platform,
            "handling_mode": self.handling_mode,
            "urgent": self.urgent,
        }
        shown = {name: value for name, value in shown.items() if value is not None}
        if self.co_departments is not None:
            shown["co_departments"] = list(self.co_departments)
        if self.hold:
            shown["hold"] = True
        return shown


@dataclass(frozen=True)
class Rule:
    """One rule. ``name`` is for people and stays with each case that it decided."""

    name: str
    when: Conditions
    then: Actions

    def dispatch(self, new: NewCase) -> Dispatch:
        """What this rule makes of an appeal that it matches."""
        then = self.then
        department = then.department or new.department
        others = new.co_departments if then.co_departments is None else then.co_departments
        found = Dispatch(
            department=department,
            co_departments=tuple(code for code in others if code != department),
            platform=then.platform,
            handling_mode=then.handling_mode,
            urgent=then.urgent,
            rule=self.name,
            by_person=then.hold,
        )
        if then.handling_mode is None and _mode_is_open(new, found):
            found = replace(found, handling_mode=_mode(new, found))
        return found


def _mode_is_open(new: NewCase, found: Dispatch) -> bool:
    """Whether the rule changed what the caller's handling mode was chosen for."""
    return (
        (found.urgent is not None and found.urgent != new.urgent)
        or found.co_departments != new.co_departments
        or _platform(found) != vocabulary.departments()[new.department].platform
    )


def _mode(new: NewCase, found: Dispatch) -> str:
    urgent = new.urgent if found.urgent is None else found.urgent
    mode = steps.handling_mode(replace(new, handling_mode=None, urgent=urgent), found)
    # A platform of its own was chosen: there it is handed over, whoever leads.
    return "transfer" if mode in ("simple", "complex") and _platform(found) != "general" else mode


def _platform(found: Dispatch) -> str:
    return found.platform or vocabulary.departments()[found.department].platform


@dataclass(frozen=True)
class RuleSet:
    """The rules in their order."""

    rules: tuple[Rule, ...] = ()

    def first(self, facts: Facts) -> Rule | None:
        """The first rule that matches."""
        return next((rule for rule in self.rules if rule.when.failing(facts) is None), None)

    def decide(self, new: NewCase, now: dt.datetime) -> Dispatch:
        """Who gets an appeal: what the first matching rule says, else what the caller named."""
        rule = self.first(facts_of(new, now))
        return rule.dispatch(new) if rule else Dispatch(new.department, new.co_departments)

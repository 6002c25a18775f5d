"""Departments, appeal types, handling modes, states and deadlines: one plain source for all parts.

The words live in the YAML files of this folder so that people who do not program can read and
change them. Terms follow the "1+3+X" appeal service; see each file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Department:
    """A body that handles appeals.

    ``needs_place`` is false where a matter has no place; ``busy`` where many appeals go.
    """

    code: str
    name: str
    short: str
    aliases: tuple[str, ...]
    scope: str
    platform: str
    needs_place: bool = True
    busy: bool = False


@dataclass(frozen=True)
class CaseState:
    """A state of a case: ``name`` for staff, ``public`` for citizens."""

    code: str
    name: str
    public: str


@dataclass(frozen=True)
class Deadlines:
    """How long a case of one department and type may take.

    ``working_days`` counts by the Chinese calendar; the hours of an urgent case count by the clock.
    """

    accept_working_days: int
    working_days: int
    urgent_accept_hours: int
    urgent_first_response_hours: int


def load_yaml(name: str) -> Any:
    """The parsed content of a YAML file of this folder."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return yaml.safe_load(text)


@cache
def departments() -> Mapping[str, Department]:
    """All departments by code, in the order of the file."""
    rows = load_yaml("departments.yml")["departments"]
    return {row["code"]: Department(**{**row, "aliases": tuple(row["aliases"])}) for row in rows}


@cache
def _appeals() -> Mapping[str, Any]:
    return load_yaml("appeals.yml")


def appeal_types() -> Mapping[str, str]:
    """Appeal type code → Chinese word."""
    return _appeals()["appeal_types"]


def handling_modes() -> Mapping[str, str]:
    """Handling mode code → Chinese words."""
    return _appeals()["handling_modes"]


def platforms() -> Mapping[str, str]:
    """Platform code → Chinese name."""
    return _appeals()["platforms"]


def roles() -> Mapping[str, str]:
    """Role code → Chinese name."""
    return _appeals()["roles"]


def channels() -> Mapping[str, str]:
    """Channel by which an appeal came in → Chinese name."""
    return _appeals()["channels"]


def satisfaction() -> Mapping[int, str]:
    """Marks of the citizen's judgement, 5 best → Chinese words."""
    return _appeals()["satisfaction"]


@cache
def danger_leads() -> Mapping[str, str]:
    """Kind of danger → department that leads whatever else the words say."""
    return load_yaml("urgency.yml")["leads"]


@cache
def case_states() -> Mapping[str, CaseState]:
    """All states by code."""
    return {code: CaseState(code, **words) for code, words in _appeals()["states"].items()}


@cache
def deadlines(department: str, appeal_type: str) -> Deadlines:
    """The deadlines that hold for a department and an appeal type.

    Raises:
        KeyError: no such department or appeal type.
    """
    departments()[department], appeal_types()[appeal_type]
    table = load_yaml("deadlines.yml")
    own = table["departments"].get(department, {})
    default = table["default"]
    days = {**default["working_days"], **own.get("working_days", {})}
    return Deadlines(
        accept_working_days=own.get("accept_working_days", default["accept_working_days"]),
        working_days=days[appeal_type],
        urgent_accept_hours=table["urgent"]["accept_hours"],
        urgent_first_response_hours=table["urgent"]["first_response_hours"],
    )

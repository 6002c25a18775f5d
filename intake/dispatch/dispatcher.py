"""Decides who gets a filed appeal, by the rules in force at that moment and the grid file."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace

from intake.cases import NewCase
from intake.dispatch.grids import Grids
from intake.dispatch.rule_sets import RuleSets, SavedRules
from intake.dispatch.rule_text import RuleError, compile_rules
from intake.dispatch.rules import RuleSet
from intake.steps import Dispatch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """A saved text and what it compiles to; with an ``error`` there are no rules."""

    saved: SavedRules
    rules: RuleSet
    error: RuleError | None = None


class Dispatcher:
    """The rules and grids of one service. Methods block; several threads may call them."""

    def __init__(self, rule_sets: RuleSets, grids: Grids) -> None:
        self.rule_sets = rule_sets
        self.grids = grids
        self._loaded: Loaded | None = None

    def current(self) -> Loaded:
        """The newest rules, also when another instance saved them a moment ago."""
        version = self.rule_sets.version()
        loaded = self._loaded
        if loaded is None or loaded.saved.version != version:
            loaded = _load(self.rule_sets.get(version))
            self._loaded = loaded
        return loaded

    def decide(self, new: NewCase, now: dt.datetime) -> Dispatch:
        """Who gets ``new``, filed at ``now``.

        Rules that no longer compile, say after a department was renamed, lose no appeal: it goes
        where the caller named, and :meth:`current` and the log tell of it.
        """
        return self.decide_by(self.current().rules, new, now)

    def decide_by(self, rules: RuleSet, new: NewCase, now: dt.datetime) -> Dispatch:
        """As :meth:`decide`, by rules that need not be in force."""
        found = rules.decide(new, now)
        if new.address.grid:
            return found
        return replace(found, grid=self.grids.grid_of(new.address))

    def save(self, text: str, edited: int, by: str, at: dt.datetime) -> Loaded:
        """Put new rules into force.

        Raises:
            RuleError: they do not compile; the old ones stay.
            intake.dispatch.rule_sets.RulesChanged
        """
        compiled = compile_rules(text)
        loaded = Loaded(self.rule_sets.save(text, edited, by, at), compiled)
        self._loaded = loaded
        return loaded


def _load(saved: SavedRules) -> Loaded:
    try:
        return Loaded(saved, compile_rules(saved.text))
    except RuleError as error:
        logger.error(
            "rules of version %s do not compile, cases go where callers say: %s",
            saved.version,
            error,
        )
        return Loaded(saved, RuleSet(), error)

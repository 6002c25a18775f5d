"""The rule texts that people saved; the newest is in force, and the packaged one before the first.

Texts are kept and never changed, so that it can be seen by which rules a case was dispatched.
All methods block.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib import resources

import sqlalchemy as sa

from intake.database import Database
from intake.tables import rule_sets

PACKAGED = 0


class RulesChanged(Exception):
    """Somebody saved other rules in between."""


@dataclass(frozen=True)
class SavedRules:
    """A rule text; the packaged one has version 0 and nobody who saved it."""

    version: int
    text: str
    saved_by: str | None = None
    saved_at: dt.datetime | None = None


@cache
def packaged() -> SavedRules:
    """The rules that come with the program."""
    text = resources.files(__package__).joinpath("rules.yml").read_text("utf-8")
    return SavedRules(PACKAGED, text)


class RuleSets:
    """The saved rules of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """The version in force; one step in an index."""
        with self._database.reading() as connection:
            newest = connection.scalar(sa.select(sa.func.max(rule_sets.c.version)))
            return PACKAGED if newest is None else int(newest)

    def get(self, version: int) -> SavedRules:
        """Raises LookupError when there is no such version."""
        if version == PACKAGED:
            return packaged()
        with self._database.reading() as connection:
            statement = sa.select(rule_sets).where(rule_sets.c.version == version)
            row = connection.execute(statement).first()
            if row is None:
                raise LookupError(version)
            return SavedRules(row.version, row.text, row.saved_by, row.saved_at)

    def save(self, text: str, edited: int, by: str, at: dt.datetime) -> SavedRules:
        """Keep ``text``, made from version ``edited``, as the newest rules.

        Raises:
            RulesChanged: ``edited`` is no longer the newest.
        """
        saved = SavedRules(edited + 1, text, by, at)
        row = {"version": saved.version, "text": text, "saved_by": by, "saved_at": at}
        try:
            with self._database.writing() as connection:
                newest = connection.scalar(sa.select(sa.func.max(rule_sets.c.version)))
                if (newest or PACKAGED) != edited:
                    raise RulesChanged
                connection.execute(rule_sets.insert(), row)
        except sa.exc.IntegrityError as error:
            # Two saved at the same moment; the version is the primary key.
            raise RulesChanged from error
        return saved

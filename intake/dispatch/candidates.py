"""Which cases are compared with one: open, of the last 30 days, from the same part of the city.

However many cases there are, at most :data:`_LOOKED_AT` entries of an index of open cases are gone
through for each question and a few hundred rows are read. In a town that has more open ones the
oldest are missed.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.cases import Address, Case, NewCase
from intake.database import Database
from intake.dispatch.nearness import MOST_READ, NEAR_METRES, Matter
from intake.dispatch.places import official
from intake.dispatch.similar import Likeness, alike
from intake.tables import OPEN, cases

WINDOW = dt.timedelta(days=30)
_LOOKED_AT = 3_000
_OF_THE_TOWN = 300
_OF_THE_DEPARTMENT = 100
_METRES_A_DEGREE = 111_000

_COLUMNS = (
    "case_id",
    "state",
    "department",
    "district",
    "town",
    "community",
    "detail",
    "lat",
    "long",
    "submitted_at",
    "citizen",
)


class SimilarCases:
    """Looks for the same matter among the cases of one database. Methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def to(self, asked: Matter, now: dt.datetime, most: int = 5) -> list[Likeness]:
        """Open cases about the same matter as ``asked``, the most alike first."""
        with self._database.reading() as connection:
            found = _candidates(connection, asked, now)
        return alike(asked, found, now, most)


def matter_of(case: Case) -> Matter:
    return Matter(
        case.case_id,
        case.state,
        case.department,
        case.description,
        case.address,
        case.lat,
        case.long,
        case.submitted_at,
        case.citizen,
    )


def matter_of_new(new: NewCase, now: dt.datetime) -> Matter:
    """``new`` must have been masked by :meth:`intake.personal.PersonalData.hide`."""
    return Matter(
        None,
        None,
        new.department,
        new.description,
        new.address,
        new.lat,
        new.long,
        now,
        new.citizen,
    )


def _candidates(connection: Connection, asked: Matter, now: dt.datetime) -> list[Matter]:
    columns = cases.c
    place = official(asked.address)
    mine = columns.department == asked.department
    found: dict[str, Matter] = {}
    if place.town:
        in_town = columns.town.in_(sorted({place.town, asked.address.town or place.town}))
        found |= _read(connection, in_town, sa.true(), asked, now, _OF_THE_TOWN)
    elif place.district:
        in_district = columns.district == place.district
        found |= _read(connection, mine, in_district, asked, now, _OF_THE_DEPARTMENT)
    if asked.lat is not None and asked.long is not None:
        box = _box(asked.lat, asked.long)
        found |= _read(connection, mine, box, asked, now, _OF_THE_DEPARTMENT)
    return list(found.values())


def _box(lat: float, long: float) -> Any:
    """Not farther than what counts as near, north to south and east to west."""
    up = NEAR_METRES / _METRES_A_DEGREE
    across = up / max(0.01, math.cos(math.radians(lat)))
    columns = cases.c
    return sa.and_(
        columns.lat.between(lat - up, lat + up), columns.long.between(long - across, long + across)
    )


def _read(
    connection: Connection, indexed: Any, and_also: Any, asked: Matter, now: dt.datetime, limit: int
) -> dict[str, Matter]:
    columns = cases.c
    newest = (
        sa.select(columns.case_id)
        .where(indexed, sa.text(OPEN), columns.submitted_at >= now - WINDOW)
        .order_by(columns.submitted_at.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    text = sa.func.substr(columns.description, 1, MOST_READ).label("text")
    statement = (
        sa.select(*(columns[name] for name in _COLUMNS), text)
        .select_from(cases.join(newest, newest.c.case_id == columns.case_id))
        .where(and_also, columns.case_id != (asked.case_id or ""))
        # Those of the same department first, then others, which may have been sent wrongly.
        .order_by(columns.department != asked.department, columns.submitted_at.desc())
        .limit(limit)
    )
    return {row.case_id: _matter(row) for row in connection.execute(statement)}


def _matter(row: Any) -> Matter:
    address = Address(row.district, row.town, row.community, None, row.detail)
    return Matter(
        row.case_id,
        row.state,
        row.department,
        row.text,
        address,
        row.lat,
        row.long,
        row.submitted_at,
        row.citizen,
    )

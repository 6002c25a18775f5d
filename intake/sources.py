"""Devices that file by themselves: smoke alarms, water gauges, door sensors.

A device that alarms a thousand times has one case with a count. The next alarms of the same device
and kind, from the same source, count for it while it is open, and afterwards until they have been
quiet for a while; then a new alarm is a new case. Methods block.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.cases import NewCase
from intake.database import Database
from intake.filing import maker
from intake.personal import PersonalData
from intake.steps import Dispatch
from intake.store import file_on
from intake.tables import cases, device_alarms
from intake.workflow import CLOSED_STATES


@dataclass(frozen=True)
class AlarmKind:
    """A well-known kind of alarm: its name for people, who handles it, whether it is urgent."""

    name: str
    department: str
    urgent: bool = False


KINDS: Mapping[str, AlarmKind] = {
    "smoke": AlarmKind("烟雾告警", "fire", urgent=True),
    "fire_passage": AlarmKind("消防通道占用告警", "fire"),
    "gas": AlarmKind("燃气泄漏告警", "utilities", urgent=True),
    "water_level": AlarmKind("水位告警", "water", urgent=True),
    "water_quality": AlarmKind("水质告警", "ecology"),
    "air_quality": AlarmKind("空气质量告警", "ecology"),
    "noise": AlarmKind("噪声告警", "ecology"),
    "access": AlarmKind("门禁告警", "public_security"),
    "lift": AlarmKind("电梯故障告警", "market_regulation", urgent=True),
    "street_light": AlarmKind("路灯故障告警", "urban_management"),
    "manhole": AlarmKind("井盖移位告警", "urban_management", urgent=True),
}


@dataclass(frozen=True)
class Alarm:
    """One alarm. ``new`` is the case that it becomes when it is the first of its storm."""

    device: str
    kind: str
    at: dt.datetime
    new: NewCase


@dataclass(frozen=True)
class AlarmCount:
    """The storm of a case: how many alarms, the first and the last of them."""

    case_id: str
    source: str
    device: str
    kind: str
    count: int
    first_at: dt.datetime
    last_at: dt.datetime


_SHOWN = tuple(AlarmCount.__annotations__)


class Alarms:
    """The alarms of one database.

    Args:
        decide: who gets a new case.
        quiet: for how long there must be no alarm before a closed case is left alone.
    """

    def __init__(
        self,
        database: Database,
        personal: PersonalData,
        decide: Callable[[NewCase, dt.datetime], Dispatch],
        quiet: dt.timedelta,
    ) -> None:
        self._database = database
        self._personal = personal
        self._decide = decide
        self._quiet = quiet

    def take(self, alarm: Alarm, source: str, now: dt.datetime) -> tuple[AlarmCount, bool]:
        """Count an alarm, or file its case; the count after it, and whether the case is new.

        Any number of alarms may come at the same moment.
        """
        return self._database.write_again_on_clash(
            lambda connection: self._take(connection, alarm, source, now)
        )

    def of_case(self, case_id: str) -> AlarmCount | None:
        """The storm that a case is about, None for a case that no device filed."""
        columns = [device_alarms.c[name] for name in _SHOWN]
        statement = sa.select(*columns).where(device_alarms.c.case_id == case_id)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
            return AlarmCount(*row) if row else None

    def _take(
        self, connection: Connection, alarm: Alarm, source: str, now: dt.datetime
    ) -> tuple[AlarmCount, bool]:
        table = device_alarms.c
        mine = sa.and_(
            table.source == source,
            table.device == alarm.device,
            table.kind == alarm.kind,
            table.current,
        )
        columns = [table[name] for name in _SHOWN]
        row = connection.execute(sa.select(*columns).where(mine).with_for_update()).first()
        if row is not None:
            known = AlarmCount(*row)
            if _is_open(connection, known.case_id) or alarm.at - known.last_at < self._quiet:
                return _counted(connection, known, alarm.at), False
            connection.execute(device_alarms.update().where(mine).values(current=False))
        hidden = self._personal.hide(alarm.new)
        make = maker(self._personal, hidden, self._decide(hidden, now), source, now)
        case, _ = file_on(connection, make, source, None)
        first = AlarmCount(
            case_id=case.case_id,
            source=source,
            device=alarm.device,
            kind=alarm.kind,
            count=1,
            first_at=alarm.at,
            last_at=alarm.at,
        )
        values: dict[str, Any] = {name: getattr(first, name) for name in _SHOWN}
        connection.execute(device_alarms.insert(), {**values, "current": True})
        return first, True


def _is_open(connection: Connection, case_id: str) -> bool:
    state = connection.scalar(sa.select(cases.c.state).where(cases.c.case_id == case_id))
    return state not in CLOSED_STATES


def _counted(connection: Connection, known: AlarmCount, at: dt.datetime) -> AlarmCount:
    """One more alarm for a case; alarms may come late, so the first time can move too."""
    after = AlarmCount(
        case_id=known.case_id,
        source=known.source,
        device=known.device,
        kind=known.kind,
        count=known.count + 1,
        first_at=min(known.first_at, at),
        last_at=max(known.last_at, at),
    )
    connection.execute(
        device_alarms.update()
        .where(device_alarms.c.case_id == known.case_id)
        .values(count=after.count, first_at=after.first_at, last_at=after.last_at)
    )
    return after

"""Leases: work that only one of several running services may do at a time.

A holder that dies keeps its lease until it runs out. Times come from the database by default, so
that the clocks of the machines need not agree. All methods block.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from intake.database import Database
from intake.tables import leases

TimeSource = Callable[[Connection], dt.datetime]


def database_time(connection: Connection) -> dt.datetime:
    """What time it is for the database, in UTC."""
    if connection.dialect.name == "postgresql":
        found: dt.datetime = connection.scalar(sa.text("SELECT clock_timestamp()"))
        return found.astimezone(dt.timezone.utc)
    text = connection.scalar(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


class Leases:
    """The leases of one database."""

    def __init__(self, database: Database, time: TimeSource = database_time) -> None:
        self._database = database
        self._time = time

    def take(self, name: str, holder: str, lasts: dt.timedelta) -> bool:
        """Get the lease, or get it for longer; False when another holder has it.

        Args:
            name: of the work, at most 40 characters.
            holder: a name that nobody else has, at most 60 characters.
        """
        try:
            with self._database.writing() as connection:
                now = self._time(connection)
                values = {"holder": holder, "until": now + lasts}
                free = sa.or_(leases.c.holder == holder, leases.c.until <= now)
                taken = leases.update().where(leases.c.name == name, free).values(**values)
                if connection.execute(taken).rowcount:
                    return True
                mine = sa.select(leases.c.name).where(leases.c.name == name)
                if connection.scalar(mine) is not None:
                    return False
                connection.execute(leases.insert(), {"name": name, **values})
                return True
        except sa.exc.IntegrityError:
            # Somebody was the first to take it, at the same moment.
            return False

    def renew(self, name: str, holder: str, lasts: dt.timedelta) -> bool:
        """Keep a lease for longer; False when it ran out, whether or not somebody took it."""
        with self._database.writing() as connection:
            now = self._time(connection)
            held = leases.update().where(
                leases.c.name == name, leases.c.holder == holder, leases.c.until > now
            )
            return bool(connection.execute(held.values(until=now + lasts)).rowcount)

    def release(self, name: str, holder: str) -> None:
        """Let another one have it; nothing happens to a lease that somebody else holds."""
        with self._database.writing() as connection:
            mine = leases.delete().where(leases.c.name == name, leases.c.holder == holder)
            connection.execute(mine)

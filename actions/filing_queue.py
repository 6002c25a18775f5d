"""Appeals on their way to the intake platform, kept on disk until they have a case ID.

An appeal is written here before it is sent and stays until the platform has answered, so neither
an outage of the platform nor the death of this process loses it. Its key makes sending it again
harmless. What the citizen wrote is encrypted.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    select,
)
from sqlalchemy.engine import Connection, Engine, Row, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.privacy import SealBroken, Vault
from bot.sqlite import keep_log

logger = logging.getLogger(__name__)

PENDING, DELIVERED, REFUSED = "pending", "delivered", "refused"
# The turn that filed it makes the first attempt itself; the courier leaves it this long.
_FIRST_PAUSE = 8.0
_LONGEST_PAUSE = 60.0
_LONGEST_TELLING_PAUSE = 600.0

_metadata = MetaData()
_filings = Table(
    "filings",
    _metadata,
    Column("key", String(64), primary_key=True),
    Column("conversation", String(128), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try_at", Float, nullable=False),
    Column("result", Text),
    Column("told", Boolean, nullable=False, default=False),
)


@dataclass(frozen=True)
class Filing:
    """One appeal in the queue. ``payload`` is the body for the platform, ``result`` its answer.

    Times are seconds since the epoch. ``told`` says whether the citizen knows the result.
    """

    key: str
    conversation: str
    channel: str
    payload: dict[str, Any]
    state: str = PENDING
    created_at: float = 0.0
    attempts: int = 0
    result: dict[str, Any] | None = None
    told: bool = False

    @property
    def receipt(self) -> str:
        """The short number a citizen gets while there is no case ID yet."""
        return self.key[:6].upper()


class QueueUnavailable(Exception):
    """The queue's database cannot be used: disk full, read-only, broken."""


class FilingQueue:
    """The durable queue. Safe to use from several processes on one database.

    Every method raises :class:`QueueUnavailable` when the database does not work.
    """

    def __init__(self, url: str, vault: Vault) -> None:
        self._vault = vault
        self._engine = _engine(url)
        with self._begin() as connection:
            _metadata.create_all(connection)

    def put(self, filing: Filing) -> Filing:
        """Keep a filing; one with the same key is there only once.

        A pending one takes the newer payload: the answer to the first attempt was lost, and the
        citizen has corrected something since.
        """
        now = time.time()
        values = {
            "key": filing.key,
            "conversation": filing.conversation,
            "channel": filing.channel,
            "payload": self._vault.seal(json.dumps(filing.payload, ensure_ascii=False)),
            "state": PENDING,
            "created_at": now,
            "attempts": 0,
            "next_try_at": now + _FIRST_PAUSE,
            "told": False,
        }
        try:
            with self._begin() as connection:
                connection.execute(_filings.insert().values(**values))
            return replace(filing, state=PENDING, created_at=now)
        except IntegrityError:
            pending = (_filings.c.key == filing.key) & (_filings.c.state == PENDING)
            newer = _filings.update().where(pending).values(payload=values["payload"])
            with self._begin() as connection:
                connection.execute(newer)
        kept = self.get(filing.key)
        assert kept is not None
        return kept

    def get(self, key: str) -> Filing | None:
        with self._begin() as connection:
            row = connection.execute(select(_filings).where(_filings.c.key == key)).one_or_none()
        return self._filing(row) if row else None

    def due(self, limit: int = 20) -> list[Filing]:
        """Pending filings whose time has come, oldest first."""
        return self._rows(
            _filings.c.state == PENDING, _filings.c.next_try_at <= time.time(), limit=limit
        )

    def untold(self, limit: int = 20) -> list[Filing]:
        """Filings with a result that their citizen does not know yet, and whose time has come."""
        return self._rows(
            _filings.c.state != PENDING,
            _filings.c.told.is_(False),
            _filings.c.next_try_at <= time.time(),
            limit=limit,
        )

    def pending_of(self, conversation: str) -> list[Filing]:
        return self._rows(
            _filings.c.state == PENDING, _filings.c.conversation == conversation, limit=20
        )

    def settle(self, key: str, state: str, result: dict[str, Any], *, told: bool) -> None:
        """Keep the platform's answer. ``told``: the citizen hears it in this very turn.

        A turn and the courier may deliver the same filing at the same moment. The platform gives
        both the same case; once either tells the citizen, the other need not.
        """
        sealed = self._vault.seal(json.dumps(result, ensure_ascii=False))
        values = {"state": state, "result": sealed, "attempts": 0, "next_try_at": time.time()}
        if told:
            values["told"] = True
        self._update(key, **values)

    def postpone(self, filing: Filing, retry_after: float | None = None) -> None:
        """Try delivering or telling again later, each time after a longer pause."""
        longest = _LONGEST_PAUSE if filing.state == PENDING else _LONGEST_TELLING_PAUSE
        pause = retry_after or min(2.0 ** min(filing.attempts, 12), longest)
        self._update(filing.key, attempts=filing.attempts + 1, next_try_at=time.time() + pause)

    def mark_told(self, key: str) -> None:
        self._update(key, told=True)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise QueueUnavailable(type(error).__name__) from error

    def _update(self, key: str, **values: Any) -> None:
        with self._begin() as connection:
            connection.execute(_filings.update().where(_filings.c.key == key).values(**values))

    def _rows(self, *conditions: Any, limit: int) -> list[Filing]:
        query = select(_filings).where(*conditions).order_by(_filings.c.created_at).limit(limit)
        with self._begin() as connection:
            rows = connection.execute(query).all()
        filings = []
        for row in rows:
            try:
                filings.append(self._filing(row))
            except SealBroken:
                # One that cannot be read (its key is gone) must not hold up all the others.
                logger.error("filing %s cannot be opened with the keys given", row.key[:6])
        return filings

    def _filing(self, row: Row) -> Filing:
        return Filing(
            key=row.key,
            conversation=row.conversation,
            channel=row.channel,
            payload=json.loads(self._vault.open(row.payload)),
            state=row.state,
            created_at=row.created_at,
            attempts=row.attempts,
            result=json.loads(self._vault.open(row.result)) if row.result else None,
            told=row.told,
        )


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, future=True, hide_parameters=True, pool_pre_ping=True)
    # SQLAlchemy 1.4 would open and close the file, and fold its log into it, for each statement.
    engine = create_engine(
        url,
        future=True,
        hide_parameters=True,
        poolclass=QueuePool,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        # An appeal that the citizen was told is noted must survive a power cut.
        keep_log(connection, "FULL")

    return engine

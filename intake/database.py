"""Engines for the two stores, and bringing a database to the present schema."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import QueuePool

from bot.sqlite import keep_log

_MIGRATIONS = Path(__file__).with_name("migrations")
Result = TypeVar("Result")

_ATTEMPTS = 8
_BUSY_SECONDS = 5
_STATEMENT_SECONDS = 10
# Any fixed number; it keeps two services that start together from migrating together.
_MIGRATION_LOCK = 3_110_757


class StoreUnavailable(Exception):
    """The database cannot be used; the message is one Chinese sentence without its password."""


class StoreFull(StoreUnavailable):
    """There is no room left for the database: nothing of the transaction was kept."""


def make_engine(url: str) -> Engine:
    """An engine that keeps what it acknowledged, also over SIGKILL and power loss.

    Args:
        url: ``sqlite:///file`` or ``postgresql://...``.

    Raises:
        StoreUnavailable: the URL is neither.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            return _sqlite(parsed)
        if parsed.get_backend_name() == "postgresql":
            return _postgresql(parsed)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError) as error:
        raise StoreUnavailable("数据库地址不对，请检查 SUQIU_DATABASE_URL。") from error
    raise StoreUnavailable("受理平台只支持 SQLite 文件和 PostgreSQL，请检查 SUQIU_DATABASE_URL。")


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database up to the present schema, all or nothing. Safe to call at each start.

    Args:
        revision: a schema to stop at, by its number.

    Raises:
        StoreUnavailable: the database cannot be reached or is not ours.
    """
    _change_schema(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database down to an older schema, all or nothing, keeping what it can hold.

    Raises:
        StoreUnavailable: the database cannot be reached, or has no such older schema.
    """
    _change_schema(url, lambda config: command.downgrade(config, revision))


def _change_schema(url: str, change: Callable[[Config], None]) -> None:
    engine = make_engine(url)
    try:
        with unavailable_as_named(engine.url), writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                lock = sa.text("SELECT pg_advisory_xact_lock(:number)")
                connection.execute(lock, {"number": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            change(config)
    except CommandError as error:
        raise StoreUnavailable(
            "数据库的结构比本程序新，或者不是受理平台的数据库，请检查 SUQIU_DATABASE_URL。"
        ) from error
    finally:
        engine.dispose()


class Database:
    """One database, which :func:`migrate` has prepared, for all that is kept in it.

    Both contexts raise :class:`StoreUnavailable` when the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        # SQLite lets whoever waits for its one writer sleep for longer and longer; among the
        # threads of one service each goes as soon as the one before is done.
        self._turn = _Turn() if self.dialect == "sqlite" else nullcontext()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with unavailable_as_named(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or not at all."""
        named = unavailable_as_named(self._engine.url)
        with named, self._turn, writing(self._engine) as connection:
            yield connection

    def write_again_on_clash(self, work: Callable[[Connection], Result]) -> Result:
        """Do ``work`` in a transaction, and anew where somebody was first with the same key.

        ``work`` looks before it writes, so it finds at the next try what was in its way.

        Raises:
            sqlalchemy.exc.IntegrityError: the key stays taken.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.writing() as connection:
                    return work(connection)
            except sa.exc.IntegrityError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def tidy(self) -> None:
        """Let SQLite learn how its tables have grown; PostgreSQL does it by itself.

        https://www.sqlite.org/pragma.html#pragma_optimize
        """
        if self.dialect == "sqlite":
            with self.writing() as connection:
                connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
                connection.exec_driver_sql("PRAGMA optimize")

    def close(self) -> None:
        self._engine.dispose()


class _Turn:
    """A lock that is waited for no longer than for a busy database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=_BUSY_SECONDS):
            raise TimeoutError("writers of this service")

    def __exit__(self, *raised: object) -> None:
        self._lock.release()


@contextmanager
def unavailable_as_named(url: URL) -> Iterator[None]:
    """Turn a database's refusal into :class:`StoreUnavailable` with words for the operator.

    A full disk is told apart: waiting does not help there, and only the operator can.

    Integrity and data errors pass: there the database works and refuses what we sent.
    """
    try:
        yield
    except (sa.exc.IntegrityError, sa.exc.DataError):
        raise
    except (sa.exc.DBAPIError, sa.exc.TimeoutError, OSError) as error:
        where = url.render_as_string(hide_password=True)
        if _is_full(error):
            raise StoreFull(f"数据库所在的磁盘满了：{where}，请腾出空间。") from error
        raise StoreUnavailable(f"数据库现在不能用：{where}，请检查它是否可读写。") from error


def _is_full(error: Exception) -> bool:
    """SQLite names SQLITE_FULL only in words, PostgreSQL has a code for it (53100 disk_full)."""
    cause = getattr(error, "orig", None) or error
    return (
        "disk is full" in str(cause)
        or getattr(cause, "pgcode", None) == "53100"
        or getattr(cause, "errno", None) == errno.ENOSPC
    )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, committed at the end.

    On SQLite it takes the write lock at once: a transaction that reads first and writes later
    fails with "database is locked" when another one wrote in between.
    """
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


def _sqlite(url: URL) -> Engine:
    with unavailable_as_named(url):
        Path(str(url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=8,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # Transactions begin below: the driver's own BEGIN comes late and is never IMMEDIATE.
        connection.isolation_level = None
        keep_log(connection, "FULL", _BUSY_SECONDS)
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    timeout = _STATEMENT_SECONDS * 1000
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg2"),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        pool_timeout=_BUSY_SECONDS,
        connect_args={
            "connect_timeout": 3,
            "options": f"-c statement_timeout={timeout} -c timezone=UTC",
        },
    )

"""Backup and restore of the whole database, with each store's own tools.

SQLite: the online backup of the engine, whole while the service writes
(https://www.sqlite.org/backup.html). PostgreSQL: ``pg_dump`` and ``pg_restore``
(https://www.postgresql.org/docs/current/app-pgdump.html). A backup holds sealed personal data;
without the keys of ``SUQIU_DATA_KEY`` nobody can open it, so keep them elsewhere.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from intake import tables
from intake.database import make_engine, migrate, unavailable_as_named

_SECONDS = 3600


class BackupFailed(Exception):
    """It could not be done; the message is one Chinese sentence for the operator."""


def back_up(url: str, target: Path) -> None:
    """Write the database at ``url`` to the new file ``target``, as of one moment.

    Raises:
        BackupFailed: the file is there already, or the database or its tool failed.
    """
    if target.exists():
        raise BackupFailed(f"{target} 已经有了，不会覆盖，请换一个文件名。")
    parsed = make_url(url)
    partial = target.with_name(target.name + ".partial")
    try:
        if parsed.get_backend_name() == "sqlite":
            _copy_sqlite(Path(str(parsed.database)), partial)
        else:
            _run("pg_dump", parsed, "--format=custom", "--no-owner", f"--file={partial}")
        # A backup under its name is a whole one.
        partial.rename(target)
    except OSError as error:
        raise BackupFailed(f"写不了 {target}：{error.strerror}。") from error
    finally:
        partial.unlink(missing_ok=True)


def restore(url: str, source: Path) -> int:
    """Fill the empty database at ``url`` from a backup, up to the present schema; how many cases.

    Stop the service first.

    Raises:
        BackupFailed: there are cases in the database, or the file is no backup of this kind.
    """
    if not source.is_file():
        raise BackupFailed(f"没有 {source} 这个文件。")
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _restore_sqlite(Path(str(parsed.database)), source)
    else:
        if _number_of_cases(url):
            raise BackupFailed("数据库里已经有诉求，不会覆盖；请恢复到一个空的数据库。")
        _run("pg_restore", parsed, "--no-owner", "--exit-on-error", "--single-transaction",
             "--clean", "--if-exists", str(source))  # fmt: skip
    migrate(url)
    return _number_of_cases(url)


def _copy_sqlite(database: Path, target: Path) -> None:
    if not database.exists():
        raise BackupFailed(f"没有数据库 {database}。")
    try:
        source = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupFailed(f"数据库 {database} 已经损坏，备份没有写成。")
        finally:
            copy.close()
            source.close()
    except sqlite3.Error as error:
        raise BackupFailed(f"备份没有写成：{database} 读不了，或者磁盘满了。") from error


def _restore_sqlite(database: Path, source: Path) -> None:
    if database.exists() and _number_of_cases(f"sqlite:///{database}"):
        raise BackupFailed(f"{database} 里已经有诉求，不会覆盖；请先把它移走。")
    partial = database.with_name(database.name + ".restoring")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as given:
            given.execute("SELECT case_id FROM cases LIMIT 1").fetchone()
        _copy_sqlite(source, partial)
        for rest in ("-wal", "-shm"):
            database.with_name(database.name + rest).unlink(missing_ok=True)
        partial.replace(database)
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} 不是受理平台的 SQLite 备份。") from error
    except OSError as error:
        raise BackupFailed(f"写不了 {database}：{error.strerror}。") from error
    finally:
        partial.unlink(missing_ok=True)


def _number_of_cases(url: str) -> int:
    engine = make_engine(url)
    try:
        with unavailable_as_named(engine.url), engine.connect() as connection:
            if not sa.inspect(connection).has_table(tables.cases.name):
                return 0
            count = sa.select(sa.func.count()).select_from(tables.cases)
            return int(connection.scalar(count))
    finally:
        engine.dispose()


def _run(tool: str, url: URL, *arguments: str) -> None:
    if shutil.which(tool) is None:
        raise BackupFailed(f"没有找到 {tool}，请先安装 PostgreSQL 的客户端工具。")
    # The password goes by the environment: arguments are seen by everybody on the machine.
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    plain = url.set(password=None, drivername="postgresql")
    target = f"--dbname={plain.render_as_string(hide_password=False)}"
    try:
        done = subprocess.run(
            [tool, target, *arguments],
            env={**os.environ, **secret},
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BackupFailed(f"{tool} 一小时还没有做完，已经停止。") from error
    if done.returncode != 0:
        raise BackupFailed(f"{tool} 没有成功：数据库连不上，或者文件不对。")

"""Opening one SQLite file from many threads at once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.sqlite import keep_log


def opened(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        keep_log(connection, "FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS t (n)")
        connection.execute("INSERT INTO t VALUES (1)")
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_many_at_once_on_a_new_file(tmp_path: Path) -> None:
    for round_number in range(5):
        path = tmp_path / f"{round_number}.db"
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(opened, [path] * 8)) == {"wal"}
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (8,)


def test_a_file_held_by_somebody_is_given_up_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "held.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.OperationalError):
        keep_log(connection, "FULL", busy_seconds=0.1)
    holder.close()


def test_no_database(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("这不是数据库" * 100)
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.DatabaseError):
        keep_log(connection, "FULL")

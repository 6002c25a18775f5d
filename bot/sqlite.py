"""How every SQLite file of the project is opened: write-ahead log, waiting for whoever writes."""

from __future__ import annotations

import sqlite3
import time

_PAUSE = 0.02


def keep_log(connection: sqlite3.Connection, synchronous: str, busy_seconds: float = 5.0) -> None:
    """Switch a new connection to the write-ahead log.

    ``synchronous``: ``FULL`` waits for the disk at each commit; ``NORMAL`` may lose the last
    commits at a power cut. https://www.sqlite.org/pragma.html#pragma_synchronous

    Raises:
        sqlite3.OperationalError: the file cannot be opened, or somebody holds it too long.
    """
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # The first switch of a new file does not wait for others that do the same.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
    connection.execute(f"PRAGMA synchronous = {synchronous}")

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Iterator

import pgserver
import pytest
import sqlalchemy as sa

from intake.database import Database, migrate
from intake.store import Store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL server of our own."""
    # The path of its socket has to be short, which pytest's own folders are not.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def new_database(like: str, tmp_path: pathlib.Path, prefix: str = "t") -> str:
    """The URL of an empty database: in a new file, or on the server of the URL ``like``."""
    url = sa.engine.make_url(like)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{tmp_path}/{prefix}_intake.db"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"{prefix}{abs(hash(str(tmp_path)))}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """An empty database of each kind."""
    on_server = request.param == "postgresql"
    like = request.getfixturevalue("postgresql") if on_server else "sqlite://"
    return new_database(like, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    migrate(database_url)
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)

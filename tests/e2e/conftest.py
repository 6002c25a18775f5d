from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.system import System, borrow_model, environment


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, model_dir: Path) -> Iterator[System]:
    """One running system for all tests that only talk to it."""
    home = tmp_path_factory.mktemp("system")
    borrow_model(model_dir, home)
    running = System(home, environment(home))
    running.start()
    yield running
    running.close()


@pytest.fixture
def own_system(tmp_path: Path, model_dir: Path) -> Iterator[System]:
    """A system of one's own, not started yet, for tests that break it."""
    home = tmp_path / "home"
    borrow_model(model_dir, home)
    running = System(home, environment(home))
    yield running
    running.close()

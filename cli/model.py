"""The trained model: where it lies, whether it is stale, how it is trained and loaded."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MODEL_NAME = "suqiu.tar.gz"
_FINGERPRINT = "suqiu.fingerprint"
# Everything that decides what the model is.
_SOURCES = ("config.yml", "domain.yml", "data", "bot/nlu", "bot/vocabulary", "bot/places.py")
_SUFFIXES = {".yml", ".py", ".json", ".txt"}
PROJECT = Path(__file__).resolve().parent.parent


class TrainingFailed(Exception):
    """Rasa did not produce a model; the message says why."""


def model_path(model_dir: Path) -> Path:
    return model_dir / MODEL_NAME


def is_stale(model_dir: Path) -> bool:
    """Whether the model is missing or was trained from other sources."""
    mark = model_dir / _FINGERPRINT
    if not model_path(model_dir).exists() or not mark.exists():
        return True
    return mark.read_text("utf-8").strip() != source_fingerprint()


def source_fingerprint() -> str:
    """SHA-256 over all files that decide what the model is."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(str(path.relative_to(PROJECT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def train(model_dir: Path, on_step: Callable[[str], None]) -> Path:
    """Train and put the model in place; ``on_step`` hears the name of each component.

    Raises:
        TrainingFailed
    """
    quiet()
    import rasa

    from cli.rasa_tuning import examples_read_once

    fingerprint = source_fingerprint()
    model_dir.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _steps(on_step),
        examples_read_once(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            result = rasa.train(
                domain=str(PROJECT / "domain.yml"),
                config=str(PROJECT / "config.yml"),
                training_files=_training_files(Path(folder)),
                output=str(model_dir),
                fixed_model_name=MODEL_NAME.removesuffix(".tar.gz"),
                force_training=True,
            )
        except Exception as error:
            raise TrainingFailed(str(error)) from error
    if result.code != 0 or not result.model:
        raise TrainingFailed("Rasa 没有生成模型，请运行 rasa data validate 看看数据")
    (model_dir / _FINGERPRINT).write_text(fingerprint + "\n", "utf-8")
    return Path(result.model)


def _training_files(folder: Path) -> list[str]:
    """All training data, the examples as one file in ``folder``.

    Rasa merges file after file and compares all that it has at each: with fifty files it takes
    longer over that than over learning.
    """
    joined: list[str] = []
    for path in sorted((PROJECT / "data" / "nlu").glob("*/*.yml")):
        _, key, examples = path.read_text("utf-8").partition("\nnlu:\n")
        if not key:
            raise TrainingFailed(f"{path} 里没有 nlu: 这一行")
        joined.append(examples.rstrip("\n") + "\n")
    together = folder / "examples.yml"
    together.write_text('version: "3.1"\nnlu:\n' + "".join(joined), "utf-8")
    rest = sorted((PROJECT / "data" / "nlu").glob("*.yml"))
    return [str(path) for path in (together, *rest, PROJECT / "data" / "rules")]


def load_agent(model_dir: Path) -> Any:
    """Rasa's agent with the model, for parsing texts."""
    quiet()
    from rasa.core.agent import Agent

    from cli.rasa_tuning import keep_model_from_collector, walk_graph_without_dask

    walk_graph_without_dask()
    keep_model_from_collector()
    return Agent.load(str(model_path(model_dir)))


def quiet() -> None:
    """Rasa calls nobody, warns less, and logs no citizen's words."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.filterwarnings("ignore")
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def _source_files() -> list[Path]:
    files: list[Path] = []
    for source in _SOURCES:
        path = PROJECT / source
        found = [path] if path.is_file() else path.rglob("*")
        files += [file for file in found if file.is_file() and file.suffix in _SUFFIXES]
    return sorted(files)


class _StepHandler(logging.Handler):
    def __init__(self, on_step: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._on_step = on_step

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "component '" in message and message.startswith(("Starting", "Restored")):
            self._on_step(message.split("'")[1])


def _steps(on_step: Callable[[str], None]) -> Any:
    """Hear which component Rasa trains (its training hooks log it)."""

    @contextlib.contextmanager
    def listening() -> Iterator[None]:
        logger = logging.getLogger("rasa.engine.training.hooks")
        handler, level = _StepHandler(on_step), logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)

    return listening()

"""The stock Rasa project of ``bench/stock``: trained from a sample of our examples, and run."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from rich.console import Console

from bot.settings import Settings
from cli.bench_load import SCRIPT
from cli.model import PROJECT, TrainingFailed
from cli.supervisor import ServiceFailed, die_with_parent, resident_megabytes

# DIET takes a quarter of an hour and more for all examples; fewer make stock faster, not slower.
LINES_PER_LABEL = 6
_SOURCE = PROJECT / "bench" / "stock"
_MODEL = "stock"
_GRACE = 10.0  # seconds between SIGTERM and SIGKILL


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def trained_stock(work: Path, console: Console) -> tuple[Path, float]:
    """The stock model and the seconds its training took; trained once for the same sources.

    Raises:
        TrainingFailed
    """
    project = work / "stock"
    shutil.rmtree(project / "data", ignore_errors=True)
    (project / "data").mkdir(parents=True)
    for name in ("config.yml", "domain.yml", "actions.py"):
        shutil.copy(_SOURCE / name, project / name)
    shutil.copy(_SOURCE / "rules.yml", project / "data" / "rules.yml")
    (project / "data" / "nlu.yml").write_text(_sample(), "utf-8")
    mark, model = project / "trained", project / "models" / f"{_MODEL}.tar.gz"
    fingerprint = _fingerprint(project)
    if mark.exists() and model.exists():
        known, seconds = mark.read_text().split()
        if known == fingerprint:
            return model, float(seconds)
    console.print("训练原装 Rasa（DIET、TED，要几分钟，下次不用）……")
    started = time.monotonic()
    log_path = project / "train.log"
    with open(log_path, "wb") as log:
        # Forced: a part from Rasa's cache would make the time look short.
        code = subprocess.run(
            [sys.executable, "-m", "rasa", "train", "--force", "--fixed-model-name", _MODEL],
            cwd=project,
            env=_environment(),
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        ).returncode
    if code != 0 or not model.exists():
        raise TrainingFailed(f"原装 Rasa 没有训练成功（详见 {log_path}）")
    taken = time.monotonic() - started
    mark.write_text(f"{fingerprint} {taken:.1f}")
    return model, taken


class Stock:
    """The running stock bot: Rasa's server and rasa_sdk's action server."""

    def __init__(self, model: Path, known: Settings) -> None:
        self._model = model
        self._project = model.parent.parent
        self._known = known
        self._port, self._actions_port = free_port(), free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        endpoints = {"action_endpoint": {"url": f"http://127.0.0.1:{self._actions_port}/webhook"}}
        (self._project / "endpoints.yml").write_text(yaml.safe_dump(endpoints))
        (self._project / "credentials.yml").write_text("rest: {}\n")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/webhooks/rest/webhook"

    def start_actions(self) -> None:
        self._start("actions", "run", "actions", "--port", str(self._actions_port))

    def start_bot(self) -> None:
        self._start(
            "bot", "run", "--model", str(self._model), "--port", str(self._port),
            "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        )  # fmt: skip

    def check(self) -> None:
        """Raises ServiceFailed when one of its processes has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                log = self._project / f"{name}.log"
                raise ServiceFailed(f"原装 Rasa 的 {name} 退出了（日志在 {log}）")

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def memory(self) -> dict[str, float]:
        """Resident megabytes of each process."""
        return {name: resident_megabytes(p.pid) for name, p in self._processes.items()}

    def _start(self, name: str, *command: str) -> None:
        with open(self._project / f"{name}.log", "wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "rasa", *command],
                cwd=self._project,
                env={
                    **_environment(),
                    "SANIC_HOST": "127.0.0.1",
                    "SUQIU_INTAKE_URL": self._known.intake_url,
                    "SUQIU_OPEN311_API_KEY": self._known.api_key,
                },
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )


def _environment() -> dict[str, str]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**os.environ, **quiet, "PYTHONWARNINGS": "ignore"}


def _sample() -> str:
    """The same few lines of every label, with plain intents as a stock project has them."""
    dice = random.Random(7)
    merged: dict[str, list[str]] = {}
    for label, lines in _labelled():
        # Stock shall know the words of the conversation that is measured.
        said = [line for line in lines if line in SCRIPT]
        others = [line for line in lines if line not in SCRIPT]
        chosen = said + dice.sample(others, min(LINES_PER_LABEL - len(said), len(others)))
        merged.setdefault(label.split("/")[0], []).extend(chosen)
    known = yaml.safe_load((_SOURCE / "domain.yml").read_text("utf-8"))["intents"]
    nlu = [
        {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}
        for intent, lines in merged.items()
        if intent in known
    ]
    return yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True)


def _labelled() -> Iterator[tuple[str, list[str]]]:
    for path in sorted((PROJECT / "data" / "nlu").glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            lines = block["examples"].splitlines()
            yield block["intent"], [line.removeprefix("- ") for line in lines if line]


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256()
    for name in ("config.yml", "domain.yml", "data/rules.yml", "data/nlu.yml"):
        digest.update((project / name).read_bytes())
    return digest.hexdigest()

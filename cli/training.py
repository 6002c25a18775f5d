"""Training in a process of its own, with a bar that shows where it is.

Rasa and TensorFlow take 600 MB and print a lot: neither stays with the caller. What they print is
in ``train.log``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.model import PROJECT, TrainingFailed, model_path, train

_LABELS = {
    "FinetuningValidator": "检查数据",
    "AppealClassifier": "训练意图与部门分类",
    "AppealProfiler": "学什么算紧急",
    "RulePolicy": "训练对话规则",
}
_STEP, _ERROR = "step ", "error "


def train_with_progress(model_dir: Path, log_dir: Path, console: Console) -> Path:
    """Train the model into ``model_dir``; returns its path.

    Raises:
        TrainingFailed
    """
    started = time.monotonic()
    log_dir.mkdir(parents=True, exist_ok=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=console) as progress,
        open(log_dir / "train.log", "ab") as log,
    ):
        # Rasa does not say how many components it will train; the known ones make the bar.
        task = progress.add_task("读取例句", total=len(_LABELS) + 1)
        worker = subprocess.Popen(
            [sys.executable, "-m", "cli", "train-here", str(model_dir)],
            cwd=PROJECT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        error = "训练中断"
        assert worker.stdout is not None
        try:
            for line in worker.stdout:
                component = line.removeprefix(_STEP).strip()
                if line.startswith(_ERROR):
                    error = line.removeprefix(_ERROR).strip()
                elif component in _LABELS:
                    progress.update(task, advance=1, description=_LABELS[component])
            code = worker.wait()
        finally:
            worker.kill()
            worker.wait()
        if code != 0:
            raise TrainingFailed(f"{error}（详见 {log_dir / 'train.log'}）")
        progress.update(task, completed=len(_LABELS) + 1, description="完成")
    path = model_path(model_dir)
    console.print(f"模型已训练：{path}（{time.monotonic() - started:.0f} 秒）")
    return path


def train_here(model_dir: Path) -> bool:
    """The worker: steps and errors on standard output, everything else on standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1) as steps:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            train(model_dir, lambda component: print(_STEP + component, file=steps))
        except TrainingFailed as error:
            print(_ERROR + str(error).replace("\n", " "), file=steps)
            return False
    return True

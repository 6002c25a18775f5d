"""Training with a bar that shows where it is."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.model import train

_LABELS = {
    "FinetuningValidator": "检查数据",
    "AppealTokenizer": "分词",
    "AppealClassifier": "训练意图与部门分类",
    "RulePolicy": "训练对话规则",
}


def train_with_progress(model_dir: Path, console: Console) -> Path:
    """Train the model into ``model_dir``; returns its path.

    Raises:
        cli.model.TrainingFailed
    """
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        # Rasa does not say how many components it will train; the known ones make the bar.
        task = progress.add_task("读取例句", total=len(_LABELS) + 1)

        def on_step(component: str) -> None:
            if component in _LABELS:
                progress.update(task, advance=1, description=_LABELS[component])

        path = train(model_dir, on_step)
        progress.update(task, completed=len(_LABELS) + 1, description="完成")
    console.print(f"模型已训练：{path}（{time.monotonic() - started:.0f} 秒）")
    return path

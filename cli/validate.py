"""``suqiu validate``: what is wrong with the training examples, each with file and line."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from rich.console import Console

from cli.model import PROJECT, quiet
from workbench.validation import Finding


class NoExamples(Exception):
    """The folder has no examples to check."""


def validate_examples(folder: Path, faults_only: bool, console: Console) -> bool:
    """Print all findings; whether there is no fault (warnings may be).

    Raises:
        NoExamples
    """
    quiet()
    from workbench.examples import example_files
    from workbench.validation import validate

    if not example_files(folder):
        raise NoExamples(f"{folder} 下面没有例句文件（要有 departments/*.yml、intents/*.yml）")
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
    intents = [name for entry in domain["intents"] for name in entry]
    with console.status("检查…") as status:
        findings = validate(
            folder,
            intents,
            lambda step: status.update(f"检查：{step}…"),
            faults_only=faults_only,
        )
    faults = [finding for finding in findings if finding.fault]
    for finding in findings:
        console.print(_line(finding), markup=False, emoji=False)
    warnings = len(findings) - len(faults)
    console.print(f"{len(faults)} 处要改，{warnings} 处请看一看" if findings else "没有问题")
    return not faults


def _line(finding: Finding) -> str:
    place = os.path.relpath(finding.path)
    if finding.line:
        place += f":{finding.line}"
    return f"{place}: {'错误' if finding.fault else '留意'} {finding.kind} {finding.message}"

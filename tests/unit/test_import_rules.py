"""Who may import whom; see CONTRIBUTING."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PACKAGES = (
    "bot",
    "actions",
    "connectors",
    "intake",
    "intake_client",
    "simulator",
    "workbench",
    "console",
    "cli",
)
FORBIDDEN = {
    "actions": {"intake", "connectors", "rasa", "tensorflow", "spacy", "bot.nlu"},
    "intake": {
        "bot.nlu",
        "actions",
        "connectors",
        "rasa",
        "tensorflow",
        "spacy",
        "simulator",
        "console",
    },
    "intake_client": {"intake", "rasa", "sqlalchemy", "actions", "bot.nlu"},
    "simulator": {"intake", "actions", "connectors", "rasa", "bot.nlu"},
    "connectors": {"intake", "actions"},
    "bot": {"intake", "actions", "connectors", "intake_client", "simulator", "workbench"},
    "workbench": {"intake", "actions", "connectors", "simulator"},
    "console": {"intake", "intake_client", "actions", "connectors", "simulator", "rasa", "bot.nlu"},
}


def imported(package: str) -> set[tuple[str, str]]:
    """``(file, module)`` for every import statement of a package."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {(str(path.relative_to(ROOT)), alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add((str(path.relative_to(ROOT)), node.module))
    return found


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_forbidden_imports(package: str) -> None:
    wrong = [
        (file, module)
        for file, module in imported(package)
        if any(inside(module, forbidden) for forbidden in FORBIDDEN[package])
    ]
    assert wrong == []


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != "cli"])
def test_nobody_imports_the_wiring(package: str) -> None:
    assert [(f, m) for f, m in imported(package) if inside(m, "cli")] == []


@pytest.mark.parametrize(
    "module",
    [
        "actions.server",
        "intake.server",
        "console.pages",
        "simulator.server",
        "bot.settings, bot.vocabulary, bot.privacy, bot.case_id, bot.places",
    ],
)
def test_light_processes_load_nothing_heavy(module: str) -> None:
    check = (
        f"import sys, {module}\n"
        "heavy = {'rasa', 'tensorflow', 'spacy', 'jionlp', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

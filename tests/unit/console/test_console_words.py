"""The console's tables agree with the intake service that decides."""

from __future__ import annotations

import ast
from pathlib import Path

from console.words import KINDS, SIGNING_IN, STEPS, words
from intake import roles, steps, validation, workflow
from intake.accounts import KEY_ROLES

INTAKE = Path(roles.__file__).parent


def test_offered_steps_are_those_that_a_role_may_take() -> None:
    offered = {(role, a, b) for a, b, allowed in STEPS for role in allowed}
    allowed = {
        (role, a, b)
        for a, following in workflow.TRANSITIONS.items()
        for b in following
        for role in ("staff", "department", "supervisor")
        if roles.may_move(role, a, b)
    }
    assert offered == allowed
    assert all(roles.may_move("admin", a, b) for a, b, _ in STEPS)


def test_words_are_those_of_the_service() -> None:
    assert words()["roles"] == dict(roles.ROLES)
    assert SIGNING_IN == roles.ACCOUNT_ROLES
    assert words()["satisfaction"] == steps.SATISFACTION
    assert set(words()["channels"]) == set(validation.CHANNELS)
    assert set(words()["key_roles"]) == set(KEY_ROLES)


def test_every_kind_of_entry_has_a_word() -> None:
    """Each ``did(case, "<kind>", …)`` in the service's source."""
    kinds = set()
    for path in INTAKE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) == "did" and len(node.args) > 1:
                kind = node.args[1]
                if isinstance(kind, ast.Constant):
                    kinds.add(kind.value)
    assert len(kinds) > 5
    assert kinds <= set(KINDS)


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))

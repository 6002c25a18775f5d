"""Requests made from the OpenAPI document, right and wrong ones, as every role and with the key.

Whatever comes, the running service answers as the document says: a status and a body that are
described, never a server error, and nothing wrong is taken for right.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from intake.api.openapi import openapi_document
from intake.roles import ACCOUNT_ROLES
from tests.contract.intake_running import API_KEY, ThreadedIntake, case_body, intake_settings

PASSWORD = "correct horse 7"
# What is refused beside "wrong input": who asks, what is not there, states and sizes.
REFUSED = ["400", "401", "403", "404", "409", "413", "415"]
CONFIG = SchemathesisConfig.from_dict(
    {
        # Unknown fields and parameters are ignored, so that newer callers can talk to older
        # services; they are no wrong data.
        "generation": {"allow-extra-parameters": False},
        "phases": {"coverage": {"enabled": False}},
        "checks": {
            "negative_data_rejection": {"expected-statuses": REFUSED},
            # A schema cannot say all rules (a state that forbids a step, a check character), so
            # what fits it may still be refused.
            "positive_data_acceptance": {"enabled": False},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(openapi_document(), config=CONFIG)
CHECKED = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]

Token = Callable[[str], str]


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("schemathesis")))
    yield running
    running.close()


@pytest.fixture(scope="module")
def token(intake: ThreadedIntake) -> Token:
    """``token(who)``: a bearer token in force, also after somebody signed out with the last one."""
    accounts = intake.app.ctx.service.accounts
    known: dict[str, str] = {"key": API_KEY}

    def now() -> dt.datetime:
        return dt.datetime.now(dt.timezone.utc)

    _, known["source"] = accounts.create_key("grid", "source", "grid", now())
    for role in ACCOUNT_ROLES:
        department = "urban_management" if role == "department" else None
        accounts.create(f"the-{role}", role, role, department, PASSWORD, now())

    def of(who: str) -> str:
        if who in ACCOUNT_ROLES and not (who in known and accounts.of_session(known[who], now())):
            found = accounts.sign_in(f"the-{who}", PASSWORD, now())
            assert found, who
            known[who] = found[1]
        return known[who]

    return of


@pytest.fixture
def case_id(intake: ThreadedIntake) -> str:
    """A fresh case, so that paths lead somewhere."""
    with httpx.Client(base_url=intake.url, trust_env=False, timeout=20) as client:
        headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": uuid.uuid4().hex}
        return client.post("/api/v1/cases", json=case_body(), headers=headers).json()["case_id"]


def few(examples: int) -> Callable[..., Callable[..., None]]:
    """Settings that make the same requests each time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("who", ["key", "admin", "department"])
@SCHEMA.parametrize()
@few(3)
def test_as_described(
    case: schemathesis.Case, who: str, intake: ThreadedIntake, token: Token, case_id: str
):
    send(case, intake, token(who), case_id)


@pytest.mark.parametrize("who", ["source", "staff", "supervisor"])
@SCHEMA.parametrize()
@few(2)
def test_as_described_for_others(
    case: schemathesis.Case, who: str, intake: ThreadedIntake, token: Token, case_id: str
):
    send(case, intake, token(who), case_id)


def send(case: schemathesis.Case, intake: ThreadedIntake, token: str, case_id: str) -> None:
    """Make the request and hold the answer against the document."""
    parameters = case.path_parameters or {}
    if "case_id" in parameters and _is_right(case, ParameterLocation.PATH):
        parameters["case_id"] = case_id
    case.call_and_validate(
        base_url=f"{intake.url}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        checks=CHECKED,
        timeout=20,
    )


def _is_right(case: schemathesis.Case, location: ParameterLocation) -> bool:
    """Whether the parameters there were made to fit the document."""
    part = case.meta.components.get(location) if case.meta else None
    return part is not None and part.mode == GenerationMode.POSITIVE

"""HTTP client of the intake service: result types and named errors. No Rasa, no database."""

from intake_client.client import IntakeClient
from intake_client.errors import (
    CaseNotFound,
    IntakeError,
    IntakeRejected,
    IntakeUnavailable,
    MistypedCaseId,
)
from intake_client.types import Address, BareStatus, Case, NewCase, Step

__all__ = [
    "Address",
    "BareStatus",
    "Case",
    "CaseNotFound",
    "IntakeClient",
    "IntakeError",
    "IntakeRejected",
    "IntakeUnavailable",
    "MistypedCaseId",
    "NewCase",
    "Step",
]

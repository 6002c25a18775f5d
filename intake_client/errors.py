"""What can go wrong between the bot and the intake service, by what the caller should do."""

from __future__ import annotations


class IntakeError(Exception):
    """Base of all errors of this client. Messages never hold a citizen's words."""


class IntakeUnavailable(IntakeError):
    """The service did not answer or is in trouble: try again later with the same key.

    Attributes:
        retry_after: seconds that the service asked to wait, or None.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CaseNotFound(IntakeError):
    """The case ID is well formed, but there is no such case."""


class MistypedCaseId(IntakeError):
    """The case ID has a wrong form or check character: the citizen should look again."""


class IntakeRejected(IntakeError):
    """The service refused the request and will always refuse it.

    Attributes:
        status: HTTP status, 4xx.
        code: the service's error code, or ``http_<status>`` when it gave none.
        message: the service's Chinese words.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

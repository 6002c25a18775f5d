"""The asynchronous client of the intake service's native API ``/api/v1``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from intake_client.errors import (
    CaseNotFound,
    IntakeRejected,
    IntakeUnavailable,
    MistypedCaseId,
)
from intake_client.types import BareStatus, Case, NewCase, read_answer, read_case

Result = TypeVar("Result")

_MAY_BE_RETRIED = (408, 425, 429)
# Shorter than the service keeps idle connections, so that a dying one is not used.
_IDLE_SECONDS = 5


class IntakeClient:
    """Files and looks up cases. Make one per process, close it with :meth:`aclose`.

    Every method raises :class:`~intake_client.errors.IntakeUnavailable` when a later attempt may
    succeed and :class:`~intake_client.errors.IntakeRejected` when it never will.

    Args:
        base_url: the service's address, for example ``http://127.0.0.1:8000``.
        api_key: ``SUQIU_OPEN311_API_KEY``.
        timeout: seconds for each of connecting, sending and waiting for an answer.
    """

    def __init__(self, base_url: str, api_key: str, timeout: float) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout,
            limits=httpx.Limits(keepalive_expiry=_IDLE_SECONDS),
            # The service is ours and near: a proxy from the environment would only see appeals.
            trust_env=False,
        )

    async def __aenter__(self) -> IntakeClient:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._http.aclose()

    async def file_case(self, new: NewCase, idempotency_key: str) -> Case:
        """File an appeal. The same key (8 to 200 characters) always gives the same case."""
        headers = {"Idempotency-Key": idempotency_key}
        answer = await self._send("POST", "/cases", headers=headers, json=new.as_json())
        return _read(answer, read_case)

    async def get_case(
        self, case_id: str, citizen: str | None = None, phone_last4: str | None = None
    ) -> Case | BareStatus:
        """A case for its citizen or for who knows the phone's last four digits, else its status.

        Raises:
            CaseNotFound, MistypedCaseId
        """
        if not case_id.strip():
            raise MistypedCaseId(case_id)
        arguments = {"citizen": citizen, "phone_last4": phone_last4}
        params = {name: value for name, value in arguments.items() if value is not None}
        answer = await self._send("GET", f"/cases/{quote(case_id, safe='')}", params=params)
        return _read(answer, read_answer)

    async def list_cases(self, citizen: str, limit: int = 10, offset: int = 0) -> list[Case]:
        """A page of a citizen's cases, newest first; ``limit`` at most 100."""
        params = {"citizen": citizen, "limit": limit, "offset": offset}
        answer = await self._send("GET", "/cases", params=params)
        return _read(answer, lambda data: [read_case(case) for case in data["cases"]])

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **request)
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            raise IntakeUnavailable(f"intake did not answer: {type(error).__name__}") from error
        if answer.is_success:
            return answer
        status = answer.status_code
        if not answer.is_client_error or status in _MAY_BE_RETRIED:
            # A redirect means that something else answers at this address: not for ever.
            raise IntakeUnavailable(f"intake answered {status}", _retry_after(answer.headers))
        code, message = _error(answer)
        if code == "mistyped_case_id":
            raise MistypedCaseId(message)
        if code == "case_not_found":
            raise CaseNotFound(message)
        raise IntakeRejected(status, code, message)


def _read(answer: httpx.Response, read: Callable[[Any], Result]) -> Result:
    try:
        return read(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Some proxy's page, or a broken service: the case may well have been filed, so the caller
        # must try again with the same key rather than give up.
        raise IntakeUnavailable("intake sent an answer that cannot be read") from error


def _error(answer: httpx.Response) -> tuple[str, str]:
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return f"http_{answer.status_code}", "受理平台拒绝了请求"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After``, given as a number or as a date (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.timezone.utc)
    return max(0.0, (at - dt.datetime.now(dt.timezone.utc)).total_seconds())

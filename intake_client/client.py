"""The asynchronous client of the intake service's native API ``/api/v1``."""

from __future__ import annotations

import datetime as dt
import json
from asyncio import TimeoutError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from yarl import URL

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


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


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
        self._base_url = f"{base_url.rstrip('/')}/api/v1"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=timeout, sock_connect=timeout, sock_read=timeout
        )
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> IntakeClient:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        if self._session is not None:
            await self._session.close()

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

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **request: Any
    ) -> _Answer:
        try:
            async with self._http().request(
                # A quoted case ID stays as it was quoted.
                method, URL(self._base_url + path, encoded=True),
                headers=headers, allow_redirects=False, **request,
            ) as response:  # fmt: skip
                answer = _Answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise IntakeUnavailable(f"intake did not answer: {type(error).__name__}") from error
        status = answer.status
        if 200 <= status < 300:
            return answer
        if not 400 <= status < 500 or status in _MAY_BE_RETRIED:
            # A redirect means that something else answers at this address: not for ever.
            raise IntakeUnavailable(f"intake answered {status}", _retry_after(answer.headers))
        code, message = _error(answer)
        if code == "mistyped_case_id":
            raise MistypedCaseId(message)
        if code == "case_not_found":
            raise CaseNotFound(message)
        raise IntakeRejected(status, code, message)

    def _http(self) -> aiohttp.ClientSession:
        """The session, made inside the event loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                # The service is ours and near: a proxy from the environment would only see appeals.
                trust_env=False,
            )
        return self._session


def _read(answer: _Answer, read: Callable[[Any], Result]) -> Result:
    try:
        return read(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Some proxy's page, or a broken service: the case may well have been filed, so the caller
        # must try again with the same key rather than give up.
        raise IntakeUnavailable("intake sent an answer that cannot be read") from error


def _error(answer: _Answer) -> tuple[str, str]:
    try:
        error = answer.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return f"http_{answer.status}", "受理平台拒绝了请求"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After``, given as a number or as a date (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.timezone.utc)
    return max(0.0, (at - dt.datetime.now(dt.timezone.utc)).total_seconds())

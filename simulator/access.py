"""Access tokens: who may use the API.

开发者文档: 获取 Access token、获取稳定版接口调用凭据
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from simulator.errors import WeChatError

LIFETIME = 7200
# The stable token is renewed this long before it ends.
_RENEWED_BEFORE = 300
_REMEMBERED = 100


@dataclass(frozen=True)
class AccessToken:
    """``value`` is valid until ``expires`` (Unix seconds)."""

    value: str
    expires: float


class Access:
    """The tokens of one account. ``token`` and ``stable_token`` do not touch each other's."""

    def __init__(
        self, app_id: str, app_secret: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._clock = clock
        self._current: AccessToken | None = None
        self._stable: deque[AccessToken] = deque(maxlen=2)
        self._expired: deque[str] = deque(maxlen=_REMEMBERED)

    def issue(self, grant_type: object, app_id: object, secret: object) -> dict[str, object]:
        """``token``: a new token; the earlier one ends at once.

        Raises:
            WeChatError: 40002, 40013, 40125.
        """
        self._authenticate(grant_type, app_id, secret)
        self._retire()
        self._current = self._new()
        return self._answer(self._current)

    def issue_stable(
        self, grant_type: object, app_id: object, secret: object, force: bool = False
    ) -> dict[str, object]:
        """``stable_token``: the same token until shortly before it ends, unless ``force``.

        Raises:
            WeChatError: 40002, 40013, 40125.
        """
        self._authenticate(grant_type, app_id, secret)
        self._retire()
        if force:
            self._stable.clear()
        newest = self._stable[-1] if self._stable else None
        if newest is None or newest.expires - self._clock() < _RENEWED_BEFORE:
            newest = self._new()
            self._stable.append(newest)
        return self._answer(newest)

    def check(self, value: str | None) -> None:
        """Raises: :class:`WeChatError` 41001 missing, 42001 expired, 40001 unknown or replaced."""
        if not value:
            raise WeChatError(41001)
        self._retire()
        if value in self._expired:
            raise WeChatError(42001)
        valid = [self._current, *self._stable]
        if not any(token and _same(token.value, value) for token in valid):
            raise WeChatError(40001)

    def _authenticate(self, grant_type: object, app_id: object, secret: object) -> None:
        if grant_type != "client_credential":
            raise WeChatError(40002)
        if not isinstance(app_id, str) or not _same(app_id, self._app_id):
            raise WeChatError(40013)
        if not isinstance(secret, str) or not _same(secret, self._app_secret):
            raise WeChatError(40125)

    def _retire(self) -> None:
        """Move tokens past their time to the expired ones: those get 42001, replaced ones 40001."""
        now = self._clock()
        if self._current and self._current.expires <= now:
            self._expired.append(self._current.value)
            self._current = None
        while self._stable and self._stable[0].expires <= now:
            self._expired.append(self._stable.popleft().value)

    def _new(self) -> AccessToken:
        return AccessToken(secrets.token_urlsafe(102), self._clock() + LIFETIME)

    def _answer(self, token: AccessToken) -> dict[str, object]:
        return {
            "access_token": token.value,
            "expires_in": round(token.expires - self._clock()),
        }


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())

"""What a way to reach people must do, and how it says that it did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

# Raised before anything of the request has left this machine.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


@dataclass(frozen=True)
class Message:
    """One notice on its way to one recipient.

    ``key`` is the same at every attempt: whoever receives it can drop a repetition. ``phone`` is
    the citizen's, in clear, where there is one.
    """

    key: str
    case_id: str
    recipient: str
    kind: str
    name: str
    text: str = field(repr=False)
    sms: str = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    phone: str | None = field(default=None, repr=False)


class NotDelivered(Exception):
    """The message did not arrive, or nobody knows whether it did.

    Args:
        reason: short Chinese words for the staff, without personal data or secrets.
        certain: whether it surely did not arrive, so that another channel may be tried.
    """

    def __init__(self, reason: str, certain: bool = True) -> None:
        super().__init__(reason)
        self.certain = certain


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """As kept with the notice, at most 20 characters."""

    @property
    def for_offices(self) -> bool:
        """Whether it is a way to departments and the supervision."""

    def reaches(self, message: Message) -> bool:
        """Whether this channel can reach the recipient at all."""

    async def send(self, message: Message) -> None:
        """Return once the other side has taken the message. Raises NotDelivered."""

    async def close(self) -> None:
        """Let go of connections."""


def client(timeout: float) -> httpx.AsyncClient:
    """HTTP with a time limit in seconds, that looks at no proxy settings of the machine."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False)


@contextmanager
def transport_failures(whom: str) -> Iterator[None]:
    """Turn a failing connection to ``whom`` into NotDelivered, certain only where it is."""
    try:
        yield
    # Not chained, and only the kind: the message may quote an address with a token.
    except _NOT_SENT:
        raise NotDelivered(f"{whom}连不上") from None
    except httpx.HTTPError as error:
        raise NotDelivered(f"{whom}没有应答（{type(error).__name__}）", certain=False) from None

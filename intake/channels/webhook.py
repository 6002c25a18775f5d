"""Notices to departments' own systems and to the supervision, as a signed POST.

The contract is ``docs/webhook.md``. One address takes them all; ``recipient`` says whose it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable

from intake.channels.channel import Message, NotDelivered, client, transport_failures
from intake.notices import is_office

SIGNATURE_HEADER = "X-Suqiu-Signature"
TIME_HEADER = "X-Suqiu-Timestamp"
_TIMEOUT = 10.0  # seconds


class Webhook:
    """Tells offices by HTTP."""

    name = "webhook"
    for_offices = True

    def __init__(self, url: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._http = client(_TIMEOUT)

    def reaches(self, message: Message) -> bool:
        return is_office(message.recipient)

    async def send(self, message: Message) -> None:
        body = {
            "id": message.key,
            "kind": message.kind,
            "name": message.name,
            "case_id": message.case_id,
            "recipient": message.recipient,
            "text": message.text,
            "content": dict(message.content),
        }
        payload = json.dumps(body, ensure_ascii=False).encode()
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            TIME_HEADER: timestamp,
            SIGNATURE_HEADER: signature(self._secret, timestamp, payload),
        }
        with transport_failures("接收系统"):
            answer = await self._http.post(self._url, content=payload, headers=headers)
        if not answer.is_success:
            certain = answer.status_code < 500
            raise NotDelivered(f"接收系统没有接收（{answer.status_code}）", certain)

    async def close(self) -> None:
        await self._http.aclose()


def signature(secret: str, timestamp: str, payload: bytes) -> str:
    """``sha256=<hex>``: HMAC-SHA256 of ``<timestamp>.<body>`` with the shared secret."""
    signed = timestamp.encode() + b"." + payload
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()

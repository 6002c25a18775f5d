"""SMS through an HTTP gateway. The contract is ``docs/sms-gateway.md``; the simulator keeps it too.

A gateway drops an ``id`` that it had before, so a message is sent again without harm when its
answer got lost.
"""

from __future__ import annotations

import hashlib

from intake.channels.channel import Message, NotDelivered, client, transport_failures

_TIMEOUT = 10.0  # seconds


class Sms:
    """Texts to the phone that a citizen left."""

    name = "sms"
    for_offices = False

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._http = client(_TIMEOUT)

    def reaches(self, message: Message) -> bool:
        return message.phone is not None

    async def send(self, message: Message) -> None:
        # The key may hold the citizen's WeChat name, which is not the gateway's business.
        number = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        body = {"id": number, "phone": message.phone, "text": message.sms}
        headers = {"Authorization": f"Bearer {self._key}"}
        with transport_failures("短信网关"):
            answer = await self._http.post(self._url, json=body, headers=headers)
        if answer.status_code in (200, 201, 202):
            return
        # What the gateway could not finish it may have sent; what it refused it has not.
        certain = answer.status_code < 500 or answer.status_code == 503
        raise NotDelivered(f"短信网关没有接收（{answer.status_code}）", certain)

    async def close(self) -> None:
        await self._http.aclose()

"""The citizen's own conversation with the bot, through Rasa's trigger route.

https://rasa.com/docs/rasa/pages/http-api#operation/triggerConversationIntent

The route answers 200 although nothing was sent when the channel has no way out (the messages then
come back in the answer) or the action failed. So the answer is read: the message arrived if the
conversation holds something the bot said after our event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from intake.channels.channel import Message, NotDelivered, client, transport_failures

INTENT = "EXTERNAL_case_news"
_TIMEOUT = 15.0  # seconds; WeChat's API is asked three times before the bot gives up
# A citizen's name begins with the channel, which is the name of Rasa's output channel too.
_CHANNELS = frozenset({"wechat"})
# As connectors.wechat.api.SendingFailed writes it: with WeChat's errcode, or None without answer.
_WECHAT_REFUSED = re.compile(r"Error: (\d{5}): ")
_WORDS = {
    "45015": "市民 48 小时内没有来过消息，微信不让发",
    "45047": "市民没有再来消息，微信不让连着发太多",
    "43004": "市民没有关注公众号",
}


class Conversation:
    """Speaks to citizens in the conversation in which they reported."""

    name = "conversation"
    for_offices = False

    def __init__(self, bot_url: str, bot_token: str) -> None:
        self._url = bot_url.rstrip("/")
        self._token = bot_token
        self._http = client(_TIMEOUT)

    def reaches(self, message: Message) -> bool:
        channel, _, sender = message.recipient.partition(":")
        return channel in _CHANNELS and bool(sender)

    async def send(self, message: Message) -> None:
        channel, _, sender = message.recipient.partition(":")
        entities = {
            "notice_key": message.key,
            "case_id": message.case_id,
            "text": message.text,
        }
        with transport_failures("机器人"):
            answer = await self._http.post(
                f"{self._url}/conversations/{quote(sender, safe='')}/trigger_intent",
                params={"output_channel": channel, "token": self._token},
                json={"name": INTENT, "entities": entities},
            )
        check_answer(answer, message.key)

    async def close(self) -> None:
        await self._http.aclose()


def check_answer(answer: httpx.Response, key: str) -> None:
    """Raise NotDelivered unless the answer shows that the citizen was told."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NotDelivered(f"机器人应答异常（{answer.status_code}）", certain=False)
    if answer.status_code >= 500:
        refused = _WECHAT_REFUSED.search(str(body.get("message") or ""))
        if refused is None:
            raise NotDelivered(f"机器人出错（{answer.status_code}）", certain=False)
        code = refused.group(1)
        raise NotDelivered(f"微信没有发出（{code}）：{_WORDS.get(code, '被拒绝')}")
    if answer.status_code != 200:
        raise NotDelivered(f"机器人不接受（{answer.status_code}）")
    if "messages" in body:
        raise NotDelivered("机器人没有这个渠道的出口")
    tracker = body.get("tracker")
    events = tracker.get("events") if isinstance(tracker, dict) else None
    if not isinstance(events, list) or not _was_told(events, key):
        raise NotDelivered("机器人没有说出通知")


def _was_told(events: list[Any], key: str) -> bool:
    """Whether the bot said something after our event and before anything else came."""
    ours = False
    for event in events:
        if not isinstance(event, Mapping):
            continue
        if event.get("event") == "user":
            data = event.get("parse_data") or {}
            ours = any(
                entity.get("entity") == "notice_key" and entity.get("value") == key
                for entity in data.get("entities") or ()
            )
        elif ours and event.get("event") == "bot" and event.get("text"):
            return True
    return False

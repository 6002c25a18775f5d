"""Replies that fit WeChat: one passive message of at most 2,048 bytes.

开发者文档: 被动回复用户消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
"""

from __future__ import annotations

import re
import time
from typing import Any

from wechatpy.replies import TextReply

from connectors.inbound import plain_text
from connectors.wechat.message import Inbound

MAX_BYTES = 2048
_BORDERS = re.compile(r"(?<=\n)|(?<=[。！？!?；;])")


def join(messages: list[dict[str, Any]]) -> str:
    """The bot's messages of one turn as one text; what is richer than text degrades to it."""
    return "\n\n".join(text for text in map(_as_text, messages) if text)


def split(text: str, limit: int = MAX_BYTES) -> list[str]:
    """Pieces of at most ``limit`` bytes in UTF-8, cut at line and sentence borders if possible."""
    pieces: list[str] = []
    current = ""
    for part in _BORDERS.split(text):
        for fitting in _cut(part, limit):
            if current and len((current + fitting).encode()) > limit:
                pieces.append(current.strip())
                current = ""
            current += fitting
    if current.strip():
        pieces.append(current.strip())
    return [piece for piece in pieces if piece]


def text_reply(inbound: Inbound, text: str) -> str:
    """Passive reply XML to the sender of ``inbound``."""
    # wechatpy writes CDATA without ending it safely: "]]>" in a text would end it early.
    safe = plain_text(text).replace("]]>", "]]]]><![CDATA[>")
    return TextReply(
        source=inbound.account, target=inbound.openid, time=int(time.time()), content=safe
    ).render()


def _cut(part: str, limit: int) -> list[str]:
    """A sentence that is too long by itself is cut between characters."""
    pieces = []
    while len(part.encode()) > limit:
        head = part.encode()[:limit].decode("utf-8", "ignore")
        pieces.append(head)
        part = part[len(head) :]
    return [*pieces, part]


def _as_text(message: dict[str, Any]) -> str:
    """Choices become lines to read and answer; pictures become their address."""
    parts = [message.get("text"), message.get("image")]
    parts += [f"· {button['title']}" for button in message.get("buttons") or []]
    return "\n".join(part for part in parts if isinstance(part, str)).strip()

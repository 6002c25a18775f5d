"""Replies that fit WeChat: one passive message of at most 2,048 bytes.

开发者文档: 被动回复用户消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
"""

from __future__ import annotations

import re
import time

from wechatpy.replies import TextReply

from connectors.wechat.message import Inbound

MAX_BYTES = 2048
_BORDERS = re.compile(r"(?<=\n)|(?<=[。！？!?；;])")


def join(texts: list[str]) -> str:
    """Several bot messages as one text."""
    return "\n\n".join(text.strip() for text in texts if text.strip())


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
    safe = text.replace("]]>", "]]]]><![CDATA[>")
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

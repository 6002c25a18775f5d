"""A delivery from WeChat as the bot needs it.

开发者文档: 接收普通消息、接收事件推送
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from wechatpy import parse_message

from bot.nlu.pin import locate
from connectors.wechat.security import BadMessage


@dataclass(frozen=True)
class Inbound:
    """One message or event.

    ``kind`` is text, image, voice, video, shortvideo, location, link, event or unknown; ``words``
    is what it says in words, None when it has none. ``key`` is the same for every delivery of the
    same message.
    """

    kind: str
    event: str | None
    openid: str
    account: str
    key: str
    words: str | None


def read_message(xml: str) -> Inbound:
    """Parse plain XML.

    Raises:
        BadMessage: a part that every message has is missing.
    """
    try:
        message = parse_message(xml)
        openid, account = message.source, message.target
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMessage("no WeChat message") from error
    if not isinstance(openid, str) or not openid or not isinstance(account, str):
        raise BadMessage("no sender or no receiver")
    data = message._data
    is_event = str(data.get("MsgType", "")).lower() == "event"
    # wechatpy calls what it does not know "unknown", events too.
    kind = "event" if is_event else str(message.type)
    event = str(data.get("Event") or "").lower() if is_event else None
    return Inbound(kind, event, openid, account, _key(message, xml), _words(kind, message))


def _key(message: object, xml: str) -> str:
    """``MsgId``; events have none, so sender, time and event stand for it.

    A message without ``MsgId`` is known by its content: better answered once too seldom than a
    case filed twice.
    """
    data = getattr(message, "_data", {})
    msg_id = data.get("MsgId")
    if msg_id and str(msg_id) != "0":
        return f"{data.get('FromUserName')}:{msg_id}"
    if data.get("Event"):
        parts = ("FromUserName", "CreateTime", "Event", "EventKey")
        return ":".join(str(data.get(part) or "") for part in parts)
    return hashlib.sha256(xml.encode()).hexdigest()


def _words(kind: str, message: object) -> str | None:
    if kind == "text":
        content = getattr(message, "content", None)
        return content if isinstance(content, str) else ""
    if kind == "voice":
        recognition = getattr(message, "recognition", None)
        return recognition if isinstance(recognition, str) and recognition.strip() else None
    if kind == "location":
        return _place(message)
    return None


def _place(message: object) -> str | None:
    """Where a location pin lies, in words; the label where the position says nothing."""
    data = getattr(message, "_data", {})
    label = data.get("Label")
    label = label.strip() if isinstance(label, str) else ""
    # 接收普通消息：Location_X 是纬度，Location_Y 是经度
    address = locate(data.get("Location_X"), data.get("Location_Y"), label)
    if address is None:
        return label or None
    levels = (address.district, address.town, address.community, address.detail)
    return "".join(level for level in levels if level)

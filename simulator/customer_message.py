"""Customer-service messages: what the account sends by itself, shown as text.

开发者文档: 客服接口-发消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.errors import WeChatError

TEXT_LIMIT = 2048
_NAMED = {
    "image": "[图片]",
    "voice": "[语音]",
    "video": "[视频]",
    "music": "[音乐]",
    "mpnews": "[图文消息]",
    "mpnewsarticle": "[图文消息]",
    "wxcard": "[卡券]",
    "miniprogrampage": "[小程序卡片]",
}


def as_text(body: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and shown text of a ``message/custom/send`` body.

    Raises:
        WeChatError: 40008 unknown kind, 44004 empty, 45002 too long, 47001 wrong form.
    """
    kind = body.get("msgtype")
    if not isinstance(kind, str):
        raise WeChatError(40008)
    part = body.get(kind)
    if not isinstance(part, Mapping):
        raise WeChatError(47001 if kind in {"text", "msgmenu", "news", *_NAMED} else 40008)
    if kind == "text":
        shown = _string(part, "content")
    elif kind == "msgmenu":
        shown = _menu(part)
    elif kind == "news":
        shown = "\n".join(_article(article) for article in _items(part, "articles"))
    elif kind in _NAMED:
        title = _string(part, "title")
        shown = f"{_NAMED[kind]}{title}"
    else:
        raise WeChatError(40008)
    if not shown.strip():
        raise WeChatError(44004)
    if len(shown.encode()) > TEXT_LIMIT:
        raise WeChatError(45002)
    return kind, shown


def _menu(part: Mapping[str, Any]) -> str:
    choices = [f"· {_string(item, 'content')}" for item in _items(part, "list")]
    lines = [_string(part, "head_content"), *choices, _string(part, "tail_content")]
    return "\n".join(line for line in lines if line)


def _article(article: Mapping[str, Any]) -> str:
    lines = (_string(article, name) for name in ("title", "description", "url"))
    return "\n".join(line for line in lines if line)


def _items(part: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = part.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise WeChatError(47001)
    return items


def _string(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name, "")
    if not isinstance(value, str):
        raise WeChatError(47001)
    return value

"""Template messages: a card that reaches a follower at any time.

开发者文档: 发送模板消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from simulator.errors import WeChatError

_KEPT = 1000


def as_text(body: Mapping[str, Any]) -> str:
    """Shown text of a ``message/template/send`` body, a field a line.

    The simulator knows no templates, so a field is shown under its name.

    Raises:
        WeChatError: 40037 no template, 47001 wrong form, 44004 no field has words.
    """
    template = body.get("template_id")
    if not isinstance(template, str) or not template:
        raise WeChatError(40037)
    data = body.get("data")
    if not isinstance(data, Mapping):
        raise WeChatError(47001)
    lines = []
    for name, field in data.items():
        value = field.get("value") if isinstance(field, Mapping) else None
        if not isinstance(value, str):
            raise WeChatError(47001)
        if value:
            lines.append(f"{name}：{value}")
    if not lines:
        raise WeChatError(44004)
    return "\n".join(lines)


class SentTemplates:
    """Which template messages went out, to drop one that is sent again with its client_msg_id."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._numbers = itertools.count(1)

    def number(self, openid: str, client_msg_id: object) -> tuple[int, bool]:
        """The ``msgid``, and whether the message is new."""
        if not isinstance(client_msg_id, str) or not client_msg_id:
            return next(self._numbers), True
        key = (openid, client_msg_id)
        if key in self._known:
            return self._known[key], False
        self._known[key] = next(self._numbers)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return self._known[key], True

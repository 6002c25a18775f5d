"""What a citizen sends: the XML that WeChat posts to the account's server.

开发者文档: 接收普通消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# XML 1.0 has no place for these, not even escaped.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERS = frozenset({"CreateTime", "MsgId", "Location_X", "Location_Y", "Scale"})


@dataclass(frozen=True)
class Incoming:
    """One message of a citizen. ``fields`` are the elements that its kind adds, in order."""

    openid: str
    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def elements(self, account: str, created: int, msg_id: int) -> dict[str, str]:
        """All elements of the message, in WeChat's order; ``created`` in Unix seconds."""
        return {
            "ToUserName": account,
            "FromUserName": self.openid,
            "CreateTime": str(created),
            "MsgType": self.kind,
            **self.fields,
            "MsgId": str(msg_id),
        }


def text(openid: str, content: str) -> Incoming:
    """A text message (文本消息)."""
    return Incoming(openid, "text", {"Content": _FORBIDDEN.sub("", content)})


def as_xml(elements: Mapping[str, str]) -> str:
    """``elements`` as WeChat writes them: text in CDATA, numbers bare."""
    lines = [f"<{name}>{_value(name, value)}</{name}>" for name, value in elements.items()]
    return "\n".join(["<xml>", *lines, "</xml>"])


def _value(name: str, value: str) -> str:
    if name in _NUMBERS:
        return value
    # "]]>" would end the CDATA section early.
    return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"

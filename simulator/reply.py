"""The passive reply: what the account's server answers to a delivery.

开发者文档: 被动回复用户消息
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from simulator.envelope import Envelope

TEXT_LIMIT = 2048
NO_REPLY = frozenset({"", "success"})
# Kinds the phone cannot draw yet are named, so that nobody takes them for lost.
_SHOWN_AS = {
    "image": "[图片]",
    "voice": "[语音]",
    "video": "[视频]",
    "music": "[音乐]",
    "news": "[图文消息]",
}


class BadReply(ValueError):
    """An answer that WeChat would not show; the message says why, in Chinese."""


@dataclass(frozen=True)
class Reply:
    """A reply that was understood. ``text`` is None when there is no passive reply."""

    text: str | None
    xml: str
    kind: str = "text"


def read_reply(body: str, envelope: Envelope, mode: str, openid: str, account: str) -> Reply:
    """Open and check an answer with HTTP 200.

    Raises:
        BadReply: not XML, not encrypted as ``mode`` asks, wrong addressee, unknown kind, too long.
        EnvelopeError: the encrypted reply cannot be verified or opened.
    """
    if body.strip() in NO_REPLY:
        return Reply(None, body)
    root = _parse(body)
    encrypted = root.findtext("Encrypt")
    xml = body
    if encrypted is not None:
        if mode == "plain":
            raise BadReply("明文模式下回复不应加密")
        signature, timestamp, nonce = (
            root.findtext(name, "") for name in ("MsgSignature", "TimeStamp", "Nonce")
        )
        xml = envelope.open(encrypted, signature, timestamp, nonce)
        root = _parse(xml)
    elif mode == "safe":
        raise BadReply("安全模式下回复必须加密")
    return _checked(root, xml, openid, account)


def _parse(xml: str) -> Element:
    try:
        return ElementTree.fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadReply("回复不是正确的 XML") from error


def _checked(root: Element, xml: str, openid: str, account: str) -> Reply:
    if root.findtext("ToUserName") != openid or root.findtext("FromUserName") != account:
        raise BadReply("回复的收件人或发件人不对（ToUserName、FromUserName）")
    if not root.findtext("CreateTime", "").isdigit():
        raise BadReply("回复缺少 CreateTime")
    kind = root.findtext("MsgType", "")
    if kind == "transfer_customer_service":
        return Reply(None, xml, kind)
    if kind != "text":
        if kind not in _SHOWN_AS:
            raise BadReply(f"不认识的回复类型：{kind or '（空）'}")
        return Reply(_SHOWN_AS[kind], xml, kind)
    content = root.findtext("Content", "")
    if not content:
        raise BadReply("回复没有内容")
    size = len(content.encode())
    if size > TEXT_LIMIT:
        raise BadReply(f"回复有 {size} 字节，超过 {TEXT_LIMIT} 字节")
    return Reply(content, xml)

"""Who may knock: signatures and encryption of WeChat's messages, in this one place.

开发者文档: 接入指南、消息加解密说明
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

MAX_BODY = 64 * 1024


class Forbidden(Exception):
    """The request does not come from WeChat: wrong or missing signature."""


class BadMessage(Exception):
    """Signed rightly, but not a message: broken XML, entities, wrong key or app id."""


@dataclass(frozen=True)
class Opened:
    """A message's plain XML, and whether the reply has to be encrypted."""

    xml: str
    encrypted: bool


class WeChatSecurity:
    """Checks, opens and seals. One instance per account."""

    def __init__(self, token: str, app_id: str, aes_key: str) -> None:
        self._token = token
        self._crypto = WeChatCrypto(token, aes_key, app_id)

    def check(self, query: Mapping[str, str]) -> None:
        """The signature over token, timestamp and nonce; costs one SHA-1.

        Raises:
            Forbidden: it is missing or wrong.
        """
        self._compare(
            query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        )

    def admit(self, query: Mapping[str, str]) -> None:
        """Whether a delivery's body may be read.

        In safe mode ``msg_signature`` covers all that ``signature`` does, and the message, so a
        lone ``msg_signature`` is let through here and checked by :meth:`open`.

        Raises:
            Forbidden
        """
        sealed = query.get("encrypt_type") == "aes" and query.get("msg_signature")
        if not sealed or query.get("signature"):
            self.check(query)

    def open(self, query: Mapping[str, str], body: bytes) -> Opened:
        """The plain XML of a delivery whose query passed :meth:`admit`.

        Raises:
            Forbidden: ``msg_signature`` is wrong.
            BadMessage: the body is no XML, declares entities, or was encrypted for somebody else.
        """
        text = _safe_xml(body)
        if query.get("encrypt_type") != "aes":
            return Opened(text, encrypted=False)
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        encrypt = fromstring(text).findtext("Encrypt")
        if not encrypt:
            raise BadMessage("no Encrypt element in safe mode")
        signature = query.get("msg_signature", "")
        self._compare(signature, timestamp, nonce, encrypt)
        try:
            plain = self._crypto.decrypt_message({"Encrypt": encrypt}, signature, timestamp, nonce)
        except (WeChatException, ValueError, IndexError, AssertionError) as error:
            raise BadMessage("cannot be decrypted with our key") from error
        except Exception as error:  # struct and cryptography raise their own kinds on garbage
            raise BadMessage("not an encrypted WeChat message") from error
        if isinstance(plain, str):
            plain = plain.encode()
        return Opened(_safe_xml(plain), encrypted=True)

    def seal(self, xml: str, query: Mapping[str, str]) -> str:
        """Encrypt and sign a reply, with the request's nonce."""
        return self._crypto.encrypt_message(xml, query.get("nonce", ""), query.get("timestamp"))

    def _compare(self, signature: str, *parts: str) -> None:
        expected = hashlib.sha1(
            "".join(sorted([self._token, *parts])).encode("utf-8", "surrogatepass")
        ).hexdigest()
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise Forbidden("signature does not fit")


def _safe_xml(body: bytes) -> str:
    """``body`` as text, after a parser that refuses entities and DTDs has read it."""
    try:
        fromstring(body, forbid_dtd=True)
        return body.decode("utf-8")
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadMessage("not readable as plain XML") from error

"""Signing and encrypting between WeChat and the bot, on WeChat's side.

开发者文档: 消息加解密说明
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption_instructions.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import WeChatException
from wechatpy.utils import WeChatSigner

AES_KEY_LENGTH = 43


class EnvelopeError(ValueError):
    """A reply cannot be opened; the message says why, in Chinese, for the developer."""


class Envelope:
    """Seals and opens messages with one account's ``token``, ``app_id`` and ``aes_key``.

    Raises:
        ValueError: ``aes_key`` is not an EncodingAESKey of 43 characters.
    """

    def __init__(self, token: str, app_id: str, aes_key: str) -> None:
        if len(aes_key) != AES_KEY_LENGTH:
            raise ValueError(f"EncodingAESKey 必须是 {AES_KEY_LENGTH} 个字符")
        self._token = token
        self._app_id = app_id
        self._key = base64.b64decode(aes_key + "=")

    def sign(self, *parts: str) -> str:
        """SHA-1 of the sorted concatenation of the token and ``parts``, in hex."""
        signer = WeChatSigner()
        signer.add_data(self._token, *parts)
        return signer.signature

    def seal(self, xml: str) -> str:
        """The value of ``Encrypt`` for ``xml``."""
        return PrpCrypto(self._key).encrypt(xml, self._app_id).decode("ascii")

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> str:
        """Verify and decrypt a reply.

        Raises:
            EnvelopeError: wrong signature, wrong app id, or damaged data.
        """
        expected = self.sign(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise EnvelopeError("回复的签名不对（MsgSignature），请核对 Token")
        try:
            return PrpCrypto(self._key).decrypt(encrypted, self._app_id)
        except WeChatException as error:
            raise EnvelopeError("回复里的 AppID 不对") from error
        except (ValueError, IndexError, struct.error, binascii.Error) as error:
            raise EnvelopeError("回复无法解密，请核对 EncodingAESKey") from error

"""WeChat's error codes, as its API answers them.

开发者文档: 全局返回码说明
https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
"""

from __future__ import annotations

MESSAGES = {
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40008: "invalid message type",
    40013: "invalid appid",
    40037: "invalid template_id",
    40066: "invalid url",
    40125: "invalid appsecret",
    41001: "access_token missing",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    44004: "empty content",
    45002: "content size out of limit",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "need interaction with the user within 30 seconds",
    47001: "data format error",
}


class WeChatError(Exception):
    """A request that WeChat refuses. ``code`` is the ``errcode``; HTTP status stays 200."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code} {MESSAGES[code]}")
        self.code = code

    def as_json(self) -> dict[str, object]:
        """WeChat's answer: ``{"errcode": int, "errmsg": str}``."""
        return {"errcode": self.code, "errmsg": MESSAGES[self.code]}

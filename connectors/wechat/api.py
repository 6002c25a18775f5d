"""WeChat's API: customer-service messages, for what does not fit into the passive reply.

开发者文档: 客服接口-发消息、获取 Access token
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from requests import RequestException
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatException

_TIMEOUT = 5.0


class SendingFailed(Exception):
    """WeChat did not take the message; ``code`` is its errcode, None without an answer."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class _Client(WeChatClient):
    """wechatpy's client at an address of the settings: the simulator's or WeChat's."""

    def __init__(self, app_id: str, secret: str, base: str) -> None:
        self.API_BASE_URL = base if base.endswith("/") else base + "/"
        super().__init__(app_id, secret, timeout=_TIMEOUT)
        self._http.trust_env = False

    def fetch_access_token(self) -> dict[str, object]:
        return self._fetch_access_token(
            url=f"{self.API_BASE_URL}token",
            params={"grant_type": "client_credential", "appid": self.appid, "secret": self.secret},
        )


class WeChatApi:
    """Blocking calls run in one thread of their own: off the event loop, and in order."""

    def __init__(self, app_id: str, secret: str, base: str) -> None:
        self._client = _Client(app_id, secret, base)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wechat-api")

    async def send_text(self, openid: str, text: str) -> None:
        """Send one customer-service text message (at most 2,048 bytes).

        Raises:
            SendingFailed: WeChat refused it or did not answer.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._send, openid, text)

    def _send(self, openid: str, text: str) -> None:
        try:
            self._client.message.send_text(openid, text)
        except WeChatException as error:
            raise SendingFailed(error.errcode, str(error.errmsg)) from error
        except RequestException as error:
            raise SendingFailed(None, type(error).__name__) from error

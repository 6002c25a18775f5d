"""WeChat's API: customer-service messages, for what does not fit into the passive reply.

开发者文档: 客服接口-发消息、获取稳定版接口调用凭据
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from requests import RequestException
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatException

_TIMEOUT = 5.0
_TOKEN_REFUSED = frozenset({40001, 40014, 42001})
_BUSY = -1
_RETRY_AFTER = (0.5, 2.0)  # seconds


class SendingFailed(Exception):
    """WeChat did not take the message; ``code`` is its errcode, None without an answer."""

    def __init__(self, code: int | None, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code

    @property
    def may_pass(self) -> bool:
        """Whether the same message may be taken a moment later."""
        return self.code in (None, _BUSY)


class _Client(WeChatClient):
    """wechatpy's client at an address of the settings: the simulator's or WeChat's."""

    def __init__(self, app_id: str, secret: str, base: str) -> None:
        self.API_BASE_URL = base if base.endswith("/") else base + "/"
        # wechatpy itself would ask for new tokens for ever while the API refuses them.
        super().__init__(app_id, secret, timeout=_TIMEOUT, auto_retry=False)
        self._http.trust_env = False

    def fetch_access_token(self, force: bool = False) -> dict[str, Any]:
        """The stable token: other workers' stay valid, which a plain ``token`` would end."""
        body = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
            "force_refresh": force,
        }
        response = self._http.post(f"{self.API_BASE_URL}stable_token", json=body, timeout=_TIMEOUT)
        response.raise_for_status()
        result: dict[str, Any] = response.json()
        if "access_token" not in result:
            raise WeChatException(result.get("errcode"), result.get("errmsg"))
        lifetime = int(result.get("expires_in", 7200))
        self.session.set(self.access_token_key, result["access_token"], lifetime)
        self.expires_at = int(time.time()) + lifetime
        return result


class WeChatApi:
    """Blocking calls run in one thread of their own: off the event loop, and in order."""

    def __init__(self, app_id: str, secret: str, base: str) -> None:
        self._client = _Client(app_id, secret, base)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wechat-api")

    async def send_text(self, openid: str, text: str) -> None:
        """Send one customer-service text message (at most 2,048 bytes).

        A busy or silent API is asked again twice, so a message whose answer got lost may come
        twice; it is never lost for a moment's disturbance.

        Raises:
            SendingFailed: WeChat refused it or did not answer.
        """
        loop = asyncio.get_running_loop()
        for pause in _RETRY_AFTER:
            try:
                return await loop.run_in_executor(self._thread, self._send, openid, text)
            except SendingFailed as error:
                if not error.may_pass:
                    raise
            await asyncio.sleep(pause)
        await loop.run_in_executor(self._thread, self._send, openid, text)

    def _send(self, openid: str, text: str) -> None:
        try:
            self._send_once(openid, text)
        except SendingFailed as error:
            if error.code not in _TOKEN_REFUSED:
                raise
            self._call(lambda: self._client.fetch_access_token(force=True))
            self._send_once(openid, text)

    def _send_once(self, openid: str, text: str) -> None:
        result = self._call(lambda: self._client.message.send_text(openid, text))
        if not isinstance(result, dict):
            raise SendingFailed(None, "the answer is no JSON object")

    def _call(self, request: Any) -> Any:
        try:
            return request()
        except WeChatException as error:
            # wechatpy gives neither code nor message for an answer that is not 200.
            raise SendingFailed(error.errcode, str(error.errmsg)) from None
        except (RequestException, ValueError, TypeError, KeyError, AttributeError) as error:
            # Not chained: the message holds the address, and the address the access token.
            raise SendingFailed(None, type(error).__name__) from None

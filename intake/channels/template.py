"""WeChat template messages, for citizens who have not written for 48 hours.

开发者文档: 发送模板消息、获取稳定版接口调用凭据
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html

Which template a city has, and how its fields are called, is the city's; both are settings.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

from bot.settings import SettingsError
from intake.channels.channel import Message, NotDelivered, client, transport_failures
from intake.deadlines import SHANGHAI

_TIMEOUT = 8.0  # seconds
_RENEWED_BEFORE = 120.0  # seconds before the token ends
_TOKEN_REFUSED = frozenset({40001, 40014, 42001})
_BUSY = -1
_ANY = "*"
# Kinds of template fields and how much they hold; WeChat refuses the message otherwise.
_LENGTHS = {"thing": 20, "phrase": 5, "character_string": 32}
_FIELD_KIND = re.compile(r"[a-z_]+")
_VALUES = frozenset({"case_id", "state", "text", "time"})


class Template:
    """Sends the template of a notice's kind.

    Args:
        templates: kind of notice (``*`` for all others) → template ID.
        fields: ``case_id``, ``state``, ``text`` or ``time`` → name of a field of the template.
    """

    name = "template"
    for_offices = False

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        api_base: str,
        templates: Mapping[str, str],
        fields: Mapping[str, str],
    ) -> None:
        self._credentials = {"appid": app_id, "secret": app_secret}
        self._base = api_base if api_base.endswith("/") else api_base + "/"
        self._templates = templates
        self._fields = fields
        self._http = client(_TIMEOUT)
        self._token: tuple[str, float] | None = None
        self._asking = asyncio.Lock()

    def reaches(self, message: Message) -> bool:
        is_wechat = message.recipient.startswith("wechat:")
        return is_wechat and self._template(message.kind) is not None

    async def send(self, message: Message) -> None:
        body = {
            "touser": message.recipient.removeprefix("wechat:"),
            "template_id": self._template(message.kind),
            # WeChat drops a repetition for ten minutes.
            "client_msg_id": hashlib.sha256(message.key.encode()).hexdigest()[:32],
            "data": self._data(message),
        }
        code = await self._send(body)
        if code in _TOKEN_REFUSED:
            self._token = None
            code = await self._send(body)
        if code != 0:
            raise NotDelivered(f"微信没有接收模板消息（{code}）")

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, body: Mapping[str, Any]) -> int:
        answer = await self._post("message/template/send", body, await self._access_token())
        code = answer.get("errcode")
        if not isinstance(code, int) or code == _BUSY:
            raise NotDelivered("微信应答异常", certain=False)
        return code

    async def _access_token(self) -> str:
        # The stable token: the connector's stays valid, which a plain one would end.
        async with self._asking:
            if self._token is None or self._token[1] - time.monotonic() < _RENEWED_BEFORE:
                body = {"grant_type": "client_credential", **self._credentials}
                try:
                    answer = await self._post("stable_token", body, None)
                except NotDelivered as error:
                    raise NotDelivered(str(error)) from error  # nothing has been sent yet
                token, lasts = answer.get("access_token"), answer.get("expires_in")
                if not isinstance(token, str) or not isinstance(lasts, int):
                    raise NotDelivered(f"微信不给令牌（{answer.get('errcode')}）")
                self._token = token, time.monotonic() + lasts
            return self._token[0]

    async def _post(self, path: str, body: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        params = {"access_token": token} if token else {}
        with transport_failures("微信"):
            answer = await self._http.post(self._base + path, params=params, json=body)
        try:
            found = answer.json() if answer.status_code == 200 else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NotDelivered(f"微信应答异常（{answer.status_code}）", certain=False)
        return found

    def _template(self, kind: str) -> str | None:
        return self._templates.get(kind) or self._templates.get(_ANY)

    def _data(self, message: Message) -> dict[str, dict[str, str]]:
        at = dt.datetime.fromisoformat(message.content["at"]).astimezone(SHANGHAI)
        values = {
            "case_id": message.case_id,
            "state": message.name,
            "text": message.content.get("note") or message.text.splitlines()[0],
            "time": f"{at:%Y-%m-%d %H:%M}",
        }
        return {field: {"value": _fit(field, values[name])} for name, field in self._fields.items()}


def read_pairs(name: str, text: str, keys: frozenset[str] | None = None) -> dict[str, str]:
    """``a=b,c=d`` as a mapping. Raises SettingsError that names the setting ``name``."""
    pairs: dict[str, str] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if not key or not value or key in pairs or (keys is not None and key not in keys):
            raise SettingsError(f"设置 {name} 的值不对：应写成 名称=值，用逗号隔开")
        pairs[key] = value
    return pairs


def read_fields(name: str, text: str) -> dict[str, str]:
    """The setting of the template's fields. Raises SettingsError."""
    return read_pairs(name, text, _VALUES)


def _fit(field: str, words: str) -> str:
    kind = _FIELD_KIND.match(field)
    longest = _LENGTHS.get(kind.group() if kind else "", 200)
    line = " ".join(words.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"

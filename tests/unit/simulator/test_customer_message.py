"""Customer-service messages as text."""

from __future__ import annotations

import pytest

from simulator.customer_message import as_text
from simulator.errors import WeChatError

MENU = {
    "head_content": "请评价",
    "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
    "tail_content": "谢谢",
}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"msgtype": "text", "text": {"content": "你好\n再见"}}, "你好\n再见"),
        ({"msgtype": "msgmenu", "msgmenu": MENU}, "请评价\n· 满意\n· 不满意\n谢谢"),
        ({"msgtype": "image", "image": {"media_id": "1"}}, "[图片]"),
        (
            {"msgtype": "news", "news": {"articles": [{"title": "通知", "url": "http://x"}]}},
            "通知\nhttp://x",
        ),
        ({"msgtype": "text", "text": {"content": "长" * 682 + "ab"}}, "长" * 682 + "ab"),
    ],
)
def test_shown(body: dict, shown: str) -> None:
    assert as_text(body) == (body["msgtype"], shown)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40008),
        ({"msgtype": "hologram", "hologram": {}}, 40008),
        ({"msgtype": "hologram"}, 40008),
        ({"msgtype": "text"}, 47001),
        ({"msgtype": "text", "text": {"content": 3}}, 47001),
        ({"msgtype": "msgmenu", "msgmenu": {"list": "x"}}, 47001),
        ({"msgtype": "text", "text": {"content": " "}}, 44004),
        ({"msgtype": "text", "text": {"content": "长" * 683}}, 45002),
    ],
)
def test_refused(body: dict, code: int) -> None:
    with pytest.raises(WeChatError) as caught:
        as_text(body)
    assert caught.value.code == code

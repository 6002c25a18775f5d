"""Keys made at the first start and kept in ``var/secrets.env``."""

from __future__ import annotations

import base64
import os
import secrets
import string
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from bot.settings import SECRETS_FILE, read_secrets, required_names

_ALPHANUMERIC = string.ascii_letters + string.digits


def _word(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def _aes_key() -> str:
    """43 characters that decode to 32 bytes, as WeChat makes them."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode()[:43]
        if key.isalnum():
            return key


_MAKERS: Mapping[str, Callable[[], str]] = {
    "SUQIU_OPEN311_API_KEY": lambda: _word(32),
    "SUQIU_DATA_KEY": lambda: Fernet.generate_key().decode(),
    "SUQIU_BOT_TOKEN": lambda: _word(32),
    "SUQIU_SMS_KEY": lambda: _word(32),
    "WECHAT_TOKEN": lambda: _word(24),
    "WECHAT_APP_ID": lambda: "wx" + secrets.token_hex(8),
    "WECHAT_APP_SECRET": lambda: secrets.token_hex(16),
    "WECHAT_ENCODING_AES_KEY": _aes_key,
}


def ensure_secrets(home: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Make every required key that neither the environment nor the file has.

    Returns the names made. The file is readable by its owner only.
    """
    known = read_secrets(home)
    made = [name for name in required_names() if name not in known and not environ.get(name)]
    if made:
        home.mkdir(parents=True, exist_ok=True)
        path = home / SECRETS_FILE
        lines = [f"{name}={value}" for name, value in known.items()]
        lines += [f"{name}={_MAKERS[name]()}" for name in made]
        content = (
            "# 首次启动时生成。请备份：SUQIU_DATA_KEY 丢了，已存的电话就解不开了。\n"
            + "\n".join(lines)
        )
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # A file left over from a start that was cut off keeps its own mode.
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content + "\n")
        os.replace(temporary, path)
    return made

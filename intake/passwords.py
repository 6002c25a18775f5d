"""Passwords and keys as they are kept: never in clear, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_N, _R, _P = 2**14, 8, 5
_LEAST = 10
_TOKEN_BYTES = 32


class WeakPassword(Exception):
    """The password is too easy to guess; the message is Chinese."""


def check_strength(password: str, name: str) -> None:
    """Raise WeakPassword for a short password or one that is the name of the account."""
    if len(password) < _LEAST or len(set(password)) < _LEAST // 2:
        raise WeakPassword(f"密码至少 {_LEAST} 位，并且不要重复同一个字符")
    if name.lower() in password.lower():
        raise WeakPassword("密码里不要有用户名")


def hash_password(password: str) -> str:
    """``scrypt$<salt>$<hash>``, about 0.1 s of work on purpose."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(_scrypt(password, salt))}"


def is_password(password: str, kept: str) -> bool:
    """Whether ``kept`` was made of ``password``."""
    _, salt, digest = kept.split("$")
    return hmac.compare_digest(_scrypt(password, base64.b64decode(salt)), base64.b64decode(digest))


def new_token() -> str:
    """A secret that nobody guesses, for a session or a key."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is kept of a token. It is random and long, so one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P, dklen=32
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

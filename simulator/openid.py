"""OpenIDs and the account's own id, in WeChat's form.

开发者文档: 获取用户基本信息 (UnionID 机制)
https://developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits + "-_"
_OPENID = re.compile(r"o[\w-]{27}", re.ASCII)


def new_openid() -> str:
    """A citizen's id as this account sees it: 28 characters, the first an ``o``."""
    return "o" + "".join(secrets.choice(_ALPHABET) for _ in range(27))


def is_openid(value: object) -> bool:
    """Whether ``value`` has the form of an OpenID."""
    return isinstance(value, str) and _OPENID.fullmatch(value) is not None


def original_id(app_id: str) -> str:
    """The account's original id (原始ID, ``gh_…``), the same for the same ``app_id``."""
    return "gh_" + hashlib.sha256(app_id.encode()).hexdigest()[:12]

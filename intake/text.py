"""Characters that text may hold, at the door and in what we write."""

from __future__ import annotations

import re

# https://www.w3.org/TR/xml/#charsets; NUL would also break PostgreSQL, surrogates UTF-8.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot hold (control codes, lone surrogates).

    An appeal is never refused for a stray character that somebody's keyboard put into it.
    """
    return _NOT_IN_XML.sub("", text)

"""Each shown form carries a ticket: proof that this service showed it, and not too long ago.

Another site cannot make a visitor's browser send a form that we did not show (there is no cookie to
abuse either), and the same form sent twice files once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

VALID = dt.timedelta(hours=12)
_TICKET_PARTS = 3


class Tickets:
    """Made and checked with a key derived from ``secret``; nothing is stored."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"web form ticket", hashlib.sha256).digest()

    def new(self, now: dt.datetime) -> str:
        text = f"{secrets.token_hex(12)}.{int(now.timestamp())}"
        return f"{text}.{self._sign(text)}"

    def number_of(self, ticket: str, now: dt.datetime) -> str | None:
        """The ticket's random number, None for a ticket that is not ours or too old."""
        parts = ticket.split(".")
        if len(parts) != _TICKET_PARTS or not ticket.isascii():
            return None
        number, shown_at, signature = parts
        if not hmac.compare_digest(self._sign(f"{number}.{shown_at}"), signature):
            return None
        age = now.timestamp() - int(shown_at)
        # Shown in the future: by another instance, whose clock is a little ahead.
        return number if -60 < age <= VALID.total_seconds() else None

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]

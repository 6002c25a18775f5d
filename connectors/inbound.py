"""What every door does with a citizen's words before Rasa sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.privacy import Vault, mask

MAX_CHARACTERS = 10_000
# Everything that is no text: control characters except the line break, and lone surrogates.
_NOT_TEXT = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class CleanText:
    """Masked words, and the sealed token of what was masked (None when nothing was)."""

    text: str
    sealed: str | None

    def metadata(self) -> dict[str, str]:
        """For Rasa's ``UserMessage``; :class:`actions.said.Said` reads it."""
        return {"sealed": self.sealed} if self.sealed else {}


def clean(words: str, vault: Vault) -> CleanText:
    """Mask personal data, drop control characters, and take the power out of a leading slash.

    Rasa reads ``/intent{"entity": "value"}`` as an order; from a citizen it is only words.
    """
    text = plain_text(words).strip()[:MAX_CHARACTERS]
    if text.startswith("/"):
        text = "／" + text[1:]
    masked, redactions = mask(text)
    return CleanText(masked, vault.seal_redactions(redactions) if redactions else None)


def plain_text(words: str) -> str:
    """Words that XML and databases can hold: line breaks as ``\\n``, no control characters."""
    return _NOT_TEXT.sub(" ", words.replace("\r\n", "\n").replace("\r", "\n"))

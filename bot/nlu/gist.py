"""What of a message tells its matter: words only, in Mandarin, without form and politeness.

For the classifiers alone. Here lengths change, so no offset may be taken from it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bot.vocabulary import load_yaml

# A pictograph, its skin tones and joiners; WeChat writes its own faces as "[捂脸]".
_PICTURES = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3]+|"
    r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]"
)
# WeChat's answer to a quoted message: 「name：words」, a line of dashes, the answer.
_QUOTE = re.compile(r"「(?:[^：:「」]{1,20}[：:])?([^」]*)」\s*(?:-\s*){3,}")
_FORWARDED = re.compile(r"^\s*(?:转发|转自|转|fw|fwd)\s*[:：]\s*", re.IGNORECASE)
_REPEATED = re.compile(r"([^\d\s])\1{2,}")
_SALUTATION = re.compile(
    r"^\s*(?:尊敬的|敬爱的|亲爱的)?[\u4e00-\u9fff]{0,8}?"
    r"(?:领导|书记|市长|区长|镇长|县长|局长|主任|客服|12345|部门)(?:们|同志)?"
    r"[,，:：!！。\s]*(?:你们|您们|你|您|大家)好?[,，:：!！。\s]*"
)
_FAREWELL = re.compile(
    r"(?:[,，。.!！\s]*(?:谢谢(?:您|你|你们|领导|了)?|多谢(?:晒)?|感谢|万分感谢|不胜感激|拜托了?|辛苦了?|"
    r"此致|敬礼|祝(?:您|你|领导)?(?:工作顺利|身体健康|万事如意)|盼复|急盼回复|望回复|"
    r"请回复))+[,，。.!！\s]*$"
)


# Politeness around less than this is what the message is about.
_MATTER_LENGTH = 8


@lru_cache(maxsize=16)
def gist(text: str) -> str:
    """``text`` (normalised) as the classifiers read it; never empty where ``text`` has words."""
    plain = _FORWARDED.sub("", _QUOTE.sub(r"\1 ", text))
    plain = _REPEATED.sub(r"\1\1", _PICTURES.sub(" ", plain))
    for politeness in _SALUTATION, _FAREWELL:
        shorter = politeness.sub("", plain)
        # In "好的，谢谢" it is all that was said.
        plain = shorter if len(shorter.strip()) >= _MATTER_LENGTH else plain
    pattern, mandarin = _cantonese()
    return pattern.sub(lambda found: mandarin[found.group()], plain)


@cache
def _cantonese() -> tuple[re.Pattern[str], dict[str, str]]:
    mandarin = {
        word: meaning for meaning, words in load_yaml("cantonese.yml").items() for word in words
    }
    longest_first = sorted(mandarin, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), mandarin

"""What may be said in the middle of a report without being an answer."""

from __future__ import annotations

import re

from actions import answers
from actions.said import Said

# Answered in between, and then the question stands again.
DIGRESSIONS = {
    "query_status",
    "list_my_cases",
    "urge_case",
    "withdraw_case",
    "rate_case",
    "greet",
    "thank",
    "goodbye",
    "ask_human",
    "ask_capability",
    "chitchat",
    "abuse",
}
# Questions that people have about the bot itself, with the text that answers each.
_ASIDES = (
    (
        "aside_privacy",
        re.compile(r"泄露|洩露|隐私|報復|报复|(?:会|會)(?:不会|唔会)?.{0,4}(?:知道|保密)|安全吗"),
    ),
    ("aside_how_long", re.compile(r"多久|几耐|幾耐|几时|多长时间|什么时候(?:有|能|会|才)|几天")),
)
_SURE = 0.6
_ASKS = re.compile(r"[?？吗嘛呀啊呢]$|会不会|会唔会|要多久|几时|几耐|多久")
_SHORT = 20  # characters; a longer question belongs to the story
_LONGEST = 40  # characters; a longer text is a story, whatever the intent


def is_digression(said: Said) -> bool:
    """Whether the message is surely something else than an answer."""
    if said.dangers or len(said.text) > _LONGEST:
        return False
    if said.case_ids:
        return True
    if answers.bare(said.text).isdigit() or not answers.has_words(said.text):
        return False
    return said.intent in DIGRESSIONS and said.confidence >= _SURE


def aside(said: Said, question: str) -> str | None:
    """The text that answers a short question about filing itself, or None."""
    words = said.text.strip()
    if answers.is_puzzled(words):
        return "aside_puzzled"
    if question == "description" or said.names_matter or said.dangers:
        return None
    if len(words) > _SHORT or not _ASKS.search(words):
        return None
    return next((text for text, pattern in _ASIDES if pattern.search(words)), None)

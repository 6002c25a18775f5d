"""What may be said in the middle of a report without being an answer."""

from __future__ import annotations

from actions import answers
from actions.said import Said

# Answered in between, and then the question stands again.
DIGRESSIONS = {
    "query_status",
    "list_my_cases",
    "urge_case",
    "supplement_case",
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
_SURE = 0.6
_LONGEST = 40  # characters; a longer text is a story, whatever the intent


def is_digression(said: Said) -> bool:
    """Whether the message is surely something else than an answer."""
    if said.case_ids:
        return True
    if said.dangers or len(said.text) > _LONGEST or answers.bare(said.text).isdigit():
        return False
    return said.intent in DIGRESSIONS and said.confidence >= _SURE

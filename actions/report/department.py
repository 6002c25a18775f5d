"""Who is responsible: taken from the ranking when it is clear, asked once when it is not."""

from __future__ import annotations

from collections.abc import Sequence

from actions import answers
from actions.report.draft import Draft
from actions.said import Said
from bot.vocabulary import danger_leads, departments

# Above this the classifier is right often enough not to trouble the citizen …
_CLEAR = 0.5
# … unless another department is this close behind.
_CLOSE = 0.15
# An option must have some chance of being the right one.
_WORTH_ASKING = 0.06
_MOST_OPTIONS = 3
# Where nothing speaks for any department, the general centre dispatches it by hand.
GENERAL_CENTRE = "government_services"


def consider(
    draft: Draft, ranking: Sequence[tuple[str, float]], dangers: Sequence[str] = ()
) -> None:
    """Decide by the ranking, or leave two or three options to ask about.

    In an emergency nobody is asked: the danger names the lead, or else the ranking does.
    """
    draft.ranking = list(ranking)
    draft.department, draft.department_options = None, []
    if not ranking:
        draft.department = GENERAL_CENTRE
        return
    (first, confidence), rest = ranking[0], ranking[1:]
    if confidence >= _CLEAR and (not rest or confidence - rest[0][1] >= _CLOSE):
        draft.department = first
        return
    if draft.urgent:
        leads = danger_leads()
        draft.department = next((leads[kind] for kind in dangers if kind in leads), first)
        return
    options = [code for code, chance in ranking[:_MOST_OPTIONS] if chance >= _WORTH_ASKING]
    if len(options) < 2 or draft.times_asked("department"):
        draft.department = first
    else:
        draft.department_options = options


def choose(draft: Draft, said: Said) -> bool:
    """Read an answer to "which of these?": a number, a name, or a word of its scope."""
    options = draft.department_options
    if draft.department is not None or not options:
        return False
    number = answers.choice(said.text, len(options) + 1)
    if number == len(options) or (
        answers.is_unknown(said.text) and answers.is_only_an_answer(said.text)
    ):
        settle(draft, _for_none_of(draft))
        return True
    if number is not None:
        settle(draft, options[number])
        return True
    named = [code for code in options if code in said.bodies or _in_scope(code, said.text)]
    if len(named) == 1:
        settle(draft, named[0])
        return True
    ranked = [code for code, chance in said.ranking[:1] if chance >= _CLEAR and code in options]
    if ranked and said.names_matter:
        draft.description += f"\n{said.text.strip()}"
        settle(draft, ranked[0])
        return True
    return False


def settle(draft: Draft, code: str) -> None:
    draft.department = code
    draft.department_options = []


def likeliest(draft: Draft, told: Said | None = None) -> str:
    """What to take when the question was not answered: what more was told may decide."""
    if told and told.names_matter and told.ranking and told.ranking[0][1] >= _CLEAR:
        return told.ranking[0][0]
    return _for_none_of(draft)


def reconsider(draft: Draft, said: Said) -> None:
    """The citizen puts right what the matter is: follow where that speaks clearly."""
    if said.ranking and said.ranking[0][1] >= _CLEAR:
        draft.ranking = list(said.ranking)
        settle(draft, said.ranking[0][0])


def lead_by_danger(draft: Draft, dangers: Sequence[str]) -> None:
    """A danger told later names the lead, whatever the first words seemed to be about."""
    leads = [danger_leads()[kind] for kind in dangers if kind in danger_leads()]
    if leads:
        settle(draft, leads[0])


def _for_none_of(draft: Draft) -> str:
    """None of the options: the likeliest all the same, or staff when it was refused before."""
    options = draft.department_options
    if options and draft.ranking and draft.ranking[0][0] == options[0]:
        return options[0]
    return GENERAL_CENTRE


def ask_again(draft: Draft) -> None:
    """The citizen says it is not this department: offer the next likely ones."""
    others = [code for code, _ in draft.ranking if code != draft.department]
    draft.department_options = others[:_MOST_OPTIONS] or list(departments())[:_MOST_OPTIONS]
    draft.department = None
    draft.asked.pop("department", None)


def _in_scope(code: str, text: str) -> bool:
    answer = answers.bare(text)
    words = departments()[code].scope.split("、")
    return len(answer) >= 2 and any(word in answer or answer in word for word in words)

"""What the domain refuses, as answers of the native API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import vocabulary
from intake.api.reading import no_such_case
from intake.errors import ApiError
from intake.roles import NotAllowed
from intake.steps import StepRefused
from intake.store import CaseChanged
from intake.workflow import TextMissing, TransitionForbidden


@contextmanager
def as_answers() -> Iterator[None]:
    """Turn what a step raises into ApiError 400, 403, 404 or 409."""
    try:
        yield
    except LookupError as error:
        raise no_such_case() from error
    except NotAllowed as error:
        raise ApiError(403, "forbidden", str(error)) from error
    except StepRefused as error:
        status = 400 if error.code.endswith("_missing") else 409
        raise ApiError(status, error.code, str(error)) from error
    except TransitionForbidden as error:
        raise ApiError(409, "transition_forbidden", "现在的状态不能这样改") from error
    except TextMissing as error:
        words = "请写一句给市民的话，说明为什么"
        details = [{"field": "note", "message": words}]
        raise ApiError(400, "text_missing", words, details) from error
    except CaseChanged as error:
        state = vocabulary.case_states()[str(error)].name
        words = f"这件诉求刚刚有人改过，现在是“{state}”，请看过再操作"
        raise ApiError(409, "case_changed", words) from error

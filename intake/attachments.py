"""Pictures, recordings and papers of a case, kept in the database with it.

A file that is added twice is kept once: it is known by the SHA-256 of what was sent. Methods block.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.privacy import mask
from intake import steps
from intake.cases import Case
from intake.database import Database
from intake.media import cleaned
from intake.roles import MACHINE, Actor
from intake.steps import StepRefused
from intake.store import change_on
from intake.tables import attachments, cases
from intake.text import clean

MAX_BYTES = 10 * 1024 * 1024
MAX_FILES = 20
MAX_NAME = 200
_NO_NAME = "附件"


@dataclass(frozen=True)
class Attachment:
    """What is known of a file. ``sha256`` is of the bytes that were sent, ``size`` of those kept.

    They differ where a picture was written anew without its place.
    """

    attachment_id: str
    case_id: str
    name: str
    content_type: str
    size: int
    sha256: str
    added_by: str
    added_at: dt.datetime


@dataclass(frozen=True)
class Upload:
    """A file that may be added: of a kind that is taken, and without the place it was made."""

    name: str
    content_type: str
    sha256: str
    content: bytes = field(repr=False)


_SHOWN = tuple(Attachment.__annotations__)


def checked(name: str, content: bytes) -> Upload:
    """Make a file ready to be kept.

    Raises:
        intake.media.Unusable: no file of a kind that is taken, or a broken one.
    """
    kind, kept = cleaned(content)
    # People put phone numbers into names of files too.
    shown = mask(clean(name).replace("/", "_").replace("\\", "_").strip())[0]
    digest = hashlib.sha256(content).hexdigest()
    return Upload(_shortened(shown) or _NO_NAME, kind, digest, kept)


class Attachments:
    """The files of the cases of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        case_id: str,
        upload: Upload,
        actor: Actor,
        at: dt.datetime,
        allowed: Callable[[Case], None] | None = None,
    ) -> tuple[Attachment, bool]:
        """Keep a file with its entry in the history; what is kept, and whether it is new.

        A citizen's file sets the work going again where it waited for him.

        Args:
            allowed: raises for a case that the actor may not touch.

        Raises:
            LookupError: no such case.
            intake.steps.StepRefused: the case has ended, or has enough files.
        """
        with self._database.writing() as connection:
            _lock(connection, case_id)
            mine = sa.and_(attachments.c.case_id == case_id, attachments.c.sha256 == upload.sha256)
            known = _listed(connection, mine)
            new = Attachment(
                attachment_id=secrets.token_hex(16),
                case_id=case_id,
                name=upload.name,
                content_type=upload.content_type,
                size=len(upload.content),
                sha256=upload.sha256,
                added_by=str(actor),
                added_at=at,
            )

            def step(case: Case) -> Case:
                if allowed:
                    allowed(case)
                if known:
                    return case
                if case.closed and not actor.is_person_inside:
                    raise StepRefused(
                        "not_open", "这件诉求已经结束，不能再补充；还有问题请重新提交"
                    )
                if _count(connection, case_id) >= MAX_FILES:
                    raise StepRefused("too_many_files", f"每件诉求最多 {MAX_FILES} 个附件")
                added = steps.did(case, "attachment", actor, at, remark=new.name)
                if added.state == "awaiting_citizen" and actor.role == "citizen":
                    return steps.moved(added, "in_progress", MACHINE, at)
                return added

            change_on(connection, case_id, step)
            if known:
                return known[0], False
            row = {name: getattr(new, name) for name in _SHOWN} | {"content": upload.content}
            connection.execute(attachments.insert(), row)
            return new, True

    def of_case(self, case_id: str) -> list[Attachment]:
        """The files of a case, the first one first."""
        with self._database.reading() as connection:
            return _listed(connection, attachments.c.case_id == case_id)

    def read(self, case_id: str, attachment_id: str) -> tuple[Attachment, bytes]:
        """A file. Raises LookupError when the case has no such file."""
        columns = [attachments.c[name] for name in _SHOWN]
        statement = sa.select(*columns, attachments.c.content).where(
            attachments.c.case_id == case_id, attachments.c.attachment_id == attachment_id
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise LookupError(attachment_id)
        *shown, content = row
        return Attachment(*shown), bytes(content)


def _lock(connection: Connection, case_id: str) -> None:
    """Let others that add to the case wait (on SQLite they already do)."""
    statement = sa.select(cases.c.case_id).where(cases.c.case_id == case_id).with_for_update()
    if connection.scalar(statement) is None:
        raise LookupError(case_id)


def _listed(connection: Connection, which: sa.sql.ColumnElement[bool]) -> list[Attachment]:
    columns = [attachments.c[name] for name in _SHOWN]
    order = (attachments.c.added_at, attachments.c.attachment_id)
    return [
        Attachment(*row)
        for row in connection.execute(sa.select(*columns).where(which).order_by(*order))
    ]


def _count(connection: Connection, case_id: str) -> int:
    mine = attachments.c.case_id == case_id
    statement = sa.select(sa.func.count()).select_from(attachments).where(mine)
    return int(connection.scalar(statement))


def _shortened(name: str) -> str:
    """At most MAX_NAME characters, with the ending kept."""
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:MAX_NAME]
    return stem[: MAX_NAME - len(ending) - 1] + dot + ending

"""People who sign in, their sessions, and the keys of other systems. All methods block."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot import vocabulary
from intake.database import Database
from intake.passwords import (
    check_strength,
    hash_password,
    is_password,
    new_token,
    token_hash,
)
from intake.roles import ACCOUNT_ROLES, Actor
from intake.tables import accounts, api_keys, sessions

SESSION_LASTS = dt.timedelta(hours=12)
_WRONG_PASSWORDS = 5
_LOCKED_FOR = dt.timedelta(minutes=15)
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,38}")

FIRST_ADMIN = "admin"
RESERVED_KEYS = ("suqiu", "web-form")
"""Names that the bot and the web form file under; what they filed is known by them."""
KEY_ROLES = ("machine", "source")
"""``machine`` files and speaks for citizens, as the bot does; ``source`` only files."""


class AccountError(Exception):
    """An account or key cannot be made or changed like this; the message is Chinese."""


@dataclass(frozen=True)
class Account:
    """Somebody who signs in. Only a department user has a ``department``.

    ``must_change``: somebody else chose the password and knows it.
    """

    name: str
    display_name: str
    role: str
    department: str | None
    active: bool
    must_change: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(self.role, self.name, self.department)


@dataclass(frozen=True)
class ApiKey:
    """Another system. ``channel``: how what it files came in; None lets it say so itself."""

    name: str
    role: str
    channel: str | None
    revoked_at: dt.datetime | None = None


class Accounts:
    """The accounts, sessions and keys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        display_name: str,
        role: str,
        department: str | None,
        password: str,
        now: dt.datetime,
    ) -> Account:
        """Add an account.

        Raises:
            AccountError: the name is taken or no name, or role and department do not fit.
            intake.passwords.WeakPassword
        """
        if not _NAME.fullmatch(name):
            raise AccountError("用户名为 2 到 39 个小写字母、数字、下划线、点或连字符")
        if role not in ACCOUNT_ROLES:
            raise AccountError("没有这个角色")
        if (role == "department") != (department is not None):
            raise AccountError("承办部门的用户要指明部门，其他角色不要指明")
        if department is not None and department not in vocabulary.departments():
            raise AccountError("没有这个部门编号")
        check_strength(password, name)
        shown = display_name.strip() or name
        row = {
            "name": name,
            "display_name": shown,
            "role": role,
            "department": department,
            "password_hash": hash_password(password),
            "must_change": True,
            "created_at": now,
        }
        self._add(accounts, row, "这个用户名已经有人用了")
        return Account(name, shown, role, department, active=True, must_change=True)

    def first_admin(self, now: dt.datetime) -> str | None:
        """Make the account ``admin`` where nobody can sign in yet; its password, told here only."""
        if self.all():
            return None
        password = secrets.token_urlsafe(12)
        self.create(FIRST_ADMIN, "管理员", "admin", None, password, now)
        return password

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(accounts).order_by(accounts.c.name))
            return [_account(row) for row in rows]

    def change(
        self,
        name: str,
        password: str | None = None,
        active: bool | None = None,
        by_owner: bool = False,
    ) -> Account:
        """Set a new password, or let somebody in or no longer. Ends the running sessions.

        A password that is not set ``by_owner`` has to be changed.

        Raises:
            LookupError: no such account.
            intake.passwords.WeakPassword
        """
        values: dict[str, Any] = {"wrong_passwords": 0, "locked_until": None}
        if password is not None:
            check_strength(password, name)
            values["password_hash"] = hash_password(password)
            values["must_change"] = not by_owner
        if active is not None:
            values["active"] = active
        with self._database.writing() as connection:
            found = connection.execute(accounts.update().where(accounts.c.name == name), values)
            if not found.rowcount:
                raise LookupError(name)
            connection.execute(sessions.delete().where(sessions.c.account == name))
            row = connection.execute(sa.select(accounts).where(accounts.c.name == name)).one()
            return _account(row)

    def sign_in(self, name: str, password: str, now: dt.datetime) -> tuple[Account, str] | None:
        """The account and a session's token; None when name or password is wrong.

        Five wrong passwords lock the account for a quarter of an hour.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.name == name)).first()
        locked = row is not None and row.locked_until is not None and row.locked_until > now
        # Outside of any transaction, because it takes a while on purpose.
        right = is_password(password, row.password_hash if row and not locked else _nobody())
        if row is None or locked or not row.active:
            return None
        with self._database.writing() as connection:
            if not right:
                self._count_wrong(connection, name, now)
                return None
            connection.execute(
                accounts.update().where(accounts.c.name == name),
                {"wrong_passwords": 0, "locked_until": None},
            )
            connection.execute(sessions.delete().where(sessions.c.expires_at < now))
            token = new_token()
            session = {
                "token_hash": token_hash(token),
                "account": name,
                "created_at": now,
                "expires_at": now + SESSION_LASTS,
            }
            connection.execute(sessions.insert(), session)
        return _account(row), token

    @staticmethod
    def _count_wrong(connection: Connection, name: str, now: dt.datetime) -> None:
        mine = accounts.c.name == name
        one_more = accounts.c.wrong_passwords + 1
        connection.execute(accounts.update().where(mine).values(wrong_passwords=one_more))
        if connection.scalar(sa.select(accounts.c.wrong_passwords).where(mine)) >= _WRONG_PASSWORDS:
            locked = {"wrong_passwords": 0, "locked_until": now + _LOCKED_FOR}
            connection.execute(accounts.update().where(mine), locked)

    def of_session(self, token: str, now: dt.datetime) -> Account | None:
        """Whose running session it is."""
        statement = (
            sa.select(accounts)
            .join(sessions, sessions.c.account == accounts.c.name)
            .where(
                sessions.c.token_hash == token_hash(token),
                sessions.c.expires_at > now,
                accounts.c.active,
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
            return _account(row) if row else None

    def sign_out(self, token: str) -> None:
        with self._database.writing() as connection:
            ended = sessions.delete().where(sessions.c.token_hash == token_hash(token))
            connection.execute(ended)

    def create_key(
        self, name: str, role: str, channel: str | None, now: dt.datetime
    ) -> tuple[ApiKey, str]:
        """Add a key; the key itself is told here only.

        Raises:
            AccountError: the name is taken or no name, or there is no such role.
        """
        if not _NAME.fullmatch(name):
            raise AccountError("密钥的名称为 2 到 39 个小写字母、数字、下划线、点或连字符")
        if name in RESERVED_KEYS:
            raise AccountError("这个名称留给平台自己用，请换一个")
        if role not in KEY_ROLES:
            raise AccountError("密钥的角色只能是 machine 或 source")
        secret = new_token()
        row = {
            "name": name,
            "key_hash": token_hash(secret),
            "role": role,
            "channel": channel,
            "created_at": now,
        }
        self._add(api_keys, row, "这个名称的密钥已经有了")
        return ApiKey(name, role, channel), secret

    def _add(self, table: sa.Table, row: dict[str, Any], taken: str) -> None:
        try:
            with self._database.writing() as connection:
                connection.execute(table.insert(), row)
        except sa.exc.IntegrityError as error:
            raise AccountError(taken) from error

    def keys(self) -> list[ApiKey]:
        """Every key, revoked ones too, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(api_keys).order_by(api_keys.c.name))
            return [_key(row) for row in rows]

    def key(self, secret: str) -> ApiKey | None:
        """The key that ``secret`` is, unless it was revoked."""
        statement = sa.select(api_keys).where(
            api_keys.c.key_hash == token_hash(secret), api_keys.c.revoked_at.is_(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
            return _key(row) if row else None

    def revoke_key(self, name: str, now: dt.datetime) -> None:
        """Raises LookupError when there is no such key in force."""
        mine = api_keys.update().where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        with self._database.writing() as connection:
            if not connection.execute(mine, {"revoked_at": now}).rowcount:
                raise LookupError(name)


@cache
def _nobody() -> str:
    """Compared against when there is no such account, so that an answer takes as long."""
    return hash_password(secrets.token_hex(8))


def _account(row: Any) -> Account:
    return Account(
        row.name, row.display_name, row.role, row.department, row.active, row.must_change
    )


def _key(row: Any) -> ApiKey:
    return ApiKey(row.name, row.role, row.channel, row.revoked_at)

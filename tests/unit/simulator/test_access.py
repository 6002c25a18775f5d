"""Tokens: lifetime, replacement, refusals."""

from __future__ import annotations

import pytest

from simulator.access import Access
from simulator.errors import WeChatError


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


GOOD = ("client_credential", "wxapp", "secret")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(clock: Clock) -> Access:
    return Access("wxapp", "secret", clock)


def code(call, *args) -> int:
    with pytest.raises(WeChatError) as caught:
        call(*args)
    return caught.value.code


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (("password", "wxapp", "secret"), 40002),
        (("client_credential", "wxother", "secret"), 40013),
        (("client_credential", None, "secret"), 40013),
        (("client_credential", "wxapp", "秘密"), 40125),
        (("client_credential", "wxapp", 3), 40125),
    ],
)
def test_refusals(access: Access, credentials: tuple, expected: int) -> None:
    assert code(access.issue, *credentials) == expected
    assert code(access.issue_stable, *credentials) == expected


def test_new_token_ends_the_earlier_one(access: Access) -> None:
    first = access.issue(*GOOD)
    assert first["expires_in"] == 7200
    access.check(first["access_token"])
    second = access.issue(*GOOD)
    access.check(second["access_token"])
    assert code(access.check, first["access_token"]) == 40001


def test_token_expires(access: Access, clock: Clock) -> None:
    token = access.issue(*GOOD)["access_token"]
    clock.now += 7199
    access.check(token)
    clock.now += 1
    assert code(access.check, token) == 42001


def test_missing_and_unknown(access: Access) -> None:
    assert code(access.check, None) == 41001
    assert code(access.check, "") == 41001
    assert code(access.check, "猜的") == 40001


def test_stable_token_stays(access: Access, clock: Clock) -> None:
    ordinary = access.issue(*GOOD)["access_token"]
    first = access.issue_stable(*GOOD)
    clock.now += 1000
    again = access.issue_stable(*GOOD)
    assert again["access_token"] == first["access_token"] and again["expires_in"] == 6200
    access.issue(*GOOD)
    access.check(first["access_token"])
    assert code(access.check, ordinary) == 40001


def test_stable_token_is_renewed_early_and_overlaps(access: Access, clock: Clock) -> None:
    first = access.issue_stable(*GOOD)["access_token"]
    clock.now += 7000
    second = access.issue_stable(*GOOD)["access_token"]
    assert first != second
    access.check(first)
    access.check(second)
    clock.now += 200
    assert code(access.check, first) == 42001


def test_forced_refresh_ends_the_earlier_one(access: Access) -> None:
    first = access.issue_stable(*GOOD)["access_token"]
    second = access.issue_stable(*GOOD, True)["access_token"]
    access.check(second)
    assert code(access.check, first) == 40001

"""Nobody uses more of the API than the setting gives them; counting costs little and opens for nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from argosy.engine.store import StoreUnavailable
from argosy.observability import metrics
from argosy.platform import rate_limits as module
from argosy.platform.limits import Limit, Limits, LimitsSettingIsWrong, limits
from argosy.platform.rate_limits import Quota, RateLimits, quotas_of, rate_limits
from argosy.platform.rest import standing_at_the_door
from tests.api.serving import Web
from tests.api.shop import Shop, assert_problem, nobodys

SETTING = "address=10/600 account=20/600 key=40/600"


@pytest.fixture
def limited(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose askers are counted from now on."""
    monkeypatch.setenv("ARGOSY_RATE_LIMITS", SETTING)
    rate_limits.cache_clear()
    yield shop
    rate_limits.cache_clear()


def statuses(shop: Shop, times: int, token: str = "", **headers: str) -> list[int]:
    return [shop.call("GET", "categories", token=token, **headers).status for _ in range(times)]


def test_nothing_is_counted_or_told_where_nothing_is_set(shop: Shop) -> None:
    rate_limits.cache_clear()
    answer = shop.call("GET", "categories")
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert rate_limits().quotas == {}


def test_every_answer_tells_how_things_stand(limited: Shop) -> None:
    first, second = limited.call("GET", "categories"), limited.call("GET", "no-such-product/x")
    assert first.headers["ratelimit-policy"] == '"address";q=10;w=600'
    assert first.headers["ratelimit"] == '"address";r=9;t=60'
    assert second.status == 404
    missing = limited.call("GET", "products/00000000-0000-7000-8000-000000000000")
    assert missing.status == 404
    assert missing.headers["ratelimit"] == '"address";r=8;t=120'


def test_who_has_used_up_theirs_is_refused_and_told_when_to_come_back(limited: Shop) -> None:
    assert statuses(limited, 10) == [200] * 10
    refusal = limited.call("GET", "categories")
    assert_problem(refusal, 429, "too_many_requests")
    assert refusal.headers["ratelimit"] == '"address";r=0;t=600'
    assert 55 <= int(refusal.headers["retry-after"]) <= 60


def test_askers_are_counted_apart(limited: Shop) -> None:
    assert statuses(limited, 11)[-1] == 429
    assert statuses(limited, 20, token=limited.buyer) == [200] * 20
    assert statuses(limited, 1, token=limited.buyer) == [429]
    made = limited.call("POST", "api-keys", {"name": "robot", "scopes": ["products:read"]}, token=limited.seller)
    key = made.json["key"]
    answers = [limited.call("GET", "categories", token=key) for _ in range(41)]
    assert [answer.status for answer in answers] == [200] * 40 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=40;w=600'
    assert statuses(limited, 1, token=limited.seller) == [200], "whose key it is is counted apart from it"


def test_guessing_tokens_counts_for_the_address(limited: Shop) -> None:
    guesses = [limited.call("GET", "orders", token=f"guess{number}").status for number in range(11)]
    assert guesses == [401] * 10 + [429]
    assert statuses(limited, 1, token=limited.buyer) == [200]


def test_guests_count_for_their_address_however_many_they_are(limited: Shop) -> None:
    guests = [limited.call("POST", "carts/guest").json["token"] for _ in range(5)]
    asked = [limited.call("GET", "carts/mine", token=token) for token in (*guests, guests[0])]
    assert [one.status for one in asked] == [200] * 5 + [429]
    assert asked[0].headers["ratelimit-policy"] == '"address";q=10;w=600'
    assert statuses(limited, 1, token=limited.buyer) == [200]


def test_who_may_not_is_told_how_things_stand_as_well(limited: Shop) -> None:
    refusal = limited.call("GET", "stock", token=limited.buyer)
    assert_problem(refusal, 403, "sellers_only")
    assert refusal.headers["ratelimit"].startswith('"account";r=19;')
    assert limited.call("GET", "stock", token="guess").headers["ratelimit-policy"] == '"address";q=10;w=600'
    assert limited.call("GET", "orders/none", token=limited.buyer).headers["ratelimit"].startswith('"account";r=18;')


def test_who_is_turned_away_at_the_door_is_told_what_is_remembered_and_not_counted(limited: Shop) -> None:
    def at_the_door(token: str = "") -> dict[str, str]:
        meta = {"REMOTE_ADDR": "127.0.0.1", **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {})}
        return dict(standing_at_the_door(SimpleNamespace(META=meta)))  # type: ignore[arg-type]

    assert at_the_door() == {} == at_the_door(limited.buyer), "nothing is known yet"
    statuses(limited, 2)
    statuses(limited, 3, token=limited.buyer)
    asked = rate_limits().asked
    for _ in range(2):
        assert at_the_door()["RateLimit"].startswith('"address";r=8;')
        assert at_the_door(limited.buyer)["RateLimit"].startswith('"account";r=17;')
    assert at_the_door("guess") == {}, "whose it is would have to be looked up"
    assert rate_limits().asked == asked


def test_a_refused_request_does_nothing(limited: Shop) -> None:
    statuses(limited, 20, token=limited.buyer)
    before = limited.written()
    answer = limited.call("POST", "carts/mine/lines", limited.line(), token=limited.buyer)
    assert_problem(answer, 429, "too_many_requests")
    assert limited.written() == before


def test_a_store_that_is_away_neither_opens_nor_stops_anything(limited: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Limits, key: str, limit: Limit, count: int) -> tuple[int, float, int]:
        raise StoreUnavailable("limits cannot be counted: away")

    monkeypatch.setattr(type(limits()), "draw", away)
    assert statuses(limited, 11) == [200] * 10 + [429]
    assert metrics.RATE_LIMITS_ALONE._value.get() == 1  # type: ignore[attr-defined]
    assert rate_limits().asked == 1, "the store is left alone for a while"
    monkeypatch.undo()
    monkeypatch.setattr(module, "ALONE_SECONDS", 0)
    rate_limits()._alone_until = time.monotonic()
    assert statuses(limited, 1, token=limited.buyer) == [200]
    assert metrics.RATE_LIMITS_ALONE._value.get() == 0  # type: ignore[attr-defined]


def test_counting_asks_the_store_once_for_many_requests(marketplace: object) -> None:
    """What a request costs: one twentieth of a question to the store, and nothing else."""
    counting = RateLimits({}, limits())
    quota = Quota("key", 1_000, 600)
    left = [counting.take(quota, "somebody").left for _ in range(500)]
    assert counting.asked == 500 / quota.at_once == 10
    assert left == list(range(999, 499, -1))


def test_several_processes_give_out_no_more_than_there_is(marketplace: object) -> None:
    quota = Quota("key", 100, 600)
    webs = [RateLimits({}, limits()) for _ in range(3)]
    taken = [not webs[number % 3].take(quota, "one").wait for number in range(150)]
    assert sum(taken) == 100


@pytest.mark.parametrize("wrong", ["key=0/60", "key=10", "robot=1/1", "key=1/60 key=2/60", "key=10/0"])
def test_a_setting_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(LimitsSettingIsWrong, match="ARGOSY_RATE_LIMITS"):
        quotas_of({"ARGOSY_RATE_LIMITS": wrong})


def test_whoever_waits_is_counted_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_RATE_LIMITS", "account=3/600 address=5/600")
    started = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer)
    shop.drain()
    web = Web()
    try:
        path = f"checkouts/{started.json['checkout_id']}"
        answers = [web.wait(path, token=shop.buyer) for _ in range(4)]
        assert [one.status for one in answers] == [200, 200, 200, 429]
        assert [one.headers["ratelimit"][:13] for one in answers] == [f'"account";r={left}' for left in (2, 1, 0, 0)]
        assert {one.headers["ratelimit-policy"] for one in answers} == {'"account";q=3;w=600'}
        guesses = [web.wait(path, token="guess") for _ in range(6)]
        assert [one.status for one in guesses] == [401] * 5 + [429]
        assert all(one.headers["ratelimit"].startswith('"address";r=') for one in guesses)
        # The quota is the address's, and another's: a path that is none of theirs, and a stream.
        missing = web.wait(f"checkouts/{nobodys('checkout')}", token=shop.seller)
        assert (missing.status, missing.headers["ratelimit"][:12]) == (404, '"account";r=')
        stream = web.wait(path, token=shop.person(), Accept="text/event-stream")
        assert stream.headers["ratelimit"].startswith('"account";r=')
    finally:
        web.close()

"""Old events and old deliveries are forgotten, a bounded part at a time, and nothing that is still on its way."""

from __future__ import annotations

import pytest

from argosy.contracts.integrations import EventTold, FeedSwept, RegisterWebhook, SweepFeed, WebhookAnswered
from argosy.contracts.orders import OrderConfirmed
from argosy.domains.integrations.application import sweeping
from argosy.domains.integrations.application.sweeping import Retention, RetentionIsWrong
from argosy.domains.integrations.application.webhooks import Webhooks
from argosy.domains.integrations.context import FEED_SERVICES, build, build_feed
from argosy.domains.integrations.domain.feed import ORDER_FEED, FeedEvent, FeedOrder
from argosy.domains.integrations.domain.webhook import Delivery, Lane
from argosy.engine.work import Actor
from tests.domains.integrations.outside import Old, ports
from tests.support import Stage, an_id

SELLER = Actor(id=an_id("person"), roles=frozenset({"seller"}), seller_id=an_id("store"))


def feed_stage(retention: Retention) -> Stage:
    outside, old = ports(), Old()
    stage = Stage((Webhooks, *FEED_SERVICES), lambda work: (build(work, outside)[1], *build_feed(work, old, retention)))
    old.stage = stage
    return stage


@pytest.fixture
def stage() -> Stage:
    return feed_stage(Retention(events=20, deliveries=10))


def happen(stage: Stage, name: str) -> None:
    """An order is confirmed, and its delivery begins."""
    told = stage.send(OrderConfirmed(order_id=an_id(name), buyer_id=an_id("buyer"), seller_id=an_id("store")))
    stage.send(*(one for one in told if isinstance(one, EventTold)))


def positions(stage: Stage) -> list[int]:
    return sorted(event.position for event in stage.all(FeedEvent))


def test_what_is_older_than_it_is_kept_is_gone_and_the_feed_says_where_it_begins(stage: Stage) -> None:
    happen(stage, "first")
    stage.clock.tick(days=15)
    happen(stage, "second")
    assert stage.send(SweepFeed()) == [], "nothing is old yet"
    stage.clock.tick(days=6)
    assert stage.send(SweepFeed()) == [FeedSwept(job="sweep-feed", events=1, deliveries=0, up_to=1)]
    assert positions(stage) == [2]
    order = stage.one(FeedOrder, ORDER_FEED)
    assert (order.last, order.swept) == (2, 1)
    happen(stage, "third")
    assert positions(stage) == [2, 3], "numbers go on"
    assert stage.undeclared_loads == 0


def test_ended_deliveries_go_before_their_events_with_their_lanes_and_open_ones_stay(stage: Stage) -> None:
    stage.send(RegisterWebhook(url="https://erp.example/hook"), actor=SELLER)
    for name in ("delivered", "open"):
        happen(stage, name)
    first, second = sorted(stage.all(Delivery), key=lambda one: one.id)
    stage.send(WebhookAnswered(delivery_id=first.id, outcome="DELIVERED", status=200))
    stage.clock.tick(days=11)
    assert stage.send(SweepFeed()) == [FeedSwept(job="sweep-feed", events=0, deliveries=1, up_to=0)]
    assert [one.id for one in stage.all(Delivery)] == [second.id]
    assert [lane.id for lane in stage.all(Lane)] == [second.lane_id]
    assert positions(stage) == [1, 2]
    assert stage.undeclared_loads == 0


def test_one_look_takes_a_bounded_part_and_looks_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE_MAX", 2)
    for name in ("one", "two", "three"):
        happen(stage, name)
    stage.clock.tick(days=21)
    swept, again = stage.send(SweepFeed())
    assert (swept, again) == (FeedSwept(job="sweep-feed", events=2, deliveries=0, up_to=2), SweepFeed())
    assert positions(stage) == [3]
    assert stage.send(again) == [FeedSwept(job="sweep-feed", events=1, deliveries=0, up_to=3)]


def test_for_good_means_for_good() -> None:
    stage = feed_stage(Retention(events=0, deliveries=0))
    happen(stage, "old")
    stage.clock.tick(days=10_000)
    assert stage.send(SweepFeed()) == []
    assert positions(stage) == [1]


@pytest.mark.parametrize(
    ("events", "deliveries"), [("9", "5"), ("90", "91"), ("90", "0"), ("-1", ""), ("1.5", ""), ("٩٠", ""), ("", "x")]
)
def test_settings_that_would_lose_what_is_on_its_way_are_refused(events: str, deliveries: str) -> None:
    with pytest.raises(RetentionIsWrong, match="ARGOSY_"):
        Retention.of({"ARGOSY_FEED_DAYS": events, "ARGOSY_DELIVERIES_DAYS": deliveries})


def test_settings_are_days() -> None:
    assert Retention.of({}) == Retention(90, 30)
    assert Retention.of({"ARGOSY_FEED_DAYS": "0", "ARGOSY_DELIVERIES_DAYS": "365"}) == Retention(0, 365)

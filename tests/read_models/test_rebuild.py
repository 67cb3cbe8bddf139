"""Views on a real database: worked off, rebuilt, compared, and read by page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from argosy.contracts.products import ProductArchived
from argosy.contracts.promotions import PromotionEnded
from argosy.engine.log import Record, lane_of
from argosy.engine.store import Changes
from argosy.read_models import rebuild as rebuilding
from argosy.read_models.active_promotions import queries as active_promotions
from argosy.read_models.cart_summary.queries import cart_summary
from argosy.read_models.catalogue import queries as catalogue
from argosy.read_models.checkout_progress.queries import checkout_progress
from argosy.read_models.order_history import queries as order_history
from argosy.read_models.rebuild import Difference, RebuildIsRunning, Shadow, compare, rebuild
from argosy.read_models.slots import Standing, forget_live_slots, search, standings
from argosy.read_models.views import VIEWS, NoSuchView, view_named
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.messages import Message
from tests.marketplace import Marketplace
from tests.read_models.staging import (
    BUYER,
    NOON,
    SELLER,
    cart,
    completed,
    confirmed,
    created,
    listed,
    paid,
    promoted,
    published,
    reserved,
    started,
    told,
)
from tests.support import an_id

STRANGER = an_id("stranger")


@pytest.fixture
def place(marketplace: Marketplace) -> Iterator[Marketplace]:
    forget_live_slots()
    yield marketplace
    forget_live_slots()


def tell(place: Marketplace, *messages: Message) -> None:
    """Put events into the logs of the contexts that tell them."""
    runtime = place.runtime
    for message in messages:
        key = getattr(message, message.key_field)
        changes = Changes(
            records=[
                Record(
                    message_id=runtime.ids.new(),
                    wire_name=message.wire_name,
                    version=1,
                    key=key,
                    lane=lane_of(key),
                    sequence=0,
                    payload=encode(message).decode(),
                    correlation_id="",
                    cause_id="",
                    subject="",
                    created_at=runtime.clock.now(),
                )
            ]
        )
        runtime.stores[message.wire_name.partition(".")[0]].commit(changes)


def work_off(place: Marketplace) -> None:
    """What a worker does for the views alone."""
    from argosy.engine.consumer import Consumer

    for name, participant, store in place.runtime.contexts["search"].subscriptions(place.runtime):
        consumer = Consumer(participant, store, place.runtime.logs, place.runtime.clock, subscription=name)
        while consumer.step():
            pass
        assert consumer.parked() == []
        assert consumer.undeclared_loads == 0


def play(place: Marketplace) -> None:
    tell(
        place,
        published("bear", listed("small", 500, unit="unit", colour="blue")),
        published("car"),
        told("unit", 5),
        cart(("bear", "small", 2)),
        started(),
        created(),
        reserved(),
        confirmed(),
        paid(),
        completed(),
        promoted("spring", product_ids=(an_id("bear"), an_id("car"))),
        promoted("toys", category="toys"),
        PromotionEnded(promotion_id=an_id("toys")),
    )
    work_off(place)


def everything(place: Marketplace) -> list[Any]:
    """What readers are sent of all views."""
    return [
        catalogue.product_page(an_id("bear")),
        catalogue.newest(),
        catalogue.by_price(category="toys"),
        catalogue.categories(),
        catalogue.units_left(an_id("unit")),
        cart_summary(BUYER),
        checkout_progress(an_id("checkout"), BUYER),
        order_history.order_of_buyer(an_id("order"), BUYER),
        order_history.order_of_seller(an_id("order"), SELLER),
        order_history.orders_of_buyer(BUYER),
        order_history.orders_of_seller(SELLER),
        order_history.seller_dashboard(SELLER),
        active_promotions.of_product(an_id("bear"), SELLER, "toys", NOON),
        active_promotions.given_by("platform", NOON),
    ]


def test_readers_are_sent_documents_with_their_tags(place: Marketplace) -> None:
    play(place)
    page = catalogue.product_page(an_id("bear"))
    assert page is not None
    assert msgspec.json.decode(page.body)["variants"][0]["left"] == 5
    assert len(page.etag) == 18
    progress = checkout_progress(an_id("checkout"), BUYER)
    assert progress is not None
    assert msgspec.json.decode(progress.body)["status"] == "COMPLETED"
    assert catalogue.categories() == [("toys", 2)]
    seller = order_history.seller_dashboard(SELLER)
    assert seller is not None
    assert msgspec.json.decode(seller.orders_json) == {"confirmed": 1, "paid": 1}
    assert seller[1:] == ("BRL", 1_500, "{}")
    assert None not in everything(place)


def test_a_stranger_is_answered_like_one_who_asks_for_nothing_real(place: Marketplace) -> None:
    play(place)
    for id in (an_id("order"), an_id("no order"), "no id", ""):
        assert order_history.order_of_buyer(id, STRANGER) is None
        assert order_history.order_of_seller(id, STRANGER) is None
    assert checkout_progress(an_id("checkout"), STRANGER) is None
    assert cart_summary(STRANGER) is None
    assert order_history.orders_of_buyer(STRANGER) == order_history.orders_of_buyer("' OR 1=1") == []


def test_an_archived_product_is_shown_only_to_those_who_have_bought_it(place: Marketplace) -> None:
    play(place)
    tell(place, ProductArchived(product_id=an_id("bear")))
    work_off(place)
    assert catalogue.product_page(an_id("bear")) is None
    assert catalogue.product_of_order(an_id("bear")) is not None
    assert [msgspec.json.decode(card.body)["product_id"] for card in catalogue.newest()] == [an_id("car")]
    assert catalogue.categories() == [("toys", 1)]


@pytest.mark.parametrize(
    "name", ["catalogue", "checkout_progress", "order_history", "cart_summary", "active_promotions"]
)
def test_a_rebuilt_view_shows_the_same(place: Marketplace, name: str) -> None:
    play(place)
    before = everything(place)
    told_parts: list[float] = []
    assert rebuild(place.runtime, name, lambda messages, part: told_parts.append(part), look_seconds=0) > 0
    forget_live_slots()
    assert everything(place) == before
    assert told_parts[-1] == 1.0
    assert standings(search())[view_named(name).name] == Standing("b", 2)
    assert rebuild(place.runtime, name, look_seconds=0) > 0
    forget_live_slots()
    assert everything(place) == before
    assert standings(search())[view_named(name).name] == Standing("a", 3)


def test_a_rebuilt_view_goes_on_where_its_rebuild_ended(place: Marketplace) -> None:
    play(place)
    rebuild(place.runtime, "order_history", look_seconds=0)
    forget_live_slots()
    tell(place, created("next"))
    work_off(place)
    assert order_history.order_of_buyer(an_id("next"), BUYER) is not None
    assert len(order_history.orders_of_seller(SELLER)) == 2
    names = {row[0] for row in place.rows("search", "SELECT DISTINCT subscription FROM search_cursors")}
    assert names == {"active_promotions@1", "catalogue@1", "checkout_progress@1", "order_history@2"}
    assert place.rows("search", "SELECT count(*) FROM order_list_view") == [(0,)]


def test_comparing_finds_nothing_where_nothing_is_wrong_and_leaves_nothing_behind(place: Marketplace) -> None:
    play(place)
    before = everything(place)
    for view in VIEWS:
        assert compare(place.runtime, view.name, patience_seconds=0) == []
        assert standings(search())[view.name] == Standing()
    assert everything(place) == before
    assert place.rows("search", "SELECT count(*) FROM order_list_view_b") == [(0,)]
    assert place.rows("search", "SELECT count(*) FROM search_cursors WHERE subscription LIKE ?", "%@2") == [(0,)]


def test_comparing_names_every_row_that_is_wrong(place: Marketplace) -> None:
    play(place)
    tell(place, created("gone"))
    work_off(place)
    dialect = search()
    dialect.query("UPDATE order_list_view SET status = 'CREATED' WHERE order_id = ?", (an_id("order"),))
    dialect.query("DELETE FROM order_list_view WHERE order_id = ?", (an_id("gone"),))
    dialect.query("UPDATE seller_dashboard_view SET seller_id = ?", (STRANGER,))
    found = compare(place.runtime, "order_history", patience_seconds=0)
    assert sorted(found) == sorted(
        [
            Difference("order_list_view", an_id("order"), "different"),
            Difference("order_list_view", an_id("gone"), "missing"),
            Difference("seller_dashboard_view", SELLER, "missing"),
            Difference("seller_dashboard_view", STRANGER, "unexpected"),
        ]
    )


@pytest.fixture
def live_view_that_lags(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """Whenever the comparison waits, what it waited for is applied, and one more order is there that is not."""
    names = (f"late {number}" for number in count())

    def pause(seconds: float) -> None:
        if seconds >= 0.1:
            work_off(place)
            tell(place, created(next(names)))

    play(place)
    tell(place, created("first"))
    monkeypatch.setattr(rebuilding, "time", SimpleNamespace(sleep=pause, monotonic=time.monotonic))
    return place


def test_a_live_view_that_goes_on_and_is_always_an_order_behind_is_not_called_wrong(
    live_view_that_lags: Marketplace,
) -> None:
    assert compare(live_view_that_lags.runtime, "order_history", patience_seconds=60) == []


def test_a_wrong_row_is_told_also_of_a_live_view_that_lags(live_view_that_lags: Marketplace) -> None:
    search().query("UPDATE order_list_view SET status = 'CREATED' WHERE order_id = ?", (an_id("order"),))
    assert compare(live_view_that_lags.runtime, "order_history", patience_seconds=60) == [
        Difference("order_list_view", an_id("order"), "different")
    ]


def test_of_a_live_view_that_stays_far_behind_it_is_said_that_nothing_can_be_told(
    live_view_that_lags: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_BEHIND_SECONDS_MAX", 0)
    with pytest.raises(rebuilding.ViewIsBehind, match="order_history"):
        compare(live_view_that_lags.runtime, "order_history", patience_seconds=60)


def test_only_one_rebuilds_a_view_at_a_time(place: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    play(place)
    view = view_named("order_history")
    first = Shadow(place.runtime, view)
    with pytest.raises(RebuildIsRunning):
        Shadow(place.runtime, view)
    monkeypatch.setattr(place.runtime.clock, "now", lambda: later, raising=False)
    later = NOON.replace(year=2100)
    second = Shadow(place.runtime, view)
    second.fill(lambda messages, part: None)
    with pytest.raises(RebuildIsRunning):
        first.swap()
    first.close()
    second.swap()
    second.close()
    forget_live_slots()
    assert standings(search())["order_history"] == Standing("b", 2)
    assert len(order_history.orders_of_buyer(BUYER)) == 1


def test_what_a_rebuild_that_died_has_left_does_not_reach_the_next_one(
    place: Marketplace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play(place)
    Shadow(place.runtime, view_named("order_history")).fill(lambda messages, part: None)
    search().query("UPDATE order_list_view_b SET status = 'CREATED', order_id = ?", (an_id("no order"),))
    monkeypatch.setattr(place.runtime.clock, "now", lambda: NOON.replace(year=2100), raising=False)
    assert compare(place.runtime, "order_history", patience_seconds=0) == []


def test_a_rebuild_with_holes_is_not_swapped_in(place: Marketplace) -> None:
    play(place)
    shadow = Shadow(place.runtime, view_named("order_history"))
    tell(place, confirmed("an order that was never made"))
    shadow.fill(lambda messages, part: None)
    with pytest.raises(rebuilding.RebuildIsIncomplete, match="OrderConfirmed"):
        shadow.swap()
    shadow.close()
    assert standings(search())["order_history"] == Standing()
    assert len(order_history.orders_of_buyer(BUYER)) == 1


def test_an_unknown_view_is_refused_with_the_names_of_those_that_there_are() -> None:
    with pytest.raises(NoSuchView, match=r"order_history \(seller_dashboard\)"):
        view_named("orders")


def test_order_pages_go_on_where_they_ended_whatever_comes_in_between(place: Marketplace) -> None:
    for number in range(7):
        tell(place, created(f"order {number}", at=NOON + timedelta(minutes=number // 2)))
    work_off(place)
    expected = [order.place for order in order_history.orders_of_buyer(BUYER)]
    assert len(set(expected)) == 7
    assert expected == sorted(expected, reverse=True)
    seen = []
    after = None
    while len(seen) < 20 and (shown := order_history.orders_of_buyer(BUYER, after, 2)):
        seen += [order.place for order in shown]
        after = shown[-1].place
        tell(place, created(f"late {len(seen)}", at=NOON + timedelta(hours=1)))
        work_off(place)
    assert seen == expected


def test_listing_pages_go_on_where_they_ended(place: Marketplace) -> None:
    for number in range(7):
        tell(
            place,
            published(
                f"bear {number}",
                listed(f"bear {number}", 100 * (number // 2)),
                category="toys" if number % 2 else "plush",
            ),
        )
    work_off(place)
    for pages in (catalogue.newest, catalogue.by_price):
        for filters in ({}, {"category": "toys"}, {"seller_id": SELLER}, {"category": "toys", "seller_id": SELLER}):
            expected = pages(**filters)
            assert len(expected) == (3 if "category" in filters else 7)
            seen: list[Any] = []
            after = None
            while len(seen) < 20 and (shown := pages(**filters, after=after, limit=2)):
                seen += shown
                after = shown[-1].place
            assert seen == expected
    prices = [msgspec.json.decode(shown.body)["price_from"] for shown in catalogue.by_price()]
    assert prices == sorted(prices)
    assert catalogue.newest(seller_id=STRANGER) == catalogue.newest(category="nothing") == []


@pytest.mark.parametrize(("column", "order"), [("listed_at", "DESC"), ("price_from", "ASC")])
def test_listings_are_read_from_an_index(place: Marketplace, column: str, order: str) -> None:
    if search().vendor != "sqlite":
        pytest.skip("plans of small tables say nothing on PostgreSQL")
    for condition in ("", "category_id = 'x' AND", "seller_id = 'x' AND"):
        plan = place.rows(
            "search",
            f"EXPLAIN QUERY PLAN SELECT card FROM product_search_view WHERE {condition} "
            f"is_published AND ({column}, product_id) > (1, 'x') "
            f"ORDER BY {column} {order}, product_id {order} LIMIT 20",
        )
        said = " ".join(row[3] for row in plan)
        assert "USING INDEX psv_" in said, said
        assert "TEMP B-TREE" not in said, said

"""Programs follow what happens: a feed in order, behind a cursor; webhooks signed, tried again, and logged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from argosy.contracts.integrations import SweepFeed
from argosy.domains.integrations.adapters.outbound import queries
from argosy.domains.integrations.domain.feed import TYPES
from argosy.domains.integrations.domain.webhook import signature
from tests.api.serving import Web
from tests.api.shop import Shop, assert_problem, nobodys
from tests.marketplace import Marketplace


class Receiver:
    """A program that is told of news: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose operator keeps the feed, in a network where programs are near."""
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    monkeypatch.setenv("ARGOSY_WEBHOOKS_PLAIN", "yes")
    monkeypatch.setenv("ARGOSY_OUTBOUND_PRIVATE", "127.0.0.0/8")
    return Shop(marketplace)


def events(shop: Shop, token: str = "", **query: str) -> dict[str, Any]:
    # How stock stands is told every fifteen seconds: between which of the others, hangs on the machine.
    query.setdefault("types", ",".join(type for type in TYPES if type != "stock.changed"))
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = shop.call("GET", f"events?{asked}", token=token or shop.seller)
    assert answer.status == 200, answer
    page: dict[str, Any] = answer.json
    return page


def webhook(shop: Shop, url: str, **changes: Any) -> dict[str, Any]:
    made = shop.call("POST", "webhooks", {"url": url, **changes}, token=shop.seller)
    assert made.status == 201, made
    found: dict[str, Any] = made.json
    return found


def deliveries(shop: Shop, webhook_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.call("GET", f"webhooks/{webhook_id}/deliveries", token=shop.seller).json["items"]
    return found


# The feed.


def test_a_purchase_is_in_the_sellers_feed_in_order_and_without_the_buyer(shop: Shop) -> None:
    bought = shop.bought()
    page = events(shop, types="order.created,order.confirmed,order.paid")
    assert [event["type"] for event in page["events"]] == ["order.created", "order.confirmed", "order.paid"]
    assert {event["data"]["order_id"] for event in page["events"]} == set(bought["order_ids"])
    assert page["events"][0]["data"]["total_amount"] == 2_999
    assert len({event["id"] for event in page["events"]}) == 3
    buyer_id = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    whole = shop.call("GET", "events", token=shop.seller).body
    for private in (b"Ana", b"Porto", b"4000-001", b"Rua", buyer_id.encode()):
        assert private not in whole


def test_the_feed_is_read_page_by_page_and_again_the_same(shop: Shop) -> None:
    shop.bought()
    whole = events(shop)
    assert [event["type"] for event in whole["events"]][:2] == ["product.created", "product.published"]
    found, cursor = [], ""
    while (page := events(shop, limit="2", after=cursor))["events"]:
        assert len(page["events"]) <= 2
        found += page["events"]
        cursor = page["cursor"]
    assert found == whole["events"]
    assert cursor == whole["cursor"] == page["cursor"]
    assert events(shop, after=cursor)["events"] == []
    assert events(shop)["events"] == whole["events"]


def test_a_seller_sees_their_own_events_and_staff_all(shop: Shop) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Outra"}, token=other)
    theirs = shop.product("rug", 100, token=other)
    assert [event["data"]["product_id"] for event in events(shop, token=other)["events"]] == [theirs, theirs]
    mine = events(shop)["events"]
    assert theirs not in str(mine)
    assert events(shop, token=shop.staff())["events"] == mine + events(shop, token=other)["events"]
    assert_problem(shop.call("GET", "events", token=shop.buyer), 403, "sellers_only")
    key = shop.call("POST", "api-keys", {"name": "erp", "scopes": ["events:read"]}, token=shop.seller).json["key"]
    assert events(shop, token=key)["events"] == mine


def test_what_is_no_question_to_the_feed_is_refused(shop: Shop) -> None:
    for query, code in (
        ("types=order.eaten", "event_type_unknown"),
        ("after=nonsense", "invalid_request"),
        ("after=Wy0xXQ", "invalid_request"),
        ("limit=1000000", "invalid_request"),
    ):
        assert_problem(shop.call("GET", f"events?{query}", token=shop.seller), 422, code)


def test_where_no_feed_is_kept_it_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "no")
    assert_problem(shop.call("GET", "events", token=shop.seller), 409, "event_feed_is_off")
    refusal = shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=shop.seller)
    assert_problem(refusal, 409, "event_feed_is_off")


def test_who_waits_is_answered_when_something_happens(shop: Shop) -> None:
    cursor = events(shop)["cursor"]
    web = Web()
    try:
        path = f"events?after={cursor}&types=product.unpublished"
        near = web.call("GET", path, token=shop.seller)
        assert f"/api/v1/{path}>" in near.headers["link"]
        assert web.wait(path, token=shop.seller, Prefer="wait=1").json == {"events": [], "cursor": cursor}
        replies: list[Any] = []
        thread = threading.Thread(
            target=lambda: replies.append(web.wait(path, token=shop.seller, Prefer="wait=20")), daemon=True
        )
        thread.start()
        time.sleep(0.3)
        began = time.monotonic()
        shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
        shop.drain()
        thread.join(15)
        assert time.monotonic() - began < 10
        assert [event["type"] for event in replies[0].json["events"]] == ["product.unpublished"]
        refused = web.wait("events?limit=0", token=shop.seller)
        assert (refused.status, refused.json["code"]) == (422, "invalid_request")
    finally:
        web.close()


def test_how_much_there_is_of_a_sku_is_told_once_after_a_rush_and_to_its_seller_alone(shop: Shop) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Outra"}, token=other)
    shop.tell_stock()
    cursor = events(shop)["cursor"]
    for number in range(3):
        assert shop.bought(f"rush{number}")["status"] == "COMPLETED"
    shop.tell_stock()
    (event,) = events(shop, after=cursor, types="stock.changed")["events"]
    told = event["data"]
    assert (told["sku"], told["stock_unit_id"], told["product_id"]) == ("lamp", shop.variant_id, shop.product_id)
    assert (told["available"], told["promisable"]) == (47, 47)
    assert [(one["warehouse"], one["on_hand"], one["allocated"]) for one in told["shelves"]] == [("main", 50, 3)]
    assert events(shop, token=other, types="stock.changed")["events"] == []


def test_a_holiday_is_told_with_what_is_not_sold_meanwhile_and_sold_again(shop: Shop) -> None:
    for method in ("PUT", "DELETE"):
        begun = shop.call(method, "stores/mine/holiday", {} if method == "PUT" else None, token=shop.seller)
        assert begun.status == 204, begun
        shop.drain()
    types = "store.holiday_started,product.withheld,product.sold_again,store.holiday_ended"
    found = events(shop, types=types)["events"]
    assert [event["type"] for event in found if event["type"].startswith("store")] == [
        "store.holiday_started",
        "store.holiday_ended",
    ]
    assert [(event["type"], event["data"]) for event in found if event["type"].startswith("product")] == [
        ("product.withheld", {"product_id": shop.product_id, "reason": "holiday"}),
        ("product.sold_again", {"product_id": shop.product_id}),
    ]


def test_a_cursor_from_before_what_is_kept_is_told_where_to_start_again(shop: Shop) -> None:
    shop.bought()
    first = events(shop, limit="1")["cursor"]
    shop.place.rows("integrations", "UPDATE feed_events SET occurred_at = ? WHERE position <= 2", "2020-01-01 00:00:00")
    make_due(shop, SweepFeed.wire_name)
    shop.drain()
    gone = assert_problem(shop.call("GET", f"events?after={first}", token=shop.seller), 410, "cursor_too_old")
    kept = events(shop, after=gone["start_again_at"])["events"]
    assert kept == events(shop)["events"]
    assert kept[0]["type"] == "order.created"


def test_the_cursor_of_one_who_asks_for_what_is_rare_does_not_grow_old(shop: Shop) -> None:
    shop.bought()
    page = events(shop, types="store.suspended")
    assert page == {"events": [], "cursor": events(shop)["cursor"]}


# Webhooks.


def test_what_is_told_while_a_page_is_read_is_not_told_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is of a moment after the one in which the feed's end was looked up."""
    monkeypatch.setattr(queries, "feed_bounds", lambda: (1, 0))
    page = events(shop)
    assert len(page["events"]) > 1
    assert events(shop, after=page["cursor"])["events"] == []


def test_a_webhook_is_told_signed_and_the_delivery_is_logged(shop: Shop, receiver: Receiver) -> None:
    made = webhook(shop, receiver.url, types=["order.paid", "order.created"])
    shop.bought()
    assert receiver.types == ["order.created", "order.paid"]
    headers, body = receiver.got[1]
    told = json.loads(body)
    (event,) = events(shop, types="order.paid")["events"]
    assert told == event
    assert headers["webhook-id"] == event["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    expected = signature(made["secret"], event["id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected
    logged = deliveries(shop, made["webhook_id"])
    assert [one["type"] for one in logged] == ["order.paid", "order.created"]
    assert {one["status"] for one in logged} == {"DELIVERED"}
    (tried,) = logged[0]["tries"]
    assert (tried["outcome"], tried["status"], tried["detail"]) == ("DELIVERED", 200, "thanks")


def test_what_could_not_be_delivered_is_tried_again_and_can_be_sent_by_hand(shop: Shop, receiver: Receiver) -> None:
    receiver.answers = 500
    made = webhook(shop, receiver.url, types=["product.unpublished"])
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    (waiting,) = deliveries(shop, made["webhook_id"])
    assert (waiting["status"], [one["status"] for one in waiting["tries"]]) == ("PENDING", [500])
    assert waiting["next_try_at"] is not None
    receiver.answers = 200
    due = shop.place.rows("integrations", "SELECT id FROM integrations_due WHERE name = 'webhook'")
    assert len(due) == 1
    make_due(shop)
    shop.drain()
    assert deliveries(shop, made["webhook_id"])[0]["status"] == "DELIVERED"
    again = f"webhooks/{made['webhook_id']}/deliveries/{waiting['delivery_id']}/redeliver"
    assert shop.call("POST", again, token=shop.seller).status == 204
    shop.drain()
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1, "a repeat is known by its id"


def test_a_suspended_seller_is_told_nothing_until_they_are_reinstated(shop: Shop, receiver: Receiver) -> None:
    webhook(shop, receiver.url, types=["product.unpublished", "product.published"])
    staff = shop.staff()
    ((seller_id,),) = shop.place.rows("products", "SELECT seller_id FROM products")
    stop = shop.call("POST", f"sellers/{seller_id}/suspend", {"reason": "fake goods"}, token=staff)
    assert stop.status == 204
    shop.drain()
    assert shop.call("POST", f"products/{shop.product_id}/unpublish", token=staff).status == 204
    shop.drain()
    assert receiver.types == []
    assert shop.call("POST", f"sellers/{seller_id}/reinstate", token=staff).status == 204
    shop.drain()
    assert shop.call("POST", f"products/{shop.product_id}/publish", token=staff).status == 204
    shop.drain()
    assert receiver.types == ["product.published"]


def make_due(shop: Shop, name: str = "webhook") -> None:
    from argosy.platform.runtime import dialect_of

    store = shop.place.runtime.stores["integrations"]
    now = dialect_of("integrations").instant(shop.place.runtime.clock.now())
    from django.db import connections

    with connections["integrations"].cursor() as cursor:
        cursor.execute(f"UPDATE {store.prefix}_due SET due_at = %s WHERE name = %s", [now, name])


def test_a_secret_that_is_changed_signs_beside_the_one_before(shop: Shop, receiver: Receiver) -> None:
    made = webhook(shop, receiver.url)
    other = shop.call("POST", f"webhooks/{made['webhook_id']}/secret", token=shop.seller).json
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    headers, body = receiver.got[0]
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"].split(" ") == [
        signature(secret, headers["webhook-id"], at, body) for secret in (other["secret"], made["secret"])
    ]
    shown = shop.call("GET", f"webhooks/{made['webhook_id']}", token=shop.seller)
    assert made["secret"].encode() not in shown.body
    kept = shop.place.rows("integrations", "SELECT secret, secret_before FROM webhooks")
    assert "whsec_" not in str(kept)


def test_nothing_of_ours_is_reached_through_a_webhook(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = webhook(shop, receiver.url)
    monkeypatch.delenv("ARGOSY_OUTBOUND_PRIVATE")
    shop.place.close()
    for url in (receiver.url, "http://localhost/", "http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1:8080/"):
        refusal = shop.call("POST", "webhooks", {"url": url}, token=shop.seller)
        assert_problem(refusal, 422, "url_not_usable")
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    assert receiver.got == []
    (waiting,) = deliveries(shop, made["webhook_id"])
    assert waiting["tries"][0]["detail"] == "address_not_public"


def test_https_alone_is_taken_where_nothing_else_is_set(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGOSY_WEBHOOKS_PLAIN")
    refusal = assert_problem(
        shop.call("POST", "webhooks", {"url": "http://erp.example/"}, token=shop.seller), 422, "url_not_usable"
    )
    assert refusal["faults"][0]["reason"] == "scheme_not_allowed"
    assert shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=shop.seller).status == 201


def test_a_webhook_that_is_removed_is_told_no_more(shop: Shop, receiver: Receiver) -> None:
    receiver.answers = 500
    made = webhook(shop, receiver.url)
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    assert shop.call("DELETE", f"webhooks/{made['webhook_id']}", token=shop.seller).status == 204
    make_due(shop)
    shop.drain()
    assert len(receiver.got) == 1
    assert shop.place.rows("integrations", "SELECT status FROM webhook_deliveries") == [("REMOVED",)]


def test_strangers_find_no_webhook_and_no_delivery(shop: Shop, receiver: Receiver) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Outra"}, token=other)
    made = webhook(shop, receiver.url)
    shop.call("POST", f"products/{shop.product_id}/unpublish", token=shop.seller)
    shop.drain()
    (one,) = deliveries(shop, made["webhook_id"])
    for method, path, body in (
        ("GET", "webhooks/{}", None),
        ("PUT", "webhooks/{}", {"url": receiver.url}),
        ("DELETE", "webhooks/{}", None),
        ("POST", "webhooks/{}/secret", None),
        ("GET", "webhooks/{}/deliveries", None),
        ("GET", "webhooks/{}/deliveries/" + one["delivery_id"], None),
        ("POST", "webhooks/{}/deliveries/" + one["delivery_id"] + "/redeliver", None),
    ):
        theirs = shop.call(method, path.format(made["webhook_id"]), body, token=other)
        none = shop.call(method, path.format(nobodys("webhook")), body, token=other)
        assert theirs.status == none.status == 404, (path, theirs, none)
        assert theirs.json["code"] == none.json["code"]
    assert len(receiver.got) == 1

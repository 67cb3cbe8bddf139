"""What only a person can put right in payments, over HTTP: staff look, settle, and stand by it."""

from __future__ import annotations

from argosy.contracts.payments import ResolveWebhooks
from argosy.domains.payments.adapters.outbound.gateways.notices import TestEvent
from argosy.shared_kernel.ids import Id
from tests.api import test_webhooks
from tests.api.puzzles import differ
from tests.api.shop import Shop, assert_problem, nobodys
from tests.api.test_endpoints import everyone
from tests.api.test_webhooks import ring

WHY = "Paid back by telephone"


shop = test_webhooks.shop


def paid(shop: Shop) -> Id:
    assert shop.bought()["status"] == "COMPLETED"
    [(id,)] = shop.place.rows("payments", "SELECT id FROM payment_intents")
    return Id(str(id))


def test_staff_read_a_payment_whole(shop: Shop) -> None:
    payment_id = paid(shop)
    differ(shop, payment_id, 100)
    told = shop.call("GET", f"payments/{payment_id}", token=everyone(shop)["staff"]).json
    assert (told["payment_id"], told["status"], told["gateway"]) == (payment_id, "CAPTURED", "test")
    assert told["captured_amount"] == told["amount"] == sum(one["debit"] for one in told["entries"])
    assert [(one["type"], one["status"]) for one in told["transactions"]] == [
        ("authorize", "approved"),
        ("capture", "approved"),
    ]
    assert [one["position"] for one in told["entries"]] == sorted(one["position"] for one in told["entries"])
    (share,) = told["shares"]
    assert share["commission_amount"] == 125
    assert [one["amount"] for one in told["differences"]] == [100]
    assert (told["refunds"], told["webhooks"], told["attempts"], told["captures"]) == ([], [], [], [])


def test_staff_settle_a_difference_with_a_reason_once_and_it_is_noted(shop: Shop) -> None:
    payment_id = paid(shop)
    differ(shop, payment_id, 100, 200)
    staff = everyone(shop)["staff"]
    first = shop.call("GET", "payment-differences?limit=1&operation=refund", token=staff).json
    second = shop.call("GET", first["next"].removeprefix("/api/v1/"), token=staff).json
    listed = {one["amount"]: one["difference_id"] for one in (*first["items"], *second["items"])}
    assert set(listed) == {100, 200} and second["next"] is None
    path = f"payments/{payment_id}/differences/{listed[100]}/settle"
    body = {"borne_by": "sale", "reason": WHY}
    settled = shop.call("POST", path, body, token=staff)
    assert settled.status == 200, settled
    assert shop.call("POST", path, body, token=staff).json == settled.json
    assert_problem(shop.call("POST", path, {**body, "borne_by": "platform"}, token=staff), 409, "difference_is_closed")
    shop.drain()
    left = shop.call("GET", f"payment-differences?payment_id={payment_id}", token=staff).json["items"]
    assert [one["amount"] for one in left] == [200]
    (closed,) = shop.call("GET", "payment-differences?state=closed&side=gateway", token=staff).json["items"]
    assert (closed["borne_by"], closed["reason"], closed["refund_id"]) == ("sale", WHY, settled.json["refund_id"])
    told = shop.call("GET", f"payments/{payment_id}", token=staff).json
    assert (told["refunded_amount"], [one["amount"] for one in told["refunds"]]) == (100, [100])
    acts = shop.call("GET", f"audit?about={payment_id}", token=staff).json["items"]
    assert {(one["what"], one["reason"], one["acted_as"]) for one in acts} == {("SettleDifference", WHY, "staff")}
    buyer = shop.call("GET", "users/me", token=shop.buyer).json["user_id"]
    told_of = "SELECT payload FROM payments_outbox_events WHERE event_type LIKE '%.StaffActed'"
    assert all(buyer in str(payload) for (payload,) in shop.place.rows("payments", told_of))


def test_nobody_else_settles_and_all_faults_are_told_at_once(shop: Shop) -> None:
    payment_id = paid(shop)
    differ(shop, payment_id, 100)
    people = everyone(shop)
    [(id,)] = shop.place.rows("payments", "SELECT id FROM gateway_differences")
    path, body = f"payments/{payment_id}/differences/{id}/settle", {"borne_by": "sale", "reason": WHY}
    for who in ("buyer", "seller"):
        for method, where in (("POST", path), ("GET", f"payments/{payment_id}"), ("GET", "payment-differences")):
            sent = body if method == "POST" else None
            assert_problem(shop.call(method, where, sent, token=people[who]), 403, "staff_only")
    wrong = {"borne_by": "the buyer", "reason": "\n"}
    problem = assert_problem(shop.call("POST", path, wrong, token=people["staff"]), 422, "several")
    assert [fault["field"] for fault in problem["faults"]] == ["borne_by", "reason"]
    none = f"payments/{payment_id}/differences/{nobodys('difference')}/settle"
    assert_problem(shop.call("POST", none, body, token=people["staff"]), 404, "no_such_difference")
    assert shop.call("GET", f"payments/{nobodys('payment')}", token=people["staff"]).status == 404
    assert shop.place.rows("payments", "SELECT borne_by FROM gateway_differences") == [("",)]


def test_staff_assign_a_webhook_or_dismiss_it(shop: Shop) -> None:
    payment_id = paid(shop)
    for number in (1, 2):
        event = TestEvent(id=f"evt_{number}", type="payment.captured", key="foreign:capture", amount=5)
        assert ring(shop, event).status == 204
    shop.place.rows("payments", "UPDATE payment_webhooks SET received_at = '2020-01-01 00:00:00'")
    shop.place.do("payments", ResolveWebhooks())
    shop.drain()
    staff = everyone(shop)["staff"]
    waiting = shop.call("GET", "payment-webhooks?gateway=test", token=staff).json["items"]
    ids = {one["event_id"]: one["webhook_id"] for one in waiting}
    assert {one["status"] for one in waiting} == {"SUSPENDED"} and len(ids) == 2
    body = {"payment_id": payment_id, "reason": "It is in their list"}
    assigned = shop.call("POST", f"payment-webhooks/{ids['evt_1']}/assign", body, token=staff)
    assert (assigned.status, assigned.json["status"]) == (200, "RESOLVED"), assigned
    gone = shop.call("POST", f"payment-webhooks/{ids['evt_2']}/dismiss", {"reason": "Not ours"}, token=staff)
    assert (gone.status, gone.json["outcome"]) == (200, "dismissed")
    again = shop.call("POST", f"payment-webhooks/{ids['evt_2']}/assign", body, token=staff)
    assert_problem(again, 409, "webhook_is_resolved")
    assert shop.call("GET", "payment-webhooks", token=staff).json["items"] == []
    (shown,) = shop.call("GET", f"payments/{payment_id}", token=staff).json["webhooks"]
    assert (shown["webhook_id"], shown["reason"]) == (ids["evt_1"], "It is in their list")
    dismissed = shop.call("GET", "payment-webhooks?status=RESOLVED", token=staff).json["items"]
    assert {one["outcome"] for one in dismissed} == {"dismissed", assigned.json["outcome"]}
    assert_problem(
        shop.call("POST", f"payment-webhooks/{nobodys('hook')}/dismiss", {"reason": "x"}, token=staff),
        404,
        "no_such_webhook",
    )

"""What somebody bought as a guest is their account's as well, once they have proven the address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from argosy.contracts.accounts import RegisterUser
from argosy.domains.carts.domain.guest import guest_id_of
from argosy.platform.auth import tokens
from argosy.read_models.rebuild import rebuild
from argosy.read_models.slots import forget_live_slots
from argosy.read_models.views import ORDER_HISTORY
from tests.api.shop import Shop, assert_problem, nobodys
from tests.api.test_accounts import letters
from tests.api.test_carts import guest_of
from tests.doctor.planting import violated

ANA = "ana@example.com"


@pytest.fixture
def postbox(shop: Shop) -> Path:
    """Empty, where letters fall."""
    shop.drain()
    folder = Path(settings.VAR) / "mail"
    for path in folder.glob("*"):
        path.unlink()
    return folder


def listed(shop: Shop, token: str, query: str = "") -> list[str]:
    return [one["order_id"] for one in shop.call("GET", f"orders{query}", token=token).json["items"]]


def bought(shop: Shop, guest: str, request_id: str = "one", email: str = " Ana@Example.COM ", **changes: Any) -> str:
    """The one order of a guest's purchase."""
    ended = shop.bought(request_id, token=guest, email=email, **changes)
    assert ended["status"] == "COMPLETED", ended
    return str(ended["order_ids"][0])


def proven(shop: Shop, folder: Path) -> None:
    proof = [token for _, subject, token in letters(shop, folder) if subject.startswith("Confirm")][-1]
    assert shop.call("POST", "users/verifications/confirm", {"token": proof}).status == 204
    shop.drain()


def test_orders_of_a_guest_are_an_account_s_once_the_address_is_proven(shop: Shop, postbox: Path) -> None:
    guest = guest_of(shop)
    order_id = bought(shop, guest)
    ana = shop.person("ANA@example.com")
    shop.drain()
    assert listed(shop, ana) == [], "whoever registers has proven nothing"
    assert_problem(shop.call("GET", f"orders/{order_id}", token=ana), 404, "not_found")
    proven(shop, postbox)
    assert listed(shop, ana) == listed(shop, guest) == [order_id]
    for path in ("", "/explain", "/refund-eligibility"):
        theirs = shop.call("GET", f"orders/{order_id}{path}", token=ana)
        assert theirs.status == 200
        assert theirs.body == shop.call("GET", f"orders/{order_id}{path}", token=guest).body, "as the guest sees it"
    purchase_id = shop.call("GET", f"orders/{order_id}", token=ana).json["purchase_id"]
    (head,) = shop.call("GET", f"purchases/{purchase_id}", token=ana).json["orders"]
    assert head["order_id"] == order_id
    assert violated(shop.place) == {}


def test_what_is_bought_as_a_guest_afterwards_is_theirs_at_once(shop: Shop, postbox: Path) -> None:
    ana = shop.person(ANA)
    proven(shop, postbox)
    own = shop.bought("own", token=ana)["order_ids"][0]
    later = [bought(shop, guest_of(shop), f"later-{number}") for number in range(2)]
    theirs = [*later[::-1], own]
    assert listed(shop, ana) == theirs, "with their own in one list, the newest first"
    assert listed(shop, ana, "?sort=oldest&status=PAID") == theirs[::-1]
    page = shop.call("GET", "orders?limit=2", token=ana).json
    assert [one["order_id"] for one in page["items"]] == theirs[:2]
    assert listed(shop, ana, page["next"].removeprefix("/api/v1/orders")) == theirs[2:]
    assert violated(shop.place) == {}


def test_nobody_gets_what_was_bought_at_another_address(shop: Shop, postbox: Path) -> None:
    """Also where one guest names one address and then another; dots and what follows a plus make another mailbox."""
    ana = shop.person(ANA)
    proven(shop, postbox)
    guest = guest_of(shop)
    theirs = bought(shop, guest)
    others = [
        bought(shop, guest, f"other-{email}", email=email)
        for email in ("eva@example.com", "a.na@example.com", "ana+shop@example.com")
    ]
    assert listed(shop, ana) == [theirs]
    assert listed(shop, guest) == [*others[::-1], theirs]
    eva = shop.person("eva@example.com")
    proven(shop, postbox)
    assert listed(shop, eva) == [others[0]]
    for stranger, order_id in ((ana, others[0]), (eva, theirs), (shop.buyer, theirs), (guest_of(shop), theirs)):
        for method, path in (("GET", "orders/{}"), ("GET", "orders/{}/explain"), ("POST", "orders/{}/cancel")):
            body = {} if method == "POST" else None
            foreign = shop.call(method, path.format(order_id), body, token=stranger)
            none = shop.call(method, path.format(nobodys("order")), body, token=stranger)
            assert (foreign.status, foreign.json["code"]) == (404, none.json["code"])
            assert foreign.body.replace(order_id.encode(), b"") == none.body.replace(nobodys("order").encode(), b"")


def test_a_claimed_order_is_changed_by_either_and_never_becomes_credit(shop: Shop) -> None:
    shop.place.do("accounts", RegisterUser(email=ANA, password="correct horse battery"))  # Counts as proven.
    ana = shop.call("POST", "sessions", {"email": ANA, "password": "correct horse battery"}).json["token"]
    guest = guest_of(shop)
    first, second = (bought(shop, guest, request_id) for request_id in ("first", "second"))
    sent = shop.call("PATCH", f"orders/{first}/delivery", {"street": "Rua 2"}, token=ana)
    assert (sent.status, sent.json["street"]) == (200, "Rua 2")
    as_credit = shop.call("POST", f"orders/{first}/cancel", {"to_credit": True}, token=ana)
    assert_problem(as_credit, 422, "credit_needs_an_account")
    assert shop.call("POST", f"orders/{first}/cancel", {}, token=ana).status == 202
    assert shop.call("POST", f"orders/{second}/cancel", {}, token=guest).status == 202
    shop.drain()
    for token in (ana, guest):
        assert {shop.call("GET", f"orders/{id}", token=token).json["status"] for id in (first, second)} == {"REFUNDED"}
    assert violated(shop.place) == {}


def test_what_came_to_nothing_is_nobody_s(shop: Shop, postbox: Path) -> None:
    guest, ana = guest_of(shop), shop.person(ANA)
    failed = shop.bought("failed", token=guest, email=ANA, payment_source="tok_decline")
    assert failed["status"] == "FAILED"
    proven(shop, postbox)
    assert listed(shop, ana) == []
    assert shop.place.rows("accounts", "SELECT count(*) FROM guest_purchases") == [(0,)]


def test_a_rebuilt_history_lists_the_same(shop: Shop, postbox: Path) -> None:
    ana = shop.person(ANA)
    bought(shop, guest_of(shop))
    proven(shop, postbox)
    before = shop.call("GET", "orders", token=ana)
    assert len(before.json["items"]) == 1
    rebuild(shop.place.runtime, ORDER_HISTORY.name)
    forget_live_slots()
    shop.drain()
    assert shop.call("GET", "orders", token=ana).body == before.body


def test_who_is_erased_takes_along_what_they_had_claimed(
    shop: Shop, postbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = guest_of(shop)
    order_id = bought(shop, guest)
    ana = shop.person(ANA)
    proven(shop, postbox)
    assert shop.call("DELETE", "users/me", token=ana).status == 202
    shop.drain()
    assert shop.call("GET", "users/me", token=ana).json["erasure"] == "HELD", "an order that they claimed is open"
    assert shop.call("POST", f"orders/{order_id}/cancel", {}, token=ana).status == 202
    shop.drain()
    assert shop.call("DELETE", "users/me", token=ana).status == 202
    shop.drain()
    tokens().forget_all()
    for token in (ana, guest):
        assert_problem(shop.call("GET", f"orders/{order_id}", token=token), 401, "not_signed_in")
    clock = shop.place.runtime.clock
    in_an_hour = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: in_an_hour)
    shop.drain()
    told = shop.place.rows("orders", "SELECT payload FROM orders_outbox_events WHERE subject = ?", guest_id_of(guest))
    shown = shop.place.rows("search", "SELECT body FROM order_list_view WHERE buyer_id = ?", guest_id_of(guest))
    assert told and shown and "Rua 1" not in repr([told, shown])
    in_two_hours = in_an_hour + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: in_two_hours)
    assert violated(shop.place) == {}

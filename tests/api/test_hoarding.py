"""Purchases that nobody pays hold goods of others for no more than a few."""

from __future__ import annotations

from argosy.domains.inventory.domain.reservation import OPEN_HOLDS_MAX
from tests.api.shop import Shop


def test_who_begins_many_purchases_leaves_the_rest_to_others(shop: Shop) -> None:
    """50 lamps: six purchases of 9 that wait for their payment would hold them all."""
    lines = [shop.line(quantity=9)]
    begun = [
        shop.call(
            "POST",
            "checkouts",
            shop.purchase(str(number), lines=lines, payment_source="tok_action"),
            token=shop.buyer,
        ).json["checkout_id"]
        for number in range(OPEN_HOLDS_MAX + 1)
    ]
    shop.drain()
    ended = [shop.call("GET", f"checkouts/{checkout_id}", token=shop.buyer).json for checkout_id in begun]
    refused = [one for one in ended if one["status"] == "FAILED"]
    assert len(refused) == 1, ended
    assert "too_many_open_holds" in repr(refused[0])
    assert shop.bought("theirs", token=shop.person(), lines=[shop.line(quantity=5)])["status"] == "COMPLETED"
    # Ended, a purchase makes room for the next.
    open_one = next(one["checkout_id"] for one in ended if one["status"] != "FAILED")
    assert shop.call("POST", f"checkouts/{open_one}/abort", token=shop.buyer).status in (200, 202, 204)
    shop.drain()
    assert shop.bought("again", lines=[shop.line(quantity=1)])["status"] == "COMPLETED"

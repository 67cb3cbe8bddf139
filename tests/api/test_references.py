"""Strangers' things named elsewhere than in paths: in bodies, in filters of lists, below things of one's own. Generated
from the API's description: what a new operation can name is to be told here, or these tests fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.described import Sent, sent
from tests.api.scene import FAR, NAMES, Scene, table
from tests.api.shop import ADDRESS, Answer, nobodys
from tests.api.strangers import Work, masked, provider, scene, told

__all__ = ["provider", "scene"]

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
Body = Callable[[Scene, dict[str, str]], Any]


def _line(things: dict[str, str], quantity: int = 1) -> dict[str, Any]:
    return {"product_id": things["product_id"], "variant_id": things["variant_id"], "quantity": quantity}


def _terms(**terms: Any) -> dict[str, Any]:
    return {"name": "Deal", "terms": {"effect": "percentage", "basis_points": 100, **terms}, "ends_at": FAR}


def _variant(things: dict[str, str]) -> dict[str, Any]:
    price = {"amount": 1, "currency": "EUR", "weight_grams": 1}
    return {"sku": f"on-{things['stock_unit_id'][:4]}", "stock_unit_id": things["stock_unit_id"], **price}


def _product(things: dict[str, str]) -> dict[str, Any]:
    sku = f"of-{things['stock_unit_id'][:4]}"
    return {"sku": sku, "title": "Theirs", "category": "home", "variants": [_variant(things)]}


def _simulated(things: dict[str, str]) -> dict[str, Any]:
    """Of nobody's store: which promotions of a store run now is for everybody to see."""
    line = {"line_no": 1, "seller_id": nobodys("store"), "product_id": things["product_id"]}
    line |= {"variant_id": things["variant_id"], "category": "home", "quantity": 1, "amount": 100}
    return {**_terms(), "currency": "EUR", "lines": [line]}


BODIES: dict[str, Body] = {
    "AddVariant": lambda scene, things: {"variant": _variant(things)},
    "CreateProduct": lambda scene, things: _product(things),
    "LinkStock": lambda scene, things: {"stock_unit_id": things["stock_unit_id"]},
    "ArrangeImages": lambda scene, things: {"image_ids": [things["image_id"]]},
    "SetCollection": lambda scene, things: {"title": "Theirs", "product_ids": [things["product_id"]]},
    "ReconcileStock": lambda scene, things: {
        "reference_id": "theirs",
        "counts": [{"stock_unit_id": things["stock_unit_id"], "counted": 1}],
    },
    "SetPrices": lambda scene, things: {
        "items": [
            {name: things[name] for name in ("product_id", "variant_id")} | {"amount": 1, "currency": "EUR"},
        ]
    },
    "AdjustStocks": lambda scene, things: {
        "items": [
            {"stock_unit_id": things["stock_unit_id"], "change": 1, "reason": "found", "reference_id": "theirs"},
        ]
    },
    "AddToCart": lambda scene, things: _line(things),
    "AddToWishlist": lambda scene, things: {name: things[name] for name in ("product_id", "variant_id")},
    "CreatePromotion": lambda scene, things: _terms(product_ids=[things["product_id"]]),
    "SimulatePromotion": lambda scene, things: _simulated(things),
    "RequestQuote": lambda scene, things: {"country": "PT", "lines": [_line(things)], "coupons": [things["code"]]},
    "StartCheckout": lambda scene, things: {
        "lines": [_line(things)],
        "address": ADDRESS,
        "client_request_id": f"r-{things['product_id'][:4]}",
        "quote_id": things["quote_id"],
        "coupons": [things["code"]],
    },
}
"""Bodies in which somebody names what may be another's."""

ANYBODYS = {
    "AddVariant.variant.variant_id": "an id of one's own choosing, which only staff have",
    "CreateProduct.variants[].variant_id": "an id of one's own choosing, which only staff have",
    "GenerateCoupons.terms.product_ids[]": "a condition: it narrows what one pays for oneself, and is not looked up",
    "GenerateCoupons.terms.seller_ids[]": "a condition: it narrows what one pays for oneself, and is not looked up",
    "CreateCoupon.terms.product_ids[]": "a condition: it narrows what one pays for oneself, and is not looked up",
    "CreateCoupon.terms.seller_ids[]": "a condition: it narrows what one pays for oneself, and is not looked up",
    "AssignWebhook.payment_id": "staff's",
    "AssignWebhook.refund_id": "staff's",
    "SettleDifference.order_id": "staff's",
    "PreviewTax.lines[].seller_id": "staff's",
    "PreviewTax.buyer_id": "staff's",
    "SetCommission.seller_id": "staff's",
    "OfferShipping.lines[].seller_id": "what a store asks for delivery is for everybody to see",
}
"""References that may name anything, and why."""

COSTS_MORE = {
    "StartCheckout": "a quote's one row: a purchase that is asked for again is answered, though its quote is gone",
    "SetPrices": "a product's rows: each of up to hundreds that are sent at once has an answer of its own",
    "AdjustStocks": "a stock item's one row: each of up to hundreds that are sent at once has an answer of its own",
    "RequestQuote": "one's own quotes of a moment ago",
    "SimulatePromotion": "one's own promotion of a moment ago",
    "CreateProduct": "an offer's one row: a variant may draw on one that is made beside it",
    "AddVariant": "an offer's one row: a variant may draw on its own",
    "ReconcileStock": "a stock item's one row: what is wrong with a list is told before what does not belong in it",
}
"""Where something of a stranger's is read by its key, with all else that the command reads, and found not to be one's
own: it cannot be asked for before, its id is nobody's to guess, and the command's other work is the same."""

KINDS = {"batch_id", "category", "zone", "code", "country", "currency", "types", "locale", "fields"} | {
    "about",
    "operator",
    "context",
    "what",
    "gateway",
    "payment_id",
    "buyer_id",
    "order_number",
    "reason",
    "email",
}
"""Filters by what things are like, or for staff alone."""

FILTERS = {
    "warehouse": "porto",
    "sku": "draft",
    "skus": "lamp",
    "seller_id": "",
    "product_id": "",
}
"""By the names of lists' filters, what finds something of theirs; ids are those of the scene."""


def references() -> list[Sent]:
    return [one for one in sent() if one.place == "body" and one.schema.get("format") == "uuid"]


def test_every_reference_of_a_body_is_tried_or_known_to_be_anybodys() -> None:
    found = {one.name for one in references()}
    assert set(ANYBODYS) <= found
    assert {one.partition(".")[0] for one in found - set(ANYBODYS)} == set(BODIES)


def shown(scene: Scene, answer: Answer, things: dict[str, str], token: str) -> Any:
    """What is told in the end, without ids: those that are made are new each time."""
    first = told(answer, things)
    rest: Any = ()
    if "location" in answer.headers and answer.status == 202:
        scene.shop.drain()
        ended = scene.shop.call("GET", answer.headers["location"].removeprefix("/api/v1/"), token=token)
        rest = {name: value for name, value in ended.json.items() if not name.endswith("_at")}
    return ID.sub("<new>", masked(str((first[0], first[1], {**first[2], "etag": ""}, rest)), things))


@pytest.mark.slow
def test_what_is_a_strangers_is_named_in_no_body_with_more_success_than_nothing(scene: Scene) -> None:
    shop = scene.shop
    theirs = scene.draft_of_theirs()
    none = {name: nobodys(name) for name in theirs} | {"code": "NOSUCHCODE"}
    none["stock_unit_id"] = none["variant_id"]
    faults = []
    for endpoint in [one for _, one in table() if one.name in BODIES]:
        is_for_sellers = endpoint.allow.name in ("seller", "merchant")
        token = scene.other_seller if is_for_sellers else scene.other_buyer
        own = {**scene.others, "code": "own", "warehouse": "main"}
        path = endpoint.path.format_map(own)
        answers, costs, work = [], [], Work()
        for things in (none, theirs, none):
            with work.counted(shop):
                answer = shop.call(endpoint.method, path, BODIES[endpoint.name](scene, things), token=token)
            costs.append(work.statements)
            answers.append(shown(scene, answer, things, token))
            shop.call("DELETE", "carts/mine/lines", token=token)
            shop.call("DELETE", f"wishlists/mine/items/{things['variant_id']}", token=token)
        if answers[1] not in (answers[0], answers[2]):
            faults.append(f"{endpoint.route}: {answers[1]} instead of {answers[2]}")
        elif endpoint.name not in COSTS_MORE and costs[1] not in (costs[0], costs[2]):
            extra = [one for one in costs[1] if one not in costs[2]]
            faults.append(f"{endpoint.route} reads {[(sql[:400], rows) for _, sql, rows in extra]}")
    assert not faults, "\n".join(faults)


def test_what_lies_below_a_strangers_thing_is_not_below_ones_own(scene: Scene) -> None:
    """A path with two ids: one's own, and below it one of somebody else's."""
    faults, tried, work = [], 0, Work()
    for endpoint in [one for _, one in table() if one.allow.name in ("seller", "merchant")]:
        named = [name for name in endpoint.path_names if name not in NAMES]
        if len(named) < 2:
            continue
        first, last = named
        answers, costs = [], []
        for things in (scene.nobodys, scene.theirs, scene.nobodys):
            ids = {**scene.nobodys, first: scene.others[first], last: things[last]}
            with work.counted(scene.shop):
                answers.append(told(scene.ask(endpoint, ids, scene.other_seller), ids))
            costs.append(work.statements)
        tried += 1
        assert answers[1][0] == 404, (endpoint.route, answers)
        if (answers[1], costs[1]) != (answers[2], costs[2]):
            faults.append(f"{endpoint.route}: {answers[1:]} {costs[1:]}")
    assert tried >= 6
    assert not faults, "\n".join(faults)


def test_no_filter_finds_what_is_a_strangers(scene: Scene) -> None:
    shop, work, tried, faults = scene.shop, Work(), 0, []
    filters = [
        one for one in sent() if one.place == "query" and one.schema.get("type") == "string" and one.way != ("after",)
    ]
    assert {str(one.way[0]) for one in filters if "enum" not in one.schema} <= {*FILTERS, *KINDS}
    by_name = {endpoint.name: endpoint for _, endpoint in table()}
    for one in filters:
        endpoint, name = by_name[one.operation], str(one.way[0])
        if endpoint.allow.name in ("public", "staff") or endpoint.path_names or name not in FILTERS:
            continue
        theirs = FILTERS[name] or scene.theirs[name]
        tried += 1
        for who, token in scene.strangers(endpoint).items():
            answers, costs = [], []
            for value in ("none", theirs, "none"):
                with work.counted(shop):
                    answer = shop.call("GET", f"{endpoint.path}?{name}={value}", token=token)
                answers.append(told(answer, {"wanted": value}))
                costs.append(work.statements)
            if (answers[1], costs[1]) != (answers[2], costs[2]):
                faults.append(f"{endpoint.route}?{name} for {who}: {answers[1:]} {costs[1:]}")
    assert tried >= 5
    assert not faults, "\n".join(faults)


def test_sellers_of_one_purchase_see_their_own_lines_only(scene: Scene) -> None:
    shop = scene.shop
    for token, own, other in ((shop.seller, "lamp", "vase"), (scene.other_seller, "vase", "lamp")):
        listed = shop.call("GET", "stores/mine/orders", token=token)
        order_id = next(one["order_id"] for one in listed.json["items"])
        purchase = scene.theirs["purchase_id"]
        whole = shop.call("GET", f"stores/mine/orders/{order_id}", token=token)
        explained = shop.call("GET", f"orders/{order_id}/explain", token=token)
        for answer in (listed, whole, explained):
            assert answer.status == 200, answer
            assert other.title().encode() not in answer.body, (own, answer)
        assert [line["sku"] for line in whole.json["lines"]] == [own]
        assert shop.call("GET", f"purchases/{purchase}", token=token).status == 404

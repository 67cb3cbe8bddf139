"""What people and programs send that they should not: a clear problem each time, never a 500, and nothing changed."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from django.db import connections

from argosy.platform.pages import cursor
from tests.api.scene import table
from tests.api.shop import ADDRESS, Answer, Shop, assert_problem, nobodys
from tests.architecture.sources import sources

FULL_WIDTH_ONE, ARABIC_ONE = "\uff11", "\u0661"
NO_QUANTITIES = [
    "0",
    "-1",
    "1.5",
    "1e3",
    '"1"',
    '"1_000"',
    "1_000",
    FULL_WIDTH_ONE,
    f'"{FULL_WIDTH_ONE}"',
    ARABIC_ONE,
    f'"{ARABIC_ONE}"',
    "NaN",
    "Infinity",
    "-Infinity",
    str(2**63),
    str(2**53),
    str(10**30),
    "true",
    "null",
    "[]",
    "{}",
    '""',
    "01",
    "+1",
    "0x1",
    "1000",
]


def assert_refused(answer: Answer, shop: Shop, before: Any) -> None:
    assert 400 <= answer.status < 500, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"]
    assert shop.written() == before


def test_a_cart_takes_no_such_quantity(shop: Shop) -> None:
    before = shop.written()
    for quantity in NO_QUANTITIES:
        body = json.dumps(shop.line()).replace('"quantity": 1', f'"quantity": {quantity}').encode()
        answer = shop.call("POST", "carts/mine/lines", body, token=shop.buyer)
        assert_refused(answer, shop, before)
        if quantity.isascii() and quantity.isdigit() and int(quantity) >= 2**53:
            assert answer.json["code"] == "invalid_request", "beyond what every JSON reader holds exactly"


def test_a_checkout_takes_no_such_quantity(shop: Shop) -> None:
    before = shop.written()
    for quantity in NO_QUANTITIES:
        body = json.dumps(shop.purchase()).replace('"quantity": 1', f'"quantity": {quantity}').encode()
        assert_refused(shop.call("POST", "checkouts", body, token=shop.buyer), shop, before)


def test_prices_and_totals_in_a_body_count_for_nothing(shop: Shop) -> None:
    line = shop.line(unit_amount=1, price=1, total_amount=1, discount_amount=10_000)
    ended = shop.bought(
        lines=[line],
        total_amount=1,
        price=1,
        status="COMPLETED",
        seller_id=nobodys("seller"),
        checkout_id=nobodys("checkout"),
        buyer_id=nobodys("buyer"),
    )
    assert (ended["status"], ended["total_amount"], ended["currency"]) == ("COMPLETED", 2_999, "EUR")
    assert ended["checkout_id"] != nobodys("checkout")


def test_another_expected_total_ends_it_before_any_money_moves(shop: Shop) -> None:
    ended = shop.bought(expected_total=2_998)
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "price_changed")
    assert ended["failure"]["details"] == {"expected": 2_998, "actual": 2_999}
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(0,)]
    assert shop.bought("two", expected_total=2_999)["status"] == "COMPLETED"


def test_an_expected_total_is_an_amount(shop: Shop) -> None:
    before = shop.written()
    for total in ("-1", "1.5", '"2999"', str(2**63), "true"):
        body = json.dumps(shop.purchase(expected_total=0)).replace('"expected_total": 0', f'"expected_total": {total}')
        assert_refused(shop.call("POST", "checkouts", body.encode(), token=shop.buyer), shop, before)


def test_products_that_are_unknown_unpublished_or_archived_are_not_sold(shop: Shop) -> None:
    draft = shop.product("draft", 100, is_published=False)
    archived = shop.product("archived", 100)
    assert shop.call("POST", f"products/{archived}/archive", token=shop.seller).status == 204
    shop.drain()
    cases = [
        shop.line(product_id=nobodys("product"), variant_id=nobodys("variant")),
        shop.line(variant_id=nobodys("variant")),
        shop.line(product_id=nobodys("product")),
        shop.line(product_id=draft, variant_id=shop.variant_of(draft)),
        shop.line(product_id=archived, variant_id=shop.variant_of(archived)),
        shop.line(product_id=draft),
    ]
    for number, line in enumerate(cases):
        ended = shop.bought(f"case {number}".replace(" ", "-"), lines=[line])
        assert ended["status"] == "FAILED", line
        assert ended["order_ids"] == []
    assert shop.place.rows("orders", "SELECT count(*) FROM orders") == [(0,)]
    assert shop.place.rows("payments", "SELECT count(*) FROM payment_intents") == [(0,)]


def test_unknown_and_foreign_coupons_are_answered_alike(shop: Shop) -> None:
    other = shop.person()
    shop.call("POST", "stores", {"store_name": "Other"}, token=other)
    assert shop.call("POST", "coupons", {"code": "OTHERS", "basis_points": 1_000}, token=other).status == 201
    unknown, foreign = (shop.call("POST", f"coupons/{code}/disable", token=shop.seller) for code in ("NONE", "OTHERS"))
    assert_problem(unknown, 404, "no_such_coupon")
    assert (unknown.status, unknown.body) == (foreign.status, foreign.body)
    ended = shop.bought(coupons=["NONE"])
    assert (ended["status"], ended["failure"]["code"]) == ("FAILED", "coupons_not_valid")


@pytest.mark.parametrize("path", ["checkouts/{}", "orders/{}", "purchases/{}", "addresses/{}"])
def test_a_stranger_is_answered_as_if_it_did_not_exist(shop: Shop, path: str) -> None:
    ended = shop.bought()
    address = shop.call("POST", "addresses", ADDRESS, token=shop.buyer).json["id"]
    own = {
        "checkouts/{}": ended["checkout_id"],
        "orders/{}": ended["order_ids"][0],
        "purchases/{}": ended["purchase_id"],
        "addresses/{}": address,
    }[path]
    stranger = shop.person()
    assert shop.call("GET", path.format(own), token=shop.buyer).status == 200
    foreign = shop.call("GET", path.format(own), token=stranger)
    assert_problem(foreign, 404, "not_found")
    for other in (nobodys("thing"), "x", "1", own.upper(), "0" * 36, "%00", "a" * 5_000):
        unknown = shop.call("GET", path.format(other), token=stranger)
        assert (unknown.status, unknown.body, unknown.headers) == (404, foreign.body, foreign.headers), other


def test_a_strangers_commands_find_nothing(shop: Shop) -> None:
    ended = shop.bought()
    stranger = shop.person()
    before = shop.written()
    for path, body in [
        (f"checkouts/{ended['checkout_id']}/abort", None),
        (f"products/{shop.product_id}/archive", None),
        (f"products/{shop.product_id}/variants/{shop.variant_id}/prices", {"amount": 1, "currency": "EUR"}),
        (f"stock/{shop.variant_id}/receipts", {"quantity": 1, "reference_id": "x"}),
        (f"stock/{shop.variant_id}/adjustments", {"change": -1, "reason": "x", "reference_id": "x"}),
        ("taxes/rules", {"country": "PT", "basis_points": 1, "is_inclusive": True}),
    ]:
        answer = shop.call("POST", path, body, token=stranger)
        assert answer.status in (403, 404), (path, answer)
    assert shop.written() == before


def test_one_key_with_another_body_is_refused(shop: Shop) -> None:
    first = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer, Idempotency_Key="k")
    assert first.status == 202
    other = shop.call("POST", "checkouts", shop.purchase("two"), token=shop.buyer, Idempotency_Key="k")
    assert_problem(other, 422, "idempotency_key_reused")
    again = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer, Idempotency_Key="k")
    assert (again.status, again.body, again.headers["idempotent-replay"]) == (202, first.body, "true")
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replay" not in first.headers


def test_keys_belong_to_their_person(shop: Shop) -> None:
    stranger = shop.person()
    first = shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer, Idempotency_Key="k")
    other = shop.call("POST", "checkouts", shop.purchase(), token=stranger, Idempotency_Key="k")
    assert other.status == 202
    assert other.json["checkout_id"] != first.json["checkout_id"]


def test_a_key_that_cannot_be_read_is_refused(shop: Shop) -> None:
    before = shop.written()
    for key in ("", "k" * 256, "cl\xe9", "a\tb"):
        assert_problem(
            shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer, Idempotency_Key=key),
            400,
            "idempotency_key_unreadable",
        )
    assert shop.written() == before


def test_ten_at_once_with_one_key_are_one_purchase(shop: Shop) -> None:
    def press(_: int) -> Answer:
        try:
            return shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer, Idempotency_Key="k")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(press, range(10)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert sum("idempotent-replay" in answer.headers for answer in answers) == 9
    shop.drain()
    assert shop.place.rows("checkout", "SELECT count(*) FROM checkout_sessions") == [(1,)]
    assert shop.place.rows("orders", "SELECT count(*) FROM orders") == [(1,)]


def test_one_request_id_twice_without_a_key_is_one_purchase(shop: Shop) -> None:
    first, second = (shop.call("POST", "checkouts", shop.purchase(), token=shop.buyer) for _ in range(2))
    assert first.json["checkout_id"] == second.json["checkout_id"]
    other = shop.call("POST", "checkouts", shop.purchase(coupons=["X"]), token=shop.buyer)
    assert_problem(other, 409, "client_request_id_reused")


def malformed(shop: Shop) -> dict[str, tuple[bytes, int, str]]:
    line = json.dumps(shop.line())[1:-1].encode()
    return {
        "duplicate keys": (b"{" + line + b', "quantity": 2}', 400, "duplicate_json_keys"),
        "duplicate keys inside": (b"{" + line + b', "x": {"a": 1, "\\u0061": 2}}', 400, "duplicate_json_keys"),
        "five megabytes": (b'{"x": "' + b"a" * 5_000_000 + b'"}', 413, "body_too_large"),
        "one byte too many": (b'{"x": "' + b"a" * 999_992 + b'"}', 413, "body_too_large"),
        "ten thousand deep": (b'{"x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "nested_too_deeply"),
        "objects ten thousand deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "nested_too_deeply"),
        "never closed": (b"[" * 100_000, 400, "nested_too_deeply"),
        "not UTF-8": (b'{"x": "\xff"}', 400, "not_utf8"),
        "UTF-16": (json.dumps(shop.line()).encode("utf-16"), 400, "not_utf8"),
        "half a character": (b"{" + line + b', "x": "\\ud800"}', 400, "malformed_json"),
        "no JSON": (b"quantity=1", 400, "malformed_json"),
        "cut off": (b"{" + line, 400, "malformed_json"),
        "two bodies": (b"{" + line + b"} {}", 400, "malformed_json"),
        "a list": (b"[]", 422, "invalid_request"),
        "nothing": (b"", 422, "invalid_request"),
        "null": (b"null", 422, "invalid_request"),
        "U+0000": (b"{" + line + b', "x": "\\u0000"}', 422, "nul_in_text"),
    }


def test_a_body_that_is_none_is_refused(shop: Shop) -> None:
    before = shop.written()
    for case, (body, status, code) in malformed(shop).items():
        answer = shop.call("POST", "carts/mine/lines", body, token=shop.buyer)
        assert answer.status == status, (case, answer)
        assert_problem(answer, status, code)
    assert shop.written() == before


def test_all_faults_of_a_body_are_told_at_once(shop: Shop) -> None:
    body = {
        "lines": [{"product_id": "x", "quantity": "1"}, {"variant_id": nobodys("v").upper(), "quantity": 1}],
        "address": {"recipient": 1},
        "coupons": "X",
        "expected_total": 0.5,
    }
    problem = assert_problem(shop.call("POST", "checkouts", body, token=shop.buyer), 422, "invalid_request")
    told = {(fault["field"], fault["code"]) for fault in problem["faults"]}
    assert told == {
        ("lines[0].product_id", "not_valid"),
        ("lines[0].variant_id", "missing"),
        ("lines[0].quantity", "not_valid"),
        ("lines[1].product_id", "missing"),
        ("lines[1].variant_id", "not_valid"),
        ("address.recipient", "not_valid"),
        ("address.street", "missing"),
        ("address.city", "missing"),
        ("address.postal_code", "missing"),
        ("address.country", "missing"),
        ("coupons", "not_valid"),
        ("expected_total", "not_valid"),
        ("client_request_id", "missing"),
    }


def test_all_broken_rules_are_told_at_once(shop: Shop) -> None:
    body = shop.purchase("has blanks", address={**ADDRESS, "country": "Portugal", "street": ""}, coupons=["?"])
    problem = assert_problem(shop.call("POST", "checkouts", body, token=shop.buyer), 422, "several")
    assert {fault["code"] for fault in problem["faults"]} == {
        "address_field_out_of_range",
        "country_unreadable",
        "not_a_code",
        "client_request_id_unreadable",
    }


def test_a_forged_token_is_nobodys(shop: Shop) -> None:
    before = shop.written()
    for header in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YTpi",
        "Bearer " + "a" * 43,
        "Bearer " + "a" * 100_000,
        "Bearer \xe9",
        f"Token {shop.buyer}",
        f"Bearer {shop.buyer}x",
        shop.buyer,
    ):
        answer = shop.call("GET", "carts/mine", Authorization=header)
        assert_problem(answer, 401, "not_signed_in")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert_problem(shop.call("POST", "checkouts", shop.purchase(), Authorization=header), 401, "not_signed_in")
    assert shop.written() == before


def test_an_expired_token_is_nobodys(shop: Shop) -> None:
    from argosy.platform.auth import tokens

    assert shop.call("GET", "carts/mine", token=shop.buyer).status == 200
    dialect = shop.place.runtime.stores["accounts"].dialect
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE user_sessions SET created_at = %s, expires_at = %s",
            (
                dialect.instant(shop.place.runtime.clock.now().replace(year=2020)),
                dialect.instant(shop.place.runtime.clock.now().replace(year=2021)),
            ),
        )
    tokens().forget_all()
    assert_problem(shop.call("GET", "carts/mine", token=shop.buyer), 401, "not_signed_in")


def test_a_token_is_nobodys_after_signing_out(shop: Shop) -> None:
    assert shop.call("DELETE", "sessions/mine", token=shop.buyer).status == 204
    assert_problem(shop.call("GET", "carts/mine", token=shop.buyer), 401, "not_signed_in")


def test_one_thing_on_two_lines_is_added_up(shop: Shop) -> None:
    ended = shop.bought(lines=[shop.line(quantity=2), shop.line(quantity=3)])
    assert (ended["status"], ended["total_amount"]) == ("COMPLETED", 5 * 2_500 + 499)
    assert shop.place.rows("orders", "SELECT quantity FROM order_items") == [(5,)]
    too_many = shop.bought("two", lines=[shop.line(quantity=40), shop.line(quantity=40)])
    assert too_many["failure"]["code"] == "stock_short"


def test_a_page_that_cannot_be_is_refused(shop: Shop) -> None:
    for query in (
        "limit=0",
        "limit=-1",
        "limit=101",
        "limit=1000000",
        "limit=1_0",
        "limit=%EF%BC%91",
        "limit=x",
        "limit=1.5",
        "limit=",
        "after=x",
        "after=%00",
        "after=W10",
        "after=e30",
    ):
        assert_problem(shop.call("GET", f"orders?{query}", token=shop.buyer), 422, "invalid_request")


def test_nobody_grants_themselves_rights(shop: Shop) -> None:
    made = shop.call(
        "POST",
        "users",
        {
            "email": "eve@example.com",
            "password": "long enough",
            "roles": ["staff"],
            "user_id": nobodys("eve"),
            "password_hash": "x",
            "is_staff": True,
        },
    )
    assert made.status == 201
    assert made.json["id"] != nobodys("eve")
    assert shop.place.rows("accounts", "SELECT role FROM user_roles WHERE user_id = ?", made.json["id"]) == [("buyer",)]


def test_what_is_not_there_and_what_is_not_taken_are_problems_too(shop: Shop) -> None:
    assert_problem(shop.call("GET", "nothing"), 404, "no_such_path")
    answer = shop.call("DELETE", "checkouts", token=shop.buyer)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    response = shop.client.post(
        "/api/v1/carts/mine/lines",
        "quantity=1",
        content_type="text/plain",
        headers={"Authorization": f"Bearer {shop.buyer}"},
    )
    assert_problem(Answer(response), 415, "not_json")


def test_a_forged_cursor_is_refused_whatever_it_holds(shop: Shop) -> None:
    for position in ((10**30, "x"), ("x", 1), (-1, ""), ([], {})):
        for sort in ("newest", "price"):
            answer = shop.call("GET", f"products?sort={sort}&after={cursor(*position)}")
            assert answer.status == 422, position


def test_no_address_asks_for_what_no_text_holds(shop: Shop) -> None:
    staff = shop.staff()
    unit = shop.call("GET", "stock", token=shop.seller).json["items"][0]["stock_unit_id"]
    for path, token in (
        ("coupons?seller_id=%00", staff),
        ("marketplace/orders?order_number=A%00", staff),
        (f"stock/{unit}/movements?warehouse=%00&reason=%00", shop.seller),
    ):
        problem = assert_problem(shop.call("GET", path, token=token), 422, "invalid_request")
        names = [part.partition("=")[0] for part in path.partition("?")[2].split("&")]
        assert [(one["field"], one["code"]) for one in problem["faults"]] == [(name, "nul_in_text") for name in names]
    assert shop.call("GET", "products?of_somebody_else=%00").status == 200, "what is not known is ignored"
    assert_problem(shop.call("GET", f"shipping/rates?after={cursor(chr(0))}", token=staff), 422, "invalid_request")
    assert_problem(shop.call("GET", "coupons/A%00", token=staff), 404, "not_found")
    assert_problem(shop.call("POST", "coupons/A%00/disable", token=shop.seller), 404, "not_found")


def test_a_cursor_that_no_page_gave_is_refused_by_every_list_of_taxes_and_freight(shop: Shop) -> None:
    staff = shop.staff()
    of_ids = ("taxes/rules", "taxes/terms", "shipping/rates")
    others = [("x",), (nobodys("rule") + "\n",), (nobodys("rule").upper(),), (10**30,), (1, nobodys("rule")), ({},), ()]
    for path in (*of_ids, "taxes/zones"):
        wrong = others if path in of_ids else [("X" * 33,), ("X\n",), ("\x00",), (1,), ("X", "Y"), ([],), ()]
        for position in wrong:
            answer = shop.call("GET", f"{path}?after={cursor(*position)}", token=staff)
            assert_problem(answer, 422, "invalid_request")
    for path in of_ids:
        assert shop.call("GET", f"{path}?after={cursor(nobodys('rule'))}", token=staff).status == 200


def test_no_text_that_has_to_fit_a_pattern_ends_with_a_line_break(shop: Shop) -> None:
    before = shop.written()
    for name in ("product_id", "variant_id"):
        line = shop.line()
        answer = shop.call("POST", "carts/mine/lines", {**line, name: line[name] + "\n"}, token=shop.buyer)
        problem = assert_problem(answer, 422, "invalid_request")
        assert problem["faults"] == [
            {"code": "not_valid", "field": name, "detail": "Expected an id: a lower-case UUID."}
        ]
    assert shop.written() == before
    for path, token in (
        ("products?currency=EU%0A", ""),
        ("products?currency=EUR%0A", ""),
        ("products?locale=en%0A", ""),
        (f"payment-differences?payment_id={nobodys('payment')}%0A", shop.staff()),
        (f"stock-movements?sku=a&after={cursor(nobodys('a') + chr(10))}", shop.seller),
    ):
        assert_problem(shop.call("GET", path, token=token), 422, "invalid_request")
    problem = assert_problem(shop.call("GET", "products?currency=EU"), 422, "invalid_request")
    assert [one["detail"] for one in problem["faults"]] == ["Expected `str` matching regex '^([A-Z]{3})?$'."]


def test_every_pattern_is_one_to_the_end_of_the_text() -> None:
    enforced = [
        pattern
        for _, endpoint in table()
        for kind in (endpoint.body.kind if endpoint.command else None, endpoint.parameters)
        if kind is not None
        for pattern in re.findall("pattern='([^']*)'", repr(msgspec.inspect.type_info(kind)))
    ]
    assert len(enforced) > 50
    assert [pattern for pattern in enforced if "$" in pattern] == []
    others = [one.path.name for one in sources(folders=("argosy",)) if re.search(r"Meta\([^()]*pattern=", one.text)]
    assert others == ["bodies.py"], "`matching` says it so that it holds"

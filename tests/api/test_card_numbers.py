"""A card's number that is typed anywhere is refused, wherever it is, and neither kept nor logged."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
import structlog
from django.conf import settings
from msgspec.structs import fields

from argosy.apps.api.endpoints import endpoints
from argosy.observability.logging import configure
from argosy.platform.rest import Endpoint
from argosy.shared_kernel.ids import Id
from tests.api.shop import ADDRESS, Answer, Shop, assert_problem, nobodys
from tests.api.test_endpoints import everyone

CARD = "4242 4242 4242 4242"
ARTICLES = ("4006381333931", "4011200296908", "4902505139314")
"""EAN-13 of which each begins as Visa's numbers do; the second and third would be sound as cards are."""
PASSWORDS = {"password", "current"}


def texts_of(kind: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every text that a body may hold, by its path."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is str or (origin is None and kind is Any):
        yield path
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=False)
        for field in fields(kind):
            yield from texts_of(hints[field.name], (*path, field.name))
    elif origin in (tuple, list):
        yield from texts_of(arguments[0], (*path, 0))
    elif origin is dict:
        yield from texts_of(arguments[1], (*path, "key"))
    else:
        for argument in arguments:
            yield from texts_of(argument, path)


def body_with(path: tuple[str | int, ...], text: str) -> Any:
    value: Any = text
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def spelled(path: tuple[str | int, ...]) -> str:
    found = ""
    for step in path:
        found += f"[{step}]" if isinstance(step, int) else f".{step}" if found else step
    return found


def written_operations() -> list[Endpoint]:
    return [one for all_ in endpoints().values() for one in all_ if one.command is not None and one.upload is None]


def test_every_text_of_every_operation_refuses_a_card_number(shop: Shop) -> None:
    people = everyone(shop)
    token = {"public": "", "shopper": people["buyer"], "merchant": people["seller"], **people}
    before, seen = shop.written(), 0
    for endpoint in written_operations():
        path = endpoint.path.format_map({name: nobodys(name) for name in endpoint.path_names})
        for text in set(texts_of(endpoint.body.kind)):
            if not text or PASSWORDS & set(text):
                continue
            answer = shop.call(endpoint.method, path, body_with(text, CARD), token=token[endpoint.allow.name])
            assert answer.status == 422, (endpoint.route, text, answer)
            told = {(fault["field"], fault["code"]) for fault in answer.json["faults"]}
            assert (spelled(text), "card_number_refused") in told, (endpoint.route, text, answer)
            assert b"4242" not in answer.body
            seen += 1
    assert seen > 150
    assert shop.written() == before


def test_what_else_is_wrong_is_told_with_it(shop: Shop) -> None:
    body = {**shop.purchase(), "coupons": "X", "address": {**ADDRESS, "street": f"Rua 1, {CARD}"}}
    problem = assert_problem(shop.call("POST", "checkouts", body, token=shop.buyer), 422, "invalid_request")
    assert {(fault["field"], fault["code"]) for fault in problem["faults"]} == {
        ("coupons", "not_valid"),
        ("address.street", "card_number_refused"),
    }


def nowhere(shop: Shop, answer: Answer) -> None:
    assert_problem(answer, 422, "card_number_refused")
    assert b"4242" not in answer.body


def test_it_is_refused_beside_the_body_too(shop: Shop) -> None:
    before = shop.written()
    plain = CARD.replace(" ", "")
    nowhere(shop, shop.call("GET", f"products?q={plain}"))
    nowhere(shop, shop.call("PUT", f"stores/mine/collections/{plain}", {"title": "x", "rule": {}}, token=shop.seller))
    nowhere(shop, shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer, Idempotency_Key=plain))
    unknown = json.dumps({**shop.line(), "note": plain, plain: 1}).encode()
    nowhere(shop, shop.call("POST", "carts/mine/lines", unknown, token=shop.buyer))
    escaped = unknown.replace(b"4242424242424242", b"\\u0034242424242424242")
    nowhere(shop, shop.call("POST", "carts/mine/lines", escaped, token=shop.buyer))
    below = json.dumps({**shop.line(), "note": f"my card:\n{plain}"}).encode()
    nowhere(shop, shop.call("POST", "carts/mine/lines", below, token=shop.buyer))
    assert shop.written() == before


def test_articles_telephones_and_passwords_are_none_of_it(shop: Shop) -> None:
    for article in ARTICLES:
        assert shop.product(article, 100)
    address = {**ADDRESS, "phone": "+49 1512 345 6789"}
    assert shop.call("POST", "addresses", address, token=shop.buyer).status == 201
    credentials = {"email": "pan@example.com", "password": CARD.replace(" ", "")}
    assert shop.call("POST", "users", credentials).status == 201
    assert shop.call("POST", "sessions", credentials).status == 201


@pytest.mark.parametrize("format", ["json", "text"])
def test_a_log_line_holds_none(format: str) -> None:
    stream = io.StringIO()
    configure({"format": format, "level": "info"}, stream)
    try:
        structlog.get_logger("argosy.test").warning("paid_with", note=f"please use {CARD}", id=Id(nobodys("x")))
        try:
            raise ValueError(CARD.replace(" ", "-"))
        except ValueError:
            structlog.get_logger("argosy.test").exception("failed", note=f"a line\n{CARD}")
    finally:
        configure(settings.LOGGING)
    told = stream.getvalue()
    assert "4242" not in told and told.count("[card number]") >= 3
    assert nobodys("x") in told

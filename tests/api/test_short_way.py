"""The short way to an operation, which does without Django's addresses, leads where they lead."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.urls import resolve

from argosy.apps.api.endpoints import endpoints
from argosy.apps.api.short_way import ShortWay, short_way
from argosy.observability import metrics
from argosy.platform.rest import PREFIX
from tests.api.shop import Shop

OPERATIONS = [(label, endpoint) for label, declared in endpoints().items() for endpoint in declared]
OTHER_WAYS = ("products/", "products//", "/products", "", "nothing/here", "products/a/b/c/d", "products/é", "orders//x")


@pytest.mark.parametrize(("label", "endpoint"), OPERATIONS, ids=lambda part: getattr(part, "route", part))
def test_every_operation_is_found_as_django_finds_it(label: str, endpoint: object) -> None:
    path = PREFIX + re.sub(r"{(\w+)}", lambda found: f"some-{found[1]}", endpoint.path)
    found = short_way().find(endpoint.method, path)
    django = resolve(path)
    assert found is not None
    operation, parameters = found
    assert (operation.endpoint, operation.label, operation.route) == (endpoint, label, django.route)
    assert parameters == django.kwargs


@pytest.mark.parametrize("path", OTHER_WAYS)
def test_what_is_no_operation_goes_the_long_way(path: str) -> None:
    assert short_way().find("GET", PREFIX + path) is None


def test_a_method_that_an_address_does_not_take_goes_the_long_way() -> None:
    assert short_way().find("PUT", f"{PREFIX}products") is None


def test_the_first_of_two_addresses_that_meet_is_taken() -> None:
    by_path = {endpoint.path: endpoint for _, endpoint in OPERATIONS if endpoint.method == "GET"}
    mine, any_of_them = by_path["carts/mine"], by_path["products/{product_id}"]
    way = ShortWay({"carts": [mine], "products": [any_of_them]})
    found = way.find("GET", f"{PREFIX}products/mine")
    assert found is not None and found[0].endpoint is any_of_them


def test_an_operation_is_counted_under_its_declared_address(shop: Shop) -> None:
    counted = metrics.HTTP_REQUESTS.labels("api/v1/products/<product_id>", "GET", "200")
    before = counted._value.get()
    assert shop.call("GET", f"products/{shop.product_id}").status == 200
    assert shop.call("GET", f"products/{uuid4()}").status == 404
    assert counted._value.get() == before + 1


def test_a_query_is_read_like_djangos(shop: Shop) -> None:
    found = shop.call("GET", "products?limit=7&limit=1&category=&sort=price")
    assert found.status == 200 and len(found.json["items"]) == 1
    faults = shop.call("GET", "products?limit=%D9%A7&sort=%00")
    assert faults.status == 422 and {fault["field"] for fault in faults.json["faults"]} == {"limit", "sort"}

"""Whatever fits or breaks the API's own description is answered as the description says, and never with a 500."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from django.test import RequestFactory
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from argosy.apps.api.api import whole_api
from argosy.apps.api.docs import openapi_json
from config.wsgi import application
from tests.api.shop import Shop
from tests.marketplace import Marketplace

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 3
"""For each operation, asker and kind of data: data that fits the description and data that does not."""
ENDS_ITS_ASKER = {
    "BlockUser",
    "EndSession",
    "ErasePerson",
    "EraseSomebody",
    "SignOut",
    "SignOutEverywhere",
    "WithdrawRole",
}


@pytest.mark.slow
def test_the_api_answers_as_it_is_described(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    shop = Shop(marketplace)
    boss = shop.staff()
    known = things(shop)
    seen: Counter[int] = Counter()
    faults: dict[str, str] = {}
    for operation in operations(described()):
        described_as = operation.definition.raw
        fits = boss if described_as.get("x-permission") == "staff" else shop.seller
        asked = [
            (shop.seller, GenerationMode.POSITIVE),
            (boss, GenerationMode.POSITIVE),
            (fits, GenerationMode.NEGATIVE),
        ]
        if described_as["operationId"] in ENDS_ITS_ASKER:
            asked = []
        for token, mode in [("", GenerationMode.POSITIVE), *asked]:
            try:
                play(operation, mode, token, seen, known)
            except Unsatisfiable:
                continue  # An operation without parameters has no data that doesn't fit.
            except (FailureGroup, Exception) as fault:  # noqa: BLE001 - all are told together
                faults.setdefault(operation.label, str(fault))
    assert not faults, "\n\n".join(f"{label}\n{fault}" for label, fault in faults.items())
    assert {200, 201, 204, 400, 401, 403, 404, 409, 422} <= set(seen), seen
    assert sum(seen.values()) > 1_000, seen


def test_an_answer_that_is_not_described_is_found(shop: Shop) -> None:
    document = described()
    (operation,) = [one for one in operations(document) if one.label == "GET /api/v1/orders"]
    play(operation, GenerationMode.POSITIVE, "", Counter())
    del document["paths"]["/api/v1/orders"]["get"]["responses"]["401"]
    (operation,) = [one for one in operations(document) if one.label == "GET /api/v1/orders"]
    with pytest.raises(FailureGroup):
        play(operation, GenerationMode.POSITIVE, "", Counter())


def things(shop: Shop) -> dict[str, str]:
    """By the names of the paths' parameters."""
    ended = shop.bought()
    made = shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=shop.seller)
    return {
        "order_id": ended["order_ids"][0],
        "checkout_id": ended["checkout_id"],
        "purchase_id": ended["purchase_id"],
        "product_id": shop.product_id,
        "variant_id": shop.variant_id,
        "stock_unit_id": shop.variant_id,
        "slug": "lamp",
        "country": "PT",
        "webhook_id": made.json["webhook_id"],
    }


def operations(document: dict[str, Any]) -> list[Any]:
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


def play(
    operation: Any, mode: GenerationMode, token: str, seen: Counter[int], known: dict[str, str] | None = None
) -> None:
    """`known` are ids of things that are there: data that fits is about them, where its path names any."""
    headers = {"Authorization": f"Bearer {token}" if token else ""}
    there = known if known is not None and mode is GenerationMode.POSITIVE else {}

    @seed(7)
    @settings(
        max_examples=EXAMPLES if token else 1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # What it makes up for the token would be nobody's.
        case.headers.update(headers)
        case.path_parameters.update({name: there[name] for name in case.path_parameters if name in there})
        response = case.call()
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    ask()


def described() -> dict[str, Any]:
    """The whole API's description, as it is served."""
    document: dict[str, Any] = json.loads(openapi_json(RequestFactory().get("/api/v1/openapi.json")).content)
    assert len(document["paths"]) == len(whole_api().get_openapi_schema()["paths"])
    return document

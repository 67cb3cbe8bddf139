"""Every POST that makes something is done once per Idempotency-Key. Generated from the table of operations: one that
makes something and takes no key is to say why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.platform.rest import Endpoint
from tests.api.scene import BODIES, Scene, table
from tests.api.shop import ADDRESS
from tests.api.strangers import provider, scene
from tests.api.test_audit import MAKING

__all__ = ["provider", "scene"]

WITHOUT_A_KEY = {
    "SignIn": "its answer holds a token",
    "SignInByIdentity": "its answer holds a token",
    "SignInByPasskey": "its answer holds a token",
    "ActForStore": "its answer holds a token",
    "BeginGuestCart": "its answer holds a token",
    "CreateApiKey": "its answer holds a secret",
    "RegisterWebhook": "its answer holds a secret",
    "IssueGiftCards": "its answer holds the codes",
    "AskVerification": "a later letter takes the place of the one before",
    "AskPasswordReset": "a later letter takes the place of the one before",
    "ChangeEmail": "a later letter takes the place of the one before",
    "InviteMember": "a later letter takes the place of the one before",
    "LinkIdentity": "what a provider has said is used once",
    "AddPasskey": "a challenge is answered once",
}
"""What a stored answer must not hold, or what counts once by itself."""

SENT: dict[str, Any] = {
    **BODIES,
    **MAKING,
    "AddAddress": ADDRESS,
    "RequestQuote": {"country": "PT"},
    "ExportProducts": {"format": "csv"},
    "CreateProduct": {"sku": "rug", "title": "Rug", "category": "home", "variants": []},
}
ELSEWHERE = {
    "RegisterUser": "test_accounts.py: a taken address is answered like a free one",
    "OpenStore": "one has one: test_sellers.py",
    "ImportProducts": "a file: test_imports.py",
    "SendCount": "a file: test_counts.py",
    "AddImage": "a picture: test_pictures.py",
    "AddVariant": "of a product without options: test_catalogue.py",
    "SetSale": "ends within a year: test_catalogue.py",
    "StartCheckout": "test_bad_input.py",
    "RetryPayment": "test_payment_attempts.py",
    "RecordMoney": "test_money_by_hand.py",
    "ReconcileStock": "test_stock.py",
}


def making() -> list[Endpoint]:
    found = [one for _, one in table() if one.method == "POST" and one.status in (201, 202)]
    assert len(found) > 30
    return found


def test_what_makes_something_takes_a_key_or_says_why_not() -> None:
    assert {one.name for one in making() if not one.takes_key} == set(WITHOUT_A_KEY)


@pytest.mark.slow
def test_a_key_is_good_for_one_body_of_one_asker_and_for_one_effect(scene: Scene) -> None:
    shop = scene.shop
    for endpoint in making():
        if not endpoint.takes_key or endpoint.name in ELSEWHERE:
            continue
        token = scene.owner_of(endpoint)
        path = endpoint.path.format_map(scene.things_of(endpoint, scene.theirs))
        body = json.dumps(SENT[endpoint.name]).encode()
        first = shop.call("POST", path, body, token=token, Idempotency_Key="k")
        assert first.status == endpoint.status, (endpoint.route, first)
        written = shop.written()
        for _ in range(3):
            again = shop.call("POST", path, body, token=token, Idempotency_Key="k")
            assert (again.status, again.body) == (first.status, first.body), endpoint.route
            assert again.headers["idempotent-replay"] == "true"
        other = shop.call("POST", path, body + b" ", token=token, Idempotency_Key="k")
        assert (other.status, other.json["code"]) == (422, "idempotency_key_reused"), (endpoint.route, other)
        assert shop.written() == written, endpoint.route
        theirs = shop.call("POST", path, body, token=scene.other_seller, Idempotency_Key="k")
        assert "idempotent-replay" not in theirs.headers, endpoint.route

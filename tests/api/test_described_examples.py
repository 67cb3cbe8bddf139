"""The examples of the API's description: each operation that takes a body shows one, and what is shown can be sent."""

from __future__ import annotations

import json

import pytest

from argosy.apps.api.api import whole_api
from argosy.apps.api.examples import EXAMPLES, PAYMENT, PRODUCT, SELLER, VARIANT
from argosy.platform.rest import Endpoint
from tests.api.scene import Scene, table
from tests.api.shop import PASSWORD
from tests.api.strangers import provider, scene

__all__ = ["provider", "scene"]

ELSEWHERE = {
    "ConfirmEmail": "a letter's token: test_accounts.py",
    "ResetPassword": "a letter's token: test_accounts.py",
    "AcceptInvitation": "a letter's token: test_teams.py",
    "ConfirmNewEmail": "a letter's token: test_email_changes.py",
    "RevertEmail": "a letter's token: test_email_changes.py",
    "ConfirmSecondFactor": "a code of the moment: test_second_factor.py",
    "RenewRecoveryCodes": "a code of the moment: test_second_factor.py",
    "RemoveSecondFactor": "a code of the moment: test_second_factor.py",
    "ProveIdentity": "what a provider says: test_providers.py",
    "SignInByIdentity": "what a provider says: test_providers.py",
    "LinkIdentity": "what a provider says: test_providers.py",
    "ProvePasskey": "what a browser signs: test_passkeys.py",
    "SignInByPasskey": "what a browser signs: test_passkeys.py",
    "AddPasskey": "what a browser signs: test_passkeys.py",
    "RejectSeller": "no store waits for it: test_sellers.py",
    "RedeemGiftCard": "a card's code: test_store_credit.py",
    "RetryPayment": "no payment has failed: test_payment_attempts.py",
    "RecordMoney": "no order waits for money: test_money_by_hand.py",
    "SetOptions": "of a product whose variants differ: domains/products/test_options.py",
    "CombineOptions": "of a product with options: domains/products/test_options.py",
    "AddVariant": "of a product without options: test_catalogue.py",
    "SetSale": "ends within a year: test_catalogue.py",
    "ArrangeImages": "pictures of its own: test_pictures.py",
}
"""Examples of what only one moment or one holder has, and where the operation is tested."""

FIRST = ("AddToCart", "ChangeDelivery")
LAST = (
    "StartHoliday",
    "CancelOrder",
    "UnlinkIdentity",
    "RemovePasskey",
    "ChangePassword",
    "OpenStore",
    "SuspendSeller",
    "ReinstateSeller",
    "BlockUser",
    "UnblockUser",
)
"""What others need, and what ends others."""


def with_bodies() -> list[Endpoint]:
    return [
        one for _, one in table() if one.command is not None and one.upload is None and one.body.kind.__struct_fields__
    ]


def turn(endpoint: Endpoint) -> tuple[bool, int]:
    return endpoint.name not in FIRST, LAST.index(endpoint.name) + 1 if endpoint.name in LAST else 0


def test_every_operation_with_a_body_shows_one_that_fits() -> None:
    bodies = {endpoint.name: endpoint for endpoint in with_bodies()}
    assert set(EXAMPLES) == set(bodies)
    for name, endpoint in bodies.items():
        endpoint.body.read(json.dumps(EXAMPLES[name]).encode())
    shown = {
        operation["operationId"]: content["application/json"]["example"]
        for methods in whole_api().get_openapi_schema()["paths"].values()
        for operation in methods.values()
        if "application/json" in (content := operation.get("requestBody", {}).get("content", {}))
    }
    assert shown == EXAMPLES


@pytest.mark.slow
def test_what_is_shown_can_be_sent(scene: Scene) -> None:
    shop, theirs = scene.shop, scene.theirs
    email = scene.made("GET", "users/me", token=shop.buyer)["email"]
    here = {PRODUCT: theirs["product_id"], VARIANT: theirs["variant_id"], SELLER: theirs["seller_id"]}
    here[PAYMENT] = theirs["payment_id"]
    here |= {"argosy-demo": PASSWORD, "maria@demo.example": email, "the-token-of-the-guest": scene.guest}
    faults = []
    for endpoint in sorted(with_bodies(), key=turn):
        if endpoint.name in ELSEWHERE:
            continue
        body = json.dumps(EXAMPLES[endpoint.name])
        for shown, there in here.items():
            body = body.replace(shown, there)
        path = endpoint.path.format_map(scene.things_of(endpoint, theirs))
        answer = shop.call(endpoint.method, path, body.encode(), token=scene.owner_of(endpoint))
        if answer.status not in (200, 201, 202, 204):
            faults.append(f"{endpoint.name}: {answer}")
    assert not faults, "\n".join(faults)

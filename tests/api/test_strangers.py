"""Strangers: whoever asks for what is somebody else's hears exactly what whoever asks for nothing that exists hears,
in status, body, headers, and in what is looked up for it. Generated from the table of operations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from argosy.platform.rest import Endpoint
from tests.api.scene import Scene, rows_of_all, table
from tests.api.strangers import Work, provider, scene, told

__all__ = ["provider", "scene"]

SHOWN_TO_ALL = {
    "AddressFormat": "how a country writes addresses",
    "Product": "what is on sale",
    "ProductsOfCollection": "what is on sale",
    "ProductBySlug": "what is on sale",
    "Store": "how a store shows itself",
    "StoreBySlug": "how a store shows itself",
    "BeginProviderSignIn": "a way to sign in",
    "ProveIdentity": "a way to sign in",
    "SetCollection": "one's own collection, by a name of one's own",
    "SetStoreText": "one's own store, in any language",
    "RemoveFromCart": "one's own cart, by what may be in any",
    "AcknowledgeNotice": "one's own cart, by what may be in any",
    "SaveForLater": "one's own cart, by what may be in any",
    "ForgetSaved": "one's own cart, by what may be in any",
    "ChangeQuantity": "one's own cart, by what may be in any",
    "MoveToCart": "one's own cart, by what may be in any",
    "RemoveCoupon": "one's own cart, by what may be in any",
    "RemoveFromWishlist": "one's own wishlist, by what may be in any",
    "MoveFromWishlist": "one's own wishlist, by what may be in any",
}
"""Operations whose paths name nothing that is anybody's, and why."""


def differences(scene: Scene, endpoint: Endpoint, theirs: dict[str, str], nones: dict[str, str]) -> Iterator[str]:
    work = Work()
    for who, token in scene.strangers(endpoint).items():
        answers, costs = [], []
        scene.ask(endpoint, nones, token)
        for ids in (theirs, nones):
            with work.counted(scene.shop):
                answers.append(told(scene.ask(endpoint, ids, token), ids))
            costs.append(work.statements)
        if answers[0] != answers[1]:
            yield f"{endpoint.route} for {who}: {answers[0]} instead of {answers[1]}"
        elif answers[0][0] < 400 and answers[0][1]:
            yield f"{endpoint.route} for {who}: {answers[0]}"
        elif costs[0] != costs[1]:
            extra = [one for one in costs[0] if one not in costs[1]]
            yield f"{endpoint.route} for {who} reads {[(sql.partition(' FROM ')[2], rows) for _, sql, rows in extra]}"


ASKS_FOR_MORE = {
    "UnlinkIdentity": "a password",
    "RemovePasskey": "a password",
    "ReconcileStock": "what was counted",
}
"""Operations whose body in the scene is refused to everybody: tests of their own go through them."""


def with_paths() -> list[Endpoint]:
    return [one for _, one in table() if one.path_names and one.name not in SHOWN_TO_ALL]


@pytest.mark.slow
def test_a_stranger_hears_what_is_said_of_nothing_at_no_other_cost(scene: Scene) -> None:
    before = rows_of_all(scene.shop)
    faults = []
    for endpoint in with_paths():
        for theirs in (scene.theirs, {**scene.theirs, **scene.guests}):
            faults += differences(
                scene, endpoint, scene.things_of(endpoint, theirs), scene.things_of(endpoint, scene.nobodys)
            )
            if not set(scene.guests) & set(endpoint.path_names):
                break
    assert not faults, "\n".join(faults)
    assert rows_of_all(scene.shop) == before


def test_whoever_may_is_answered_otherwise(scene: Scene) -> None:
    """So that the scene has something of each kind: what is not there would look alike to everybody."""
    faults = []
    kinds = ["GET", "PATCH", "PUT", "POST", "DELETE"]
    whole = [one for one in with_paths() if not one.changes_actor and one.name != "LeaveTeam"]
    for endpoint in sorted(whole, key=lambda one: (one.allow.name == "staff", kinds.index(one.method))):
        token = scene.owner_of(endpoint)
        mine, none = scene.things_of(endpoint, scene.theirs), scene.things_of(endpoint, scene.nobodys)
        answer, other = scene.ask(endpoint, mine, token), scene.ask(endpoint, none, token)
        if endpoint.name in ASKS_FOR_MORE:
            continue
        is_alike = told(answer, mine) == told(other, none) and endpoint.allow.name != "staff" and answer.status != 204
        if answer.status in (401, 404) or b'"invalid_request"' in answer.body or is_alike:
            faults.append(f"{endpoint.route}: {answer} and {other}")
    assert not faults, "\n".join(faults)

"""Of whoever works on a store no more nothing goes on: neither who they have invited, nor where they had it told."""

from __future__ import annotations

import pytest

from tests.api.shop import Shop
from tests.api.test_accounts import mailbox
from tests.api.test_teams import Team, team
from tests.marketplace import Marketplace

__all__ = ["mailbox", "team"]


@pytest.fixture
def shop(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ARGOSY_EVENT_FEED", "yes")
    return Shop(marketplace)


def test_of_who_is_removed_no_open_invitation_and_no_webhook_goes_on(team: Team) -> None:
    shop = team.shop
    member_id = team.joined("team:write", "webhooks:write", "orders:read")
    works = team.acting(member_id)
    made = shop.call("POST", "webhooks", {"url": "https://bea.example/"}, token=works)
    assert made.status == 201, made
    hook = made.json["webhook_id"]
    own = shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=shop.seller).json["webhook_id"]
    assert team.invite("orders:read", email="carla@example.com", token=works).status == 201
    team.invited("orders:read", email="dora@example.com")
    assert shop.call("DELETE", team.path(member_id), token=shop.seller).status == 204
    waiting = shop.call("GET", "stores/mine/team/invitations", token=shop.seller).json["items"]
    assert [one["email"] for one in waiting] == ["dora@example.com"]
    shop.drain()
    by_id = {one["webhook_id"]: one for one in shop.call("GET", "webhooks", token=shop.seller).json["items"]}
    assert (by_id[hook]["status"], by_id[hook]["reason"]) == ("DISABLED", "maker_left")
    assert by_id[own]["status"] == "ACTIVE"
    change = {"url": "https://erp.example/other"}
    assert shop.call("PUT", f"webhooks/{hook}", change, token=shop.seller).status == 204
    assert shop.call("GET", f"webhooks/{hook}", token=shop.seller).json["status"] == "ACTIVE"


def test_who_named_the_address_last_is_whose_webhook_it_is(team: Team) -> None:
    """A store's own webhook that a member has led elsewhere ends with the member; theirs that the store has led
    elsewhere goes on."""
    shop = team.shop
    member_id = team.joined("webhooks:write")
    works = team.acting(member_id)
    own, theirs = (
        shop.call("POST", "webhooks", {"url": "https://erp.example/"}, token=token).json["webhook_id"]
        for token in (shop.seller, works)
    )
    for hook, url, token in ((own, "https://bea.example/", works), (theirs, "https://erp.example/", shop.seller)):
        assert shop.call("PUT", f"webhooks/{hook}", {"url": url}, token=token).status == 204
    assert shop.call("DELETE", team.path(member_id), token=shop.seller).status == 204
    shop.drain()
    by_id = {one["webhook_id"]: one["status"] for one in shop.call("GET", "webhooks", token=shop.seller).json["items"]}
    assert by_id == {own: "DISABLED", theirs: "ACTIVE"}


def test_an_invitation_of_who_was_erased_is_worth_nothing(team: Team) -> None:
    shop = team.shop
    works = team.working("team:write", "orders:read")
    assert team.invite("orders:read", email="carla@example.com", token=works).status == 201
    assert shop.call("DELETE", "users/me", token=team.bea).status == 202
    shop.drain()
    assert shop.call("GET", "stores/mine/team/invitations", token=shop.seller).json["items"] == []

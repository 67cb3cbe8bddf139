"""An invitation to work on a store, in pages: seen, accepted by the address that it went to, and left again."""

from __future__ import annotations

import re

import pytest

from argosy.contracts.accounts_teams import InviteMember
from argosy.domains.accounts.adapters.outbound.queries import standing_of
from argosy.shared_kernel.ids import named_id
from tests.storefront.shopper import Shop
from tests.storefront.test_letter_pages import empty_mailbox, last_link

__all__ = ["empty_mailbox"]
STORE = "Lamp & Linen"


@pytest.fixture
def link(shop: Shop) -> str:
    """Of the letter to Bea."""
    owner = standing_of(named_id("user", STORE))
    assert owner is not None
    invite = InviteMember(email="bea@example.com", rights=("orders:read", "products:write"))
    shop.place.runtime.outside("accounts").run(invite, owner)
    return last_link(shop)


def test_an_invitation_is_seen_accepted_and_left_with_forms_alone(shop: Shop, link: str) -> None:
    assert link.startswith("/invitation?token=")
    bea = shop.buyer("bea@example.com")
    page = bea.get(link)
    assert "Lamp & Linen invites bea@example.com to work on the store" in page.text
    assert "See and change products and their prices See orders" in page.text
    assert shop.place.rows("accounts", "SELECT id FROM store_members") == []
    assert bea.post("/invitation", {"token": link.partition("token=")[2]}).location == "/account"
    account = bea.get("/account")
    assert "Stores that you work on Lamp & Linen" in account.text
    member = re.search(r'name="member" value="([^"]+)"', account.html)
    assert member is not None
    eva = shop.buyer("eva@example.com")
    assert eva.post("/account/teams/leave", {"member": member[1]}).location == "/account"
    assert "Lamp & Linen" in bea.get("/account").text
    bea.post("/account/teams/leave", {"member": member[1]})
    assert "Lamp & Linen" not in bea.get("/account").text


def test_who_is_not_signed_in_signs_in_first_and_comes_back(shop: Shop, link: str) -> None:
    from tests.storefront.shopper import Shopper

    assert Shopper().get(link).location.startswith("/sign-in?next=%2Finvitation%3Ftoken%3D")


def test_somebody_else_cannot_accept_it(shop: Shop, link: str) -> None:
    eva = shop.buyer("eva@example.com")
    refused = eva.post("/invitation", {"token": link.partition("token=")[2]})
    assert (refused.status, "went to another address" in refused.text) == (422, True)
    assert "was used already, is too old" in eva.get("/invitation?token=none").text
    assert shop.place.rows("accounts", "SELECT id FROM store_members") == []

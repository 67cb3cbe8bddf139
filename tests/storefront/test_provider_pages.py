"""Signing in by a provider in pages: there and back, a second factor, and linking it to an account that is there."""

from __future__ import annotations

import re
import time
from urllib.parse import urlencode

import pyotp

from argosy.contracts.accounts import BeginSecondFactor, ConfirmSecondFactor
from argosy.engine.work import Actor
from tests.api.provider import Provider
from tests.api.test_providers import provider
from tests.storefront.shopper import PASSWORD, Page, Shop, Shopper

__all__ = ["provider"]


def there_and_back(visitor: Shopper, provider: Provider, following: str = "/account", **changes: str) -> Page:
    to = visitor.get(f"/sign-in/with/corp?next={following}")
    assert to.status == 302, to
    back = urlencode(provider.consent(to.location, **changes))
    assert provider.redirect == "http://127.0.0.1:8000/sign-in/with/corp/back"
    return visitor.get(f"/sign-in/with/corp/back?{back}")


def test_a_visitor_signs_in_by_a_provider_and_comes_back_to_where_they_were(shop: Shop, provider: Provider) -> None:
    visitor = Shopper()
    assert "Sign in by The Corporation" in visitor.get("/sign-in?next=/wishlist").text
    assert there_and_back(visitor, provider, "/wishlist").location == "/wishlist"
    assert "ana@example.com" in visitor.get("/account").text
    assert there_and_back(Shopper(), provider, "https://evil.example.com/").location == "/"


def test_a_link_that_somebody_else_has_begun_signs_nobody_in(shop: Shop, provider: Provider) -> None:
    """Otherwise a stranger could have a visitor use the stranger's account."""
    stranger, visitor = Shopper(), Shopper()
    begun = stranger.get("/sign-in/with/corp")
    back = urlencode(provider.consent(begun.location))
    page = visitor.get(f"/sign-in/with/corp/back?{back}")
    assert (page.status, "Please begin anew" in page.text) == (422, True)
    assert visitor.get("/account").status == 303
    refused = stranger.get("/sign-in/with/corp/back?error=access_denied")
    assert (refused.status, "Nothing came back" in refused.text) == (422, True)


def test_an_account_that_is_there_is_linked_once_signed_in_and_unlinked_again(shop: Shop, provider: Provider) -> None:
    ana = shop.buyer("ana@example.com")
    page = there_and_back(Shopper(), provider)
    assert "Sign in as before; then link the provider" in page.text
    form = there_and_back(ana, provider)
    assert "From now on you can sign in to this account by The Corporation" in form.text
    fields = {"identity": form.field("identity"), "provider": "corp"}
    wrong = ana.post("/account/providers", {**fields, "password": "wrong"})
    assert (wrong.status, "That is not your password" in wrong.text) == (422, True)
    assert ana.post("/account/providers", {**fields, "password": PASSWORD}).location == "/account"
    account = ana.get("/account")
    assert "By The Corporation" in account.text
    other = Shopper()
    assert there_and_back(other, provider).location == "/account"
    linked = account.field("id")
    refused = ana.post("/account/providers/unlink", {"id": linked, "password": "wrong"})
    assert (refused.status, "That is not your password" in refused.text) == (422, True)
    assert ana.post("/account/providers/unlink", {"id": linked, "password": PASSWORD}).location == "/account"
    assert "By The Corporation" not in ana.get("/account").text


def test_a_second_factor_is_asked_for_on_a_page_of_its_own(shop: Shop, provider: Provider) -> None:
    ana = shop.buyer("ana@example.com")
    form = there_and_back(ana, provider)
    ana.post("/account/providers", {"identity": form.field("identity"), "provider": "corp", "password": PASSWORD})
    [(user_id,)] = shop.place.rows("accounts", "SELECT id FROM users WHERE email = ?", "ana@example.com")
    actor, outside = Actor(id=str(user_id), roles=frozenset({"buyer"})), shop.place.runtime.outside("accounts")
    totp = pyotp.parse_uri(outside.run(BeginSecondFactor(password=PASSWORD), actor).address)
    assert isinstance(totp, pyotp.TOTP)
    outside.run(ConfirmSecondFactor(code=totp.at(int(time.time()) - 30)), actor)
    visitor = Shopper()
    page = there_and_back(visitor, provider)
    assert (page.status, "Your account has a second factor" in page.text) == (200, True)
    fields = {"identity": page.field("identity"), "next": page.field("next")}
    assert visitor.post("/sign-in/code", {**fields, "code": "000000"}).status == 422
    assert visitor.post("/sign-in/code", {**fields, "code": totp.now()}).location == "/account"
    assert re.search("ana@example.com", visitor.get("/account").text)

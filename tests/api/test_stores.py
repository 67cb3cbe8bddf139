"""Stores over HTTP and in the shop: what a seller says of theirs, and who sees it where."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from argosy.apps.storefront.stores import forget_stores
from argosy.contracts.accounts import SuspendSeller
from argosy.read_models.rebuild import rebuild
from argosy.read_models.slots import forget_live_slots
from tests.api.shop import Answer, Shop, assert_problem
from tests.api.test_accounts import mailbox
from tests.api.test_pictures import encoded, from_a_camera
from tests.api.test_teams import Team, team
from tests.support import an_id

__all__ = ["mailbox", "team"]

OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "name", {"name": "Other"}),
    ("PUT", "slug", {"slug": "other"}),
    ("PUT", "texts/en", {"html": "Other"}),
    ("PUT", "logo", encoded()),
    ("DELETE", "logo", None),
    ("PUT", "banner", encoded()),
    ("DELETE", "banner", None),
)


def change(shop: Shop, what: str, body: Any, *, method: str = "PUT", token: str = "") -> Answer:
    """Of one's own store; bytes are a picture."""
    path = f"/api/v1/stores/mine/{what}"
    headers = {"Authorization": f"Bearer {token or shop.seller}"}
    if isinstance(body, bytes):
        return Answer(shop.client.generic(method, path, body, content_type="image/jpeg", headers=headers))
    return shop.call(method, path.removeprefix("/api/v1/"), body, token=token or shop.seller)


def store_id(shop: Shop) -> str:
    return str(shop.call("GET", "stores/mine", token=shop.seller).json["seller_id"])


def shown(shop: Shop, **headers: str) -> Any:
    shop.drain()
    forget_stores()
    return shop.call("GET", f"stores/{store_id(shop)}", **headers).json


def page(shop: Shop, path: str = "") -> str:
    return str(shop.client.get(path or f"/stores/{store_id(shop)}").content.decode())


def test_a_new_name_is_everywhere_once_it_was_told(shop: Shop) -> None:
    assert shown(shop)["name"] == "Loja"
    shop.call("POST", "carts/mine/lines", shop.line(), token=shop.buyer)
    assert change(shop, "name", {"name": "Casa <Verde>"}).status == 204
    assert shown(shop)["name"] == "Casa <Verde>"
    for path in ("", "/p/lamp", "/products"):
        assert "Casa &lt;Verde&gt;" in page(shop, path) and "Loja" not in page(shop, path), path
    rebuild(shop.place.runtime, "stores", look_seconds=0)
    forget_live_slots()
    forget_stores()
    assert "Casa &lt;Verde&gt;" in page(shop, "/p/lamp"), "a rebuild knows it, too"


def test_a_slug_is_an_address_and_the_one_before_leads_there(shop: Shop) -> None:
    for slug in ("loja", "casa-verde"):
        assert change(shop, "slug", {"slug": slug}).status == 204
    assert shown(shop)["slug"] == "casa-verde"
    assert 'href="/s/casa-verde"' in page(shop), "one address is the one to remember"
    assert "Lamp" in page(shop, "/s/casa-verde")
    moved = shop.client.get("/s/loja")
    assert (moved.status_code, moved["Location"]) == (301, "/s/casa-verde")
    for slug in ("loja", "casa-verde"):
        assert shop.call("GET", f"store-slugs/{slug}").json["slug"] == "casa-verde"
    assert shop.client.get("/s/nobodys").status_code == 404
    assert_problem(shop.call("GET", "store-slugs/nobodys"), 404, "not_found")
    other = shop.person()
    assert shop.call("POST", "stores", {"store_name": "Other"}, token=other).status == 201
    assert_problem(change(shop, "slug", {"slug": "loja"}, token=other), 409, "slug_taken")


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>Fine <strong>brass</strong></p>", "<p>Fine <strong>brass</strong></p>"),
        ("<p onclick='x()'>A<script>alert(1)</script></p>", "<p>A</p>"),
        ("<img src=x onerror=alert(1)>B", "B"),
        ("<a href='javascript:alert(1)'>C</a>", '<a rel="nofollow noopener noreferrer ugc">C</a>'),
        ("<style>body{display:none}</style>D", "D"),
        ("{{ 7|add:7 }} & <", "{{ 7|add:7 }} &amp; &lt;"),
    ],
)
def test_what_a_store_says_is_safe_to_show(shop: Shop, html: str, kept: str) -> None:
    assert change(shop, "texts/en", {"html": html}).status == 204
    assert shown(shop)["story"] == kept
    assert kept in page(shop)


def test_a_store_speaks_the_language_that_fits_best(shop: Shop) -> None:
    for locale, html in (("pt", "Olá"), ("en", "Hello")):
        assert change(shop, f"texts/{locale}", {"html": html}).status == 204
    assert shown(shop)["story"] == "Olá", "the one that was written first is its own"
    assert shown(shop, Accept_Language="en-GB")["story"] == "Hello"
    spoken = shop.client.get(f"/stores/{store_id(shop)}", headers={"Accept-Language": "en"}).content.decode()
    assert "Hello" in spoken and "Olá" not in spoken
    assert_problem(change(shop, "texts/..en", {"html": "x"}), 422, "malformed_locale")
    assert_problem(change(shop, "texts/en", {"html": "x" * 10_001}), 422, "text_is_too_long")


def test_pictures_are_encoded_anew_and_shown_until_they_are_taken_away(shop: Shop) -> None:
    for what in ("logo", "banner"):
        assert change(shop, what, from_a_camera()).status == 204
    found = shown(shop)
    sent = shop.client.get(found["logo"])
    assert (sent.status_code, sent["Content-Type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(sent.content)) as picture:
        assert picture.size == (20, 40) and not picture.getexif()
    assert b"Ana" not in sent.content
    sources = re.findall(r'<img class="(?:logo|banner)" src="([^"]+)"', page(shop))
    assert sources == [found["banner"], found["logo"].replace("-1600", "-160")]
    assert change(shop, "logo", None, method="DELETE").status == 204
    assert (shown(shop)["logo"], shown(shop)["banner"]) == ("", found["banner"])
    assert_problem(change(shop, "logo", b"<svg onload='alert(1)'/>"), 422, "picture_not_readable")
    assert_problem(
        shop.call("PUT", "stores/mine/logo", {"url": "https://evil.example/x.png"}, token=shop.seller),
        415,
        "not_such_a_file",
    )


def test_everything_that_is_wrong_with_it_is_told(shop: Shop) -> None:
    before = shop.written()
    for what, body, code in (
        ("name", {"name": "  "}, "text_is_missing"),
        ("name", {"name": "x" * 121}, "text_is_too_long"),
        ("name", {"name": "a\u202e\u0007b"}, "text_has_controls"),
        ("slug", {"slug": "../admin"}, "malformed_slug"),
        ("slug", {"slug": "Loja"}, "malformed_slug"),
    ):
        assert_problem(change(shop, what, body), 422, code)
    assert shop.written() == before


@pytest.mark.parametrize(("method", "what", "body"), OPERATIONS)
def test_only_who_keeps_a_store_changes_it(team: Team, method: str, what: str, body: Any) -> None:
    shop = team.shop
    member = team.joined("store:read", "products:write")
    before = shop.written()
    assert_problem(change(shop, what, body, method=method, token=shop.buyer), 403, "sellers_only")
    assert_problem(change(shop, what, body, method=method, token=team.acting(member)), 403, "right_missing")
    assert shop.written()[1:] == before[1:]
    shop.call("PUT", f"{team.path(member)}/rights", {"rights": ["store:write"]}, token=shop.seller)
    assert change(shop, what, body, method=method, token=team.acting(member)).status == 204
    shop.place.do("accounts", SuspendSeller(seller_id=store_id(shop), reason="x"))
    assert_problem(change(shop, what, body, method=method), 401, "not_signed_in")


def test_a_suspended_store_says_nothing(shop: Shop) -> None:
    assert change(shop, "texts/en", {"html": "Buy here"}).status == 204
    seller_id = store_id(shop)
    shop.place.do("accounts", SuspendSeller(seller_id=seller_id, reason="secret"))
    shop.drain()
    answer = shop.call("GET", f"stores/{seller_id}")
    assert answer.json["is_suspended"] is True and b"secret" not in answer.body
    assert "Buy here" not in page(shop, f"/stores/{seller_id}")


def test_a_store_that_nobody_has_opened_is_none(shop: Shop) -> None:
    for seller_id in (an_id("none"), "x", "%00"):
        assert shop.call("GET", f"stores/{seller_id}").status == 404

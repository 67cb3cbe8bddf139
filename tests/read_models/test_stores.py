"""Stores as everybody may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from argosy.contracts.accounts import HolidayEnded, HolidayStarted, SellerReinstated, SellerSuspended, StoreOpened
from argosy.contracts.accounts_stores import StoreDescribed, StoreText
from argosy.read_models.editions import edition
from argosy.read_models.stores.projector import StoreShown
from argosy.read_models.views import STORES
from tests.read_models.staging import NOON, SELLER, body, rows_of, stage_of
from tests.support import Stage, an_id

PT, EN = StoreText(locale="pt", html="<p>Olá</p>"), StoreText(locale="en", html="<p>Hello</p>")


def opened(name: str = "Lamps") -> StoreOpened:
    return StoreOpened(
        seller_id=SELLER, user_id=an_id("ana"), store_name=name, country="PT", region="Norte", city="Porto"
    )


def described(name: str = "Lamps & Linen", *texts: StoreText, **more: Any) -> StoreDescribed:
    return StoreDescribed(
        seller_id=SELLER, store_name=name, texts=texts, **{"slug": "", "logo": "", "banner": "", **more}
    )


def shown(stage: Stage, locale: str = "") -> Any:
    if not locale:
        return body(stage, StoreShown, "seller")
    return msgspec.json.decode(edition(stage.one(StoreShown, SELLER).editions, [locale])[1])


def test_a_store_is_shown_as_it_was_last_described() -> None:
    stage = stage_of(STORES)
    stage.send(opened())
    assert (shown(stage)["name"], shown(stage)["city"], shown(stage)["story"]) == ("Lamps", "Porto", "")
    stage.send(described("Lamps & Linen", PT, EN, slug="lamps", logo="/media/a.webp", banner="/media/b.webp"))
    found = shown(stage)
    assert (found["name"], found["slug"], found["logo"], found["banner"]) == (
        "Lamps & Linen",
        "lamps",
        "/media/a.webp",
        "/media/b.webp",
    )
    assert (found["locale"], found["story"], shown(stage, "en")["story"]) == ("pt", PT.html, EN.html)
    assert stage.one(StoreShown, SELLER).name == "Lamps & Linen"
    stage.send(described("Lamps & Linen", EN))
    assert (shown(stage)["story"], stage.one(StoreShown, SELLER).editions) == (EN.html, "")
    assert stage.undeclared_loads == 0


def test_how_a_store_stands_is_said_in_every_language() -> None:
    stage = stage_of(STORES)
    until = NOON + timedelta(days=3)
    stage.send(opened(), described("Lamps", PT, EN), SellerSuspended(seller_id=SELLER, reason="secret"))
    for locale in ("", "en"):
        assert shown(stage, locale)["is_suspended"] is True
        assert "secret" not in str(shown(stage, locale))
    stage.send(SellerReinstated(seller_id=SELLER), HolidayStarted(seller_id=SELLER, until=until))
    for locale, html in (("", PT.html), ("en", EN.html)):
        found = shown(stage, locale)
        assert (found["is_suspended"], found["on_holiday"], found["story"]) == (False, True, html)
        assert found["holiday_until"] == "2026-01-04T12:00:00Z"
    stage.send(HolidayEnded(seller_id=SELLER))
    assert (shown(stage)["on_holiday"], shown(stage)["holiday_until"]) == (False, None)


def test_a_store_that_was_never_opened_is_not_shown() -> None:
    stage = stage_of(STORES)
    stage.send(described(), HolidayStarted(seller_id=SELLER), SellerSuspended(seller_id=SELLER, reason="x"))
    assert stage.all(StoreShown) == []


def test_events_that_come_again_change_nothing() -> None:
    stage = stage_of(STORES)
    events = (opened(), described("Lamps", PT, EN), HolidayStarted(seller_id=SELLER))
    stage.send(*events)
    before = rows_of(stage, STORES)
    stage.send(*events)
    assert rows_of(stage, STORES) == before

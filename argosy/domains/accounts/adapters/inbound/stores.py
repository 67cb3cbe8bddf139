"""Stores over HTTP, for those who keep them: how they stand, and how they show themselves. What everybody sees is read
from the stores' documents."""

from __future__ import annotations

from typing import Any

from argosy.contracts.accounts import EndHoliday, StartHoliday
from argosy.contracts.accounts_stores import (
    RemoveStoreBanner,
    RemoveStoreLogo,
    RenameStore,
    SetStoreBanner,
    SetStoreLogo,
    SetStoreSlug,
    SetStoreText,
)
from argosy.domains.accounts.adapters.outbound.queries import WholeStore, seller_of, store_of
from argosy.platform.auth import buyer, seller
from argosy.platform.media import address_of, media
from argosy.platform.pictures import BYTES_MAX, TYPES, read_picture
from argosy.platform.rest import Asked, Received, Upload, delete, get, put


def my_store(asked: Asked) -> WholeStore | None:
    """Your store, or the one that you act for: whether it may sell, and why not; and how it shows itself."""
    return seller_of(asked.actor.seller_id) if asked.actor.person else store_of(asked.actor.id)


def _picture(asked: Asked, raw: bytes) -> Received:
    picture = read_picture(raw)
    return Received({"url": address_of(picture.digest)}, lambda: picture.keep(media()))


PICTURE = Upload(TYPES, BYTES_MAX, _picture)
_own: dict[str, Any] = {"allow": seller, "area": "store"}
_sent: dict[str, Any] = {**_own, "filled": ("url",), "upload": PICTURE}

endpoints = [
    get("stores/mine", my_store, allow=buyer, answers=WholeStore, area="store"),
    put("stores/mine/name", RenameStore, **_own),
    put("stores/mine/slug", SetStoreSlug, **_own),
    put("stores/mine/texts/{locale}", SetStoreText, **_own),
    put("stores/mine/logo", SetStoreLogo, **_sent),
    delete("stores/mine/logo", RemoveStoreLogo, takes_key=False, **_own),
    put("stores/mine/banner", SetStoreBanner, **_sent),
    delete("stores/mine/banner", RemoveStoreBanner, takes_key=False, **_own),
    put("stores/mine/holiday", StartHoliday, **_own),
    delete("stores/mine/holiday", EndHoliday, takes_key=False, **_own),
]

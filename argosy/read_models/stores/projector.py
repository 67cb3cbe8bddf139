"""Stores as everybody may see them: what they are called, where they are, what they say of themselves, and whether
somebody is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from argosy.contracts.accounts import (
    HolidayEnded,
    HolidayStarted,
    SellerReinstated,
    SellerSuspended,
    StoreOpened,
)
from argosy.contracts.accounts_stores import StoreDescribed, StoreText
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.read_models.documents import Document, told_at
from argosy.read_models.editions import kept, texts_of
from argosy.shared_kernel.codec import decoder
from argosy.shared_kernel.ids import Id


class StoreDocument(msgspec.Struct):
    """A store. Of one that is suspended it is not said why; `holiday_until` is when they said that they are back."""

    seller_id: Id
    name: str
    country: str
    region: str
    city: str
    opened_at: datetime
    slug: str = ""
    story: str = ""
    """HTML that is safe to show as it is."""
    locale: str = ""
    """The language of its story."""
    logo: str = ""
    banner: str = ""
    is_suspended: bool = False
    on_holiday: bool = False
    holiday_until: datetime | None = None

    @property
    def where(self) -> str:
        """Below its country."""
        return ", ".join(part for part in (self.city, self.region) if part)


@dataclass(kw_only=True, eq=False)
class StoreShown(Document):
    """A store's document; `editions` is the same in other languages."""

    name: str = ""
    editions: str = ""


read_store = decoder(StoreDocument).decode


class StoresProjector:
    """A store is shown from when it was opened; what is told of one that never was is not."""

    def __init__(self, work: UnitOfWork, stores: Repository[StoreShown]) -> None:
        self.work = work
        self.stores = stores

    @reads(stores=lambda event: [event.seller_id])
    def open(self, event: StoreOpened) -> None:
        if self.stores.find(event.seller_id) is not None:
            return
        store = StoreDocument(
            seller_id=event.seller_id,
            name=event.store_name,
            country=event.country,
            region=event.region,
            city=event.city,
            opened_at=datetime.fromisoformat(told_at(self.work)),
        )
        row = StoreShown(id=event.seller_id, name=store.name)
        row.show(store)
        self.stores.add(row)

    @reads(stores=lambda event: [event.seller_id])
    def describe(self, event: StoreDescribed) -> None:
        row = self.stores.find(event.seller_id)
        if row is not None:
            store = read_store(row.body)
            store.name, store.slug = event.store_name, event.slug
            store.logo, store.banner = event.logo, event.banner
            row.name = event.store_name
            _show(row, store, event.texts)

    @reads(stores=lambda event: [event.seller_id])
    def stand(self, event: SellerSuspended | SellerReinstated) -> None:
        self._change(event.seller_id, is_suspended=isinstance(event, SellerSuspended))

    @reads(stores=lambda event: [event.seller_id])
    def go_away(self, event: HolidayStarted) -> None:
        self._change(event.seller_id, on_holiday=True, holiday_until=event.until)

    @reads(stores=lambda event: [event.seller_id])
    def come_back(self, event: HolidayEnded) -> None:
        self._change(event.seller_id, on_holiday=False, holiday_until=None)

    def _change(self, seller_id: Id, **changes: Any) -> None:
        row = self.stores.find(seller_id)
        if row is not None:
            store = read_store(row.body)
            _show(row, msgspec.structs.replace(store, **changes), _texts(store, row.editions))


def _show(row: StoreShown, store: StoreDocument, texts: Sequence[StoreText]) -> None:
    """In the language that was written first, and in each other."""
    spoken = [msgspec.structs.replace(store, story=one.html, locale=one.locale) for one in texts]
    own = spoken[0] if spoken else msgspec.structs.replace(store, story="", locale="")
    row.show(own)
    row.editions = kept(own.locale, {one.locale: one for one in spoken[1:]})


def _texts(store: StoreDocument, editions: str) -> list[StoreText]:
    """All that it says of itself, the document's own language first."""
    spoken = [store, *map(read_store, texts_of(editions))]
    return [StoreText(locale=one.locale, html=one.story) for one in spoken if one.locale]

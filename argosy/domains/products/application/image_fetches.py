"""Pictures by address: fetched outside of any request, and then a product's like those that are uploaded."""

from __future__ import annotations

from typing import Protocol

import msgspec

from argosy.contracts.products_media import FetchImage, ImageFetched
from argosy.domains.products.application.describing import add_picture
from argosy.domains.products.application.making import Making
from argosy.domains.products.application.ownership import ids, owned
from argosy.domains.products.domain.description import IMAGES_MAX, TooManyOfThem
from argosy.domains.products.domain.image_fetch import (
    FETCHES_KEPT,
    ImageFetch,
    PictureNotFetchable,
    fetch_id_of,
)
from argosy.domains.products.domain.product import PUBLISHED, ProductIsArchived, ProductNotReady
from argosy.domains.products.domain.publishing import missing
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository
from argosy.shared_kernel.ids import Id, is_id

IMAGE_FETCH = "image_fetch"


class ImageFetchRequest(msgspec.Struct, frozen=True):
    """What is fetched."""

    fetch_id: Id
    url: str


class PublicAddresses(Protocol):
    """Tells what is wrong with an address before anybody asks it."""

    def __call__(self, url: str) -> str:
        """The code of why nothing is fetched from there; empty where it may be tried."""
        ...


class ImageFetches:
    """Begins fetches, and notes what became of each try."""

    def __init__(self, making: Making, fetches: Repository[ImageFetch], fault_of: PublicAddresses) -> None:
        self.making = making
        self.work = making.work
        self.products = making.products
        self.categories = making.categories
        self.fetches = fetches
        self.fault_of = fault_of

    @reads(
        products=lambda command: ids(command.product_id),
        fetches=lambda command: [by("product_id", id) for id in ids(command.product_id)],
    )
    def fetch_image(self, command: FetchImage) -> Id:
        """Asked again for the same address, it changes nothing while it waits or where the picture is there."""
        product = owned(self.products, command.product_id, self.work.actor)
        product.be_open()
        reason = self.fault_of(command.url)
        if reason:
            raise PictureNotFetchable(field="url", reason=reason)
        of_it = self.fetches.all_by("product_id", product.id)
        id = fetch_id_of(product.id, command.url)
        there = next((one for one in of_it if one.id == id), None)
        pictures = {one.id for one in product.images}
        if there is not None and (there.is_open or there.image_id in pictures):
            return there.id
        if len(pictures) + sum(one.is_open for one in of_it) >= IMAGES_MAX:
            raise TooManyOfThem(field="images", most=IMAGES_MAX)
        now = self.work.now
        if there is not None:
            there.again(now)
        else:
            self._make_room(of_it)
            there = ImageFetch(id=id, product_id=product.id, url=command.url, requested_at=now, next_try_at=now)
            self.fetches.add(there)
        self._call(there)
        return there.id

    @reads(fetches=lambda command: [command.fetch_id])
    @then_reads(
        products=lambda self, command: self._product_of(command.fetch_id),
        categories=lambda self, command: self.making.categories_of(self._product_of(command.fetch_id)[0]),
    )
    def note_image(self, command: ImageFetched) -> None:
        """The picture joins the product, or it is tried again later, or given up."""
        fetch = self.fetches.find(command.fetch_id)
        if fetch is None or not fetch.is_open:
            return
        now = self.work.now
        if not command.reason:
            product = self.products.get(fetch.product_id)
            demands = self.making.demands_of(product.category)
            # What the product would refuse by now is no reason to try again.
            try:
                if product.status == PUBLISHED and (lacking := missing(product, demands)):
                    raise ProductNotReady(missing=lacking)
                fetch.succeed(add_picture(product, command.url, now, demands), now)
            except (ProductIsArchived, ProductNotReady, TooManyOfThem) as refusal:
                fetch.fail(refusal.code, now, is_for_good=True)
            return
        fetch.fail(command.reason, now, is_for_good=command.is_for_good)
        if fetch.is_open:
            self._call(fetch)

    def _call(self, fetch: ImageFetch) -> None:
        request = ImageFetchRequest(fetch.id, fetch.url)
        self.work.call(IMAGE_FETCH, fetch.product_id, request, at=fetch.next_try_at)

    def _make_room(self, of_it: list[ImageFetch]) -> None:
        ended = sorted((one for one in of_it if not one.is_open), key=lambda one: (one.requested_at, one.id))
        for one in ended[: max(0, len(of_it) + 1 - FETCHES_KEPT)]:
            self.fetches.remove(one)

    def _product_of(self, fetch_id: str) -> list[Id]:
        fetch = self.fetches.find(fetch_id) if is_id(fetch_id) else None
        return [fetch.product_id] if fetch is not None else []

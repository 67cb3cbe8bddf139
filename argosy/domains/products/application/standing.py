"""Products are sold while their seller may sell: what accounts tells of sellers, carried to each of their products.

A seller may have very many, so they are gone through in chunks, by messages that go on where the one before ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from argosy.contracts.accounts import HolidayEnded, HolidayStarted, SellerReinstated, SellerSuspended
from argosy.contracts.products import FollowSeller
from argosy.domains.products.domain.offer import Offer
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.standing import SellerStanding
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

CHUNK = 50
"""So many products are followed in one message."""
SECOND_LOOK = timedelta(minutes=1)
"""After it, whatever was published by a use case that had still read the standing of before is committed."""
_TIMER = "follow"

Told = SellerSuspended | SellerReinstated | HolidayStarted | HolidayEnded


class OnSale(NamedTuple):
    """A product on sale, and its variants."""

    product_id: Id
    variant_ids: Sequence[Id]


class WithheldOtherwise(Protocol):
    """Finds what does not follow its seller yet."""

    def __call__(self, seller_id: Id, withheld: str, after: Id | None, limit: int) -> Sequence[OnSale]:
        """The seller's published products behind this one, by id, whose `withheld` is another."""
        ...


def withheld_of(standing: SellerStanding | None) -> str:
    """Why nothing of this seller is sold; "" where it is."""
    return "" if standing is None else standing.withheld


class Standings:
    """Hears how sellers stand, and has their products follow."""

    def __init__(
        self,
        work: UnitOfWork,
        standings: Repository[SellerStanding],
        products: Repository[Product],
        offers: Repository[Offer],
        otherwise: WithheldOtherwise,
    ) -> None:
        self.work = work
        self.standings = standings
        self.products = products
        self.offers = offers
        self.otherwise = otherwise
        self._chunks: dict[FollowSeller, Sequence[OnSale]] = {}

    @reads(standings=lambda event: [event.seller_id])
    def note_standing(self, event: Told) -> None:
        """Once now, and once more for what was published meanwhile."""
        standing = self.standings.find(event.seller_id)
        if standing is None:
            standing = SellerStanding(id=event.seller_id, updated_at=self.work.now)
            self.standings.add(standing)
        before = standing.withheld
        if isinstance(event, SellerSuspended | SellerReinstated):
            standing.is_suspended = isinstance(event, SellerSuspended)
        else:
            standing.is_on_holiday = isinstance(event, HolidayStarted)
        if standing.withheld == before:
            return
        standing.updated_at = self.work.now
        follow = FollowSeller(seller_id=standing.id)
        self.work.announce(follow)
        self.work.later(_TIMER, standing.id, self.work.now + SECOND_LOOK, follow)

    @reads(standings=lambda command: [command.seller_id])
    @then_reads(
        products=lambda self, command: [one.product_id for one in self._chunk(command)],
        offers=lambda self, command: [id for one in self._chunk(command) for id in one.variant_ids],
    )
    def follow_seller(self, command: FollowSeller) -> None:
        """The next products stand as their seller does now; where there may be more, they are asked for."""
        withheld = withheld_of(self.standings.find(command.seller_id))
        chunk = self._chunk(command)
        for one in chunk:
            product = self.products.get(one.product_id)
            product.stand(withheld, self.work.now)
            for variant in product.variants:
                self.offers.get(variant.id).follow(product)
        if len(chunk) == CHUNK:
            self.work.announce(FollowSeller(seller_id=command.seller_id, after=chunk[-1].product_id))

    def _chunk(self, command: FollowSeller) -> Sequence[OnSale]:
        """Looked up once: what is found again after a first change would be less."""
        found = self._chunks.get(command)
        if found is None:
            withheld = withheld_of(self.standings.find(command.seller_id))
            found = self._chunks[command] = self.otherwise(command.seller_id, withheld, command.after, CHUNK)
        return found

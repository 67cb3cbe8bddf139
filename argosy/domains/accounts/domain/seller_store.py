"""A seller's store: the name under which goods are sold, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts import OpenStore, StoreOpened
from argosy.domains.accounts.domain.texts import country_fault, refuse_any, text_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import RuleBroken
from argosy.shared_kernel.ids import Id

STORE_NAME_MAX = 120
PLACE_MAX = 100


class StoreOpenAlready(RuleBroken):
    """This account has a store already."""


class SellerIdTaken(RuleBroken):
    """This id belongs to another store."""


@dataclass(kw_only=True, eq=False)
class Store(Aggregate):
    """Its id is the seller's id everywhere else."""

    user_id: Id
    name: str
    country: str
    region: str
    city: str
    opened_at: datetime

    @classmethod
    def open(cls, seller_id: Id, user_id: Id, wanted: OpenStore, now: datetime) -> Store:
        """A new store, told to everyone."""
        store = cls(
            id=seller_id,
            user_id=user_id,
            name=wanted.store_name.strip(),
            country=wanted.country,
            region=wanted.region.strip(),
            city=wanted.city.strip(),
            opened_at=now,
        )
        store.record(
            StoreOpened(
                seller_id=seller_id,
                user_id=user_id,
                store_name=store.name,
                country=store.country,
                region=store.region,
                city=store.city,
            )
        )
        return store


def check_store(wanted: OpenStore) -> None:
    """Refuse a store with everything that is wrong in its description."""
    refuse_any(
        [
            text_fault("store_name", wanted.store_name, least=1, most=STORE_NAME_MAX),
            country_fault("country", wanted.country) if wanted.country else None,
            text_fault("region", wanted.region, most=PLACE_MAX),
            text_fault("city", wanted.city, most=PLACE_MAX),
        ]
    )

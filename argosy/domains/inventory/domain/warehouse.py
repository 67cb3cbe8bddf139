"""Warehouses: where stock is kept, how near that is to a buyer, and what a parcel from there costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.inventory import WarehouseChanged, WarehouseOpened
from argosy.domains.inventory.domain.stock import TEXT_MAX, QuantityOutOfBounds, TextNotReadable
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.messages import Value

COUNTRIES_MAX = 60
COST_MAX = 1_000_000_000
PRIORITY_MAX = 1_000

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class MalformedWarehouseCode(Invalid):
    """A warehouse's code is 1 to 32 small letters, digits, - and _."""


class NotACountry(Invalid):
    """A country is written as two capital letters (ISO 3166-1)."""


class TooManyCountries(Invalid):
    """There are more countries than we keep."""


class NoSuchWarehouseOfYours(NotFound):
    """There is no such warehouse among yours."""


class WarehouseCodeTaken(RuleBroken):
    """You have another warehouse with this code."""


class WarehouseIsClosed(RuleBroken):
    """Nothing comes into a warehouse that is closed."""


class Place(Value):
    """What a warehouse says of itself."""

    name: str
    country: str
    serves: tuple[str, ...]
    parcel_cost: int
    abroad_cost: int
    priority: int
    is_open: bool = True


@dataclass(kw_only=True, eq=False)
class Warehouse(Aggregate):
    """A seller's own, or (without seller) the marketplace's, which keeps stock of any seller."""

    seller_id: Id | None
    code: str
    name: str
    country: str
    serves: tuple[str, ...] = ()
    parcel_cost: int = 0
    abroad_cost: int = 0
    priority: int = 0
    is_open: bool = True
    created_at: datetime
    updated_at: datetime

    @property
    def place(self) -> Place:
        return Place(
            name=self.name,
            country=self.country,
            serves=self.serves,
            parcel_cost=self.parcel_cost,
            abroad_cost=self.abroad_cost,
            priority=self.priority,
            is_open=self.is_open,
        )

    @classmethod
    def open(cls, seller_id: Id | None, code: str, place: Place, now: datetime) -> Warehouse:
        made = cls(
            id=warehouse_id(seller_id, code),
            seller_id=seller_id,
            code=code,
            name=place.name.strip(),
            country=place.country,
            serves=place.serves,
            parcel_cost=place.parcel_cost,
            abroad_cost=place.abroad_cost,
            priority=place.priority,
            created_at=now,
            updated_at=now,
        )
        made.record(WarehouseOpened(warehouse_id=made.id, seller_id=seller_id, code=code, country=made.country))
        return made

    def change(self, place: Place, now: datetime) -> None:
        """Be what is said here; told where it says something new."""
        if place == self.place:
            return
        self.name, self.country, self.serves = place.name.strip(), place.country, place.serves
        self.parcel_cost, self.abroad_cost = place.parcel_cost, place.abroad_cost
        self.priority, self.is_open, self.updated_at = place.priority, place.is_open, now
        self.record(
            WarehouseChanged(
                warehouse_id=self.id,
                seller_id=self.seller_id,
                code=self.code,
                country=self.country,
                is_open=self.is_open,
            )
        )

    def distance_to(self, country: str) -> int:
        """How far a buyer's country is: 0 at home, then the place among those that it serves, then everything else.
        Nothing is near where nobody says where the buyer is."""
        if country and country == self.country:
            return 0
        return 1 + self.serves.index(country) if country in self.serves else COUNTRIES_MAX + 1

    def cost_to(self, country: str) -> int:
        """What a parcel to there costs."""
        return self.parcel_cost if country in ("", self.country) else self.abroad_cost


def warehouse_id(seller_id: str | None, code: str) -> Id:
    """One per owner and code: codes of different owners never meet."""
    return named_id("warehouse", seller_id or "", code)


def code_fault(field: str, code: str) -> DomainError | None:
    return None if _CODE.fullmatch(code) else MalformedWarehouseCode(field=field)


def place_faults(place: Place) -> list[DomainError]:
    """Everything that is wrong with what is said of a warehouse."""
    faults: list[DomainError] = []
    if not 0 < len(place.name.strip()) <= len(place.name) <= TEXT_MAX or not place.name.isprintable():
        faults.append(TextNotReadable(field="name", length_max=TEXT_MAX))
    faults += _country_faults(place.country, place.serves)
    for field, number, most in (
        ("parcel_cost", place.parcel_cost, COST_MAX),
        ("abroad_cost", place.abroad_cost, COST_MAX),
        ("priority", place.priority, PRIORITY_MAX),
    ):
        if not 0 <= number <= most:
            faults.append(QuantityOutOfBounds(field=field, quantity=number, quantity_max=most))
    return faults


def _country_faults(country: str, serves: Sequence[str]) -> list[DomainError]:
    faults: list[DomainError] = []
    if not _COUNTRY.fullmatch(country):
        faults.append(NotACountry(field="country"))
    if len(serves) > COUNTRIES_MAX:
        return [*faults, TooManyCountries(field="serves", most=COUNTRIES_MAX)]
    return faults + [
        NotACountry(field=f"serves.{index}") for index, one in enumerate(serves) if not _COUNTRY.fullmatch(one)
    ]

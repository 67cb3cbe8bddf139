"""The policies that keep a product off sale: what is missing, what its price must be, and who sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from argosy.contracts.products import Attribute
from argosy.domains.products.domain.category import Demands
from argosy.domains.products.domain.option import Option, misfits
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id

LISTED, UNLISTED = "listed", "unlisted"
VISIBILITIES = (LISTED, UNLISTED)


class NotAVisibility(Invalid):
    """What is on sale is listed, or unlisted: seen by whoever has its address."""


class Sold(Protocol):
    """What the policies look at of a variant."""

    @property
    def id(self) -> Id: ...
    @property
    def sku(self) -> str: ...
    @property
    def price(self) -> int: ...
    @property
    def currency(self) -> str: ...


class Described(Protocol):
    """What the policies look at of a product."""

    title: str
    category: str

    @property
    def sold(self) -> Sequence[Sold]: ...
    @property
    def axes(self) -> Sequence[Option]: ...
    def attributes_of(self, variant_id: Id | None) -> tuple[Attribute, ...]: ...


def missing(product: Described, demands: Demands) -> list[str]:
    """All that keeps it from being on sale. Attributes are demanded where they tell several variants apart, and where
    its category demands them."""
    variants = product.sold
    found = _texts(product)
    if not variants:
        found.append("variants")
    return [*found, *prices_missing(variants), *_attributes(product, demands), *currencies_missing(variants)]


def prices_missing(variants: Sequence[Sold]) -> list[str]:
    """The pricing policy: every variant has a price."""
    return ["price"] if any(not variant.price for variant in variants) else []


def currencies_missing(variants: Sequence[Sold]) -> list[str]:
    """The pricing policy: all variants are priced in one currency."""
    return ["one_currency"] if len({variant.currency for variant in variants}) > 1 else []


def is_found(visibility: str) -> bool:
    """The visibility policy: whether listings show what is on sale."""
    return visibility == LISTED


def _texts(product: Described) -> list[str]:
    return [name for name in ("title", "category") if not getattr(product, name)]


def _attributes(product: Described, demands: Demands) -> list[str]:
    variants = product.sold
    found = []
    if len(variants) > 1 and any(not product.attributes_of(variant.id) for variant in variants):
        found.append("variant_attributes")
    said = {one.name for one in product.attributes_of(None)}
    found += [f"attributes.{name}" for name in demands.names(of_variant=False) if name not in said]
    if len(variants) > 1:
        for variant in variants:
            there = {one.name for one in product.attributes_of(variant.id)}
            found += [f"variants.{variant.sku}.{name}" for name in demands.names(of_variant=True) if name not in there]
    lying = [(variant.sku, product.attributes_of(variant.id)) for variant in variants]
    return found + [f"variants.{sku}.options" for sku in misfits(product.axes, lying)]

"""What a buyer means to buy, as it is shown: lines with the catalogue's titles and prices, grouped by seller.

Nothing is added up here: what a purchase costs is computed by checkout alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from argosy.apps.offers import pages_of
from argosy.apps.storefront.reader import shown_to
from argosy.apps.storefront.stores import store_names
from argosy.apps.storefront.window import variant_name
from argosy.contracts.carts import CartLine
from argosy.domains.carts.domain.notices import Notice
from argosy.platform.problems import Problem
from argosy.read_models.catalogue.page import ProductPage, VariantShown
from argosy.read_models.catalogue.queries import Reader
from argosy.shared_kernel.ids import Id, is_id

QUANTITY_MAX = 999
LINES_MAX = 200
_QUANTITY = re.compile(r"[0-9]{1,3}")


@dataclass
class Line:
    """One thing; without `variant` it is not known here (any more). `typed` is a quantity that was refused."""

    product_id: Id
    variant_id: Id
    quantity: int
    page: ProductPage | None
    variant: VariantShown | None
    typed: str = ""
    fault: str = ""
    is_priced: bool = True
    """Whether it is sold in the currency that the buyer looks in."""
    notices: list[Notice] = field(default_factory=list)

    @property
    def is_on_sale(self) -> bool:
        return self.page is not None and self.page.is_sold and self.variant is not None

    @property
    def can_be_bought(self) -> bool:
        return self.is_on_sale and self.is_priced

    @property
    def title(self) -> str:
        return self.page.title if self.page is not None else "Something that is no longer here"

    @property
    def variant_name(self) -> str:
        """Only where there is something to tell apart."""
        if self.page is None or self.variant is None or len(self.page.variants) == 1:
            return ""
        return variant_name(self.variant)

    @property
    def is_short(self) -> bool:
        """Whether there is less of it than is wanted, as far as was told."""
        variant = self.variant
        return (
            self.is_on_sale
            and variant is not None
            and (not variant.in_stock or (variant.left is not None and variant.left < self.quantity))
        )

    @property
    def form_value(self) -> str:
        """The line as a form carries it; see `lines_from`."""
        return f"{self.product_id}:{self.variant_id}:{self.quantity}"


@dataclass
class Parcel:
    """What comes from one seller."""

    seller_id: str
    store: str
    lines: list[Line] = field(default_factory=list)


class Wanted(Protocol):
    """So many of one thing, as a cart or an order says it."""

    @property
    def product_id(self) -> Id: ...
    @property
    def variant_id(self) -> Id: ...
    @property
    def quantity(self) -> int: ...


def lines_of(wanted: Sequence[Wanted], reader: Reader, pages: Mapping[str, ProductPage] | None = None) -> list[Line]:
    """These lines with what the catalogue says of them now, or said in `pages`, to this reader."""
    if pages is None:
        pages = pages_of(line.product_id for line in wanted)
    shown = {id: shown_to(reader, page) for id, page in pages.items()}
    return [_line(line, shown.get(line.product_id), reader.currency) for line in wanted]


def _line(wanted: Wanted, page: ProductPage | None, currency: str) -> Line:
    variant = page.variant(wanted.variant_id) if page is not None else None
    is_priced = variant is None or currency in ("", variant.currency)
    return Line(Id(wanted.product_id), Id(wanted.variant_id), wanted.quantity, page, variant, is_priced=is_priced)


def parcels(lines: Sequence[Line]) -> list[Parcel]:
    """By seller, in the order of their first lines."""
    sellers = [line.page.seller_id if line.page else "" for line in lines]
    names = store_names(sellers)
    found: dict[str, Parcel] = {}
    for line, seller_id in zip(lines, sellers, strict=True):
        parcel = found.setdefault(seller_id, Parcel(seller_id, names.get(seller_id, "")))
        parcel.lines.append(line)
    return list(found.values())


def quantity_from(text: str) -> int | None:
    """A quantity as people type it: 1 to 999 in plain digits. None for everything else."""
    quantity = int(text) if _QUANTITY.fullmatch(text) else 0
    return quantity if 1 <= quantity <= QUANTITY_MAX else None


def lines_from(sent: Sequence[str]) -> list[CartLine]:
    """The lines that a checkout's form carries, so that exactly what the buyer was shown is bought."""
    lines = []
    for text in sent[: LINES_MAX + 1]:
        product_id, variant_id, quantity = [*text.split(":"), "", ""][:3]
        count = quantity_from(quantity)
        if not (is_id(product_id) and is_id(variant_id)) or count is None:
            raise Problem(422, "form_unreadable", "The form holds lines that this shop did not write.")
        lines.append(CartLine(product_id=Id(product_id), variant_id=Id(variant_id), quantity=count))
    return lines

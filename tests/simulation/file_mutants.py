"""Deliberate bugs of files of products that are imported in pieces."""

from __future__ import annotations

from itertools import islice
from typing import Any

from argosy.contracts.products_transfers import PieceImported
from argosy.domains.products.adapters.inbound import product_files
from argosy.domains.products.adapters.outbound import importer
from argosy.domains.products.application.importing import Importing
from argosy.domains.products.domain.transfer import ProductImport
from tests.simulation.planting import Patch, around, mutant


@mutant
def piece_after_a_death_is_passed_over(patch: Patch) -> None:
    """Whoever goes on with a file begins one product behind where it stands."""
    patch.setattr(importer, "islice", lambda found, first, *end: islice(found, first + (bool(end) and first > 0), *end))


@mutant
def prices_of_a_file_are_set_each_time(patch: Patch) -> None:
    """A price that is there already is set again."""

    def priced(original: Any, self: Importing, product: Any, variant: Any, currency: str, amount: int) -> int:
        original(self, product, variant, currency, amount)
        return 1

    around(patch, Importing, "_priced_at", priced)


@mutant
def titles_of_a_file_are_for_new_ones(patch: Patch) -> None:
    """What a file says of a product that is there already is passed over."""
    around(patch, Importing, "_described", lambda original, self, product, command: 0)


@mutant
def last_of_a_sku_counts(patch: Patch) -> None:
    """Of two products with one SKU in a file both go in."""
    patch.setattr(product_files, "_once_each", lambda found: found)


@mutant
def refused_rows_are_counted_alone(patch: Patch) -> None:
    """Of what was refused the number is kept, and not which."""

    def advance(original: Any, self: ProductImport, piece: PieceImported, now: Any) -> None:
        original(self, piece, now)
        self.refusals = self.refusals[:1]

    around(patch, ProductImport, "advance", advance)


@mutant
def rows_are_counted_twice(patch: Patch) -> None:
    """What was changed counts twice."""

    def advance(original: Any, self: ProductImport, piece: PieceImported, now: Any) -> None:
        original(self, piece, now)
        self.changed += piece.changed

    around(patch, ProductImport, "advance", advance)

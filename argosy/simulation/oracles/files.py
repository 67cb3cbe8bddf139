"""Files of products: of each that has ended, every row counts once, as what it was; at rest each good row is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.transfer import DONE, ProductImport
from argosy.shared_kernel.ids import Id
from argosy.simulation.facts import Facts, File
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation


def ended(place: Marketplace, file: File) -> Iterator[Violation]:
    """As its sender is shown it."""
    row, where = place.store("products").rows[ProductImport][Id(file.id)], f"import {file.id}"
    assert isinstance(row, ProductImport)
    if row.status != DONE or row.rows_read != file.rows:
        yield Violation("I32", where, f"is {row.status} ({row.fault}) with {row.rows_read} of {file.rows} rows")
    went_in = row.made + row.changed + row.unchanged
    if (went_in, row.refused) != (len(file.good), len(file.bad)):
        what = (
            f"tells of {went_in} that went in and {row.refused} that did not, of {len(file.good)} and {len(file.bad)}"
        )
        yield Violation("I32", where, what)
    if [one["line"] for one in row.refusals] != sorted(file.bad):
        what = f"says that lines {[one['line'] for one in row.refusals]} are bad; {sorted(file.bad)} are"
        yield Violation("I32", where, what)
    if file.is_exact and row.made != len(file.new):
        yield Violation("I36", where, f"tells of {row.made} that it made; {len(file.new)} were not there before")
    if file.is_exact and file.times > 1 and not file.is_disturbed and row.unchanged != len(file.good):
        yield Violation("I36", where, f"was sent again, and changed {row.made + row.changed}")


def files(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    if not facts.files:
        return
    for file in facts.files.values():
        if not file.is_over:
            yield Violation("I40", f"import {file.id}", "has never ended")
    products = [one for one in place.store("products").all(Product) if one.seller_id in _sellers(facts)]
    listed = {one.sku: one.title for one in products if one.title.startswith("lister ")}
    for sku in sorted(facts.listed.keys() | listed.keys()):
        if facts.listed.get(sku) != listed.get(sku):
            what = f"is {listed.get(sku)!r}; its seller said {facts.listed.get(sku)!r} last"
            yield Violation("I32", f"product {sku}", what)
    for sku, times in Counter(one.sku for one in products).items():
        if times > 1 or sku.startswith("bad "):
            yield Violation("I32", f"product {sku}", f"is there {times} times")


def _sellers(facts: Facts) -> set[str]:
    return {file.seller_id for file in facts.files.values()}

"""Sellers who send files of products: some rows are bad, some files come twice, and prices change meanwhile."""

from __future__ import annotations

from functools import partial
from typing import Any

from argosy.contracts.products import SetPrice
from argosy.contracts.products_transfers import ImportProducts, ResumeImport
from argosy.domains.products.domain.product import Product
from argosy.domains.products.domain.transfer import JSON_LINES, PARKED, ProductImport
from argosy.shared_kernel.ids import Id, named_id
from argosy.simulation.facts import Facts, File
from argosy.simulation.imports import file_of, has_imports
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.files import ended
from argosy.simulation.people import Person
from argosy.simulation.rush import Rush
from argosy.simulation.scheduler import HOUR, MINUTE, SECOND
from argosy.simulation.shop import CATEGORIES, CURRENCY, seller, seller_actor

LISTERS = (0, 2)
ROWS_MAX, SKUS = 14, 20


class Lister(Person):
    """One seller's files, one after the other: so the facts are exact."""

    def __init__(self, place: Marketplace, facts: Facts, number: int) -> None:
        super().__init__(place, facts, f"lister {number}")
        self.id = seller(number)
        self.actor = seller_actor(self.id)
        self.is_there = has_imports(place.faults)
        self._numbers = 0
        self._last: File | None = None

    def open(self) -> None:
        """Nothing is sent before anything can go wrong."""

    def attend(self, rush: Rush) -> None:
        if self.is_there:
            for _ in range(3):
                at = rush.at + self.random.randrange(rush.spread + MINUTE)
                self.place.scheduler.at(at, self.name, self._go_on)

    def _go_on(self) -> None:
        """Send the next file, or the last one again; not before that has ended."""
        last = self._last
        if last is None or last.is_over:
            is_again = last is not None and self.random.random() < 0.4
            self._send_file(last if is_again and last is not None else self._make())

    def _make(self) -> File:
        self._numbers += 1
        lines: list[object] = []
        seen: set[str] = set()
        file = File(named_id("simulated file", self.id, str(self._numbers)), self.id)
        for line in range(1, self.random.randrange(2, ROWS_MAX) + 1):
            sku = f"{self.name}-{self.random.randrange(SKUS)}"
            amount = 1_000 + self.random.randrange(500)
            row: dict[str, Any] = {
                "sku": sku,
                "title": f"{sku} of {self._numbers}",
                "category": CATEGORIES[0],
                "variants": [{"sku": sku, "amount": amount, "currency": CURRENCY}],
            }
            draw = self.random.random()
            if draw < 0.15:
                # Refused at its end: nothing may be left of what was made before.
                elsewhere = {"sku": "of nobody", "currency": CURRENCY, "amount": 5}
                row |= {"sku": f"bad {line}", "title": f"{self.name} bad", "prices": [elsewhere]}
            elif draw < 0.25:
                row["variants"] = [{"sku": sku, "amount": -1, "currency": CURRENCY}]
            lines.append(row)
            if draw < 0.25 or sku in seen:
                file.bad.add(line)
            else:
                file.good[sku] = row["title"]
            seen.add(row["sku"])
        self.place.files.kept[file.id] = file_of(lines)
        file.rows = len(lines)
        return file

    def _send_file(self, file: File) -> None:
        """What it says counts from the first try on, whatever its sender hears of it."""
        self.place.faults.count("file sent")
        self._last, file.is_over = file, False
        file.times += 1
        file.new = {sku for sku in file.good if sku not in self.facts.listed}
        self.facts.files[file.id] = file
        self.facts.listed |= file.good
        command = ImportProducts(import_id=Id(file.id), format=JSON_LINES, rows=file.rows)

        def told(_: object) -> None:
            file.is_exact = not self.tries
            self.later(MINUTE, partial(self._look, file))

        self.ask("products", command, self.actor, told=told)
        if self.random.random() < 0.5:
            self.later(self.random.randrange(1, 20 * SECOND), partial(self._change_price, file))

    def _look(self, file: File) -> None:
        """Until it has ended; what was given up is started again."""
        row: Any = self.place.store("products").rows[ProductImport].get(Id(file.id))
        if row is not None and row.status == PARKED:
            self.ask("products", ResumeImport(import_id=row.id), self.actor)
        if row is None or row.is_open or row.status == PARKED:
            self.later(10 * MINUTE if self.place.faults.is_over else HOUR // 4, partial(self._look, file))
        else:
            file.is_over = True
            for violation in ended(self.place, file):
                self.place.broken(*violation)

    def _change_price(self, file: File) -> None:
        """Of something that the file may be at just then."""
        rows = [one for one in self.place.store("products").all(Product) if one.sku in file.good and one.variants]
        if rows:
            product = self.random.choice(rows)
            price = SetPrice(product_id=product.id, variant_id=product.variants[0].id, amount=77, currency=CURRENCY)
            self._disturb()
            self.ask("products", price, self.actor, told=lambda _: self._disturb())

    def _disturb(self) -> None:
        assert self._last is not None
        self._last.is_disturbed = True

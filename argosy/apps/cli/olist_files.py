"""The Olist data set's files (Kaggle's layout, plain or .gz), read whole and checked before anything is done.

Money is read as decimal text into centavos; nothing is rounded. Everything that is wrong is told as `file:line: what`,
the first fault of each file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from argosy.apps.cli.console import Failed
from argosy.apps.cli.csv_files import csv_records
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.money import Money

CURRENCY = "BRL"
COUNTRY = "BR"
ITEMS = "olist_order_items_dataset.csv"
PRODUCTS = "olist_products_dataset.csv"
SELLERS = "olist_sellers_dataset.csv"
CATEGORIES = "product_category_name_translation.csv"
ORDERS = "olist_orders_dataset.csv"
CUSTOMERS = "olist_customers_dataset.csv"
UNNAMED_CATEGORY = "uncategorised"
NUMBER_MAX = 10_000_000

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Seller:
    """A shop of the data set."""

    id: str
    city: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of the data set; it may be sold by several sellers."""

    id: str
    category: str
    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    photos: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """One piece of one product in a basket; amounts in centavos."""

    number: int
    product_id: str
    seller_id: str
    price: int
    freight: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a basket goes."""

    city: str = "Sao Paulo"
    state: str = "SP"
    postal_code: str = "01001"


@dataclass
class Olist:
    """The whole data set; baskets by order id, in the file's order, their items by number."""

    sellers: dict[str, Seller] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    baskets: dict[str, list[Item]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def pieces(self) -> int:
        return sum(len(items) for items in self.baskets.values())

    def place(self, order_id: str) -> Place:
        return self.places.get(order_id, Place())


def read_olist(folder: Path) -> Olist:
    """The data set in a folder, or everything that is wrong with it."""
    if not folder.is_dir():
        raise Failed(f"{folder} is not a folder; give the one that holds {ITEMS}")
    olist = Olist()
    faults: list[str] = []
    names = dict(_guarded(faults, lambda: list(_categories(folder))) or ())
    for seller in _guarded(faults, lambda: list(_sellers(folder))) or ():
        olist.sellers[seller.id] = seller
    for product in _guarded(faults, lambda: list(_products(folder, names))) or ():
        olist.products[product.id] = product
    if faults:
        _guarded(faults, lambda: _baskets(folder, None))
        raise Failed(*faults)
    olist.baskets = _guarded(faults, lambda: _baskets(folder, olist)) or {}
    olist.places = _guarded(faults, lambda: _places(folder)) or {}
    if faults:
        raise Failed(*faults)
    return olist


def _guarded(faults: list[str], read: Callable[[], T]) -> T | None:
    """What was read, or nothing and one more fault."""
    try:
        return read()
    except Failed as failure:
        faults.extend(failure.lines)
        return None


def _categories(folder: Path) -> Iterator[tuple[str, str]]:
    for row in rows(folder, CATEGORIES, ("product_category_name", "product_category_name_english")):
        yield row["product_category_name"], row["product_category_name_english"]


def _sellers(folder: Path) -> Iterator[Seller]:
    seen: set[str] = set()
    for row in rows(folder, SELLERS, ("seller_id", "seller_city", "seller_state")):
        yield Seller(id=row.new("seller_id", seen), city=row["seller_city"][:100], state=row["seller_state"][:100])


def _products(folder: Path, names: dict[str, str]) -> Iterator[Product]:
    columns = (
        "product_id",
        "product_category_name",
        "product_weight_g",
        "product_length_cm",
        "product_height_cm",
        "product_width_cm",
    )
    seen: set[str] = set()
    for row in rows(folder, PRODUCTS, columns):
        category = row["product_category_name"]
        yield Product(
            id=row.new("product_id", seen),
            category=(names.get(category) or category or UNNAMED_CATEGORY)[:200],
            weight_grams=row.whole("product_weight_g"),
            length_mm=10 * row.whole("product_length_cm"),
            width_mm=10 * row.whole("product_width_cm"),
            height_mm=10 * row.whole("product_height_cm"),
            photos=row.whole("product_photos_qty"),
        )


def _baskets(folder: Path, known: Olist | None) -> dict[str, list[Item]]:
    columns = ("order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value")
    baskets: dict[str, list[Item]] = {}
    seen: set[tuple[str, int]] = set()
    for row in rows(folder, ITEMS, columns):
        order_id, number = row.text("order_id"), row.whole("order_item_id")
        if (order_id, number) in seen:
            row.fail(f"item {number} of order {order_id} stands here a second time")
        seen.add((order_id, number))
        item = Item(
            number=number,
            product_id=row.text("product_id"),
            seller_id=row.text("seller_id"),
            price=row.money("price"),
            freight=row.money("freight_value"),
        )
        if item.price == 0:
            row.fail("a price of 0 cannot be sold")
        if known is not None and item.product_id not in known.products:
            row.fail(f"product {item.product_id} is not in {PRODUCTS}")
        if known is not None and item.seller_id not in known.sellers:
            row.fail(f"seller {item.seller_id} is not in {SELLERS}")
        baskets.setdefault(order_id, []).append(item)
    for items in baskets.values():
        items.sort(key=lambda item: item.number)
    return baskets


def _places(folder: Path) -> dict[str, Place]:
    """Where each order went, where the files that tell it are there."""
    if _file(folder, ORDERS) is None or _file(folder, CUSTOMERS) is None:
        return {}
    columns = ("customer_id", "customer_zip_code_prefix", "customer_city", "customer_state")
    homes = {
        row.text("customer_id"): Place(
            city=row["customer_city"][:100] or "-",
            state=row["customer_state"][:100],
            postal_code=row["customer_zip_code_prefix"][:20],
        )
        for row in rows(folder, CUSTOMERS, columns)
    }
    return {
        row.text("order_id"): homes[row["customer_id"]]
        for row in rows(folder, ORDERS, ("order_id", "customer_id"))
        if row["customer_id"] in homes
    }


class Row:
    """A row under its file's column names."""

    def __init__(self, where: str, values: dict[str, str]) -> None:
        self.where = where
        self.values = values

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "").strip()

    def fail(self, why: str) -> None:
        raise Failed(f"{self.where}: {why}")

    def text(self, column: str) -> str:
        text = self[column]
        if not text or not text.isprintable() or len(text) > 64:
            self.fail(f"{column} is {'empty' if not text else 'not readable'}")
        return text

    def new(self, column: str, seen: set[str]) -> str:
        text = self.text(column)
        if text in seen:
            self.fail(f"{column} {text} stands here a second time")
        seen.add(text)
        return text

    def whole(self, column: str) -> int:
        """A number of the data set (`371`, `371.0`, or nothing), rounded to a whole one."""
        text = self[column]
        try:
            number = Decimal(text) if text else Decimal(0)
        except InvalidOperation:
            number = Decimal(-1)
        if not 0 <= number <= NUMBER_MAX:
            self.fail(f"{column} is {text[:40]!r} and not a number from 0 to {NUMBER_MAX:,}")
        return round(number)

    def money(self, column: str) -> int:
        """Centavos of decimal text such as `58.9`."""
        try:
            amount = Money.of(self[column], CURRENCY).amount
        except DomainError:
            amount = -1
        if amount < 0:
            self.fail(f"{column} is {self[column][:40]!r} and not an amount of {CURRENCY}")
        return amount


def rows(folder: Path, name: str, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a file that must have these columns."""
    path = _file(folder, name)
    if path is None:
        raise Failed(f"{folder / name}: there is no such file, plain or .gz")
    records = csv_records(path)
    _, header = next(records, (1, []))
    header = [title.strip() for title in header]
    missing = [column for column in columns if column not in header]
    if missing:
        raise Failed(f"{path}:1: no column {', '.join(missing)}; there are {', '.join(header)[:300] or 'none'}")
    for line, values in records:
        if len(values) != len(header):
            raise Failed(f"{path}:{line}: {len(values)} fields in place of {len(header)}")
        yield Row(f"{path}:{line}", dict(zip(header, values, strict=True)))


def _file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)

"""Files of products, as they are imported and exported: JSON with a line per product, which is what the API takes, or
CSV with a line per variant, whose lines of one product stand together.

A line of CSV becomes the same JSON first, so that both are read by the same rules and refused with the same codes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from argosy.contracts.products_transfers import ImportProduct
from argosy.domains.products.adapters.inbound.product_columns import (
    CellNotReadable,
    OfProduct,
    amount_in,
    prices_said,
    told_at_length,
)
from argosy.domains.products.domain.transfer import CSV
from argosy.platform.bodies import Body
from argosy.platform.problems import Problem
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.money import Money

BYTES_MAX = 10_000_000
FIELD_MAX = 100_000
_OF_PRODUCT = ("sku", "title", "description", "category", "tax_category", "status", "images")
_NUMBERS = ("weight_grams", "length_mm", "width_mm", "height_mm", "units_each")
AVAILABLE = "available"
"""What an export tells of stock. It is read by people: no import takes it."""
_OF_VARIANT = ("variant_sku", "price", "currency", *_NUMBERS[:4], "stock_unit_id", "units_each")
_ATTRIBUTE, _OF_VARIANT_ATTRIBUTE = "attribute:", "variant:"
_BODY = Body(ImportProduct, ())


class FileNotReadable(Invalid):
    """This is no file of products that we can read."""


class Entry(NamedTuple):
    """One product of a file: the line where it begins, and what is said of it, or why that cannot be read."""

    line: int
    product: ImportProduct | None
    sku: str = ""
    refusal: Problem | None = None


class _Group(NamedTuple):
    """Neighbouring lines of CSV with the same SKU, and the names of their columns."""

    line: int
    header: list[str]
    rows: list[list[str]]
    sku: str


def entries(raw: bytes, kind: str) -> Iterator[Entry]:
    """The products of a file, one after the other, each SKU once; FileNotReadable where the rest of it is none."""
    text = _text(raw)
    return _once_each(_of_csv(text) if kind == CSV else _of_json(text))


def count(raw: bytes, kind: str) -> int:
    """How many products a file holds, without a look into them; FileNotReadable where it is none."""
    text = _text(raw)
    if kind == CSV and text.strip():
        return sum(1 for _ in _groups(_records(text)))
    return sum(1 for line in text.split("\n") if line.strip())


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileNotReadable(line=line, reason="not UTF-8") from None


def _once_each(found: Iterable[Entry]) -> Iterator[Entry]:
    """Of two products with one SKU the first counts. Otherwise the last would, and the same file again would change
    the product to and fro."""
    lines: dict[str, int] = {}
    for entry in found:
        first = lines.setdefault(entry.sku.strip(), entry.line) if entry.product is not None else entry.line
        if first == entry.line:
            yield entry
        else:
            detail = f"The product of line {first} has this SKU already: lines of one product stand together."
            yield Entry(entry.line, None, entry.sku, Problem(422, "sku_repeats", detail, faults=[{"field": "sku"}]))


def _of_json(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _entry(number, line.strip().encode())


def _entry(line: int, raw: bytes, sku: str = "") -> Entry:
    try:
        product = ImportProduct(**_BODY.read(raw))
    except Problem as refusal:
        return Entry(line, None, sku, refusal)
    return Entry(line, product, product.sku)


def _of_csv(text: str) -> Iterator[Entry]:
    for group in _groups(_records(text)):
        try:
            said = _said(group)
        except CellNotReadable as fault:
            refusal = Problem(422, "not_valid", fault.detail, faults=[{"field": fault.field}] if fault.field else ())
            yield Entry(group.line, None, group.sku, refusal)
        else:
            yield _entry(group.line, encode(said), group.sku)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record, the header first; blank lines are passed over."""
    csv.field_size_limit(FIELD_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 0
    while True:
        begins = line + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise FileNotReadable(line=begins, reason=str(error)[:100]) from None
        if fields is None:
            return
        line = reader.line_num
        if fields:
            yield begins, fields


def _groups(records: Iterator[tuple[int, list[str]]]) -> Iterator[_Group]:
    """The lines of each product."""
    _, titles = next(records, (1, []))
    header = [title.strip() for title in titles]
    if "sku" not in header:
        raise FileNotReadable(line=1, reason="the first line holds the names of columns, and sku among them")
    place = header.index("sku")

    def sku(record: tuple[int, list[str]]) -> str:
        return record[1][place].strip() if len(record[1]) > place else ""

    for _, group in groupby(records, sku):
        found = list(group)
        yield _Group(found[0][0], header, [fields for _, fields in found], sku(found[0]))


def _said(group: _Group) -> dict[str, Any]:
    """What the lines of a product say, as the API would be told."""
    width = len(group.header)
    if any(len(row) != width for row in group.rows):
        raise CellNotReadable("", f"A line has not {width} fields, as the first line has.")
    lines = [list(zip(group.header, row, strict=True)) for row in group.rows]
    said: dict[str, Any] = {name: text for name, text in lines[0] if name in _OF_PRODUCT and text.strip()}
    said["sku"] = group.sku
    said["images"] = said.get("images", "").split()
    attributes = _attributes(lines[0], _ATTRIBUTE)
    if attributes:
        said["attributes"] = attributes
    variants = [_variant(cells, group.sku, f"variants.{index}") for index, cells in enumerate(lines)]
    said["variants"] = [variant for variant in variants if variant]
    said |= told_at_length(lines[0])
    prices = [price for cells in lines for price in prices_said(cells, group.sku)]
    if prices:
        said["prices"] = prices
    return said


def _variant(cells: list[tuple[str, str]], sku: str, where: str) -> dict[str, Any]:
    """The variant of a line; nothing where the line says none."""
    told = {name: text.strip() for name, text in cells if name in _OF_VARIANT and text.strip()}
    if not told:
        return {}
    currency = told.get("currency", "")
    variant: dict[str, Any] = {
        "sku": told.get("variant_sku", sku),
        "currency": currency,
        "amount": amount_in(told.get("price", ""), currency, f"{where}.price"),
        "attributes": _attributes(cells, _OF_VARIANT_ATTRIBUTE),
    }
    for name in _NUMBERS:
        if name in told:
            if not (told[name].isascii() and told[name].isdecimal() and len(told[name]) < 16):
                raise CellNotReadable(f"{where}.{name}", "Expected a whole number.")
            variant[name] = int(told[name])
    if "stock_unit_id" in told:
        variant["stock_unit_id"] = told["stock_unit_id"]
    return variant


def _attributes(cells: list[tuple[str, str]], begins: str) -> list[dict[str, str]]:
    return [
        {"name": name.removeprefix(begins), "value": text}
        for name, text in cells
        if name.startswith(begins) and text.strip()
    ]


def written(products: Iterable[dict[str, Any]], kind: str) -> bytes:
    """A file of products, as `entries` reads them."""
    if kind != CSV:
        return b"".join(encode(product) + b"\n" for product in products)
    all_of_them = list(products)
    of_product = _names(product["attributes"] for product in all_of_them)
    of_variant = _names(one["attributes"] for product in all_of_them for one in product["variants"])
    columns = OfProduct.of(all_of_them)
    is_stock_told = any("stock" in product for product in all_of_them)
    header = [
        *_OF_PRODUCT,
        *columns.of_product,
        *(_ATTRIBUTE + name for name, _ in of_product),
        *_OF_VARIANT,
        *(_OF_VARIANT_ATTRIBUTE + name for name, _ in of_variant),
        *columns.of_variant,
        *([AVAILABLE] if is_stock_told else []),
    ]
    out = io.StringIO(newline="")
    # With both letters in it, a text that holds either is quoted.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for product in all_of_them:
        told = [
            *(product[name] for name in _OF_PRODUCT[:-1]),
            " ".join(product["images"]),
            *columns.product_cells(product),
            *_cells(of_product, product["attributes"]),
        ]
        left = {one["sku"]: one["available"] for one in product.get("stock", ())}
        for variant in product["variants"] or [None]:
            sku = "" if variant is None else variant["sku"]
            stock = [str(left.get(sku, ""))] if is_stock_told else []
            cells = [*_cells_of_variant(variant, of_variant), *columns.variant_cells(product, sku), *stock]
            writer.writerow([*told, *cells])
            told = [product["sku"], *[""] * (len(told) - 1)]
    return out.getvalue().encode()


def _cells_of_variant(variant: dict[str, Any] | None, names: list[tuple[str, int]]) -> list[str]:
    if variant is None:
        return [""] * (len(_OF_VARIANT) + len(names))
    price = str(Money(variant["amount"], variant["currency"])).partition(" ")[0] if variant["amount"] else ""
    return [
        variant["sku"],
        price,
        variant["currency"],
        *(str(variant[name]) for name in _NUMBERS[:4]),
        variant.get("stock_unit_id", ""),
        str(variant.get("units_each", "")),
        *_cells(names, variant["attributes"]),
    ]


def _names(lists: Iterable[list[dict[str, str]]]) -> list[tuple[str, int]]:
    """A column for each attribute, in order of coming; several for one that a product has several of."""
    found: dict[tuple[str, int], None] = {}
    for attributes in lists:
        found.update(dict.fromkeys(_numbered(attributes)))
    return list(found)


def _numbered(attributes: list[dict[str, str]]) -> dict[tuple[str, int], str]:
    numbered: dict[tuple[str, int], str] = {}
    times: dict[str, int] = {}
    for one in attributes:
        times[one["name"]] = times.get(one["name"], 0) + 1
        numbered[one["name"], times[one["name"]]] = one["value"]
    return numbered


def _cells(names: list[tuple[str, int]], attributes: list[dict[str, str]]) -> list[str]:
    numbered = _numbered(attributes)
    return [numbered.get(name, "") for name in names]

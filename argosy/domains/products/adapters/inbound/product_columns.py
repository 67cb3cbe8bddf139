"""Columns of CSV beside the plain ones: other currencies, sales, other languages, the long text, options.

`price:USD` is an amount; `sale:USD` has a line per sale, `9.99 until 2027-01-06T00:00:00Z`,
`9.99 from ... until ...`;
`title:de`, `description:de`, `story:de` are texts; `words:de` and `options` are written as the API takes them, in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.money import Money

PRICE, SALE = "price:", "sale:"
_PLAIN = ("locale", "story")
_OPTIONS = "options"
_TEXTS = ("title", "description", "story", "words")
_FROM, _UNTIL = "from", "until"


class CellNotReadable(Exception):
    """Something in a cell is not what its column holds."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


def amount_in(text: str, currency: str, field: str) -> int:
    """Minor units of an amount as people write it; nothing is 0."""
    if not text:
        return 0
    try:
        return Money.of(text, currency).amount
    except DomainError:
        detail = f"This is no amount of {currency[:10] or 'a currency that is named'}."
        raise CellNotReadable(field, detail) from None


def told_at_length(cells: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the first line of a product says in these columns, as the API would be told."""
    said: dict[str, Any] = {}
    texts: dict[str, dict[str, Any]] = {}
    for name, text in cells:
        if not text.strip():
            continue
        begin, _, locale = name.partition(":")
        if name in _PLAIN:
            said[name] = text
        elif name == _OPTIONS:
            said[name] = _json(name, text)
        elif locale and begin in _TEXTS:
            told = _json(name, text) if begin == "words" else text
            texts.setdefault(locale, {"locale": locale})[begin] = told
    if texts:
        said["texts"] = list(texts.values())
    return said


def prices_said(cells: Sequence[tuple[str, str]], sku: str) -> Iterator[dict[str, Any]]:
    """What the line of a variant says of other currencies and of sales."""
    told = {name: text.strip() for name, text in cells if text.strip()}
    currencies = dict.fromkeys(name.partition(":")[2] for name in told if name.startswith((PRICE, SALE)))
    for currency in currencies:
        price: dict[str, Any] = {
            "sku": told.get("variant_sku", sku),
            "currency": currency,
            "amount": amount_in(told.get(PRICE + currency, ""), currency, PRICE + currency),
        }
        sales = told.get(SALE + currency, "").splitlines()
        if sales:
            price["sales"] = [_sale(line, currency) for line in sales if line.strip()]
        yield price


def _sale(line: str, currency: str) -> dict[str, Any]:
    field = SALE + currency
    words = line.split()
    told = dict(zip(words[1::2], words[2::2], strict=False))
    if len(words) % 2 == 0 or _UNTIL not in told or set(told) - {_FROM, _UNTIL} or 2 * len(told) + 1 != len(words):
        raise CellNotReadable(field, "Expected an amount, and from and until when.")
    sale = {"amount": amount_in(words[0], currency, field), "ends_at": told[_UNTIL]}
    return sale if _FROM not in told else {**sale, "starts_at": told[_FROM]}


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise CellNotReadable(name, "Expected JSON, as the API takes it.") from None


class OfProduct(NamedTuple):
    """Which of these columns a file has: those that one of its products has something for."""

    of_product: list[str]
    of_variant: list[str]

    @classmethod
    def of(cls, products: Iterable[dict[str, Any]]) -> OfProduct:
        named, told, priced = dict.fromkeys(()), dict.fromkeys(()), dict.fromkeys(())
        for product in products:
            named.update(dict.fromkeys(name for name in (*_PLAIN, _OPTIONS) if name in product))
            for text in product.get("texts", ()):
                told.update(dict.fromkeys(f"{name}:{text['locale']}" for name in _TEXTS if name in text))
            for price in product.get("prices", ()):
                priced[PRICE + price["currency"]] = None
                if "sales" in price:
                    priced[SALE + price["currency"]] = None
        return cls([*(name for name in (*_PLAIN, _OPTIONS) if name in named), *sorted(told)], sorted(priced))

    def product_cells(self, product: dict[str, Any]) -> list[str]:
        told = {name: product[name] for name in _PLAIN if name in product}
        if _OPTIONS in product:
            told[_OPTIONS] = encode(product[_OPTIONS]).decode()
        for text in product.get("texts", ()):
            for name in _TEXTS:
                if name in text:
                    value = text[name]
                    told[f"{name}:{text['locale']}"] = value if isinstance(value, str) else encode(value).decode()
        return [told.get(name, "") for name in self.of_product]

    def variant_cells(self, product: dict[str, Any], sku: str) -> list[str]:
        told: dict[str, str] = {}
        for price in product.get("prices", ()):
            if price["sku"] == sku:
                currency = price["currency"]
                told[PRICE + currency] = _written(price["amount"], currency)
                told[SALE + currency] = "\n".join(_sale_written(sale, currency) for sale in price.get("sales", ()))
        return [told.get(name, "") for name in self.of_variant]


def _written(amount: int, currency: str) -> str:
    return str(Money(amount, currency)).partition(" ")[0]


def _sale_written(sale: dict[str, Any], currency: str) -> str:
    starts = f" {_FROM} {_instant(sale['starts_at'])}" if "starts_at" in sale else ""
    return f"{_written(sale['amount'], currency)}{starts} {_UNTIL} {_instant(sale['ends_at'])}"


def _instant(at: Any) -> str:
    return encode(at).decode().strip('"')

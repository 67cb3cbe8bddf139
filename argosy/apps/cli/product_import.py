"""`argosy import products`: any CSV of products; what cannot go in is set aside with its line and the reason."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.product_rows import TARGETS, Good, Reject, check_rejects, read_products, write_rejects
from argosy.apps.cli.project import ready
from argosy.contracts.accounts import OpenStore, RegisterUser
from argosy.contracts.inventory import ReceiveStock
from argosy.contracts.products import Attribute, CreateProduct, NewVariant, PublishProduct
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, named_id
from argosy.shared_kernel.money import exponent

if TYPE_CHECKING:
    from argosy.apps.cli.bulk import Bulk

HELP = """\
Reads any CSV file of products, plain or .gz, with its column names in the first line. --map says which column holds
what: title and price are needed; sku, category, description, seller and stock are known; any other name becomes an
attribute of the product. Columns that bear a known name need no --map. Rows that cannot go in are written to
FILE.rejects.csv with their line and the reason, and the rest goes in. Running it again changes nothing.
"""
EPILOG = """\
examples:
  argosy import products goods.csv
  argosy import products flipkart.csv.gz --map title=product_name --map price=discounted_price --map sku=pid \\
      --map brand=brand --currency INR --seller "Flipkart goods"
"""
PIECES = 100


def add(kinds: Any) -> None:
    command = kinds.add_parser("products", help="any CSV file of products", description=HELP, epilog=EPILOG)
    command.add_argument("file", metavar="FILE", type=Path, help="the CSV file, plain or .gz")
    command.add_argument(
        "--map", metavar="TARGET=COLUMN", action="append", default=[], help="which column holds what; may be repeated"
    )
    command.add_argument("--currency", default="USD", help="of all prices (ISO 4217; default USD)")
    command.add_argument("--seller", default="Imported goods", help="the store of rows that name none")
    command.add_argument("--category", default="imported", help="of rows that name none")
    command.add_argument("--stock", type=int, default=PIECES, help=f"pieces of rows that say nothing ({PIECES})")
    command.add_argument("--rejects", type=Path, help="where rows go that cannot go in (FILE.rejects.csv)")
    command.set_defaults(run=import_products)


def import_products(options: argparse.Namespace) -> None:
    """Every good row is a product on sale; how many there were of which kind is told."""
    began = time.monotonic()
    check_rejects(options.file, options.rejects)
    targets = _targets(options.map)
    try:
        exponent(options.currency)
    except DomainError:
        raise Failed(f"--currency {options.currency}: there is no such currency in ISO 4217") from None
    if not 0 <= options.stock <= 10**9:
        raise Failed("--stock: a number from 0 to 1,000,000,000")
    with progress("reading the file"):
        header, goods, rejects = read_products(
            options.file,
            targets,
            options.currency,
            {"seller": options.seller, "category": options.category, "stock": str(options.stock)},
        )
    ready()
    refused, new = _send(goods, options.currency)
    rejects = sorted([*rejects, *refused], key=lambda reject: reject.line)
    path = write_rejects(options.file, options.rejects, header, rejects)
    took = f"({time.monotonic() - began:.1f} s)"
    if rejects and len(goods) == len(refused):
        raise Failed(f"none of {count(len(rejects), 'row')} could go in: see {path}")
    held = count(len(goods) - len(refused), "product")
    say(f"imported {held}, {new:,} of them new {took}" if new else f"nothing has changed: {held}, all here {took}")
    if rejects:
        say(f"{count(len(rejects), 'row')} could not go in: see {path}")


def _targets(maps: Sequence[str]) -> dict[str, str]:
    """Column by target, as --map says."""
    targets: dict[str, str] = {}
    for text in maps:
        target, equals, column = text.partition("=")
        if not equals or not target.strip() or not column.strip():
            raise Failed(f"--map {text}: write TARGET=COLUMN, such as title=product_name")
        if target.strip() in targets:
            raise Failed(f"--map {text}: {target.strip()} is mapped twice")
        if len(target.strip()) > 100 or not target.strip().isprintable():
            raise Failed(f"--map {text[:60]}: the target is no name; known are {', '.join(TARGETS)}")
        targets[target.strip()] = column.strip()
    return targets


def _send(goods: Sequence[Good], currency: str) -> tuple[list[Reject], int]:
    """Tell the contexts of all good rows; those that were refused after all, and how many products are new."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.platform.runtime import runtime

    accounts, products, inventory = (Bulk(runtime(), label) for label in ("accounts", "products", "inventory"))
    accounts.send_all(_stores(dict.fromkeys(good.seller for good in goods)))
    refused: list[Reject] = []
    with progress("listing products", len(goods)) as step:
        refused = _list(products, goods, currency, step)
    bad = {reject.line for reject in refused}
    with progress("receiving stock", len(goods)) as step:
        inventory.send([_receipt(good) for good in goods if good.line not in bad and good.stock], step)
    return refused, products.made["Product"]


def _stores(names: dict[str, None]) -> list[RegisterUser | OpenStore]:
    commands: list[RegisterUser | OpenStore] = []
    for name in names:
        user_id = named_id("import", "user", name)
        commands.append(
            RegisterUser(email=f"seller-{user_id}@import.example", password="", user_id=user_id, roles=("seller",))
        )
        commands.append(OpenStore(store_name=name, seller_id=_seller_id(name), user_id=user_id))
    return commands


def _list(bulk: Bulk, goods: Sequence[Good], currency: str, step: Any) -> list[Reject]:
    """Create and publish, both in one unit of work; a product that cannot be on sale is refused before it is made."""
    commands = [
        command
        for good in goods
        for command in (_product(good, currency), PublishProduct(product_id=_product_id(good)))
    ]
    refusals = bulk.send(commands, lambda done: step(done // 2))
    return [
        Reject(good.line, _words(first or second), good.fields)
        for good, first, second in zip(goods, refusals[::2], refusals[1::2], strict=True)
        if first or second
    ]


def _product(good: Good, currency: str) -> CreateProduct:
    return CreateProduct(
        sku=good.sku,
        title=good.title,
        description=good.description,
        category=good.category,
        product_id=_product_id(good),
        seller_id=_seller_id(good.seller),
        attributes=tuple(Attribute(name=name, value=value) for name, value in good.attributes.items()),
        variants=(
            NewVariant(
                sku=good.sku,
                amount=good.amount,
                currency=currency,
                variant_id=named_id("import", "variant", good.seller, good.sku),
            ),
        ),
    )


def _receipt(good: Good) -> ReceiveStock:
    return ReceiveStock(
        stock_unit_id=named_id("import", "variant", good.seller, good.sku),
        quantity=good.stock,
        reference_id="import",
        product_id=_product_id(good),
        seller_id=_seller_id(good.seller),
    )


def _seller_id(name: str) -> Id:
    return named_id("import", "seller", name)


def _product_id(good: Good) -> Id:
    return named_id("import", "product", good.seller, good.sku)


def _words(refusal: DomainError | None) -> str:
    """Why, in a sentence with what it is about."""
    assert refusal is not None
    faults = getattr(refusal, "faults", (refusal,))
    return "; ".join(f"{fault.sentence} {_about(fault.details)}".strip() for fault in faults)


def _about(details: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in details.items() if name in ("field", "sku", "amount"))

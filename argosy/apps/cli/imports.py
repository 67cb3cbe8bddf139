"""`argosy import`: catalogues and tax rules from files."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.apps.cli import product_import, tax_import
from argosy.apps.cli.console import count, progress, say
from argosy.apps.cli.project import ready

if TYPE_CHECKING:
    from argosy.apps.cli.olist_files import Olist
    from argosy.platform.runtime import Runtime

EPILOG = """\
examples:
  argosy import olist ~/olist
  argosy import products goods.csv --map title=product_name --map price=discounted_price --currency INR
  argosy import taxes vat.csv
"""
OLIST_HELP = """\
Reads the Olist data set as Kaggle lays it out, plain or .gz: olist_order_items_dataset.csv,
olist_products_dataset.csv, olist_sellers_dataset.csv and product_category_name_translation.csv; the destinations of
olist_orders_dataset.csv and olist_customers_dataset.csv are used by `argosy replay olist` where they are there.
Makes sellers with stores, products with their weights and sizes, an offer for each price, a delivery method for each
freight, and stock for ten plays of all baskets. Running it again changes nothing.
"""
OLIST_EPILOG = """\
examples:
  argosy import olist ~/olist
  argosy replay olist ~/olist               then buy all of it
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=summary, epilog=EPILOG)
    kinds = command.add_subparsers(dest="kind", metavar="KIND", required=True, parser_class=type(command))
    olist = kinds.add_parser("olist", help="the Olist data set", description=OLIST_HELP, epilog=OLIST_EPILOG)
    olist.add_argument("folder", metavar="DIR", type=Path, help="the folder of its files")
    olist.set_defaults(run=import_olist)
    product_import.add(kinds)
    tax_import.add(kinds)


def import_olist(options: argparse.Namespace) -> None:
    """The data set's sellers, products, rates and stock, each once."""
    from argosy.apps.cli.olist_files import read_olist

    began = time.monotonic()
    with progress("reading files"):
        olist = read_olist(options.folder)
    ready()
    from argosy.platform.runtime import runtime

    report = send_olist(runtime(), olist)
    say(f"{report} ({time.monotonic() - began:.1f} s)")


def send_olist(runtime: Runtime, olist: Olist) -> str:
    """Tell the contexts all of it; what that changed, in a sentence."""
    from argosy.apps.cli import olist_catalogue as catalogue
    from argosy.apps.cli.bulk import Bulk

    _tax_brazil(runtime)
    bulks = {label: Bulk(runtime, label) for label in ("accounts", "shipping", "products", "inventory")}
    for label, what, commands in (
        ("accounts", "opening stores", list(catalogue.stores(olist.sellers.values()))),
        ("shipping", "setting delivery rates", catalogue.rates(olist)),
        ("products", "listing products", list(catalogue.products(olist))),
        ("inventory", "receiving stock", list(catalogue.stock(olist))),
    ):
        with progress(what, len(commands)) as step:
            bulks[label].send_all(commands, step)
    offers = sum(len(variants) for variants in catalogue.offers_of(olist).values())
    held = (
        f"{count(len(olist.sellers), 'seller')}, {count(len(catalogue.offers_of(olist)), 'product')} in "
        f"{count(offers, 'offer')}, {count(len(olist.baskets), 'basket')} of {count(olist.pieces, 'piece')}"
    )
    if all(bulk.is_unchanged for bulk in bulks.values()):
        return f"nothing has changed, all of it was here: {held}"
    made = {kind: number for bulk in bulks.values() for kind, number in bulk.made.items()}
    return (
        f"imported {held}; new are {count(made.get('Store', 0), 'store')}, "
        f"{count(made.get('Product', 0), 'product')} and {count(made.get('ShippingRate', 0), 'delivery rate')}"
    )


def _tax_brazil(runtime: Runtime) -> None:
    """Brazil's prices contain their tax; a rule that somebody has set stays."""
    from argosy.apps.cli.bulk import Bulk
    from argosy.contracts.taxes import SetTaxRule
    from argosy.domains.taxes.domain.places import rule_id
    from argosy.domains.taxes.domain.rule import TaxRule

    if not runtime.stores["taxes"].load(TaxRule, "id", [rule_id("BR", "", "standard")]):
        Bulk(runtime, "taxes").send_all([SetTaxRule(country="BR", basis_points=1_700, is_inclusive=True)])

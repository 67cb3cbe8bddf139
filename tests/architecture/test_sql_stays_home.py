"""No context reads or writes another's tables: imports cannot see SQL, so the statements themselves are watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from django.db import connections
from msgspec.structs import replace

from argosy.contracts.checkout import AbortCheckout, StartCheckout
from argosy.domains.carts.adapters.outbound import queries as carts
from argosy.domains.checkout.adapters.outbound import queries as checkout
from argosy.domains.orders.adapters.outbound import queries as orders
from argosy.domains.products.adapters.outbound import queries as products
from argosy.domains.promotions.adapters.outbound import queries as promotions
from argosy.engine.work import Actor
from argosy.platform.context import Context
from argosy.platform.dialects import Statistics
from argosy.read_models.catalogue import queries as catalogue
from argosy.read_models.checkout_progress import queries as progress
from argosy.read_models.order_history import queries as order_history
from benchmarks.reference import COUPON, SELLERS, baskets, product_id, seed
from tests.marketplace import Marketplace

NAMED = re.compile(r"""\b(?:FROM|INTO|JOIN|UPDATE|TABLE)\s+"?([a-z_][a-z0-9_]*)"?(\s*\()?""", re.IGNORECASE)
WITH = re.compile(r"\b([a-z_][a-z0-9_]*)\s+AS\s+\(", re.IGNORECASE)
SERVERS_OWN = ("pg_", "sqlite_", "information_schema", "json_")
WORDS = {"set", "only", "skip", "select", "excluded", "of", "nowait"}


def tables_in(sql: str) -> set[str]:
    """Names of the tables that a statement reads or writes; what it names itself, and functions, left out."""
    own = {name.lower() for name in WITH.findall(sql)} | WORDS
    found = {name.lower() for name, call in NAMED.findall(sql) if not call or "INTO" in sql.upper()}
    return {name for name in found - own if not name.startswith(SERVERS_OWN)}


def tables_of(context: Context) -> set[str]:
    return {model._meta.db_table for model in context.get_models()}


class Watch:
    """What was said to each database, by whom it belongs to."""

    def __init__(self, contexts: dict[str, Context]) -> None:
        self.own = {context.alias: tables_of(context) for context in contexts.values()}
        self.own["default"] |= {"auth_group", "auth_permission", "django_session", "django_content_type"}
        self.seen: dict[str, set[str]] = {alias: set() for alias in self.own}
        self.foreign: set[tuple[str, str, str]] = set()

    def __call__(self, alias: str, sql: str) -> None:
        for table in tables_in(sql):
            self.seen[alias].add(table)
            if table not in self.own[alias]:
                self.foreign.add((alias, table, sql))

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Both ways to a database: the stores' own, and Django's."""
        with ExitStack() as stack:
            for alias in self.own:
                stack.enter_context(connections[alias].execute_wrapper(self._wrapper(alias)))
            Statistics.watcher = self
            stack.callback(lambda: setattr(Statistics, "watcher", None))
            yield self

    def _wrapper(self, alias: str) -> Callable[..., Any]:
        def watched(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            self(alias, sql)
            return execute(sql, parameters, many, context)

        return watched


def buy(marketplace: Marketplace) -> list[StartCheckout]:
    """Sales that go well, with a card and with cash, one that is declined, and one that the buyer gives up."""
    well, cash, declined, given_up = islice(baskets("watched", marketplace.runtime.ids), 4)
    cash = replace(cash, payment_method="cash_on_delivery")
    declined = replace(declined, payment_source="tok_decline")
    for command in (well, cash, declined, given_up):
        marketplace.do("checkout", command, Actor(id=command.buyer_id))
    marketplace.do(
        "checkout",
        AbortCheckout(checkout_id=given_up.checkout_id, buyer_id=given_up.buyer_id),
        Actor(id=given_up.buyer_id),
    )
    marketplace.drain()
    return [well, cash, declined, given_up]


def read(bought: StartCheckout) -> None:
    """What people then look at."""
    carts.cart_of_buyer(bought.buyer_id)
    checkout.checkout_of_buyer(bought.checkout_id, bought.buyer_id)
    products.products_of(SELLERS[0])
    promotions.coupon_of(COUPON, "platform", datetime.now(UTC))
    catalogue.product_page(product_id(SELLERS[0], 0))
    catalogue.categories()
    progress.checkout_progress(bought.checkout_id, bought.buyer_id)
    for order_id in [one.place[1] for one in order_history.orders_of_buyer(bought.buyer_id)]:
        assert orders.order_of_buyer(order_id, bought.buyer_id) is not None


def test_every_context_touches_only_its_own_tables(marketplace: Marketplace) -> None:
    seed(marketplace.runtime)
    watch = Watch(marketplace.runtime.contexts)
    with watch.watching():
        bought = buy(marketplace)
        read(bought[0])
    statuses = marketplace.rows("checkout", "SELECT status, count(*) FROM checkout_sessions GROUP BY status ORDER BY 1")
    assert statuses == [("ABORTED", 1), ("COMPLETED", 2), ("FAILED", 1)]
    assert watch.foreign == set()
    assert {alias for alias, tables in watch.seen.items() if tables} >= {
        "products",
        "inventory",
        "carts",
        "promotions",
        "taxes",
        "checkout",
        "orders",
        "payments",
        "shipping",
        "search",
    }
    assert {"orders", "order_items", "orders_outbox_events"} <= watch.seen["orders"]


def test_a_statement_on_anothers_table_is_found(marketplace: Marketplace) -> None:
    watch = Watch(marketplace.runtime.contexts)
    with watch.watching(), connections["orders"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id")
        with pytest.raises(Exception, match="stock_items"):
            cursor.execute("SELECT count(*) FROM orders o, (SELECT * FROM stock_items) s")
    assert {(alias, table) for alias, table, _ in watch.foreign} == {("orders", "stock_items")}
    assert watch.seen["orders"] == {"orders", "order_items", "stock_items"}


STATEMENTS = {
    "SELECT 1 FROM orders WHERE id IN (SELECT value FROM json_each(?))": {"orders"},
    "INSERT INTO carts (id, version) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version": {
        "carts"
    },
    'UPDATE "carts" SET version = 1': {"carts"},
    "DELETE FROM carts WHERE id = ?": {"carts"},
    "WITH w0 AS (INSERT INTO a (x) SELECT e.v ->> 0 FROM json_array_elements(%s::json) WITH ORDINALITY AS e(v, n) "
    "RETURNING 1), w1 AS (DELETE FROM b t USING (SELECT 1 FROM json_array_elements(%s::json)) r RETURNING 1) "
    "SELECT 1 / (CASE WHEN (SELECT count(*) FROM w1) = %s THEN 1 ELSE 0 END)": {"a", "b"},
    "SELECT pg_snapshot_xmin(pg_current_snapshot()) FROM pg_control_system()": set(),
}


@pytest.mark.parametrize("sql", STATEMENTS)
def test_tables_are_read_off_a_statement(sql: str) -> None:
    assert tables_in(sql) == STATEMENTS[sql]

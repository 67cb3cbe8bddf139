"""Each check has been seen to fail: its violation is planted past every rule, and it reports it, alone."""

from __future__ import annotations

import msgspec
import pytest

from argosy.apps.doctor.examination import CHECKS
from argosy.contracts.accounts import RegisterUser
from argosy.shared_kernel.ids import named_id
from tests.doctor.cases import OLD, OTHER, Case, Plant, sql
from tests.doctor.claims_planted import CLAIMS
from tests.doctor.credit_planted import CREDIT
from tests.doctor.integrations_planted import INTEGRATIONS
from tests.doctor.parts_planted import PARTS
from tests.doctor.planted_uses import USES
from tests.doctor.planting import book, chain_again, violated, write, write_in_gateways_book
from tests.doctor.prices_planted import PRICES
from tests.doctor.sellers_planted import SELLERS
from tests.doctor.selling import checkout_id, payment_id, take_money_for_nothing
from tests.doctor.statements_planted import STATEMENTS
from tests.doctor.taxes_planted import TAXES
from tests.marketplace import Marketplace

APPROVED, DECLINED = checkout_id("approved"), checkout_id("declined")
ITEM = "(SELECT id FROM stock_items ORDER BY id LIMIT 1)"
ORDERS_OF = f"SELECT o.id FROM orders o JOIN purchases p ON p.id = o.purchase_id WHERE p.flow_id = '{APPROVED}'"
ORDER = f"({ORDERS_OF} ORDER BY o.id LIMIT 1)"
LINE = f"(SELECT i.id FROM order_items i WHERE i.order_id = {ORDER} LIMIT 1)"
REFUND_ENTRY = "(SELECT id FROM ledgers WHERE kind = 'refund' AND debit > 0 ORDER BY position LIMIT 1)"
LANE = "(SELECT id FROM inventory_cursors WHERE source = 'checkout' ORDER BY lane LIMIT 1)"
OUTBOX = (
    "epoch, message_id, aggregate_id, event_type, schema_version, lane, sequence, payload, correlation_id, "
    "cause_id, subject, created_at, published_at"
)
JUST_NOW = OUTBOX.replace("created_at", "strftime('%Y-%m-%d %H:%M:%f', 'now')")
"""The same, told this moment: however long the tests have run, nobody is late to hear it."""


def one_side_too_much(place: Marketplace) -> None:
    """The balance and the chain are made to agree, as somebody with access would."""
    [(account,)] = place.rows("payments", f"SELECT account FROM ledgers WHERE id = {REFUND_ENTRY}")
    write(place, "payments", "ledgers", f"UPDATE ledgers SET debit = debit + 1 WHERE id = {REFUND_ENTRY}")
    write(
        place, "payments", "ledger_accounts", "UPDATE ledger_accounts SET balance = balance - 1 WHERE name = ?", account
    )
    chain_again(place)


def both_sides_of_one_entry(place: Marketplace) -> None:
    write(place, "payments", "ledgers", f"UPDATE ledgers SET debit = debit + 5, credit = 5 WHERE id = {REFUND_ENTRY}")
    chain_again(place)


def debt_of_a_seller(place: Marketplace) -> None:
    [(transaction_id, intent_id)] = place.rows(
        "payments", f"SELECT transaction_id, reference_id FROM ledgers WHERE id = {REFUND_ENTRY}"
    )
    book(place, transaction_id, intent_id, {f"payable:{OTHER}": 5, "exchange": -5})


def booking_without_a_cause(place: Marketplace) -> None:
    book(place, OTHER, payment_id(place, "approved"), {"refunds": 5, "exchange": -5})


def goods_of_another_seller(place: Marketplace) -> None:
    intent = payment_id(place, "with a coupon")
    [(shares,)] = place.rows("payments", "SELECT CAST(shares AS text) FROM payment_intents WHERE id = ?", intent)
    first, second = msgspec.json.decode(shares)
    first["goods_amount"] += 20
    second["goods_amount"] -= 20
    text = msgspec.json.encode([first, second]).decode()
    mark = "CAST(? AS jsonb)" if place.runtime.stores["payments"].dialect.vendor == "postgresql" else "?"
    write(
        place, "payments", "payment_intents", f"UPDATE payment_intents SET shares = {mark} WHERE id = ?", text, intent
    )


def name_of_the_erased(place: Marketplace) -> None:
    person = place.do("accounts", RegisterUser(email="ana@example.com", password="correct horse", first_name="Ana"))
    sql = f"UPDATE users SET status = 'ERASED', password_hash = '', email = 'x@erased.invalid' WHERE id = '{person}'"
    write(place, "accounts", "users", sql)


OF_PEOPLE = {
    "store_members": "seller_id, rights, joined_at",
    "user_identities": "provider, issuer, subject, linked_at",
    "user_passkeys": "credential_id, public_key, name, created_at",
    "user_email_changes": "email, previous_email, token_hash, created_at",
}


def left_of_the_erased(table: str) -> Plant:
    def plant(place: Marketplace) -> None:
        person = place.do("accounts", RegisterUser(email="ana@example.com", password="correct horse"))
        gone = (
            f"UPDATE users SET status = 'ERASED', password_hash = '', email = 'x@erased.invalid' WHERE id = '{person}'"
        )
        write(place, "accounts", "users", gone)
        values = ", ".join(
            f"'{OLD}'" if name.endswith("_at") else f"'{person}'" for name in OF_PEOPLE[table].split(", ")
        )
        sql = f"INSERT INTO {table} (id, user_id, {OF_PEOPLE[table]}) VALUES ('{person}', '{person}', {values})"
        write(place, "accounts", table, sql)

    return plant


def gateway_did(key: str, operation: str) -> Plant:
    def plant(place: Marketplace) -> None:
        intent = payment_id(place, "approved")
        write_in_gateways_book(
            "INSERT INTO operations (key, operation, payment_id, status, amount, currency, transaction_id, source, "
            "reason, created_at) VALUES (?, ?, ?, 'approved', 100, 'BRL', 'tg_planted', '', '', 0)",
            f"{intent}:{key}",
            operation,
            intent,
        )

    return plant


def gateway_forgot_a_capture(place: Marketplace) -> None:
    write_in_gateways_book("DELETE FROM operations WHERE key = ?", f"{payment_id(place, 'approved')}:capture")


def events_renumbered(place: Marketplace) -> None:
    [(order_id,)] = place.rows("orders", f"SELECT id FROM orders WHERE id = {ORDER}")
    write(
        place,
        "orders",
        "orders_outbox_events",
        "UPDATE orders_outbox_events SET sequence = sequence + 1 WHERE "
        "aggregate_id = ? AND sequence = (SELECT max(e.sequence) FROM orders_outbox_events e WHERE e.aggregate_id = "
        "?)",
        str(order_id),
        str(order_id),
    )
    write(place, "orders", "orders", "UPDATE orders SET sequence = sequence + 1 WHERE id = ?", order_id)


def document_missing(place: Marketplace) -> None:
    from argosy.read_models.order_history.projector import OrderSummary
    from argosy.read_models.slots import Standing, search, standings, table_in

    slot = standings(search()).get("order_history", Standing()).slot
    table = table_in(slot, OrderSummary)
    search().query(f"DELETE FROM {table} WHERE order_id = (SELECT order_id FROM {table} ORDER BY order_id LIMIT 1)")


def untold(place: Marketplace) -> None:
    where = f"WHERE id = {ITEM}"
    write(place, "inventory", "stock_items", f"UPDATE stock_items SET is_told = FALSE, updated_at = '{OLD}' {where}")


def shown_and_not_kept(place: Marketplace) -> None:
    from argosy.read_models.slots import live_table, search
    from argosy.read_models.stock.projector import Shelf
    from argosy.read_models.stock.queries import VIEW

    table = live_table(VIEW, Shelf)
    first = f"(SELECT stock_item_id FROM {table} ORDER BY stock_item_id LIMIT 1)"
    search().query(f"UPDATE {table} SET stock_item_id = '{OTHER}' WHERE stock_item_id = {first}")


def webhook(id: str) -> str:
    """One that was resolved long ago, named as it should be for `a`."""
    named = named_id("webhook", "test", "evt") if id == "a" else OTHER
    return (
        "INSERT INTO payment_webhooks (id, version, sequence, gateway, event_id, type, operation, reference, amount, "
        "currency, raw, status, outcome, told_at, received_at, resolved_at) VALUES "
        f"('{named}', 1, 0, 'test', 'evt', 'x', '', '', 0, '', '', 'RESOLVED', 'known', '{OLD}', '{OLD}', '{OLD}')"
    )


CASES = [
    Case(
        "I01",
        "a count without its movement",
        sql(
            "inventory",
            "stock_items",
            f"UPDATE stock_items SET total_quantity = total_quantity + 1, available_quantity = "
            f"available_quantity + 1 WHERE id = {ITEM}",
        ),
        also=("I52",),
    ),
    Case(
        "I02",
        "more available than there is",
        sql(
            "inventory",
            "stock_items",
            f"UPDATE stock_items SET available_quantity = available_quantity + 1 WHERE id = {ITEM}",
        ),
        also=("I52",),
    ),
    Case(
        "I03",
        "a held piece that nobody holds",
        sql(
            "inventory",
            "stock_items",
            f"UPDATE stock_items SET reserved = reserved + 1, available_quantity = "
            f"available_quantity - 1 WHERE id = {ITEM}",
        ),
        also=("I52",),
    ),
    Case(
        "I04",
        "a hold that never ends",
        sql(
            "inventory",
            "reservations",
            f"INSERT INTO reservations (id, version, sequence, flow_id, status, open_until, "
            f"created_at) VALUES ('{OTHER}', 1, 0, '{OTHER}', 'ACTIVE', '{OLD}', '{OLD}')",
        ),
    ),
    Case(
        "I05",
        "a line with another end than its reservation",
        sql(
            "inventory",
            "stock_reservations",
            "UPDATE stock_reservations SET status = 'EXPIRED' WHERE id = (SELECT id "
            "FROM stock_reservations WHERE status = 'RELEASED' ORDER BY id LIMIT 1)",
        ),
    ),
    Case(
        "I06",
        "more pieces sold than ever came in",
        sql("orders", "order_items", f"UPDATE order_items SET units_each = 1000 WHERE id = {LINE}"),
    ),
    Case("I07", "a transaction that does not balance", one_side_too_much),
    Case("I08", "an entry with two sides", both_sides_of_one_entry),
    Case(
        "I09",
        "a balance that is not its entries",
        sql(
            "payments", "ledger_accounts", "UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'commission'"
        ),
    ),
    Case("I10", "an account below zero", debt_of_a_seller),
    Case(
        "I11",
        "an entry that was changed",
        sql("payments", "ledgers", f"UPDATE ledgers SET created_at = '{OLD}' WHERE id = {REFUND_ENTRY}"),
    ),
    Case("I12", "a booking without a cause", booking_without_a_cause),
    Case("I13", "shares that moved between sellers", goods_of_another_seller),
    Case(
        "I14",
        "more captured than was held",
        sql(
            "payments",
            "payment_transactions",
            "UPDATE payment_transactions SET amount = amount - 1 WHERE id = (SELECT "
            "t.id FROM payment_transactions t JOIN payment_intents p ON p.id = t.payment_intent_id WHERE t.type = "
            "'authorize' AND t.status = 'approved' AND p.captured_amount > 0 ORDER BY t.id LIMIT 1)",
        ),
    ),
    Case(
        "I15",
        "a refund of another amount than was paid back",
        sql("payments", "refunds", "UPDATE refunds SET amount = amount + 1 WHERE status = 'SUCCEEDED' AND amount > 0"),
    ),
    Case(
        "I17",
        "an order paid with less",
        sql("orders", "order_payments", f"UPDATE order_payments SET amount = amount - 1 WHERE order_id = {ORDER}"),
    ),
    Case("I18", "money taken for no order", take_money_for_nothing, later=1_000),
    Case("I19", "a refund that only the gateway knows", gateway_did(f"refund:{OTHER}", "refund")),
    Case("I19", "a capture that only we know", gateway_forgot_a_capture),
    *STATEMENTS,
    Case("I20", "an authorization done twice", gateway_did("authorize:again", "authorize")),
    Case(
        "I21",
        "an order that does not add up",
        sql(
            "orders",
            "order_items",
            f"UPDATE order_items SET shipping_tax_on_top = shipping_tax_on_top + 1 WHERE id = {LINE}",
        ),
    ),
    Case(
        "I21",
        "another quote than was frozen",
        sql("orders", "purchases", f"UPDATE purchases SET snapshot_hash = 'other' WHERE flow_id = '{APPROVED}'"),
    ),
    Case(
        "I22",
        "a purchase in another currency",
        sql("orders", "purchases", f"UPDATE purchases SET currency = 'USD' WHERE flow_id = '{APPROVED}'"),
    ),
    Case(
        "I23",
        "a history with a gap",
        sql(
            "orders",
            "order_status_history",
            f"DELETE FROM order_status_history WHERE to_status = 'CONFIRMED' AND order_id = {ORDER}",
        ),
    ),
    Case(
        "I24",
        "a checkout bought twice",
        sql(
            "orders",
            "purchases",
            f"INSERT INTO purchases (id, version, sequence, flow_id, client_request_id, status, "
            f"currency, total_amount, payment_method, snapshot_hash, order_count, created_at) VALUES ('{OTHER}', 1, 0, "
            f"'{APPROVED}', '', 'CANCELLED', '', 0, '', '', 0, '{OLD}')",
        ),
    ),
    Case(
        "I25",
        "a line of another seller",
        sql("orders", "order_items", f"UPDATE order_items SET seller_id = '{OTHER}' WHERE id = {LINE}"),
    ),
    Case(
        "I27",
        "a use that nobody made",
        sql("promotions", "coupons", "UPDATE coupons SET uses_consumed = uses_consumed + 1"),
    ),
    *USES,
    *SELLERS,
    *CLAIMS,
    *CREDIT,
    *PRICES,
    *PARTS,
    *INTEGRATIONS,
    *TAXES,
    Case(
        "I28",
        "a job that nobody planned",
        sql("inventory", "inventory_due", "DELETE FROM inventory_due WHERE cause_id = 'every:'"),
    ),
    Case(
        "I28",
        "a lane that nobody reads",
        sql(
            "inventory",
            "inventory_cursors",
            f"UPDATE inventory_cursors SET epoch = 0, xid = 0, position = 0, high_epoch "
            f"= 0, high_xid = 0, high_position = 0 WHERE id = {LANE}",
        ),
        later=120,
    ),
    Case(
        "I29",
        "a cursor beyond its source",
        sql(
            "inventory",
            "inventory_cursors",
            f"UPDATE inventory_cursors SET position = position + 1000000, xid = xid + 1000000 WHERE id = {LANE}",
        ),
    ),
    Case(
        "I29",
        "a command without an answer",
        sql(
            "inventory",
            "inventory_outbox_events",
            f"DELETE FROM inventory_outbox_events WHERE event_type = "
            f"'inventory.StockReserved' AND aggregate_id = '{APPROVED}'",
        ),
    ),
    Case(
        "I30",
        "a message told twice",
        sql(
            "checkout",
            "checkout_outbox_events",
            f"INSERT INTO checkout_outbox_events (id, xid, {OUTBOX}) SELECT id + "
            f"100000, xid, {JUST_NOW} FROM checkout_outbox_events WHERE event_type = 'products.QuoteLines' AND "
            f"aggregate_id = '{APPROVED}'",
        ),
    ),
    Case("I31", "events with a gap", events_renumbered),
    Case(
        "I32",
        "a state without its event",
        sql("orders", "orders", f"UPDATE orders SET sequence = sequence + 1 WHERE id = {ORDER}"),
    ),
    Case(
        "I33",
        "a checkout past its deadline",
        sql("checkout", "checkout_sessions", f"UPDATE checkout_sessions SET outcome = '' WHERE id = '{DECLINED}'"),
        later=7_200,
    ),
    Case(
        "I33",
        "a checkout that nothing would end",
        sql("checkout", "checkout_sessions", f"UPDATE checkout_sessions SET outcome = '' WHERE id = '{DECLINED}'"),
    ),
    Case(
        "I34",
        "an undo that was never asked for",
        sql(
            "checkout",
            "checkout_steps",
            f"INSERT INTO checkout_steps (id, session_id, step_type, status, attempted_at) "
            f"VALUES ('{OTHER}', '{DECLINED}', 'orders', 'UNDOING', '{OLD}')",
        ),
    ),
    Case(
        "I34",
        "a flow that ended half undone",
        sql(
            "checkout",
            "checkout_sessions",
            f"UPDATE checkout_sessions SET outcome = 'COMPENSATED' WHERE id = '{APPROVED}'",
        ),
    ),
    Case(
        "I35",
        "a call written under a stale token",
        sql(
            "payments",
            "payments_due",
            "INSERT INTO payments_due (id, kind, name, key, due_at, payload, correlation_id, "
            "cause_id, version, attempts, token) VALUES ('planted', 'call', 'gateway', 'k', '2099-01-01 "
            "00:00:00+00:00', '', '', '', 1, 2, 1)",
        ),
    ),
    Case(
        "I36",
        "two answers to one key",
        sql(
            "orders",
            "orders_idempotency_keys",
            *(
                f"INSERT INTO orders_idempotency_keys (id, actor, route, key, fingerprint, status, answer, created_at) "
                f"VALUES ({id}, 'a', 'r', 'k', 'f{id}', 201, '', '{OLD}')"
                for id in (1, 2)
            ),
        ),
    ),
    Case("I37", "a webhook kept twice", sql("payments", "payment_webhooks", *(webhook(times) for times in "ab"))),
    Case(
        "I37",
        "a webhook that nothing came of",
        sql(
            "payments",
            "payment_webhooks",
            webhook("a").replace("'RESOLVED'", "'RECEIVED'").replace(f"'{OLD}')", "NULL)"),
        ),
    ),
    Case("I38", "a document that is missing", document_missing),
    Case("I52", "a change that nobody was told of", untold),
    Case("I52", "stock that is shown and was never kept", shown_and_not_kept, also=("I38",)),
    Case("I41", "an erased person whose name is left", name_of_the_erased),
    *(Case("I41", f"a row of {table} that is an erased person's", left_of_the_erased(table)) for table in OF_PEOPLE),
    Case(
        "I41",
        "an erased guest whose e-mail is left",
        sql(
            "accounts",
            "guest_buyers",
            f"INSERT INTO guest_buyers (id, version, sequence, email, erasure, created_at, updated_at) "
            f"VALUES ('{OTHER}', 1, 0, 'ana@example.com', 'DONE', '{OLD}', '{OLD}')",
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check} {case.what}")
def test_a_planted_violation_is_reported_by_its_check_alone(sold: Marketplace, case: Case) -> None:
    case.plant(sold)
    found = violated(sold, later=case.later)
    assert sorted(found) == sorted([case.check, *case.also]), found


def test_every_check_that_looks_has_been_seen_to_fail() -> None:
    assert {check.id for check in CHECKS if check.look} == {case.check for case in CASES}

"""Money that a gateway's statement alone lists, and money that none lists."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, Plant, sql
from tests.marketplace import Marketplace

_LISTED = (
    "INSERT INTO statement_lines (id, round_id, payment_id, operation, key, gateway_transaction_id, amount, "
    f"currency, fee_amount, fee_currency, done_at) VALUES ('{OTHER}', '{OTHER}', '{OTHER}', 'refund', '', "
    f"'re_1', 100, 'BRL', 0, '', '{OLD}')"
)


def _settled(amount: int, borne_by: str) -> Plant:
    """A difference that somebody bears."""
    return sql(
        "payments",
        "gateway_differences",
        "INSERT INTO gateway_differences (id, version, sequence, payment_id, side, operation, gateway_transaction_id, "
        "amount, currency, found_at, closed_at, expected_amount, expected_currency, borne_by, reason, settled_by) "
        f"VALUES ('{OTHER}', 1, 0, '{OTHER}', 'gateway', 'refund', 're_1', {amount}, 'BRL', '{OLD}', '{OLD}', 0, "
        f"'XXX', '{borne_by}', 'a reason', 'clerk')",
    )


def _both(*plants: Plant) -> Plant:
    def plant(place: Marketplace) -> None:
        for one in plants:
            one(place)

    return plant


STATEMENTS = (
    Case(
        "I19",
        "a refund that a gateway's statement lists, and that was settled at another amount",
        _both(sql("payments", "statement_lines", _LISTED), _settled(99, "nobody")),
    ),
    Case("I12", "a difference that the platform bears and nobody booked", _settled(100, "platform")),
    Case(
        "I19",
        "a refund that only a gateway's statement lists",
        sql("payments", "statement_lines", _LISTED),
    ),
    Case(
        "I19",
        "money that no statement lists though its time was compared",
        sql(
            "payments",
            "statement_rounds",
            "INSERT INTO statement_rounds (id, version, sequence, gateway, after, begun_at, judged_until, judged) "
            f"VALUES ('{OTHER}', 1, 0, 'test', '', '{OLD}', '2999-01-01 00:00:00.000001', '')",
        ),
    ),
)

"""Money that a gateway's statement alone lists, and money that none lists."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, sql

STATEMENTS = (
    Case(
        "I19",
        "a refund that only a gateway's statement lists",
        sql(
            "payments",
            "statement_lines",
            "INSERT INTO statement_lines (id, round_id, payment_id, operation, key, gateway_transaction_id, amount, "
            f"currency, fee_amount, fee_currency, done_at) VALUES ('{OTHER}', '{OTHER}', '{OTHER}', 'refund', '', "
            f"'re_1', 100, 'BRL', 0, '', '{OLD}')",
        ),
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

"""Store credit and gift cards that the books know nothing of."""

from __future__ import annotations

from tests.doctor.cases import OLD, OTHER, Case, sql


def card(status: str) -> str:
    """Of a batch that was never issued."""
    return (
        "INSERT INTO gift_cards (id, version, sequence, batch_id, code_hash, code_end, amount, currency, status, "
        f"reason, issued_by, issued_at) VALUES ('{OTHER}', 1, 0, '{OTHER}', 'x', 'x', 500, 'BRL', '{status}', "
        f"'x', 'x', '{OLD}')"
    )


CREDIT = (
    Case(
        "I60",
        "credit out of nothing",
        sql(
            "payments",
            "store_credits",
            f"INSERT INTO store_credits (id, version, sequence, buyer_id, currency, balance, held) VALUES "
            f"('{OTHER}', 1, 0, '{OTHER}', 'BRL', 0, 500)",
        ),
    ),
    Case(
        "I60",
        "a gift that moved no balance",
        sql(
            "payments",
            "store_credit_movements",
            f"INSERT INTO store_credit_movements (id, credit_id, kind, amount, balance, reference_id, reason, made_by, "
            f"created_at) VALUES ('{OTHER}', '{OTHER}', 'issued', 500, 500, '{OTHER}', 'x', 'x', '{OLD}')",
        ),
    ),
    Case(
        "I60",
        "a forfeit that moved no balance",
        sql(
            "payments",
            "store_credit_movements",
            f"INSERT INTO store_credit_movements (id, credit_id, kind, amount, balance, reference_id, reason, made_by, "
            f"created_at) VALUES ('{OTHER}', '{OTHER}', 'forfeited', -500, 0, '{OTHER}', 'x', 'x', '{OLD}')",
        ),
    ),
    Case("I60", "a gift card that nobody issued", sql("payments", "gift_cards", card("OPEN"))),
    Case("I60", "a gift card that was redeemed for nobody", sql("payments", "gift_cards", card("REDEEMED"))),
)

"""A purchase that was captured order by order, and what may not become of it."""

from __future__ import annotations

import msgspec
import pytest

from tests.doctor.cases import OLD, OTHER, Case, Plant, sql
from tests.doctor.planting import write
from tests.doctor.selling import start
from tests.marketplace import Marketplace

IN_PARTS = "(SELECT id FROM payment_intents WHERE CAST(captures AS varchar(10)) <> '[]')"


def in_parts(plant: Plant) -> Plant:
    """Sell something whose two orders are captured apart, and then plant."""

    def sell_and_plant(place: Marketplace) -> None:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ARGOSY_CAPTURE", "order")
            environment.setenv("ARGOSY_TEST_GATEWAY_LATENCY_MS", "0")
            start(place, "in parts")
            place.drain()
        assert place.rows("payments", f"SELECT status FROM payment_intents WHERE id IN {IN_PARTS}") == [("CAPTURED",)]
        plant(place)

    return sell_and_plant


def first_part(**changes: object) -> Plant:
    """The first part says something else of itself."""

    def plant(place: Marketplace) -> None:
        [(id, text)] = place.rows(
            "payments", f"SELECT id, CAST(captures AS text) FROM payment_intents WHERE id IN {IN_PARTS}"
        )
        first, *others = msgspec.json.decode(text)
        changed = msgspec.json.encode([{**first, **changes}, *others]).decode()
        mark = "CAST(? AS jsonb)" if place.runtime.stores["payments"].dialect.vendor == "postgresql" else "?"
        statement = f"UPDATE payment_intents SET captures = {mark} WHERE id = ?"
        write(place, "payments", "payment_intents", statement, changed, id)

    return plant


def a_stray(place: Marketplace) -> None:
    """It says that it keeps something apart."""
    kept = msgspec.json.encode([{"reference": "x", "amount": 5, "currency": "BRL"}]).decode()
    mark = "CAST(? AS jsonb)" if place.runtime.stores["payments"].dialect.vendor == "postgresql" else "?"
    write(place, "payments", "payment_intents", f"UPDATE payment_intents SET strays = {mark}", kept)


PARTS = (
    Case("I12", "money that was taken unasked, and the ledger does not have", in_parts(a_stray)),
    Case("I14", "a part that the gateway did not hand over", in_parts(first_part(reference="another"))),
    Case("I14", "a part taken behind the final one", in_parts(first_part(is_final=True))),
    Case("I12", "a part that the ledger does not have", in_parts(first_part(id=OTHER))),
    Case(
        "I14",
        "a part taken of what had been let go of",
        in_parts(
            sql(
                "payments",
                "payment_transactions",
                "INSERT INTO payment_transactions (id, payment_intent_id, gateway_transaction_id, type, amount, "
                f"currency, status, created_at) SELECT '{OTHER}', id, 'x', 'void', amount, currency, 'approved', "
                f"'{OLD}' FROM payment_intents WHERE id IN {IN_PARTS}",
            )
        ),
    ),
)

"""The story that must run, on the fixture: imported, bought, paid, to the cent."""

from __future__ import annotations

import json

import pytest

from tests.cli.olist import FIXTURE, success
from tests.marketplace import Marketplace

EXPECTED = {
    "ok": True,
    "baskets": 12,
    "paid": 12,
    "orders": 17,
    "lines": 20,
    "failures": {},
    "orders_per_basket": {"1": 9, "2": 1, "3": 2},
    "money": {"BRL": 297_385},
    "money_in_file": {"BRL": 297_385},
}


def played(told: str) -> dict[str, object]:
    summary = json.loads(told)
    return {name: summary[name] for name in EXPECTED}


@pytest.mark.slow
@pytest.mark.parametrize("how", [["--direct"], []], ids=["direct", "http"])
def test_every_basket_is_paid_to_the_cent_and_bought_once(
    how: list[str],
    marketplace: Marketplace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    success(capsys, "import", "olist", FIXTURE)
    marketplace.close()
    arguments = ["replay", "olist", FIXTURE, "--buyers", "3", "--json", *how]
    assert played(success(capsys, *arguments)) == EXPECTED
    assert marketplace.rows("orders", "SELECT count(*), sum(total_amount) FROM orders") == [(17, 297_385)]
    assert played(success(capsys, *arguments)) == EXPECTED
    assert marketplace.rows("orders", "SELECT count(*), sum(total_amount) FROM orders") == [(17, 297_385)]

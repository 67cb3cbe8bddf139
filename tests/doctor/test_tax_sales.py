"""What thresholds count is compared with the orders that there are, where it is counted."""

from __future__ import annotations

import pytest
from django.db import connections

from argosy.contracts.taxes_thresholds import SweepTaxSales
from argosy.platform.runtime import dialect_of
from tests.doctor.planting import examined, violated, write
from tests.marketplace import Marketplace


@pytest.fixture
def watched(sold: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """The marketplace that has sold, after its operator has switched counting on."""
    monkeypatch.setenv("ARGOSY_TAX_THRESHOLDS", "yes")
    sold.close()
    sold.drain()
    return sold


def test_what_was_sold_before_is_counted_as_it_was_sold(watched: Marketplace) -> None:
    assert violated(watched) == {}
    [(count,)] = watched.rows("taxes", "SELECT count(*) FROM tax_sales WHERE status = 'PAID'")
    [(sold,)] = watched.rows("taxes", "SELECT sum(sales) - sum(refunded_sales) FROM tax_sales_sums")
    assert count == sold > 0


@pytest.mark.parametrize(
    ("what", "table", "statement"),
    [
        ("it was", "tax_sales", "UPDATE tax_sales SET region = 'RJ'"),
        ("it was", "tax_sales", "UPDATE tax_sales SET net = net + 1"),
        ("no threshold counts it", "tax_sales", "DELETE FROM tax_sales WHERE status = 'PAID'"),
        ("differs from its sales", "tax_sales_sums", "UPDATE tax_sales_sums SET refunded_gross = refunded_gross + 1"),
        ("differs from its sales", "tax_sales_sums", "DELETE FROM tax_sales_sums"),
    ],
)
def test_what_is_counted_otherwise_is_found(watched: Marketplace, what: str, table: str, statement: str) -> None:
    write(watched, "taxes", table, statement)
    found = violated(watched)
    assert list(found) == ["I67"]
    assert any(what in line for line in found["I67"]), found


def test_months_that_no_threshold_counts_any_more_are_swept_and_are_not_missed(watched: Marketplace) -> None:
    def swept() -> None:
        due = dialect_of("taxes").instant(watched.runtime.clock.now())
        with connections["taxes"].cursor() as statement:
            statement.execute("UPDATE taxes_due SET due_at = %s WHERE name = %s", [due, SweepTaxSales.wire_name])
        watched.drain()

    counts = "SELECT (SELECT count(*) FROM tax_sales), (SELECT count(*) FROM tax_sales_sums)"
    before = watched.rows("taxes", counts)
    swept()
    assert watched.rows("taxes", counts) == before
    with connections["taxes"].cursor() as statement:
        for table in ("tax_sales", "tax_sales_sums"):
            statement.execute(f"UPDATE {table} SET month = '2001-01'")
    swept()
    assert watched.rows("taxes", counts) == [(0, 0)]
    assert not examined(watched)["I67"].is_sound, "they were of this year"
    assert examined(watched, later=2 * 366 * 86_400)["I67"].is_sound

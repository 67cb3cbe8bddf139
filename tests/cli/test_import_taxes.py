"""Tax rules from a file: good rows go in once, with their past; the others are set aside with line and reason."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from argosy.contracts.taxes import PreviewTax, TaxableLine
from tests.cli.olist import failure, success
from tests.marketplace import Marketplace
from tests.support import an_id

Captured = pytest.CaptureFixture[str]
ROWS = """\
country,zone,region,category,rate,inclusive,valid_from
de,,,,19,yes,2007-01-01
de,,,,16%,yes,2020-07-01
de,,,,19,yes,2021-01-01
us,,ny,,8.875,no,
,eu,,books,7,,
de,eu,,,7,,
de,,,,19.00001,,2031-01-01
fr,,,,101,,
fr,,,,20,perhaps,
fr,,,,20,,yesterday
fr,,,,20,,2030-01-01T00:00:00
us,,ny,,8,no,
pt,,
x,,<b>,Food!,5,,
"""


def a_file(folder: Path, text: str = ROWS) -> Path:
    path = folder / "vat.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rate_at(place: Marketplace, at: datetime, country: str = "DE", region: str = "") -> str:
    line = TaxableLine(line_no=1, seller_id=an_id("seller"), category="standard", amount=100)
    asked = PreviewTax(country=country, region=region, currency="EUR", lines=(line,), at=at)
    rate: str = place.do("taxes", asked).lines[0].rate
    return rate


def test_good_rows_go_in_with_their_past_and_the_others_are_told_with_line_and_reason(
    tmp_path: Path, marketplace: Marketplace, capsys: Captured
) -> None:
    path = a_file(tmp_path)
    told = success(capsys, "import", "taxes", path)
    assert "imported 5 rows, 3 rules changed" in told
    assert f"9 rows could not go in: see {path}.rejects.csv" in told
    with Path(f"{path}.rejects.csv").open(encoding="utf-8", newline="") as text:
        _, *rejects = csv.reader(text)
    assert [(row[0], row[1]) for row in rejects] == [
        ("7", "A rule is for a zone or for a country, not for both."),
        ("8", "rate '19.00001' is no percentage with at most four decimals"),
        ("9", "A tax rate is from nothing to the whole, in ten-thousandths."),
        ("10", "inclusive 'perhaps' is neither yes nor no"),
        ("11", "valid_from 'yesterday' is no date and no time"),
        ("12", "valid_from '2030-01-01T00:00:00' does not say its offset"),
        ("13", "the same rule from the same time on is on line 5"),
        ("14", "3 fields in place of 7"),
        (
            "15",
            "Countries are two capital letters (ISO 3166-1).; A rule's region is a short code or name in basic Latin "
            "letters.; A tax category is named by lower-case letters, digits, - and _.",
        ),
    ]
    years = {2006: "0", 2007: "19", 2020: "19", 2021: "19"}
    assert {year: rate_at(marketplace, datetime(year, 1, 1, tzinfo=UTC)) for year in years} == years
    assert rate_at(marketplace, datetime(2020, 8, 1, tzinfo=UTC)) == "16"
    assert rate_at(marketplace, datetime(2026, 8, 1, tzinfo=UTC), "US", "New York") == "0"
    assert rate_at(marketplace, datetime(2026, 8, 1, tzinfo=UTC), "US", "ny") == "8.875"


def test_a_second_time_nothing_changes_and_the_past_of_a_rule_that_is_there_stays(
    tmp_path: Path, marketplace: Marketplace, capsys: Captured
) -> None:
    path = a_file(tmp_path)
    success(capsys, "import", "taxes", path)
    before = marketplace.rows("taxes", "SELECT id, version, versions FROM tax_rules ORDER BY id")
    assert "nothing has changed: 5 rows" in success(capsys, "import", "taxes", path)
    assert marketplace.rows("taxes", "SELECT id, version, versions FROM tax_rules ORDER BY id") == before
    again = a_file(tmp_path, "country,rate,valid_from\nde,5,2020-07-01\n")
    assert "none of 1 row could go in" in failure(capsys, "import", "taxes", again)
    assert marketplace.rows("taxes", "SELECT id, version, versions FROM tax_rules ORDER BY id") == before


@pytest.mark.parametrize("text", ["", "country,category\nde,x\n", "rate\n19\n", "\x00\n"])
def test_a_file_without_its_columns_is_refused_in_one_line(tmp_path: Path, capsys: Captured, text: str) -> None:
    told = failure(capsys, "import", "taxes", a_file(tmp_path, text))
    assert len(told.strip().splitlines()) == 1
    assert "Traceback" not in told

"""How the doctor looks: twice at what may be on its way, bounded in what it tells, and clear by its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from argosy.apps.doctor.check import Check, Violation
from argosy.apps.doctor.databases import PAGE, Databases, side_by_side
from argosy.apps.doctor.examination import CHECKS, Examination, NoSuchCheck, chosen
from argosy.apps.doctor.main import COULD_NOT_CHECK, SOUND, VIOLATED, examine
from tests.doctor.planting import write
from tests.marketplace import Marketplace


class Healing:
    """Reports these keys at the first look, and only the last of them at the next ones."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.looked_for: list[object] = []

    def __call__(self, databases: Databases) -> Iterator[Violation]:
        self.looked_for.append(databases.only)
        for key in self.keys if len(self.looked_for) == 1 else self.keys[-1:]:
            yield Violation(f"rows {key}", "is wrong", key)


def run(place: Marketplace, look: Healing, *, spans: bool, looks: int = 1) -> list[str]:
    check = Check("X01", "it holds", look, spans=spans)
    [finding] = Examination(place.runtime, look_again_seconds=(0.0,) * looks).run([check])
    return [violation.row for violation in finding.violations]


def test_what_was_only_on_its_way_is_not_told(marketplace: Marketplace) -> None:
    look = Healing("a", "b")
    assert run(marketplace, look, spans=True, looks=2) == ["rows b"]
    assert look.looked_for == [None, {"a", "b"}, {"b"}]


def test_a_snapshot_of_one_database_is_believed_at_once(marketplace: Marketplace) -> None:
    look = Healing("a", "b")
    assert run(marketplace, look, spans=False) == ["rows a", "rows b"]
    assert look.looked_for == [None]


def test_all_violations_are_counted_and_twenty_are_shown(marketplace: Marketplace) -> None:
    look = Healing(*(f"{number}" for number in range(50)))
    [finding] = Examination(marketplace.runtime).run([Check("X01", "it holds", look)])
    assert (finding.count, len(finding.violations), finding.is_sound) == (50, 20, False)


def test_a_second_look_reads_suspects_alone(sold: Marketplace) -> None:
    [(first,), (second,)] = sold.rows("orders", "SELECT id FROM orders ORDER BY id LIMIT 2")
    with Databases(sold.runtime, sold.runtime.clock.now(), only={str(second)}) as databases:
        rows = list(databases.stream("orders", "SELECT id FROM orders WHERE {only:id} ORDER BY id"))
    assert rows == [(str(second),)]
    assert first != second


def test_streams_are_joined_by_id_a_page_at_a_time() -> None:
    ids = [f"{number:08d}" for number in range(2 * PAGE)]
    left = ((id, 1) for id in ids if id != ids[3])
    right = ((id, 2) for id in ids for _ in range(2) if id != ids[5])
    joined = {id: (len(mine), len(theirs)) for id, (mine, theirs) in side_by_side(left, right)}
    assert joined == dict.fromkeys(ids, (1, 2)) | {ids[3]: (0, 2), ids[5]: (1, 0)}


def test_a_stream_that_is_not_sorted_is_refused() -> None:
    with pytest.raises(AssertionError, match="not sorted"):
        list(side_by_side([("b",), ("a",)]))


def test_a_sound_marketplace_is_told_as_json(sold: Marketplace, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(only=["I01,I16"], is_json=True) == SOUND
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "sound": True,
        "checks": [
            {
                "id": "I01",
                "name": "what is on hand is the sum of its movements",
                "ok": True,
                "violated": 0,
                "violations": [],
                "waiting": None,
            },
            {
                "id": "I16",
                "name": "no line is paid back beyond what was paid for it",
                "ok": True,
                "violated": 0,
                "violations": [],
                "waiting": "refund cases, which refund by line",
            },
        ],
    }


def test_each_violated_row_is_one_line(sold: Marketplace, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        sold,
        "inventory",
        "stock_items",
        "UPDATE stock_items SET total_quantity = total_quantity + 1, available_quantity = available_quantity + 1",
    )
    assert examine(only=["i01", "I16"]) == VIOLATED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "I01  violated 2      what is on hand is the sum of its movements"
    promise = "no line is paid back beyond what was paid for it"
    assert lines[1] == f"I16  waiting         {promise} (waits for refund cases, which refund by line)"
    assert [line for line in lines if line.endswith("says 101 pieces, its movements sum to 100")] == lines[2:4]
    assert lines[4] == "1 invariant of 1 violated: I01 (docs/doctor.md says what to do)"


def test_an_unknown_number_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(only=["I99"]) == COULD_NOT_CHECK
    assert capsys.readouterr().err.startswith("argosy: there is no invariant I99; there are I01, I02,")
    with pytest.raises(NoSuchCheck):
        chosen(["I01", "nonsense"])


def test_a_database_that_is_not_there_cannot_be_checked(
    marketplace: Marketplace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("a server's databases are not files")
    path = Path(settings.DATABASES["orders"]["NAME"])
    path.unlink()
    assert examine() == COULD_NOT_CHECK
    said = capsys.readouterr().err
    assert said == f"argosy: orders's database {path} is not there: run `argosy migrate` first\n"
    assert not path.exists()


def test_a_database_that_is_not_up_to_date_cannot_be_checked(
    sold: Marketplace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(sold, "inventory", "stock_items", "ALTER TABLE stock_items RENAME COLUMN reserved TO kept")
    assert examine(only=["I02"]) == COULD_NOT_CHECK
    said = capsys.readouterr().err
    assert said.startswith("argosy: inventory's database cannot be read: ")
    assert said.count("\n") == 1


def test_the_command_says_in_one_line_that_there_is_no_marketplace(tmp_path: Path) -> None:
    environment = {**os.environ, "ARGOSY_VAR": str(tmp_path)}
    environment.pop("ARGOSY_POSTGRES", None)
    done = subprocess.run(
        [sys.executable, "-m", "argosy.apps.cli.main", "doctor", "--only", "I01"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == COULD_NOT_CHECK
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_each_check_is_explained() -> None:
    text = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert [check.id for check in CHECKS if f"| {check.id} |" not in text] == []

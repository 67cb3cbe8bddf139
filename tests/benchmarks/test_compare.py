"""The comparison with an earlier commit tells a slower checkout from a faster one."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks import compare


def test_a_checkout_that_costs_more_than_allowed_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "cost", lambda place, checkouts: 1_300.0 if place == compare.HERE else 1_000.0)
    monkeypatch.setattr(compare, "laid_out", lambda commit: nullcontext(Path("/there")))
    assert compare.main(["before", "--turns", "2"]) == 1
    assert compare.main(["before", "--turns", "2", "--most", "1.5"]) == 0
    assert "ratio 1.30" in capsys.readouterr().out


def test_a_commit_that_is_not_there_is_named_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["no-such-commit"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_files_of_a_commit_are_laid_out_whole() -> None:
    with compare.laid_out("HEAD") as folder:
        assert (folder / "benchmarks" / "engine.py").is_file()
        assert (folder / "argosy" / "engine" / "work.py").is_file()

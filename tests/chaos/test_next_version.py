"""The version after this one can still be made from this one's source, and is what a release may be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from argosy.apps.chaos import next_version
from argosy.apps.chaos.cluster import NotInstalled
from argosy.apps.chaos.next_version import DoesNotApply, Edit

TELL = """
from argosy.shared_kernel.codec import decode
old = '{"flow_id": "a", "payment_id": "b", "purchase_id": "c", "amount": 1, "currency": "BRL"}'
read = decode("payments.PaymentCaptured", 1, old)
print(type(read).schema_version, read.channel)
"""


def test_it_reads_what_this_version_wrote(tmp_path: Path) -> None:
    folder = next_version.make(tmp_path / "next")
    told = subprocess.run(
        [sys.executable, "-c", f"import argosy.contracts.payments{TELL}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["2", "unknown"]
    added = set(folder.rglob("migrations/*.py")) - {folder / path for path in _here()}
    assert [path.name[4:] for path in added] == ["_channel.py"]


def _here() -> list[Path]:
    found = (next_version.SOURCE / "argosy").rglob("migrations/*.py")
    return [path.relative_to(next_version.SOURCE) for path in found]


def test_an_edit_that_no_longer_applies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_version, "EDITS", (Edit("config/settings.py", "what nobody has written", ""),))
    with pytest.raises(DoesNotApply, match=r"config/settings\.py has 'what nobody has written' 0 times, not once"):
        next_version.make(tmp_path / "next")


def test_without_the_source_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="there is no argosy and no config"):
        next_version.make(tmp_path / "next", tmp_path)

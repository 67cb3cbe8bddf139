"""The doctor's last word on each invariant, where every process of every machine can read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from argosy.apps.doctor.examination import CHECKS, SHOWN_MAX, Finding
from argosy.read_models.models import DoctorVerdictRow
from argosy.read_models.slots import ALIAS

_FOUND = msgspec.json.Decoder(list[tuple[str, str]])


class Verdict(NamedTuple):
    """What was found of one invariant: how many rows break it, and the first of them as (row, what)."""

    id: str
    promise: str
    violated: int
    found: Sequence[tuple[str, str]]
    looked_at: datetime
    milliseconds: int


def keep(finding: Finding, now: datetime, milliseconds: int) -> Verdict:
    """Replace the last verdict on this invariant."""
    found = [(one.row, one.what) for one in finding.suspects[:SHOWN_MAX]]
    verdict = Verdict(finding.check.id, finding.check.promise, finding.count, found, now, milliseconds)
    DoctorVerdictRow.objects.using(ALIAS).update_or_create(
        check_id=verdict.id,
        defaults={
            "violated": verdict.violated,
            "found": msgspec.json.encode(found).decode(),
            "looked_at": now,
            "milliseconds": milliseconds,
        },
    )
    return verdict


def verdicts() -> list[Verdict]:
    """The last ones, of the invariants that are looked at, in order; those that were never looked at are missing."""
    promises = {check.id: check.promise for check in CHECKS if check.look}
    rows = DoctorVerdictRow.objects.using(ALIAS).filter(check_id__in=promises).order_by("check_id")
    return [
        Verdict(
            row.check_id,
            promises[row.check_id],
            row.violated,
            _FOUND.decode(row.found),
            row.looked_at,
            row.milliseconds,
        )
        for row in rows
    ]


def is_sound(found: Iterable[Verdict]) -> bool:
    return not any(verdict.violated for verdict in found)

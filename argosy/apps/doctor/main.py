"""`argosy doctor`: examine, report, and tell by the exit status."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from argosy.apps.cli.console import complain, progress, say
from argosy.apps.doctor.check import Check
from argosy.apps.doctor.databases import CannotCheck
from argosy.apps.doctor.examination import Examination, NoSuchCheck, chosen
from argosy.apps.doctor.report import as_json, is_sound, show
from argosy.platform.runtime import runtime

SOUND, VIOLATED, COULD_NOT_CHECK = 0, 1, 2


def examine(*, only: Iterable[str] = (), is_json: bool = False) -> int:
    """The exit status: 0 where everything holds, 1 where something does not, 2 where it cannot be told."""
    try:
        checks = chosen(only)
        findings = Examination(runtime(), telling=_tell).run(checks)
    except (CannotCheck, NoSuchCheck) as reason:
        complain(str(reason))
        return COULD_NOT_CHECK
    if is_json:
        say(as_json(findings))
    else:
        show(findings)
    return SOUND if is_sound(findings) else VIOLATED


def _tell(check: Check) -> AbstractContextManager[Any]:
    return progress(f"{check.id} {check.promise}")

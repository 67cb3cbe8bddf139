"""What was found, for people at a terminal, for logs, and for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

import msgspec

from argosy.apps.cli.console import count, say
from argosy.apps.doctor.examination import Finding
from argosy.apps.doctor.healing import Healed
from argosy.apps.doctor.verdicts import Verdict


def is_sound(findings: Sequence[Finding]) -> bool:
    return all(finding.is_sound for finding in findings)


def as_json(findings: Sequence[Finding], healed: Sequence[Healed] = ()) -> str:
    """`{"checks": [{"id": "I07", "ok": true, ...}], "sound": true}`; of a check that waits, `ok` says nothing. What was
    healed is told beside."""
    checks = [
        {
            "id": finding.check.id,
            "name": finding.check.promise,
            "ok": finding.is_sound,
            "violated": finding.count,
            "violations": [{"row": violation.row, "what": violation.what} for violation in finding.violations],
            "waiting": finding.check.waits_for or None,
        }
        for finding in findings
    ]
    told: dict[str, object] = {"checks": checks, "sound": is_sound(findings)}
    if healed:
        told["healed"] = [{"id": one.check, "did": one.did} for one in healed]
    return msgspec.json.encode(told).decode()


def show(findings: Sequence[Finding]) -> None:
    """A table at a terminal, lines anywhere else, and a line for each row that breaks something."""
    if sys.stdout.isatty():
        _draw(findings)
    else:
        for finding in findings:
            waits = f" (waits for {finding.check.waits_for})" if finding.check.waits_for else ""
            say(f"{finding.check.id}  {_result(finding):<14}  {finding.check.promise}{waits}")
    for finding in findings:
        for violation in finding.violations:
            say(f"{finding.check.id}  {violation.row}: {violation.what}")
        if finding.count > len(finding.violations):
            say(f"{finding.check.id}  and {finding.count - len(finding.violations):,} more")
    say(_verdict(findings))


def last_as_json(found: Sequence[Verdict]) -> str:
    """`{"checks": [{"id": "I07", "ok": true, "violated": 0, "violations": [], "looked_at": ...}], "sound": true}`"""
    checks = [
        {
            "id": one.id,
            "name": one.promise,
            "ok": not one.violated,
            "violated": one.violated,
            "violations": [{"row": row, "what": what} for row, what in one.found],
            "looked_at": one.looked_at,
        }
        for one in found
    ]
    return msgspec.json.encode({"checks": checks, "sound": not any(one.violated for one in found)}).decode()


def show_verdicts(found: Sequence[Verdict], now: datetime) -> None:
    """A line for each invariant, with how long ago it was looked at."""
    for one in found:
        result = f"violated {one.violated:,}" if one.violated else "ok"
        ago = max(0, int((now - one.looked_at).total_seconds()))
        say(f"{one.id}  {result:<14}  {ago:>6,} s ago  {one.promise}")
    for one in found:
        for row, what in one.found:
            say(f"{one.id}  {row}: {what}")
    broken = [one.id for one in found if one.violated]
    say(f"violated: {', '.join(broken)} (docs/doctor.md says what to do)" if broken else "sound, when last looked at")


def _draw(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title="What must hold", title_justify="left")
    drawn.add_column("id", no_wrap=True)
    drawn.add_column("what must hold")
    drawn.add_column("found", no_wrap=True)
    for finding in findings:
        promise = Text(finding.check.promise)
        if finding.check.waits_for:
            promise.append(f"\nwaits for {finding.check.waits_for}", style="dim")
        drawn.add_row(finding.check.id, promise, Text(_result(finding), style=_style(finding)))
    Console().print(drawn)


def _style(finding: Finding) -> str:
    if finding.check.waits_for:
        return "dim"
    return "green" if finding.is_sound else "bold red"


def _result(finding: Finding) -> str:
    if finding.check.waits_for:
        return "waiting"
    return "ok" if finding.is_sound else f"violated {finding.count:,}"


def _verdict(findings: Sequence[Finding]) -> str:
    broken = [finding.check.id for finding in findings if not finding.is_sound]
    waiting = sum(1 for finding in findings if finding.check.waits_for)
    looked = len(findings) - waiting
    if broken:
        told = count(len(broken), "invariant")
        return f"{told} of {looked} violated: {', '.join(broken)} (docs/doctor.md says what to do)"
    return f"sound: {count(looked, 'invariant')} hold, {waiting} wait"

"""All checks over one marketplace. What only one look saw was on its way, and is not told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from argosy.apps.doctor import (
    checkouts,
    claims,
    credit,
    integrations,
    later,
    ledger,
    messages,
    money,
    orders,
    people,
    prices,
    promotions,
    sellers,
    stock,
    taxes,
    views,
)
from argosy.apps.doctor.check import Check, Violation, in_order
from argosy.apps.doctor.databases import CannotCheck, Databases, missing_files
from argosy.platform.runtime import Runtime
from argosy.shared_kernel.clock import Clock

SHOWN_MAX = 20
SUSPECTS_MAX = 1_000
"""So many rows are looked for by id at a second look; beyond that the whole check runs again."""

LOOK_AGAIN_SECONDS = (2.0, 8.0)
"""How long suspected rows are given, look by look: by then a live marketplace has moved on."""

CHECKS = in_order(
    [
        *stock.CHECKS,
        *ledger.CHECKS,
        *money.CHECKS,
        *orders.CHECKS,
        *promotions.CHECKS,
        *checkouts.CHECKS,
        *messages.CHECKS,
        *views.CHECKS,
        *people.CHECKS,
        *integrations.CHECKS,
        *sellers.CHECKS,
        *credit.CHECKS,
        *prices.CHECKS,
        *claims.CHECKS,
        *taxes.CHECKS,
        *later.CHECKS,
    ]
)

Telling = Callable[[Check], AbstractContextManager[Callable[[int], None]]]
"""Tells that a check has begun; what it gives is told how many rows were read."""


@dataclass
class Finding:
    """What became of one check: all violations are counted, the first are kept."""

    check: Check
    count: int = 0
    suspects: list[Violation] = field(default_factory=list)
    cures: set[str] = field(default_factory=set)

    @property
    def violations(self) -> list[Violation]:
        return self.suspects[:SHOWN_MAX]

    @property
    def is_sound(self) -> bool:
        return self.count == 0

    def take(self, found: Iterable[Violation]) -> None:
        self.count, self.suspects, self.cures = 0, [], set()
        for violation in found:
            self.count += 1
            if violation.cure:
                self.cures.add(violation.cure)
            if self.count <= SUSPECTS_MAX:
                self.suspects.append(violation)


class NoSuchCheck(Exception):
    """There is no invariant of this number; the text lists those that there are."""


def chosen(ids: Iterable[str]) -> list[Check]:
    """The checks of these numbers, apart or with commas between; all of them where none is named."""
    wanted = {id.strip().upper() for some in ids for id in some.split(",") if id.strip()}
    known = {check.id for check in CHECKS}
    if wanted - known:
        raise NoSuchCheck(
            f"there is no invariant {', '.join(sorted(wanted - known))}; there are {', '.join(sorted(known))}"
        )
    return [check for check in CHECKS if not wanted or check.id in wanted]


class Examination:
    """Runs checks. The suspects of all of them wait together."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        telling: Telling = lambda check: nullcontext(lambda rows: None),
        look_again_seconds: tuple[float, ...] = LOOK_AGAIN_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or runtime.clock
        self.runtime = runtime
        self.telling = telling
        self.look_again_seconds = look_again_seconds

    def run(self, checks: Iterable[Check]) -> list[Finding]:
        """What each check found; raises CannotCheck where a database cannot be read."""
        missing = missing_files(self.runtime)
        if missing:
            raise CannotCheck(missing[0] if len(missing) == 1 else f"{missing[0]} ({len(missing)} are missing)")
        findings = [Finding(check) for check in checks]
        for finding in findings:
            finding.take(self._look(finding.check))
        for seconds in self.look_again_seconds:
            suspected = [finding for finding in findings if finding.check.spans and not finding.is_sound]
            if suspected:
                time.sleep(seconds)
            for finding in suspected:
                self._look_again(finding)
        return findings

    def _look(self, check: Check, only: set[str] | None = None) -> Iterator[Violation]:
        if check.look is None:
            return
        with self.telling(check) as read, Databases(self.runtime, self.clock.now(), only=only, read=read) as databases:
            yield from check.look(databases)

    def _look_again(self, finding: Finding) -> None:
        if finding.count > SUSPECTS_MAX:
            return finding.take(self._look(finding.check))
        keys = {violation.key for violation in finding.suspects}
        rows = {violation.row for violation in finding.suspects}
        again = self._look(finding.check, None if "" in keys else keys)
        return finding.take([violation for violation in again if violation.row in rows])

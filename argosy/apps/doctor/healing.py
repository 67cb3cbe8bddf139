"""What may be healed without a person: by a command of the context that owns the rule, by planning what is to recur,
or by making a view anew. Nothing here touches money, stock or any other row of a context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from argosy.apps.doctor.check import Violation
from argosy.apps.doctor.checkouts import RETRY_CHECKOUTS
from argosy.apps.doctor.examination import Finding
from argosy.apps.doctor.messages import PLAN
from argosy.apps.doctor.promotions import RECONCILE_USES, SWEEP_USES
from argosy.apps.doctor.stock import SWEEP_RESERVATIONS
from argosy.apps.doctor.views import REBUILD
from argosy.contracts.checkout import RetryCheckout
from argosy.contracts.inventory import ExpireReservations
from argosy.contracts.promotions import ExpireCouponUses, ReconcileUses
from argosy.engine.work import SYSTEM
from argosy.platform.planning import plan_missing
from argosy.platform.runtime import Runtime
from argosy.read_models.rebuild import RebuildIsIncomplete, RebuildIsRunning, rebuild
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command

Progress = Callable[[str], Callable[[int, float], None]]
"""Begins to tell how far something is: given what it is, takes how many are done and which part that is."""


class Healed(NamedTuple):
    """What was done about a kind of violations, in a line for people."""

    check: str
    cure: str
    did: str


def heal(
    runtime: Runtime,
    findings: Iterable[Finding],
    progress: Progress = lambda what: lambda done, part: None,
) -> Iterator[Healed]:
    """Applies every cure that the findings name, once each, and says what was done as it is done."""
    applied: set[str] = set()
    for finding in findings:
        for cure in sorted(finding.cures - applied):
            applied.add(cure)
            suspects = [one for one in finding.suspects if one.cure == cure]
            yield Healed(finding.check.id, cure, _apply(runtime, cure, suspects, progress))


def _apply(runtime: Runtime, cure: str, suspects: list[Violation], progress: Progress) -> str:
    if cure.startswith(REBUILD):
        return _rebuild(runtime, cure.removeprefix(REBUILD), progress)
    if cure.startswith(PLAN):
        return _plan(runtime, cure.removeprefix(PLAN))
    label, commands = COMMANDS[cure](suspects)
    return _send(runtime, label, commands)


def _send(runtime: Runtime, label: str, commands: list[Command]) -> str:
    sent, refused = 0, 0
    for command in commands:
        try:
            runtime.outside(label).run(command, SYSTEM)
            sent += 1
        except DomainError:
            refused += 1
    told = f"sent {commands[0].wire_name} to {label}" + (f" {sent} times" if sent != 1 else "")
    return told + (f"; {label} refused {refused}" if refused else "")


def _plan(runtime: Runtime, label: str) -> str:
    planned = plan_missing(runtime.contexts[label], runtime.stores[label], runtime.clock.now(), None)
    return f"planned {', '.join(planned)}" if planned else f"nothing: all that recurs in {label} is planned by now"


def _rebuild(runtime: Runtime, view: str, progress: Progress) -> str:
    try:
        replayed = rebuild(runtime, view, progress(f"rebuilding {view}, messages"))
    except (RebuildIsRunning, RebuildIsIncomplete) as reason:
        return f"nothing: {reason}"
    return f"rebuilt {view} from {replayed:,} messages"


Asked = Callable[[list[Violation]], tuple[str, list[Command]]]

COMMANDS: dict[str, Asked] = {
    SWEEP_RESERVATIONS: lambda suspects: ("inventory", [ExpireReservations()]),
    SWEEP_USES: lambda suspects: ("promotions", [ExpireCouponUses()]),
    RECONCILE_USES: lambda suspects: ("promotions", [ReconcileUses()]),
    RETRY_CHECKOUTS: lambda suspects: (
        "checkout",
        [RetryCheckout(checkout_id=Id(id)) for id in dict.fromkeys(one.key for one in suspects)],
    ),
}
"""The commands that each cure sends, given the rows that it is for (the first of them, where there are very many)."""

"""`argosy doctor`: examine, report, and tell by the exit status."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from argosy.apps.cli.console import complain, progress, say
from argosy.apps.doctor.check import Check
from argosy.apps.doctor.databases import CannotCheck
from argosy.apps.doctor.examination import Examination, Finding, NoSuchCheck, chosen
from argosy.apps.doctor.healing import Healed, heal
from argosy.apps.doctor.report import as_json, is_sound, last_as_json, show, show_verdicts
from argosy.apps.doctor.verdicts import verdicts
from argosy.domains.checkout.adapters.outbound.shop_terms import currencies
from argosy.platform.runtime import runtime
from argosy.read_models.catalogue.queries import unsold

SOUND, VIOLATED, COULD_NOT_CHECK = 0, 1, 2


HEALED_AFTER_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""What was asked of a context needs its worker: it is looked at again after these, until it holds."""


def examine(*, only: Iterable[str] = (), is_json: bool = False, is_healing: bool = False) -> int:
    """The exit status: 0 where everything holds, 1 where something does not, 2 where it cannot be told. Healing does
    what is safe to do about violations, and looks again."""
    healed: list[Healed] = []
    wanted = [*only]
    try:
        checks = chosen(wanted)
        findings = Examination(runtime(), telling=_tell).run(checks)
        if is_healing:
            findings, healed = _heal(findings, told=complain if is_json else say)
    except (CannotCheck, NoSuchCheck) as reason:
        complain(str(reason))
        return COULD_NOT_CHECK
    if not any(wanted):
        complain_of_currencies()
    if is_json:
        say(as_json(findings, healed))
    else:
        show(findings)
        if not is_healing and any(finding.cures for finding in findings):
            say("some of this heals by itself, or by `argosy doctor --fix`")
    return SOUND if is_sound(findings) else VIOLATED


def complain_of_currencies() -> None:
    """No row is wrong where the shop is told to sell in what nothing is priced in, and yet it looks empty."""
    for currency in unsold(currencies()):
        complain(f"ARGOSY_CURRENCIES lists {currency}, in which nothing is on sale: looked at in it, the shop is empty")


def show_last(*, is_json: bool = False) -> int:
    """What the doctor's own rounds found last. The exit status is as of an examination; 2 where it never looked."""
    found = verdicts()
    if not found:
        complain("the doctor has not gone its rounds here: `argosy worker` takes it along, or ask it now")
        return COULD_NOT_CHECK
    if is_json:
        say(last_as_json(found))
    else:
        show_verdicts(found, runtime().clock.now())
    return VIOLATED if any(verdict.violated for verdict in found) else SOUND


def _heal(findings: list[Finding], told: Callable[[str], None]) -> tuple[list[Finding], list[Healed]]:
    """What was done is told as it is done; the checks that it was done for look again."""
    done = []
    with ExitStack() as bars:
        for one in heal(runtime(), findings, lambda what: _progress(bars, what)):
            done.append(one)
            told(f"{one.check}  healing: {one.did}")
    again = {finding.check.id for finding in findings if finding.cures}
    now = {finding.check.id: finding for finding in findings}
    for seconds in HEALED_AFTER_SECONDS if again else ():
        time.sleep(seconds)
        looked = Examination(runtime(), telling=_tell, look_again_seconds=()).run(now[id].check for id in sorted(again))
        now.update({finding.check.id: finding for finding in looked})
        if not any(now[id].cures for id in again):
            break
    return [now[finding.check.id] for finding in findings], done


def _progress(bars: ExitStack, what: str) -> Callable[[int, float], None]:
    bars.close()
    step = bars.enter_context(progress(what))
    so_far = 0

    def tell(done: int, part: float) -> None:
        nonlocal so_far
        step(done - so_far)
        so_far = done

    return tell


def _tell(check: Check) -> AbstractContextManager[Any]:
    return progress(f"{check.id} {check.promise}")

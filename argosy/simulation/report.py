"""What a run is told as: lines for people, JSON for programs. The same run is told in the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from argosy.simulation.faults import KINDS
from argosy.simulation.jobs import COUNTED
from argosy.simulation.run import BUYERS, RUSHES, Outcome, Plan

SHOWN_MAX = 20


class Summary:
    """Many runs added up."""

    def __init__(self) -> None:
        self.seeds = 0
        self.checkouts = self.messages = self.commits = self.interleaved = 0
        self.fewest = 0
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.jobs: Counter[str] = Counter()
        self.failed: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        self.seeds += 1
        self.checkouts += outcome.checkouts
        self.fewest = min(self.fewest, outcome.checkouts) if self.seeds > 1 else outcome.checkouts
        self.messages += outcome.messages
        self.commits += outcome.commits
        self.interleaved += outcome.interleaved
        self.outcomes.update(outcome.outcomes)
        self.faults.update(outcome.faults)
        self.jobs.update(outcome.jobs)
        if not outcome.is_sound:
            self.failed.append(outcome)

    @property
    def never(self) -> list[str]:
        """Faults that did not happen in any run, and what no job has found in any."""
        return [kind for kind in KINDS if not self.faults[kind]] + [name for name in COUNTED if not self.jobs[name]]

    def lines(self) -> Iterable[str]:
        ways = _ways(self.outcomes)
        yield f"{self.seeds:,} seeds: {self.checkouts:,} checkouts (at least {self.fewest} each), {ways}"
        yield f"{self.messages:,} messages in {self.commits:,} commits, {self.interleaved:,} of them interrupted"
        yield from _lines("faults:", KINDS, self.faults)
        yield from _lines("done:", COUNTED, self.jobs)
        if self.never:
            yield f"never: {', '.join(self.never)}"
        for outcome in self.failed[:SHOWN_MAX]:
            yield f"seed {outcome.plan.seed} breaks {outcome.violations[0]}"
            yield f"  repeat: {command_for(outcome.plan)}"
        yield (
            "all invariants hold" if not self.failed else f"{len(self.failed)} of {self.seeds} seeds break an invariant"
        )

    def as_json(self) -> str:
        return json.dumps(
            {
                "seeds": self.seeds,
                "sound": not self.failed,
                "checkouts": self.checkouts,
                "fewest_checkouts": self.fewest,
                "outcomes": dict(sorted(self.outcomes.items())),
                "messages": self.messages,
                "commits": self.commits,
                "interleaved": self.interleaved,
                "faults": {kind: self.faults[kind] for kind in KINDS},
                "jobs": {name: self.jobs[name] for name in COUNTED},
                "failed": [_as_data(outcome) for outcome in self.failed],
            }
        )


def lines_of(outcome: Outcome) -> Iterable[str]:
    days, ways = f"{outcome.days:.1f} days", _ways(outcome.outcomes)
    yield f"seed {outcome.plan.seed}: {outcome.checkouts} checkouts in {days}, {ways}"
    yield (
        f"{outcome.messages:,} messages in {outcome.commits:,} commits and {outcome.steps:,} steps, "
        f"{outcome.interleaved:,} of them in the middle of another's; digest {outcome.digest}"
    )
    yield from _lines("faults:", KINDS, outcome.faults)
    yield from _lines("done:", COUNTED, outcome.jobs)
    for violation in outcome.violations[:SHOWN_MAX]:
        yield f"broken: {violation}"
    if outcome.is_sound:
        yield "all invariants hold"
    else:
        yield f"repeat: {command_for(outcome.plan)}"


def as_json(outcome: Outcome) -> str:
    return json.dumps(_as_data(outcome))


def command_for(plan: Plan) -> str:
    """What repeats this very run."""
    words = ["argosy simulate", f"--seed {plan.seed}"]
    if len(plan.rushes) < RUSHES:
        words.append(f"--rushes {','.join(map(str, plan.rushes))}")
    if len(plan.buyers) < BUYERS:
        words.append(f"--buyers {','.join(map(str, plan.buyers))}")
    if plan.without:
        kept = [kind for kind in KINDS if kind not in plan.without]
        few = len(kept) < len(plan.without)
        words.append(f"--only-faults '{','.join(kept)}'" if few else f"--without '{','.join(plan.without)}'")
    return " ".join(words)


def _as_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": outcome.plan.seed,
        "sound": outcome.is_sound,
        "checkouts": outcome.checkouts,
        "outcomes": dict(sorted(outcome.outcomes.items())),
        "days": round(outcome.days, 3),
        "messages": outcome.messages,
        "commits": outcome.commits,
        "steps": outcome.steps,
        "interleaved": outcome.interleaved,
        "faults": {kind: count for kind, count in outcome.faults.items() if count},
        "jobs": {name: count for name, count in outcome.jobs.items() if count},
        "violations": [violation._asdict() for violation in outcome.violations],
        "digest": outcome.digest,
        "repeat": command_for(outcome.plan),
    }


def _ways(outcomes: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{count:,} {status}" for status, count in sorted(outcomes.items())) or "none ended"


def _lines(title: str, names: Iterable[str], counts: Mapping[str, int]) -> Iterable[str]:
    """Those that happened, six to a line."""
    told = [f"{name} {counts[name]:,}" for name in names if counts.get(name)]
    for first in range(0, len(told), 6):
        yield f"{title if not first else '':<7} {', '.join(told[first : first + 6])}"

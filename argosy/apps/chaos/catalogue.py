"""Every experiment, by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterable

from argosy.apps.chaos import waiting
from argosy.apps.chaos.experiment import Experiment
from argosy.apps.chaos.experiments import (
    asleep,
    broker,
    cut_off,
    killed,
    limits,
    outages,
    overload,
    pooled,
    restored,
    servers,
    shoppers,
    versions,
)

EXPERIMENTS = {
    experiment.name: experiment
    for module in (
        killed,
        asleep,
        shoppers,
        outages,
        limits,
        restored,
        servers,
        pooled,
        broker,
        cut_off,
        versions,
        overload,
        waiting,
    )
    for experiment in module.EXPERIMENTS
}
ALL = "all"


class NoSuchExperiment(Exception):
    """There is no experiment of this name; the text lists those that there are."""


def chosen(names: Iterable[str], is_short: bool = False) -> list[Experiment]:
    """The experiments of these names; all that can be run for `all`, or the short selection of them."""
    wanted = list(names)
    unknown = [name for name in wanted if name not in EXPERIMENTS and name != ALL]
    if unknown:
        raise NoSuchExperiment(
            f"there is no experiment {', '.join(unknown)}; there are {ALL}, {', '.join(EXPERIMENTS)}"
        )
    if ALL not in wanted:
        return [EXPERIMENTS[name] for name in dict.fromkeys(wanted)]
    return [one for one in EXPERIMENTS.values() if not is_short or one.is_short]

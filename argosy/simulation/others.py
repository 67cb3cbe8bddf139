"""Everybody who comes to rushes beside buyers, sellers, storekeepers and the operator."""

from __future__ import annotations

from argosy.simulation.colleagues import teams
from argosy.simulation.commissioners import Commissioner
from argosy.simulation.exporters import Exporter
from argosy.simulation.facts import Facts
from argosy.simulation.givers import Giver
from argosy.simulation.listers import LISTERS, Lister
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.movers import Mover
from argosy.simulation.passersby import PassersBy
from argosy.simulation.planners import Planner
from argosy.simulation.programs import PROGRAMS, Program
from argosy.simulation.rush import Attendant
from argosy.simulation.shop import SELLERS


def others(place: Marketplace, facts: Facts) -> tuple[Attendant, ...]:
    planners = [Planner(place, facts, number) for number in range(SELLERS)]
    programs = [Program(place, facts, number) for number in PROGRAMS]
    exporters = [Exporter(place, facts, number) for number in range(SELLERS)]
    alone = (Commissioner(place, facts), Giver(place, facts), Mover(place, facts), PassersBy(place, facts))
    listers = [Lister(place, facts, number) for number in LISTERS]
    return (*alone, *planners, *programs, *exporters, *teams(place, facts), *listers)

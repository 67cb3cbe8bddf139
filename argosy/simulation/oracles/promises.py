"""What may be promised beyond what is there, and what of that is kept back: by what sellers said."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.domains.inventory.domain.stock import MAIN_WAREHOUSE, PREORDER, StockItem
from argosy.engine.store import Changes
from argosy.simulation.facts import Facts, Promising
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.scheduler import moment
from argosy.simulation.store import SimulatedStore

UNRULED = (Promising(),)


class Promises:
    """At each commit: whoever promises more keeps to rules that may be in force. A preorder that ends by itself does so
    by a clock that may be wrong, and late: until it must have, both may be."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        self.place = place
        self.facts = facts

    def watch(self, store: SimulatedStore, changes: Changes) -> None:
        for item, earlier in changes.updates.get(StockItem, ()):
            assert isinstance(item, StockItem)
            if item.promised > earlier["reserved"] + earlier["allocated"]:
                self._look(item)
            if item.backordered > earlier["backordered"]:
                self.place.jobs.counts["pieces sold beforehand"] += item.backordered - earlier["backordered"]

    def _look(self, item: StockItem) -> None:
        allowed = max(
            [max(0, item.on_hand - rule.safety_stock) + rule.oversell_max for rule in _rules(item, self.facts)]
        )
        if item.promised > allowed:
            what = f"promises {item.promised} pieces; {item.on_hand} are there, and its seller allows {allowed}"
            self.place.broken("I02", f"stock item {item.id}", what)


def promises(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """At rest every rule is the one that its seller was told, and what is owed beyond the shelf was allowed once."""
    for item in place.store("inventory").all(StockItem):
        where = f"stock item {item.id}"
        if item.backordered > facts.beyond.get(item.stock_unit_id, 0) * (item.warehouse == MAIN_WAREHOUSE):
            yield Violation("I02", where, f"owes {item.backordered} pieces beyond what was ever allowed")
        if item.missing and item.warehouse == MAIN_WAREHOUSE:
            yield Violation("I02", where, f"misses {item.missing} pieces, and nobody has counted it down")
        *_, rule = _rules(item, facts)
        if rule.oversell == PREORDER:  # Its day has come long ago.
            rule = Promising(rule.safety_stock)
        until = moment(rule.until) if rule.until is not None else None
        kept = (item.safety_stock, item.oversell, item.oversell_max, item.expected_at)
        if kept != (rule.safety_stock, rule.oversell, rule.oversell_max, until):
            yield Violation("I02", where, f"goes by {kept}; its seller was told {rule}")


def _rules(item: StockItem, facts: Facts) -> tuple[Promising, ...]:
    """What may count for it: what was told last, and what was asked for and not answered yet."""
    return tuple(facts.promising.get(item.stock_unit_id, UNRULED)) if item.warehouse == MAIN_WAREHOUSE else UNRULED

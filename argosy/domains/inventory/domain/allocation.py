"""From which warehouses a reservation is taken, where a stock unit lies in several: one policy of a few."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from argosy.domains.inventory.domain.stock import StockItem
from argosy.domains.inventory.domain.warehouse import Warehouse, warehouse_id
from argosy.shared_kernel.ids import Id

Shelves = Mapping[Id, Sequence[StockItem]]
"""The stock items of each stock unit."""

Rank = tuple[int, ...]
Ranking = Callable[[Warehouse | None, str], Rank]

EXACT_MAX = 10
"""Among so many warehouses the fewest that hold everything are found for sure; among more, by taking the fullest."""

_UNDESCRIBED: Rank = (1_000_000_000,)


def by_priority(warehouse: Warehouse | None, ships_to: str) -> Rank:
    """In the order that their owner gives them."""
    return (warehouse.priority,) if warehouse is not None else (0,)


def nearest(warehouse: Warehouse | None, ships_to: str) -> Rank:
    """The nearest to the buyer first."""
    if warehouse is None:
        return _UNDESCRIBED
    return (warehouse.distance_to(ships_to), warehouse.priority)


def cheapest(warehouse: Warehouse | None, ships_to: str) -> Rank:
    """The one with the cheapest parcel to the buyer first."""
    if warehouse is None:
        return _UNDESCRIBED
    return (warehouse.cost_to(ships_to), warehouse.priority)


POLICIES: Mapping[str, Ranking] = {
    "priority": by_priority,
    "nearest": nearest,
    "cheapest": cheapest,
    "fewest_parcels": nearest,
}
"""By name. The fewest warehouses that hold everything come first, and of equally many the nearest."""

DEFAULT_POLICY = "fewest_parcels"


def place_of(item: StockItem) -> Id:
    """The warehouse of a stock item. Where `main` was described later, its items know only its code."""
    return item.warehouse_id or warehouse_id(item.seller_id, item.warehouse)


def ordered(
    policy: str, wanted: Mapping[Id, int], shelves: Shelves, warehouses: Mapping[Id, Warehouse | None], ships_to: str
) -> dict[Id, list[StockItem]]:
    """The shelves with the stock items that are to be taken from first in front; without those in closed warehouses.

    The same shelves and warehouses always give the same order.
    """
    rank = POLICIES[policy]
    ranks = {id: (*rank(one, ships_to), one.code if one else "") for id, one in warehouses.items()}
    sorted_shelves = {}
    for unit_id, shelf in shelves.items():
        taking = [item for item in shelf if _is_open(warehouses.get(place_of(item)))]
        sorted_shelves[unit_id] = sorted(taking, key=lambda item: (ranks.get(place_of(item), ()), item.warehouse))
    if policy == "fewest_parcels":
        for unit_ids in _by_seller(sorted_shelves):
            chosen = _fewest(unit_ids, wanted, sorted_shelves)
            for unit_id in unit_ids:
                sorted_shelves[unit_id].sort(key=lambda item: place_of(item) not in chosen)
    return sorted_shelves


def _is_open(warehouse: Warehouse | None) -> bool:
    return warehouse is None or warehouse.is_open


def _by_seller(shelves: Shelves) -> list[list[Id]]:
    """Units that can come in one parcel: those of one seller."""
    found: dict[Id | None, list[Id]] = {}
    for unit_id, shelf in shelves.items():
        if shelf:
            found.setdefault(shelf[0].seller_id, []).append(unit_id)
    return list(found.values())


def _fewest(unit_ids: Sequence[Id], wanted: Mapping[Id, int], shelves: Shelves) -> frozenset[Id]:
    """The fewest warehouses that hold what is wanted of these units; of equally many those that are ranked first."""
    places = list(dict.fromkeys(place_of(item) for unit_id in unit_ids for item in shelves[unit_id]))
    rooms = {unit_id: {place_of(item): item.promisable for item in shelves[unit_id]} for unit_id in unit_ids}

    def lacking(chosen: Sequence[Id]) -> int:
        return sum(
            max(0, wanted[unit_id] - sum(room.get(place, 0) for place in chosen)) for unit_id, room in rooms.items()
        )

    if len(places) <= EXACT_MAX:
        for size in range(1, len(places) + 1):
            for some in combinations(places, size):
                if not lacking(some):
                    return frozenset(some)
    chosen: list[Id] = []
    while lacking(chosen) and len(chosen) < len(places):
        chosen.append(min((one for one in places if one not in chosen), key=lambda one: lacking([*chosen, one])))
    return frozenset(chosen)

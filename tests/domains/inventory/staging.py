"""A stage with inventory on it, and the books that must hold after everything that is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from argosy.contracts.inventory import (
    CommitReservation,
    ReceiveStock,
    ReleaseReservation,
    ReserveStock,
    Restock,
    StockLine,
)
from argosy.contracts.products import ProductCreated, StockedVariant
from argosy.domains.inventory.application.reservations import HoldingRules
from argosy.domains.inventory.context import SERVICES, build
from argosy.domains.inventory.domain.allocation import DEFAULT_POLICY
from argosy.domains.inventory.domain.reservation import ACTIVE, COMMITTED, OPEN_HOLDS_MAX, Reservation
from argosy.domains.inventory.domain.stock import StockItem, StockMovement, stock_item_id
from argosy.engine.work import Actor
from argosy.shared_kernel.ids import Id
from tests.support import Stage, an_id

SELLER = Actor(id=an_id("seller's user"), roles=frozenset({"buyer", "seller"}), seller_id=an_id("seller"))
STRANGER = Actor(id=an_id("stranger"), roles=frozenset({"buyer", "seller"}), seller_id=an_id("other seller"))
BUYER = Actor(id=an_id("buyer"), roles=frozenset({"buyer"}))
STAFF = Actor(id=an_id("staff"), roles=frozenset({"staff"}))

UNIT, OTHER = an_id("unit"), an_id("other unit")


def inventory_stage(policy: str = DEFAULT_POLICY, open_holds_max: int = OPEN_HOLDS_MAX) -> Stage:
    def overdue(now: datetime, limit: int) -> Sequence[Id]:
        late = [row for row in stage.all(Reservation) if row.open_until is not None and row.open_until <= now]
        return [row.id for row in sorted(late, key=lambda row: (row.open_until, row.id))[:limit]]

    def untold(after: Id | None, limit: int) -> Sequence[Id]:
        units = {row.stock_unit_id for row in stage.all(StockItem) if not row.is_told}
        return sorted(id for id in units if id > (after or ""))[:limit]

    stage = Stage(SERVICES, lambda work: build(work, overdue, untold, HoldingRules(policy, open_holds_max)))
    return stage


def described(*units: Id, seller: Actor = SELLER) -> ProductCreated:
    """A product of this seller, not on sale yet, whose variants are these units."""
    return ProductCreated(
        product_id=an_id("product"),
        seller_id=Id(seller.seller_id),
        sku="x",
        title="X",
        variants=tuple(StockedVariant(variant_id=unit, stock_unit_id=unit) for unit in units),
    )


def stocked(quantity: int = 10, *units: Id) -> Stage:
    """A stage where these units (UNIT when none is named) have so many pieces each."""
    stage = inventory_stage()
    for unit in units or (UNIT,):
        stage.send(
            ReceiveStock(stock_unit_id=unit, quantity=quantity, reference_id="first", seller_id=Id(SELLER.seller_id))
        )
    return stage


def reserve(stage: Stage, name: str, *lines: tuple[Id, int], minutes: float = 15, buyer: str = "") -> ReserveStock:
    return ReserveStock(
        flow_id=an_id(f"flow {name}"),
        reservation_id=an_id(name),
        expires_at=stage.clock.now() + timedelta(minutes=minutes),
        lines=tuple(
            StockLine(order_id=an_id(f"order {name}"), stock_unit_id=unit, quantity=quantity)
            for unit, quantity in lines
        ),
        buyer_id=an_id(buyer) if buyer else None,
    )


def commit(name: str) -> CommitReservation:
    return CommitReservation(flow_id=an_id(f"flow {name}"), reservation_id=an_id(name))


def release(name: str) -> ReleaseReservation:
    return ReleaseReservation(flow_id=an_id(f"flow {name}"), reservation_id=an_id(name))


def restock(name: str) -> Restock:
    return Restock(flow_id=an_id(f"flow {name}"), reservation_id=an_id(name))


def item_of(stage: Stage, unit: Id = UNIT) -> StockItem:
    return stage.one(StockItem, stock_item_id(unit))


def counts(stage: Stage, unit: Id = UNIT) -> tuple[int, int, int]:
    """(on hand, reserved, allocated)."""
    item = item_of(stage, unit)
    return item.on_hand, item.reserved, item.allocated


def status(stage: Stage, name: str) -> str:
    return stage.one(Reservation, an_id(name)).status


def check_books(stage: Stage) -> None:
    """The laws of the README, from rows alone."""
    moved: Counter[str] = Counter()
    for movement in stage.all(StockMovement):
        moved[movement.stock_item_id] += movement.change
    held: Counter[tuple[str, str]] = Counter()
    for reservation in stage.all(Reservation):
        assert (reservation.open_until is not None) == (reservation.status == ACTIVE)
        assert reservation.held_by is None or reservation.status == ACTIVE
        for line in reservation.lines:
            assert line.status == reservation.status or (reservation.status, line.status) == (COMMITTED, "RESTOCKED")
            held[line.stock_item_id, line.status] += line.quantity
    for item in stage.all(StockItem):
        assert item.on_hand == moved[item.id]
        assert item.reserved == held[item.id, ACTIVE]
        assert item.allocated == held[item.id, COMMITTED]
        assert min(item.on_hand, item.reserved, item.allocated, item.backordered, item.missing) >= 0
        lacking = max(0, item.promised - item.on_hand)
        assert item.backordered + item.missing == lacking
        assert (item.missing_since is not None) == (item.missing > 0)
    assert stage.undeclared_loads == 0

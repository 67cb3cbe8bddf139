"""Whatever is sent in whatever order: the books hold."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.contracts.inventory import (
    AdjustStock,
    CountedUnit,
    ExpireReservation,
    ExpireReservations,
    OpenWarehouse,
    ReceiveStock,
    ReceiveTransfer,
    ReconcileStock,
    ReservationConfirmed,
    SendTransfer,
    SetStockRules,
    StockReserved,
)
from argosy.domains.inventory.domain.reservation import Reservation
from argosy.domains.inventory.domain.transfer import transfer_id
from argosy.shared_kernel.errors import DomainError
from tests.domains.inventory.staging import (
    OTHER,
    UNIT,
    check_books,
    commit,
    inventory_stage,
    release,
    reserve,
    restock,
)
from tests.support import Stage, an_id

UNITS = st.sampled_from([UNIT, OTHER])
NAMES = st.sampled_from("abcde")
PLACES = st.sampled_from(["main", "north"])
ACTS = st.one_of(
    st.tuples(st.just("receive"), UNITS, st.integers(1, 9), st.sampled_from("123456"), PLACES),
    st.tuples(st.just("adjust"), UNITS, st.integers(-6, 6).filter(bool), st.sampled_from("123456"), PLACES),
    st.tuples(st.just("send"), UNITS, st.integers(1, 4), st.sampled_from("123456")),
    st.tuples(st.just("arrive"), UNITS, st.integers(0, 4), st.sampled_from("123456")),
    st.tuples(st.just("count"), UNITS, st.integers(0, 9), st.sampled_from("123456"), PLACES),
    st.tuples(st.just("rule"), UNITS, st.integers(0, 3), st.integers(0, 4), PLACES),
    st.tuples(
        st.just("reserve"),
        NAMES,
        st.lists(st.tuples(UNITS, st.integers(1, 4)), min_size=1, max_size=3),
        st.integers(1, 3),
    ),
    st.tuples(st.just("commit"), NAMES),
    st.tuples(st.just("release"), NAMES),
    st.tuples(st.just("restock"), NAMES),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("wait")),
)


def message_of(stage: Stage, act: tuple[Any, ...]) -> Any:
    match act:
        case ("receive", unit, quantity, reference, place):
            return ReceiveStock(stock_unit_id=unit, quantity=quantity, reference_id=reference, warehouse=place)
        case ("adjust", unit, change, reference, place):
            return AdjustStock(
                stock_unit_id=unit, change=change, reason="counted", reference_id=reference, warehouse=place
            )
        case ("send", unit, quantity, reference):
            return SendTransfer(
                stock_unit_id=unit,
                from_warehouse="main",
                to_warehouse="north",
                quantity=quantity,
                reference_id=reference,
            )
        case ("arrive", unit, quantity, reference):
            return ReceiveTransfer(transfer_id=transfer_id(unit, reference), quantity=quantity)
        case ("count", unit, counted, reference, place):
            return ReconcileStock(
                warehouse=place,
                reference_id=reference,
                counts=(CountedUnit(stock_unit_id=unit, counted=counted),),
            )
        case ("rule", unit, safety, beyond, place):
            return SetStockRules(
                stock_unit_id=unit,
                warehouse=place,
                safety_stock=safety,
                oversell="backorder" if beyond else "",
                oversell_max=beyond,
            )
        case ("reserve", name, lines, minutes):
            return reserve(stage, name, *lines, minutes=minutes)
        case ("commit", name):
            return commit(name)
        case ("release", name):
            return release(name)
        case ("restock", name):
            return restock(name)
    return ExpireReservations()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ACTS, st.integers(1, 3)), max_size=30))
def test_counters_equal_rows_after_any_history_with_repeats(history: list[tuple[tuple[Any, ...], int]]) -> None:
    stage = inventory_stage()
    stage.send(OpenWarehouse(code="north", name="North", country="PT"))
    ended: dict[str, str] = {}
    for act, times in history:
        if act == ("wait",):
            stage.clock.tick(minutes=1)
            continue
        message = message_of(stage, act)
        try:
            told = stage.send(*[message] * times)
        except DomainError:
            told = []
        asked = [one for one in told if isinstance(one, ExpireReservation)]
        stage.send(*asked)
        check_books(stage)
        for reservation in stage.all(Reservation):
            was = ended.setdefault(reservation.id, reservation.status)
            if was != reservation.status:
                assert (was, reservation.status) in {
                    ("ACTIVE", "COMMITTED"),
                    ("ACTIVE", "RELEASED"),
                    ("ACTIVE", "EXPIRED"),
                    ("COMMITTED", "RESTOCKED"),
                }
            ended[reservation.id] = reservation.status


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 30), st.lists(st.integers(1, 4), min_size=1, max_size=25), st.data())
def test_what_is_sold_never_exceeds_what_was_received(there: int, asked: list[int], data: st.DataObject) -> None:
    stage = inventory_stage()
    if there:
        stage.send(ReceiveStock(stock_unit_id=UNIT, quantity=there, reference_id="all"))
    commands = [reserve(stage, f"r{number}", (UNIT, quantity)) for number, quantity in enumerate(asked)]
    shuffled = data.draw(st.permutations(commands + [commit(f"r{number}") for number in range(len(asked))]))
    sold, held = set(), set()
    for message in shuffled:
        for told in stage.send(message):
            if isinstance(told, StockReserved):
                held.add(told.reservation_id)
            if isinstance(told, ReservationConfirmed):
                sold.add(told.reservation_id)
    pieces = {an_id(f"r{number}"): quantity for number, quantity in enumerate(asked)}
    assert sold <= held
    assert sum(pieces[id] for id in held) <= there
    # Nobody was turned away who could have been served: what is left is less than the smallest request turned away.
    turned_away = [pieces[id] for id in pieces if id not in held]
    assert all(quantity > there - sum(pieces[id] for id in held) for quantity in turned_away)

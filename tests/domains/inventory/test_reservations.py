"""Holding stock: all or nothing, once, and every hold ends."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from argosy.contracts.inventory import (
    AvailabilityChanged,
    ExpireReservation,
    ExpireReservations,
    ExtendReservation,
    ReservationConfirmed,
    ReservationExpired,
    ReservationReleased,
    Shortage,
    StockLine,
    StockReserved,
    StockRestocked,
    StockShort,
)
from argosy.domains.inventory.application import reservations as application
from argosy.domains.inventory.domain.reservation import MOVES, STARTS, Reservation
from argosy.domains.inventory.domain.stock import StockItem, stock_item_id
from argosy.shared_kernel.messages import Refused
from tests.domains.inventory.staging import (
    OTHER,
    UNIT,
    check_books,
    commit,
    counts,
    inventory_stage,
    release,
    reserve,
    restock,
    status,
    stocked,
)
from tests.support import Stage, an_id

README = Path(application.__file__).parents[1] / "README.md"


def refusal(answers: list[Any]) -> tuple[str, dict[str, Any]]:
    (answer,) = answers
    assert isinstance(answer, Refused)
    return answer.code, answer.details


def extend(stage: Stage, name: str, minutes: float) -> ExtendReservation:
    return ExtendReservation(
        flow_id=an_id(f"flow {name}"),
        reservation_id=an_id(name),
        expires_at=stage.clock.now() + timedelta(minutes=minutes),
    )


def expire(stage: Stage) -> list[Any]:
    """A sweep, and what it asks for."""
    asked = stage.send(ExpireReservations())
    assert all(isinstance(message, ExpireReservation) for message in asked)
    return stage.send(*asked) if asked else []


def test_holds_every_line_and_says_until_when() -> None:
    stage = stocked(100, UNIT, OTHER)
    command = reserve(stage, "a", (UNIT, 3), (OTHER, 4))
    assert stage.send(command) == [
        StockReserved(flow_id=an_id("flow a"), reservation_id=an_id("a"), expires_at=command.expires_at)
    ]
    assert counts(stage) == (100, 3, 0)
    assert counts(stage, OTHER) == (100, 4, 0)
    assert [
        (line.stock_item_id, line.order_id, line.quantity, line.status, line.expires_at)
        for line in stage.one(Reservation, an_id("a")).lines
    ] == [
        (stock_item_id(UNIT), an_id("order a"), 3, "ACTIVE", command.expires_at),
        (stock_item_id(OTHER), an_id("order a"), 4, "ACTIVE", command.expires_at),
    ]
    check_books(stage)


def test_holds_nothing_when_one_line_is_short_and_tells_every_shortage() -> None:
    stage = stocked(10, UNIT, OTHER)
    unknown = an_id("never received")
    assert stage.send(reserve(stage, "a", (UNIT, 10), (OTHER, 11), (unknown, 1))) == [
        StockShort(
            flow_id=an_id("flow a"),
            reservation_id=an_id("a"),
            shortages=(
                Shortage(stock_unit_id=OTHER, asked=11, available=10),
                Shortage(stock_unit_id=unknown, asked=1, available=0),
            ),
        )
    ]
    assert counts(stage) == (10, 0, 0)
    assert counts(stage, OTHER) == (10, 0, 0)
    assert stage.all(Reservation) == []
    check_books(stage)


def test_sums_the_demand_of_lines_that_name_one_unit() -> None:
    stage = stocked(10)
    assert stage.send(reserve(stage, "a", (UNIT, 6), (UNIT, 5))) == [
        StockShort(
            flow_id=an_id("flow a"),
            reservation_id=an_id("a"),
            shortages=(Shortage(stock_unit_id=UNIT, asked=11, available=10),),
        )
    ]
    assert isinstance(stage.send(reserve(stage, "b", (UNIT, 6), (UNIT, 4)))[0], StockReserved)
    assert counts(stage) == (10, 10, 0)
    assert [line.quantity for line in stage.one(Reservation, an_id("b")).lines] == [6, 4]


def test_takes_from_several_warehouses_what_one_alone_has_not() -> None:
    stage = stocked(4)
    north = StockItem(
        id=stock_item_id(UNIT, "north"),
        stock_unit_id=UNIT,
        warehouse="north",
        on_hand=5,
        version=1,
        updated_at=stage.clock.now(),
    )
    stage.store.rows[StockItem][north.id] = north
    stage.send(reserve(stage, "a", (UNIT, 3), (UNIT, 5)))
    assert counts(stage) == (4, 4, 0)
    assert stage.one(StockItem, north.id).reserved == 4
    assert [line.quantity for line in stage.one(Reservation, an_id("a")).lines] == [3, 1, 4]
    assert isinstance(stage.send(reserve(stage, "b", (UNIT, 2)))[-1], StockShort)
    stage.send(release("a"))
    assert counts(stage) == (4, 0, 0)
    assert stage.one(StockItem, north.id).reserved == 0


def test_a_repeated_request_gets_the_same_answer_and_holds_nothing_more() -> None:
    stage = stocked()
    command = reserve(stage, "a", (UNIT, 3))
    answer = stage.send(command)[0]
    assert isinstance(answer, StockReserved)
    stage.clock.tick(minutes=1)
    assert stage.send(command, command) == [answer, answer]
    stage.send(commit("a"))
    assert stage.send(command) == [answer]
    assert counts(stage) == (10, 0, 3)
    check_books(stage)


def test_a_reservation_is_not_anothers_flow_to_touch() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)))
    for command in (reserve(stage, "a", (UNIT, 3)), commit("a"), release("a"), restock("a"), extend(stage, "a", 20)):
        foreign = type(command)(
            **{name: getattr(command, name) for name in command.__struct_fields__} | {"flow_id": an_id("flow b")}
        )
        assert refusal(stage.send(foreign)) == ("no_such_reservation", {"reservation_id": an_id("a")})
    assert (counts(stage), status(stage, "a")) == ((10, 3, 0), "ACTIVE")


def test_commit_turns_the_hold_into_an_allocation_once() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)))
    confirmed = [ReservationConfirmed(flow_id=an_id("flow a"), reservation_id=an_id("a"))]
    assert stage.send(commit("a")) == confirmed
    assert stage.send(commit("a")) == confirmed
    assert (counts(stage), status(stage, "a")) == ((10, 0, 3), "COMMITTED")
    check_books(stage)


def test_an_unknown_reservation_cannot_be_committed_or_extended() -> None:
    stage = stocked()
    for command in (commit("a"), extend(stage, "a", 20)):
        assert refusal(stage.send(command)) == ("no_such_reservation", {"reservation_id": an_id("a")})
    assert stage.all(Reservation) == []


@pytest.mark.parametrize("undo", [release, restock])
def test_a_cancellation_that_came_first_is_remembered(undo: Any) -> None:
    stage = stocked()
    answered = stage.send(undo("a"))
    assert answered == stage.send(undo("a"))
    assert refusal(stage.send(reserve(stage, "a", (UNIT, 3)))) == (
        "reservation_has_ended",
        {"reservation_id": an_id("a"), "status": "RELEASED"},
    )
    assert refusal(stage.send(commit("a")))[0] == "reservation_has_ended"
    assert counts(stage) == (10, 0, 0)
    check_books(stage)


def test_release_frees_the_stock_once() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)))
    released = ReservationReleased(flow_id=an_id("flow a"), reservation_id=an_id("a"))
    assert stage.send(release("a"))[0] == released
    assert stage.send(release("a")) == [released]
    assert (counts(stage), status(stage, "a")) == ((10, 0, 0), "RELEASED")
    assert refusal(stage.send(commit("a"))) == (
        "reservation_has_ended",
        {"reservation_id": an_id("a"), "status": "RELEASED"},
    )
    check_books(stage)


def test_a_sale_is_not_undone_by_letting_go_of_a_hold() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)), commit("a"))
    assert refusal(stage.send(release("a"))) == ("reservation_is_committed", {"reservation_id": an_id("a")})
    assert counts(stage) == (10, 0, 3)


def test_restocking_takes_a_sale_back_once() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)), commit("a"))
    restocked = StockRestocked(flow_id=an_id("flow a"), reservation_id=an_id("a"))
    assert stage.send(restock("a"))[0] == restocked
    assert stage.send(restock("a"), release("a")) == [
        restocked,
        ReservationReleased(flow_id=an_id("flow a"), reservation_id=an_id("a")),
    ]
    assert (counts(stage), status(stage, "a")) == ((10, 0, 0), "RESTOCKED")
    assert refusal(stage.send(commit("a")))[0] == "reservation_has_ended"
    check_books(stage)


def test_what_was_sold_to_one_order_is_taken_back_alone_and_once() -> None:
    stage = stocked()
    one = StockLine(order_id=an_id("x"), stock_unit_id=UNIT, quantity=3)
    two = StockLine(order_id=an_id("y"), stock_unit_id=UNIT, quantity=2)
    both = msgspec.structs.replace(reserve(stage, "a", (UNIT, 1)), lines=(one, two))
    stage.send(both, commit("a"))
    part = msgspec.structs.replace(restock("a"), order_ids=(an_id("x"),))
    restocked = StockRestocked(flow_id=an_id("flow a"), reservation_id=an_id("a"))
    for _ in range(2):
        assert stage.send(part)[0] == restocked
        assert (counts(stage), status(stage, "a")) == ((10, 0, 2), "COMMITTED")
    assert stage.send(msgspec.structs.replace(part, order_ids=(an_id("nobody's"),)))[0] == restocked
    assert counts(stage) == (10, 0, 2)
    check_books(stage)
    stage.send(msgspec.structs.replace(part, order_ids=(an_id("y"),)))
    assert (counts(stage), status(stage, "a")) == ((10, 0, 0), "RESTOCKED")
    stage.send(restock("a"))
    assert counts(stage) == (10, 0, 0)
    check_books(stage)


def test_taking_all_back_leaves_alone_what_was_taken_back_before() -> None:
    stage = stocked()
    lines = tuple(StockLine(order_id=an_id(name), stock_unit_id=UNIT, quantity=2) for name in "xy")
    stage.send(msgspec.structs.replace(reserve(stage, "a", (UNIT, 1)), lines=lines), commit("a"))
    stage.send(msgspec.structs.replace(restock("a"), order_ids=(an_id("x"),)), restock("a"))
    assert (counts(stage), status(stage, "a")) == ((10, 0, 0), "RESTOCKED")
    check_books(stage)


def test_restocking_before_the_commit_came_lets_go_and_refuses_the_commit() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)))
    assert stage.send(restock("a"))[0] == StockRestocked(flow_id=an_id("flow a"), reservation_id=an_id("a"))
    assert refusal(stage.send(commit("a")))[0] == "reservation_has_ended"
    assert (counts(stage), status(stage, "a")) == ((10, 0, 0), "RELEASED")


def test_a_hold_whose_time_has_passed_is_ended_and_its_flow_is_told() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3), minutes=15), reserve(stage, "b", (UNIT, 2), minutes=16))
    stage.clock.tick(minutes=15, microseconds=-1)
    assert expire(stage) == []
    stage.clock.tick(microseconds=1)
    assert ReservationExpired(flow_id=an_id("flow a"), reservation_id=an_id("a")) in expire(stage)
    assert (counts(stage), status(stage, "a"), status(stage, "b")) == ((10, 2, 0), "EXPIRED", "ACTIVE")
    assert expire(stage) == []
    assert refusal(stage.send(commit("a"))) == (
        "reservation_has_ended",
        {"reservation_id": an_id("a"), "status": "EXPIRED"},
    )
    assert stage.send(release("a")) == [ReservationReleased(flow_id=an_id("flow a"), reservation_id=an_id("a"))]
    check_books(stage)


def test_a_sweep_that_is_late_to_a_commit_or_an_extension_takes_no_notice() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)), reserve(stage, "b", (UNIT, 2)))
    stage.clock.tick(minutes=20)
    asked = stage.send(ExpireReservations())
    stage.send(commit("a"), extend(stage, "b", 5))
    assert stage.send(*asked) == []
    assert (counts(stage), status(stage, "a"), status(stage, "b")) == ((10, 2, 3), "COMMITTED", "ACTIVE")
    check_books(stage)


def test_a_sweep_takes_up_a_bounded_number_and_the_next_one_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "EXPIRED_MAX", 2)
    stage = stocked()
    stage.send(*(reserve(stage, name, (UNIT, 1)) for name in "abc"))
    stage.clock.tick(hours=1)
    assert len([told for told in expire(stage) if isinstance(told, ReservationExpired)]) == 2
    assert len([told for told in expire(stage) if isinstance(told, ReservationExpired)]) == 1
    assert counts(stage) == (10, 0, 0)


def test_an_extension_never_shortens() -> None:
    stage = stocked()
    command = reserve(stage, "a", (UNIT, 3), minutes=15)
    stage.send(command)
    held = [StockReserved(flow_id=an_id("flow a"), reservation_id=an_id("a"), expires_at=command.expires_at)]
    assert stage.send(extend(stage, "a", 14)) == held
    later = extend(stage, "a", 18)
    assert stage.send(later)[0].expires_at == later.expires_at  # type: ignore[attr-defined]
    assert stage.send(later, extend(stage, "a", 1))[1].expires_at == later.expires_at  # type: ignore[attr-defined]
    assert [line.expires_at for line in stage.one(Reservation, an_id("a")).lines] == [later.expires_at]
    stage.clock.tick(minutes=16)
    assert expire(stage) == []
    check_books(stage)


def test_an_ended_hold_cannot_be_extended() -> None:
    stage = stocked()
    stage.send(reserve(stage, "a", (UNIT, 3)), release("a"))
    assert refusal(stage.send(extend(stage, "a", 20)))[0] == "reservation_has_ended"


def test_what_no_flow_could_mean_is_refused_with_every_fault() -> None:
    stage = stocked()
    code, details = refusal(stage.send(reserve(stage, "a", (UNIT, 0), (UNIT, 1), (OTHER, -1), (OTHER, 2**63 - 1))))
    assert code == "quantity_out_of_bounds"
    assert details["lines"] == [
        {"stock_unit_id": UNIT, "quantity": 0},
        {"stock_unit_id": OTHER, "quantity": -1},
        {"stock_unit_id": OTHER, "quantity": 2**63 - 1},
    ]
    assert refusal(stage.send(reserve(stage, "a")))[0] == "nothing_to_reserve"
    assert refusal(stage.send(reserve(stage, "a", *[(UNIT, 1)] * 501)))[0] == "nothing_to_reserve"
    assert refusal(stage.send(reserve(stage, "a", (UNIT, 1), minutes=0)))[0] == "too_late_to_hold"
    assert (counts(stage), stage.all(Reservation)) == ((10, 0, 0), [])


def test_a_shop_window_hears_of_the_last_pieces_only_and_once_per_unit_of_work() -> None:
    stage = stocked(100)
    assert len(stage.send(reserve(stage, "a", (UNIT, 80)))) == 1
    told = stage.send(reserve(stage, "b", (UNIT, 10)), reserve(stage, "c", (UNIT, 3)), reserve(stage, "d", (UNIT, 3)))
    assert [message.available for message in told if isinstance(message, AvailabilityChanged)] == [4]
    told = stage.send(release("a"))
    assert [message.available for message in told if isinstance(message, AvailabilityChanged)] == [84]
    assert len(stage.send(release("b"))) == 1


def test_ten_thousand_buyers_get_exactly_what_is_there() -> None:
    stage = stocked(1_000)
    for start in range(0, 4_096, 256):
        stage.send(*(reserve(stage, f"buyer {number}", (UNIT, 1)) for number in range(start, start + 256)))
    assert counts(stage) == (1_000, 1_000, 0)
    assert len(stage.all(Reservation)) == 1_000
    check_books(stage)


def test_the_moves_in_the_readme_are_the_moves_of_the_domain() -> None:
    rows = re.findall(r"^\| (\w*) *\| (\w+) *\| \w", README.read_text(encoding="utf-8"), re.MULTILINE)
    stated = {(origin, to) for origin, to in rows if to.isupper()}
    assert stated == {("", start) for start in STARTS} | {(one, to) for one, ends in MOVES.items() for to in ends}


@pytest.mark.parametrize("origin", MOVES)
def test_a_reservation_goes_where_the_table_says_and_nowhere_else(origin: str) -> None:
    for target in MOVES:
        reservation = Reservation.never(an_id("r"), an_id("f"), inventory_stage().clock.now())
        reservation.status = origin
        if target in MOVES[origin]:
            reservation.move(target)
            assert reservation.status == target
        else:
            with pytest.raises(AssertionError):
                reservation.move(target)
            assert reservation.status == origin

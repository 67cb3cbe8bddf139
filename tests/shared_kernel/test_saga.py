"""The saga machine alone: a trip of a flight and a hotel side by side, then the payment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.shared_kernel.messages import Command, Event, Refused
from argosy.shared_kernel.saga import Flow, Reason, Saga, Step

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class BookFlight(Command, key="flow_id"):
    flow_id: str = "trip"


class CancelFlight(Command, key="flow_id"):
    flow_id: str = "trip"


class FlightBooked(Event, key="flow_id"):
    flow_id: str = "trip"


class FlightFull(Event, key="flow_id"):
    flow_id: str = "trip"


class FlightCancelled(Event, key="flow_id"):
    flow_id: str = "trip"


class BookHotel(Command, key="flow_id"):
    flow_id: str = "trip"


class CancelHotel(Command, key="flow_id"):
    flow_id: str = "trip"


class HotelBooked(Event, key="flow_id"):
    flow_id: str = "trip"
    price: int = 1


class HotelAsks(Event, key="flow_id"):
    flow_id: str = "trip"


class HotelCancelled(Event, key="flow_id"):
    flow_id: str = "trip"


class Pay(Command, key="flow_id"):
    flow_id: str = "trip"


class Paid(Event, key="flow_id"):
    flow_id: str = "trip"


class SendCard(Command, key="flow_id"):
    flow_id: str = "trip"


class CardSent(Event, key="flow_id"):
    flow_id: str = "trip"


class Trip(Saga[Flow]):
    """`told` is what happened at the turns."""

    needs_hotel = True

    def __init__(self, state: Flow) -> None:
        super().__init__(state, NOW)
        self.told: list[str] = []

    def book_hotel(self) -> BookHotel | None:
        return BookHotel() if self.needs_hotel else None

    def take_hotel(self, message: HotelBooked) -> Reason | None:
        return Reason("too_dear", {"price": message.price}) if message.price > 100 else None

    def hear(self, message: HotelAsks) -> None:
        self.told.append("asked")

    def gave_up(self, reason: Reason) -> None:
        self.told.append(reason.code)

    def completed(self) -> None:
        self.told.append("completed")

    def compensated(self) -> None:
        self.told.append("compensated")

    stages = (
        (
            Step(
                "flight",
                asks=BookFlight,
                ask=lambda self: BookFlight(),
                done=FlightBooked,
                failed=(FlightFull,),
                undoes=CancelFlight,
                undo=lambda self: CancelFlight(),
                undone=FlightCancelled,
            ),
            Step(
                "hotel",
                asks=BookHotel,
                ask=book_hotel,
                done=HotelBooked,
                learn=take_hotel,
                heard=(HotelAsks,),
                hear=hear,
                undoes=CancelHotel,
                undo=lambda self: CancelHotel(),
                undone=HotelCancelled,
            ),
        ),
        (Step("pay", asks=Pay, ask=lambda self: Pay(), done=Paid),),
        (Step("card", asks=SendCard, ask=lambda self: SendCard(), done=CardSent, must_succeed=False),),
    )


def trip(*messages: Event) -> tuple[Trip, list[str]]:
    """A trip after these answers, and what the last one had it ask."""
    saga = Trip(Flow(id="trip"))  # type: ignore[arg-type]
    asked: list[Command] = saga.start()
    for message in messages:
        asked = saga.on(message)
    return saga, [type(command).__name__ for command in asked]


def refusal(command: type[Command], code: str = "no") -> Refused:
    return Refused(flow_id="trip", command=command.wire_name, code=code)


def test_steps_of_a_stage_are_asked_side_by_side() -> None:
    assert trip()[1] == ["BookFlight", "BookHotel"]
    assert trip(FlightBooked())[1] == []
    assert trip(FlightBooked(), HotelBooked())[1] == ["Pay"]
    assert trip(HotelBooked(), FlightBooked())[1] == ["Pay"]


class MovedForward(Trip):
    """An earlier release asked for the hotel once there was a flight."""

    stages = (Trip.stages[0], (Trip.stages[0][1],), *Trip.stages[1:])


def test_a_flow_of_before_a_step_was_moved_forward_asks_it_where_it_stood() -> None:
    saga = MovedForward(Flow(id="trip", stage=0, steps={"flight": "ASKED"}))  # type: ignore[arg-type]
    assert saga.on(FlightBooked()) == [BookHotel()]
    assert saga.on(HotelBooked()) == [Pay()]


def test_a_step_that_stands_twice_is_asked_once() -> None:
    saga = MovedForward(Flow(id="trip"))  # type: ignore[arg-type]
    assert saga.start() == [BookFlight(), BookHotel()]
    assert saga.ask_again() == [BookFlight(), BookHotel()]
    assert [saga.on(FlightBooked()), saga.on(HotelBooked())] == [[], [Pay()]]
    assert saga.give_up(Reason("late")) == [CancelHotel()]
    assert saga.on(HotelCancelled()) == [CancelFlight()]


def test_completes_once_and_hears_nothing_more() -> None:
    done = (FlightBooked(), HotelBooked(), Paid(), CardSent())
    saga, asked = trip(*done, *done, FlightFull(), refusal(Pay), FlightCancelled())
    assert (saga.state.outcome, saga.told, asked) == ("COMPLETED", ["completed"], [])
    assert saga.state.is_over and saga.give_up(Reason("late")) == []


def test_a_step_that_is_not_needed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trip, "needs_hotel", False)
    saga, asked = trip(FlightBooked())
    assert asked == ["Pay"] and "hotel" not in saga.state.steps


def test_an_answer_before_its_question_is_ignored() -> None:
    saga, asked = trip(Paid(), CardSent())
    assert asked == [] and saga.state.steps == {"flight": "ASKED", "hotel": "ASKED"}


def test_a_no_undoes_also_what_has_not_answered() -> None:
    saga, asked = trip(FlightFull())
    assert asked == ["CancelHotel"]
    assert saga.state.steps == {"flight": "FAILED", "hotel": "UNDOING"}
    assert saga.told == ["flight_full"] and saga.state.failure == "flight_full" and saga.state.is_undoing


def test_undo_is_awaited_and_told_once() -> None:
    saga, asked = trip(FlightFull(), HotelCancelled(), HotelCancelled())
    assert (saga.state.outcome, saga.told, asked) == ("COMPENSATED", ["flight_full", "compensated"], [])


def test_a_refusal_of_a_later_stage_undoes_the_earlier_ones() -> None:
    saga, asked = trip(FlightBooked(), HotelBooked(), refusal(Pay, "no_money"))
    assert asked == ["CancelFlight", "CancelHotel"] and saga.state.failure == "no_money"
    assert [saga.on(FlightCancelled()), saga.state.outcome] == [[], "UNDOING"]
    assert [saga.on(HotelCancelled()), saga.state.outcome] == [[], "COMPENSATED"]


def test_what_is_learned_may_turn_the_flow_round() -> None:
    saga, asked = trip(FlightBooked(), HotelBooked(price=101))
    assert asked == ["CancelFlight", "CancelHotel"] and saga.told == ["too_dear"]


def test_news_without_decision_are_only_heard_while_waiting() -> None:
    saga, asked = trip(HotelAsks(), HotelBooked(), HotelAsks())
    assert saga.told == ["asked"] and asked == []


def test_a_yes_while_its_undo_is_under_way_needs_no_second_one() -> None:
    assert trip(FlightFull(), HotelBooked())[1] == []


def test_a_yes_after_it_was_undone_is_undone_again() -> None:
    saga, asked = trip(FlightFull(), HotelCancelled(), HotelBooked())
    assert asked == ["CancelHotel"] and saga.state.steps["hotel"] == "UNDOING"
    assert saga.on(HotelCancelled()) == [] and saga.state.steps["hotel"] == "UNDONE"
    assert saga.told == ["flight_full", "compensated"]


def test_a_yes_after_a_no_is_undone() -> None:
    saga, asked = trip(FlightFull(), FlightBooked())
    assert asked == ["CancelFlight"]
    saga.on(HotelCancelled())
    assert saga.state.outcome == "UNDOING"
    saga.on(FlightCancelled())
    assert saga.state.outcome == "COMPENSATED"


def test_a_refused_undo_is_stuck_until_it_is_undone_after_all() -> None:
    saga, _ = trip(FlightFull(), refusal(CancelHotel))
    assert saga.state.outcome == "STUCK" and not saga.state.is_over and saga.told == ["flight_full"]
    saga.on(HotelCancelled())
    assert saga.state.outcome == "COMPENSATED" and saga.told == ["flight_full", "compensated"]


def test_a_refusal_of_another_command_means_nothing() -> None:
    saga, asked = trip(refusal(Pay), refusal(CancelHotel), Refused(flow_id="trip", command="x.Y", code="no"))
    assert asked == [] and saga.state.outcome == ""


def test_a_refusal_after_the_yes_means_nothing() -> None:
    assert trip(FlightBooked(), refusal(BookFlight))[0].state.outcome == ""


def test_a_hold_may_end_after_its_yes() -> None:
    saga, asked = trip(FlightBooked(), HotelBooked(), FlightFull())
    assert asked == ["CancelHotel"] and saga.state.steps["flight"] == "FAILED"


def test_a_courtesy_that_is_refused_does_not_turn_the_flow() -> None:
    saga, _ = trip(FlightBooked(), HotelBooked(), Paid(), refusal(SendCard))
    assert (saga.state.outcome, saga.state.steps["card"], saga.told) == ("COMPLETED", "FAILED", ["completed"])


def test_hears_every_event_of_its_steps() -> None:
    assert Trip.messages() == {
        Refused,
        FlightBooked,
        FlightFull,
        FlightCancelled,
        HotelBooked,
        HotelAsks,
        HotelCancelled,
        Paid,
        CardSent,
    }


def test_an_event_answers_one_step_only() -> None:
    def declare() -> None:
        class Doubled(Saga[Flow]):
            stages = (
                (
                    Step("a", asks=Pay, ask=lambda self: Pay(), done=Paid),
                    Step("b", asks=SendCard, ask=lambda self: SendCard(), done=Paid),
                ),
            )

    with pytest.raises(AssertionError, match="answers two steps"):
        declare()


def test_half_an_undo_is_no_undo() -> None:
    def declare() -> None:
        class Half(Saga[Flow]):
            stages = ((Step("a", asks=Pay, ask=lambda self: Pay(), done=Paid, undo=lambda self: CancelHotel()),),)

    with pytest.raises(AssertionError, match="half an undo"):
        declare()


ANSWERS = (
    FlightBooked(),
    FlightFull(),
    FlightCancelled(),
    HotelBooked(),
    HotelCancelled(),
    HotelAsks(),
    Paid(),
    CardSent(),
    refusal(BookFlight),
    refusal(BookHotel),
    refusal(CancelFlight),
    refusal(CancelHotel),
    refusal(Pay),
    refusal(SendCard),
)


@given(st.lists(st.sampled_from(ANSWERS), max_size=30))
def test_no_answers_in_any_order_confuse_it(messages: list[Event]) -> None:
    saga = Trip(Flow(id="trip"))  # type: ignore[arg-type]
    saga.start()
    for message in messages:
        was_over, before = saga.state.outcome == "COMPLETED", dict(saga.state.steps)
        asked = saga.on(message)
        if was_over:
            assert asked == [] and saga.state.steps == before
    assert len(saga.told) == len(set(saga.told)) or "asked" in saga.told
    assert not {"completed", "compensated"} <= set(saga.told)
    if saga.state.outcome == "COMPENSATED":
        assert not {"ASKED", "DONE"} & {saga.state.steps[name] for name in ("flight", "hotel")}

"""Sagas: long flows as pure state machines, (state, message) -> (state, messages).

    class Checkout(Saga[CheckoutSession]):
        def place_orders(self) -> PlaceOrders: ...
        def cancel_orders(self) -> CancelOrders: ...

        stages = (
            (Step("orders", asks=PlaceOrders, ask=place_orders, done=OrdersPlaced,
                  undoes=CancelOrders, undo=cancel_orders, undone=OrdersCancelled),),
        )

Stages run one after the other, the steps of a stage side by side. A step may stand in a later stage once more: it is
asked there in flows that began before it was moved forward, and passed over in all others.

Rules that a simulation of interleavings taught: only the answer of a step that was asked moves a flow; repeats are
ignored; undo runs backwards from the last stage reached, and takes in steps whose answer has not come; a yes that
arrives after giving up is undone again; an undo that is refused stays visible and does not hold up the rest. The flow's
state is an ordinary aggregate, so a flow and the messages that it sends are written together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import snake_case
from argosy.shared_kernel.messages import Command, Event, Refused

ASKED, DONE, FAILED, UNDOING, UNDONE, STUCK = "ASKED", "DONE", "FAILED", "UNDOING", "UNDONE", "STUCK"
"""How a step stands. FAILED: nothing is done there. STUCK: its undo was refused, and somebody must look."""

COMPLETED, COMPENSATED = "COMPLETED", "COMPENSATED"
"""How a flow ends; in between it has no outcome yet, is UNDOING, or is STUCK with at least one undo."""


@dataclass(kw_only=True, eq=False)
class Flow(Aggregate):
    """The state of one run of a saga. `stage` is the stage asked last; `steps` says how each step stands."""

    stage: int = -1
    outcome: str = ""
    failure: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    deadline: datetime | None = None

    @property
    def is_undoing(self) -> bool:
        return self.outcome in (UNDOING, STUCK)

    @property
    def is_over(self) -> bool:
        return self.outcome in (COMPLETED, COMPENSATED)


class Reason(NamedTuple):
    """Why a flow turns round."""

    code: str
    details: dict[str, Any] = {}


State = TypeVar("State", bound=Flow)


@dataclass(frozen=True)
class Step:
    """One thing asked of one context.

    The functions take the saga, so they may be its methods. `ask` makes the request, or None when this run has no need
    of the step. `learn` takes what the yes teaches into the state; a Reason turns the flow round. `failed` are events
    that say no; `heard` are events that inform without deciding (the buyer must act), they go to `hear`. `undo` takes
    the step back, or gives None where there is nothing to take back. A no to a step that need not succeed is noted,
    and the flow goes on.
    """

    name: str
    asks: type[Command]
    ask: Callable[[Any], Command | None]
    done: type[Event]
    failed: tuple[type[Event], ...] = ()
    learn: Callable[[Any, Any], Reason | None] | None = None
    heard: tuple[type[Event], ...] = ()
    hear: Callable[[Any, Any], None] | None = None
    undoes: type[Command] | None = None
    undo: Callable[[Any], Command | None] | None = None
    undone: type[Event] | None = None
    must_succeed: bool = True


class Saga(Generic[State]):
    """One flow's state at one moment, and how it moves on. Each move answers with the commands to send."""

    stages: ClassVar[tuple[tuple[Step, ...], ...]] = ()
    steps: ClassVar[tuple[Step, ...]] = ()
    """Each once."""
    _steps: ClassVar[dict[type[Event], Step]] = {}
    _asked_by: ClassVar[dict[str, Step]] = {}
    _undone_by: ClassVar[dict[str, Step]] = {}

    def __init_subclass__(cls) -> None:
        cls._steps, cls._asked_by, cls._undone_by = {}, {}, {}
        cls.steps = tuple(dict.fromkeys(step for stage in cls.stages for step in stage))
        for step in cls.steps:
            assert (step.undo is None) == (step.undoes is None) == (step.undone is None), f"{step.name}: half an undo"
            for event in (step.done, *step.failed, *step.heard, *([step.undone] if step.undone else [])):
                assert event not in cls._steps, f"{event.wire_name} answers two steps"
                cls._steps[event] = step
            for commands, command in ((cls._asked_by, step.asks), (cls._undone_by, step.undoes)):
                if command is not None:
                    assert command.wire_name not in {**cls._asked_by, **cls._undone_by}, "a command serves one step"
                    commands[command.wire_name] = step

    def __init__(self, state: State, now: datetime) -> None:
        self.state = state
        self.now = now

    @classmethod
    def messages(cls) -> frozenset[type[Event]]:
        """Every event that can move this flow."""
        return frozenset({Refused, *cls._steps})

    @classmethod
    def questions(cls) -> dict[str, str]:
        """The step that each command serves, by the command's wire name."""
        return {name: step.name for name, step in {**cls._asked_by, **cls._undone_by}.items()}

    @classmethod
    def answers(cls) -> dict[str, tuple[str, str]]:
        """What each event says, by its wire name: of which step, and yes, no or undone."""
        says = {}
        for event, step in cls._steps.items():
            if event not in step.heard:
                what = "yes" if event is step.done else "undone" if event is step.undone else "no"
                says[event.wire_name] = (step.name, what)
        return says

    # Moves.

    def start(self) -> list[Command]:
        """Ask the first stage."""
        assert self.state.stage == -1, "a flow starts once"
        return self._advance()

    def on(self, message: Event) -> list[Command]:
        """What one answer makes of the flow, and what is asked next."""
        if isinstance(message, Refused):
            return self._on_refusal(message)
        step = self._steps.get(type(message))
        if step is None:
            return []
        if type(message) is step.done:
            return self._on_yes(step, message)
        if type(message) is step.undone:
            return self._on_undone(step)
        if type(message) in step.heard:
            if self._stands(step) == ASKED and not self.state.outcome and step.hear:
                step.hear(self, message)
            return []
        if self._stands(step) in (ASKED, DONE) and not self.state.outcome:
            return self._on_no(step, self.reason(message))
        return []

    def give_up(self, reason: Reason) -> list[Command]:
        """Undo everything that was asked, from the last stage back. Nothing happens to a flow that has ended."""
        state = self.state
        if state.outcome:
            return []
        state.outcome, state.failure = UNDOING, reason.code
        self.gave_up(reason)
        return self._undo()

    def ask_again(self) -> list[Command]:
        """Ask once more for every answer that has not come, of steps and of undos, and for undos that were refused.
        Whoever is asked knows by the key what was asked before: nothing is done twice."""
        asked: list[Command] = []
        for step in self.steps:
            standing, command = self._stands(step), None
            if standing == ASKED and not self.state.outcome:
                command = step.ask(self)
            elif standing in (UNDOING, STUCK) and step.undo is not None:
                command = step.undo(self)
                self._move(step, UNDOING)
            asked += [command] if command is not None else []
        return asked

    # What subclasses say at each turn.

    def reason(self, message: Event) -> Reason:
        """What a no means."""
        return Reason(snake_case(type(message).__name__))

    def gave_up(self, reason: Reason) -> None:
        """Told once, when the flow turns round."""

    def completed(self) -> None:
        """Told once, when the last stage is done."""

    def compensated(self) -> None:
        """Told once, when the last undo is done."""

    def step_moved(self, step: Step, standing: str) -> None:
        """Told when a step fails, is to be undone, or cannot be."""

    # How it moves.

    def _stands(self, step: Step) -> str | None:
        return self.state.steps.get(step.name)

    def _move(self, step: Step, standing: str) -> None:
        self.state.steps[step.name] = standing
        self.step_moved(step, standing)

    def _advance(self) -> list[Command]:
        """Ask the next stage that this run has need of."""
        state = self.state
        while state.stage + 1 < len(self.stages):
            state.stage += 1
            asked = []
            for step in self.stages[state.stage]:
                command = step.ask(self) if self._stands(step) is None else None
                if command is not None:
                    state.steps[step.name] = ASKED
                    asked.append(command)
            if asked:
                return asked
        state.outcome = COMPLETED
        self.completed()
        return []

    def _go_on(self) -> list[Command]:
        for step in self.stages[self.state.stage]:
            if self._stands(step) == ASKED:
                return []
        return self._advance()

    def _on_yes(self, step: Step, message: Event) -> list[Command]:
        state, standing = self.state, self._stands(step)
        if state.outcome:
            return self._on_late_yes(step) if state.outcome != COMPLETED and standing in (FAILED, UNDONE) else []
        if standing != ASKED:
            return []
        state.steps[step.name] = DONE
        reason = step.learn(self, message) if step.learn else None
        return self.give_up(reason) if reason is not None else self._go_on()

    def _on_late_yes(self, step: Step) -> list[Command]:
        """What was given up after all came to be: take it back."""
        command = step.undo(self) if step.undo else None
        if command is None:
            return []
        self._move(step, UNDOING)
        return [command]

    def _on_no(self, step: Step, reason: Reason) -> list[Command]:
        self._move(step, FAILED)
        return self.give_up(reason) if step.must_succeed else self._go_on()

    def _on_refusal(self, message: Refused) -> list[Command]:
        step = self._asked_by.get(message.command)
        if step is not None:
            if self._stands(step) != ASKED or self.state.outcome:
                return []
            return self._on_no(step, Reason(message.code, message.details))
        step = self._undone_by.get(message.command)
        if step is None or self._stands(step) != UNDOING:
            return []
        self._move(step, STUCK)
        return self._undo() if self.state.outcome == UNDOING else []

    def _on_undone(self, step: Step) -> list[Command]:
        if self._stands(step) not in (UNDOING, STUCK):
            return []
        self.state.steps[step.name] = UNDONE
        return self._undo() if self.state.is_undoing else []

    def _undo(self) -> list[Command]:
        """The next undo: one stage at a time, a stage's steps side by side, the next only once they are answered."""
        state = self.state
        for stage in reversed(self.stages[: state.stage + 1]):
            commands = []
            for step in stage:
                if step.undo is not None and self._stands(step) in (ASKED, DONE):
                    command = step.undo(self)
                    self._move(step, UNDONE if command is None else UNDOING)
                    commands += [command] if command is not None else []
            if commands or any(self._stands(step) == UNDOING for step in stage):
                return commands
        if STUCK in state.steps.values():
            state.outcome = STUCK
        else:
            state.outcome = COMPENSATED
            self.compensated()
        return []

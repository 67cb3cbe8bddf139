"""Deliberate bugs of the engine and of sagas."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.domains.checkout.application import checkout_flow
from argosy.domains.checkout.domain import session
from argosy.engine.consumer import Consumer
from argosy.engine.due import Calls, Timers
from argosy.engine.log import Page
from argosy.engine.memory import MemoryStore
from argosy.engine.outside import Outside
from argosy.engine.store import Changes, Cursor
from argosy.engine.work import UnitOfWork
from argosy.shared_kernel.saga import DONE, UNDONE, Saga
from argosy.simulation.transport import Transport
from tests.simulation.planting import Patch, around, mutant

# The engine.


@mutant
def cursor_before_effect(patch: Patch) -> None:
    """The cursor is moved in a transaction of its own, before the effects."""

    def commit(original: Any, work: UnitOfWork) -> None:
        if work.changes.cursors:
            work.store.commit(Changes(cursors=work.changes.cursors, fence=work.changes.fence))
            work.changes.cursors = []
        original(work)

    around(patch, UnitOfWork, "commit", commit)


@mutant
def effect_before_cursor(patch: Patch) -> None:
    """The effects are written in a transaction of their own, and the cursor is moved afterwards."""

    def commit(original: Any, work: UnitOfWork) -> None:
        moves, work.changes.cursors = work.changes.cursors, []
        original(work)
        if moves:
            work.store.commit(Changes(cursors=moves, fence=work.changes.fence))

    around(patch, UnitOfWork, "commit", commit)


@mutant
def cursor_by_id_alone(patch: Patch) -> None:
    """A reader goes on from the largest id that there is, past rows that an older transaction still holds back."""

    def up_to(original: Any, self: Transport, page: Page, last: int, *, is_whole: bool) -> Page:
        return Page(original(self, page, last, is_whole=is_whole).records, page.scanned_to, is_whole)

    around(patch, Transport, "_up_to", up_to)


@mutant
def cursors_are_not_compared(patch: Patch) -> None:
    """A cursor is written without looking where it stood: two workers may both apply a message."""

    def check(original: Any, self: MemoryStore, changes: Changes) -> None:
        moves, changes.cursors = changes.cursors, []
        fence, changes.fence = changes.fence, None
        try:
            original(self, changes)
        finally:
            changes.cursors, changes.fence = moves, fence

    around(patch, MemoryStore, "_check", check)


@mutant
def versions_are_not_compared(patch: Patch) -> None:
    """The last write wins, whatever it was decided on."""

    def check(original: Any, self: MemoryStore, changes: Changes) -> None:
        updates, changes.updates = changes.updates, {}
        verified, changes.verified = changes.verified, {}
        try:
            original(self, changes)
        finally:
            changes.updates, changes.verified = updates, verified

    around(patch, MemoryStore, "_check", check)


@mutant
def lease_is_forgotten(patch: Patch) -> None:
    """A worker writes without the token of its lease."""
    around(patch, Consumer, "take_over", lambda original, self, fence: original(self, None))


@mutant
def failed_message_is_dropped(patch: Patch) -> None:
    """What fails is not parked: the cursor moves on and it is gone."""

    def commit(original: Any, work: UnitOfWork) -> None:
        work.changes.parked = []
        original(work)

    around(patch, UnitOfWork, "commit", commit)


@mutant
def calls_are_not_ended(patch: Patch) -> None:
    """The answer of a call is applied, and the call stays."""

    def applied(original: Any, work: UnitOfWork) -> None:
        work.changes.finished = [one for one in work.changes.finished if not one[0].startswith("call:")]
        original(work)

    around(patch, UnitOfWork, "commit", applied)


@mutant
def call_is_lost_when_it_fails(patch: Patch) -> None:
    """A call that came back with an error is not made again."""

    def again(original: Any, self: Calls, due: Any, error: Exception) -> None:
        self.store.commit(Changes(finished=[(due.id, due.token)]))

    around(patch, Calls, "_again", again)


@mutant
def timer_is_told_and_kept(patch: Patch) -> None:
    """A timer that is due is told, and told again at the next look."""

    def step(original: Any, self: Timers) -> int:
        store, commit = self.store, self.store.commit

        def keeping(changes: Changes) -> None:
            changes.finished = []
            commit(changes)

        store.commit = keeping  # type: ignore[method-assign]
        try:
            told: int = original(self)
        finally:
            del store.commit
        return told

    around(patch, Timers, "step", step)


@mutant
def recurring_command_is_told_once(patch: Patch) -> None:
    """A recurring command is not planned again."""
    around(
        patch, Timers, "__init__", lambda original, self, store, clock, recurring=None: original(self, store, clock, {})
    )


@mutant
def answers_to_keys_are_not_kept(patch: Patch) -> None:
    """A keyed request is done, and its answer is not written with it."""

    def attempt(original: Any, self: Outside, command: Any, actor: Any, keyed: Any, *rest: Any, **named: Any) -> Any:
        result, _ = original(self, command, actor, None, *rest, **named)
        return result, rest[0](result)

    around(patch, Outside, "_attempt", attempt)


@mutant
def news_without_a_number(patch: Patch) -> None:
    """Two events of one aggregate bear one number."""

    def record(original: Any, self: UnitOfWork, message: Any, cause: Any, sequence: int) -> Any:
        return original(self, message, cause, min(sequence, 2))

    around(patch, UnitOfWork, "_record", record)


@mutant
def cursor_goes_back(patch: Patch) -> None:
    """A worker that starts reads on from an earlier place than where it stood."""

    def reached_by(original: Any, self: Consumer, cursor: Cursor) -> Any:
        position = original(self, cursor)
        return position._replace(id=max(0, position.id - 3))

    around(patch, Consumer, "_reached_by", reached_by)


# The saga.


@mutant
def undo_stops_at_the_first_stage(patch: Patch) -> None:
    """Only the last stage is taken back."""

    def undone(original: Any, self: Saga[Any], step: Any) -> Any:
        for name, standing in self.state.steps.items():
            if standing == DONE:
                self.state.steps[name] = UNDONE
        return original(self, step)

    around(patch, Saga, "_on_undone", undone)


@mutant
def shown_total_is_not_compared(patch: Patch) -> None:
    """The buyer pays another total than was shown."""
    read = checkout_flow.read
    patch.setattr(
        checkout_flow,
        "read",
        lambda *given, **named: msgspec.structs.replace(read(*given, **named), expected_total=None),  # type: ignore[type-var]
    )


@mutant
def every_click_is_a_wish(patch: Patch) -> None:
    """A purchase is told apart by its checkout, and not by its buyer's request."""
    patch.setattr(
        session, "request_key", lambda buyer_id, request: session.named_id(buyer_id, request, str(id(object())))
    )
    patch.setattr(checkout_flow, "request_key", lambda buyer_id, request: session.named_id("none", buyer_id, request))
    around(
        patch,
        session.CheckoutSession,
        "start",
        lambda original, checkout_id, buyer_id, request, now, **named: original(
            checkout_id, buyer_id, msgspec.structs.replace(request, client_request_id=str(checkout_id)), now, **named
        ),
    )


@mutant
def nobody_is_forgotten(patch: Patch) -> None:
    """A person is erased, and a log goes on telling who they were."""
    around(patch, MemoryStore, "_blank", lambda original, self, people: None)

"""Messages at rest: each was heard and answered, with its state, once; nothing waits and nothing is parked."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.contracts.orders import BuyerHeld
from argosy.domains.checkout.domain.session import CheckoutSession
from argosy.engine.due import RECURRING
from argosy.engine.log import START
from argosy.engine.store import TIMER
from argosy.shared_kernel.messages import MESSAGES
from argosy.simulation.facts import Facts
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.store import SimulatedLog


def messages(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    yield from _heard(place)
    yield from _answered(place)
    yield from _told_with_state(place, facts)
    yield from _nothing_waits(place, facts)


def _heard(place: Marketplace) -> Iterator[Violation]:
    heard = [(one.name, part.store, one) for part in place.parts.values() for one in part.participants]
    ends = {label: _ends(part.store.log) for label, part in place.parts.items()}
    for label, store, participant in heard:
        cursors = store.cursors(label)
        for source, names in participant.wire_names().items():
            log = place.parts[source].store.log
            last: dict[int, int] = {}
            for name in sorted(names):
                for lane, position in ends[source].get(name, {}).items():
                    last[lane] = max(last.get(lane, 0), position)
            for lane, position in last.items():
                cursor = cursors.get((source, lane))
                at = cursor.position if cursor else START
                if at.id < position:
                    what = f"stands at {at.id}; there is news at {position}"
                    yield Violation("I28", f"{label} lane {lane} of {source}", what)
                if at > log.head():
                    yield Violation("I29", f"{label} lane {lane} of {source}", "stands beyond its source's end")


def _ends(log: SimulatedLog) -> dict[str, dict[int, int]]:
    """By type of message and lane: where the last one stands."""
    found: dict[str, dict[int, int]] = {}
    for record in log.records:
        found.setdefault(record.wire_name, {})[record.lane] = record.position.id
    return found


def _answered(place: Marketplace) -> Iterator[Violation]:
    """Each command of a flow has its answer in the log of the context that it was for. A payment answers when its
    gateway has: by its flow."""
    for label, part in place.parts.items():
        if part.is_view:
            continue
        store = part.store
        causes = {record.cause_id for record in store.log.records}
        flows = {record.key for record in store.log.records} if label == "payments" else set()
        for source, names in part.participant.wire_names().items():
            for record in place.parts[source].store.log.records:
                if record.wire_name not in names or not record.wire_name.startswith(f"{label}."):
                    continue
                if MESSAGES[record.wire_name].key_field != "flow_id":
                    continue
                if record.message_id not in causes and record.key not in flows:
                    what = f"({record.wire_name}) was never answered"
                    yield Violation("I29", f"{source}'s log {record.message_id}", what)


def _told_with_state(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    """An aggregate counts the events that it told; its log has as many."""
    for label, part in place.parts.items():
        told: dict[str, int] = {}
        for record in part.store.log.records:
            if record.sequence:
                told[record.key] = max(told.get(record.key, 0), record.sequence)
        counted: dict[str, int] = {}
        for rows in part.store.rows.values():
            for row in rows.values():
                if row.sequence:
                    counted[row.id] = row.sequence
        # What has ended is not there to be asked: erased accounts, and promotions.
        gone = {id for id in told if id not in counted and (label == "accounts" or id in facts.deals)}
        for id in sorted(told.keys() | counted.keys()):
            if told.get(id, 0) != counted.get(id, 0) and id not in gone:
                what = f"has told {counted.get(id, 0)} events, its log has {told.get(id, 0)}"
                yield Violation("I32", f"{label}'s {id}", what)


def _nothing_waits(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    going_on = {session.id for session in place.store("checkout").all(CheckoutSession) if not session.is_over}
    for label, part in place.parts.items():
        for parked in part.store.parked_everywhere():
            what = f"{parked.record.wire_name} is parked after {parked.tries} tries: {parked.error}"
            yield Violation("I40", f"{parked.subscription}'s {parked.record.message_id}", what)
        for due in part.store.due_rows.values():
            if due.kind != TIMER:
                yield Violation("I40", f"{label}'s {due.id}", f"waits, after {due.attempts} attempts")
            elif not due.id.startswith(RECURRING) and label != "accounts" and due.key not in going_on:
                # What a flow that goes on waits for is I33's to tell.
                yield Violation("I40", f"{label}'s {due.id}", "waits at rest")
        missing = {every.send.wire_name for every in part.schedule} - {
            due.name for due in part.store.due_rows.values() if due.id.startswith(RECURRING)
        }
        for name in sorted(missing):
            yield Violation("I04", f"{label}'s schedule", f"{name} is planned no more")
    # Of a purchase that is placed in the very batch in which its buyer asks to leave nobody could know beforehand, nor
    # of a guest's address in the very batch in which their purchase succeeds.
    unforeseen = len(facts.bought_at)
    unforeseen += sum(record.wire_name == BuyerHeld.wire_name for record in place.store("orders").log.records)
    for worker in place.workers:
        loads = worker.undeclared_loads + sum(seat.undeclared_loads for seat in worker.seats.values())
        if loads > unforeseen:
            yield Violation("I40", worker.name, f"made {loads} loads that no use case declared")

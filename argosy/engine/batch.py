"""A batch: many messages on one identity map, one flush, one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from argosy.engine.participant import Handler, Participant
from argosy.engine.store import StoreUnavailable, VersionConflict
from argosy.engine.work import Cause, UnitOfWork
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Command, Message, Refused

BATCH_MAX = 256
BATCH_MIN = 32
HELD_SECONDS_MAX = 0.020


class Delivery(msgspec.Struct):
    """One message on its way into a use case, and what became of it.

    Seen by the collector of garbage: a failure holds the frames that it went through, and these hold what failed.
    """

    message: Message
    cause: Cause
    result: Any = None
    refusal: DomainError | None = None
    error: Exception | None = None


def run(participant: Participant, work: UnitOfWork, deliveries: Sequence[Delivery]) -> None:
    """Load what all of them declare, then handle them one at a time. Nothing is committed here.

    A refusal of a flow's command is answered with `Refused`; an unforeseen error is noted on its delivery, whose
    traces are dropped. A database that is away or was changed meanwhile is no message's fault: it passes through.
    """
    services = participant.build(work)
    by_name: dict[str, list[Message]] = {}
    for delivery in deliveries:
        by_name.setdefault(delivery.message.wire_name, []).append(delivery.message)
    handlers = {name: participant.handlers[name] for name in by_name}
    _prefetch(work, services, [(handlers[name], messages) for name, messages in by_name.items()])
    methods = {name: getattr(services[handler.service], handler.method) for name, handler in handlers.items()}
    for delivery in deliveries:
        work.begin(delivery.cause)
        try:
            delivery.result = methods[delivery.message.wire_name](delivery.message)
        except DomainError as refusal:
            work.drop()
            delivery.refusal = refusal
            answer = _refused(delivery.message, refusal)
            if answer is None:
                continue
            work.announce(answer)
        except (StoreUnavailable, VersionConflict):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's own
            work.drop()
            delivery.error = error
            continue
        work.keep()


def _refused(message: Message, refusal: DomainError) -> Refused | None:
    if not isinstance(message, Command) or not message.key_field:
        return None
    return Refused(
        flow_id=getattr(message, message.key_field),
        command=message.wire_name,
        code=refusal.code,
        details=refusal.details,
    )


def _prefetch(work: UnitOfWork, services: Sequence[Any], asked: Sequence[tuple[Handler, Sequence[Message]]]) -> None:
    wanted: dict[Any, list[Any]] = {}
    for handler, messages in asked:
        service = services[handler.service]
        for name, keys in handler.first.items():
            _want(wanted, getattr(service, name), keys, messages)
    for kind, keys_wanted in wanted.items():
        work.prefetch(kind, keys_wanted)
    for turn in range(max([len(handler.then) for handler, _ in asked], default=0)):
        wanted = {}
        for handler, messages in asked:
            service = services[handler.service]
            for name, keys in handler.then[turn].items() if turn < len(handler.then) else ():
                _want(wanted, getattr(service, name), partial(keys, service), messages)
        for kind, keys_wanted in wanted.items():
            work.prefetch(kind, keys_wanted)


def _want(
    wanted: dict[Any, list[Any]],
    repository: Any,
    keys: Callable[[Message], Iterable[Any]],
    messages: Sequence[Message],
) -> None:
    known = wanted.setdefault(repository.kind, [])
    for message in messages:
        try:
            known += keys(message)
        except Exception:  # noqa: BLE001
            # What cannot be told beforehand is loaded by the use case itself, which then fails with its own error if
            # it must: a declaration never decides.
            continue


def next_batch_max(batch_max: int, took: int, held_seconds: float) -> int:
    """How many messages the next batch may take, after one of `took` messages held the write lock so long: half as
    many after too long a flush, twice as many after a full batch's quick one."""
    if held_seconds > HELD_SECONDS_MAX:
        return max(BATCH_MIN, min(batch_max, took) // 2)
    if took >= batch_max and held_seconds < HELD_SECONDS_MAX / 2:
        return min(BATCH_MAX, batch_max * 2)
    return batch_max

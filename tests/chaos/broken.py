"""Settings of processes whose protection is switched off: ARGOSY_CHAOS_BROKEN names which. Experiments must notice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec

from config.chaos import *  # noqa: F403 - the same settings

BROKEN: dict[str, Callable[[], None]] = {}


def broken(switch: Callable[[], None]) -> Callable[[], None]:
    BROKEN[switch.__name__] = switch
    return switch


@broken
def leases_are_not_compared() -> None:
    """What is written under an outdated lease is accepted."""
    from argosy.platform.engine_tables import EngineTables

    writes = EngineTables.engine_writes
    EngineTables.engine_writes = lambda self, changes: writes(self, replace(changes, fence=None))  # type: ignore[method-assign]


@broken
def leases_last_a_minute() -> None:
    """A worker that sleeps keeps its contexts."""
    from argosy.platform import leases

    leases.LEASE_SECONDS = 60


@broken
def nobody_looks_before_charging_again() -> None:
    """A capture whose answer was lost is made again, at a gateway that has forgotten the key."""
    from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
    from argosy.domains.payments.domain.payment import CAPTURE

    capture, look_up = TestGateway.capture, TestGateway.look_up

    def capture_anew(self: Any, request: Any) -> Any:
        return capture(self, msgspec.structs.replace(request, key=f"{request.key}:{uuid4()}"))

    def look_at_nothing(self: Any, request: Any) -> Any:
        return None if request.operation == CAPTURE else look_up(self, request)

    TestGateway.capture = capture_anew  # type: ignore[method-assign]
    TestGateway.look_up = look_at_nothing  # type: ignore[method-assign]


@broken
def requests_are_not_recognised() -> None:
    """Neither the key nor the request's own id makes two presses one purchase."""
    from argosy.domains.checkout.domain import session
    from argosy.engine.outside import Answer, Outside
    from argosy.shared_kernel.ids import named_id

    def forgetful(self: Any, command: Any, actor: Any, keyed: Any, respond: Any, *rest: Any, **how: Any) -> Answer:
        return Answer(*respond(self.run(command, actor)))

    Outside.run_keyed = forgetful  # type: ignore[method-assign]
    Outside.looked = lambda self, keyed: None  # type: ignore[method-assign]
    session.request_key = lambda *request: named_id("request", str(uuid4()))


@broken
def commits_are_torn_in_two() -> None:
    """Cursors move before what they stand for is written."""
    from argosy.platform.sqlite import SqliteDialect

    commit = SqliteDialect.commit

    def torn(self: Any, writes: Any) -> Any:
        cursors = [write for write in writes if write.table.endswith("_cursors")]
        others = [write for write in writes if not write.table.endswith("_cursors")]
        if cursors and others:
            commit(self, cursors)
        return commit(self, others or writes)

    SqliteDialect.commit = torn  # type: ignore[method-assign]


@broken
def stock_is_not_given_back() -> None:
    """What was held for a purchase that failed stays held."""
    from argosy.domains.inventory.domain.stock import StockItem

    StockItem.free = lambda self, pieces, now: None  # type: ignore[method-assign]


@broken
def stock_is_not_counted() -> None:
    """There is always enough."""
    from argosy.domains.inventory.domain.stock import StockItem

    StockItem.available = property(lambda self: 1_000_000)  # type: ignore[assignment,method-assign]


@broken
def whom_one_cannot_look_up_is_let_in() -> None:
    """Sessions fail open."""
    from argosy.engine.work import Actor
    from argosy.platform.auth import Tokens

    actor_of = Tokens.actor_of

    def trusting(self: Any, header: str) -> Actor:
        try:
            return actor_of(self, header)
        except Exception:  # noqa: BLE001 - that is the hole
            return Actor(id=str(uuid4()), roles=("buyer",))  # type: ignore[arg-type]

    Tokens.actor_of = trusting  # type: ignore[method-assign]


@broken
def what_cannot_be_counted_is_let_in() -> None:
    """Limits fail open."""
    from argosy.engine.store import StoreUnavailable
    from argosy.platform.limits import SqliteLimits

    take, knows, remember = SqliteLimits.take, SqliteLimits.knows, SqliteLimits.remember

    def trusting(method: Any, otherwise: Any) -> Any:
        def call(self: Any, *words: Any) -> Any:
            try:
                return method(self, *words)
            except StoreUnavailable:
                return otherwise

        return call

    SqliteLimits.take = trusting(take, 0.0)  # type: ignore[method-assign]
    SqliteLimits.knows = trusting(knows, True)  # type: ignore[method-assign]
    SqliteLimits.remember = trusting(remember, None)  # type: ignore[method-assign]
    SqliteLimits.give_back = trusting(SqliteLimits.give_back, None)  # type: ignore[method-assign]


@broken
def full_disks_are_bugs() -> None:
    """A database that cannot write is answered with 500."""
    from argosy.platform import sqlite

    sqlite._unavailable_or = lambda error: error


@broken
def files_are_made_anew() -> None:
    """Where a database is missing an empty one is made, and who has it open does not look."""
    import sqlite3

    from argosy.platform.sqlite_files import FileConnection

    FileConnection.is_in_place = lambda self: True  # type: ignore[method-assign]
    FileConnection.__init__ = sqlite3.Connection.__init__  # type: ignore[assignment,method-assign]


@broken
def sessions_are_relied_on() -> None:
    """Statements are prepared in a session, and settings are its own, whoever stands between."""
    for database in DATABASES.values():  # noqa: F405 - the settings' own
        database["ROLE_SETTINGS"] = {}


@broken
def a_wiped_topic_is_gone_on_with() -> None:
    """What a broker has forgotten is not sent to it again."""
    from argosy.engine.log import START
    from argosy.platform.kafka.relay import Sending

    start = Sending._start

    def at_the_end(self: Any, partitions: int, head: Any) -> Any:
        found, is_anew = start(self, partitions, head)
        return (head, True) if is_anew and found > START else (found, is_anew)

    Sending._start = at_the_end  # type: ignore[method-assign]


@broken
def differences_are_kept_quiet() -> None:
    """What the gateway's book has and ours has not is named to nobody."""
    from argosy.domains.payments.application.differences import Differences

    Differences._name = lambda self, line, side: None  # type: ignore[method-assign]


@broken
def a_restored_log_goes_on_in_its_old_life() -> None:
    """What is told after a restore stands where readers have passed already."""
    from argosy.platform import backups

    backups.begin_again = lambda runtime, label: 1


@broken
def what_is_too_new_is_passed_over() -> None:
    """An older program reads on behind a message that it does not know, and never stands down."""
    from argosy.engine.consumer import Consumer
    from argosy.shared_kernel.messages import MESSAGES

    Consumer._compare_handled = lambda self: setattr(self, "_to_record", {})  # type: ignore[method-assign]
    Consumer._is_understood = (  # type: ignore[method-assign]
        lambda self, source, record: record.version <= MESSAGES[record.wire_name].schema_version
    )


@broken
def everybody_is_let_in() -> None:
    """Nothing is refused, however much is asked."""
    from argosy.apps.api.admission import Admission

    Admission.refusal = lambda self, method, path: None  # type: ignore[method-assign]


@broken
def nothing_is_more_critical() -> None:
    """Of everything as much is refused, whatever hangs on it."""
    from argosy.apps.api.admission import Admission

    Admission.share_of = lambda self, level: self.share  # type: ignore[method-assign]


@broken
def nobody_watches_over_connections() -> None:
    """A server that is cut off is waited for as long as the operating system does."""
    from argosy.platform.databases import CONNECTION_LIMITS

    for database in DATABASES.values():  # noqa: F405 - the settings' own
        for name in CONNECTION_LIMITS:
            database["OPTIONS"].pop(name, None)


BROKEN[os.environ["ARGOSY_CHAOS_BROKEN"]]()

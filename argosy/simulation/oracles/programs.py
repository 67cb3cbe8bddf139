"""What programs were told at rest: the feed beside the logs of those whom it is about, and what was brought beside the
feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from argosy.contracts.inventory import StockTold
from argosy.contracts.promotions import PromotionCreated
from argosy.domains.integrations.application.feed import PLATFORM
from argosy.domains.integrations.domain.feed import PUBLIC, FeedEvent
from argosy.domains.integrations.domain.webhook import DELIVERED, FAILED, HELD, RETRY_SECONDS, Delivery, Lane
from argosy.domains.inventory.domain.stock import StockItem
from argosy.domains.products.domain.product import Product
from argosy.shared_kernel.codec import decode
from argosy.shared_kernel.messages import Event
from argosy.simulation.facts import Facts
from argosy.simulation.integrations import LABEL
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.oracles.violation import Violation
from argosy.simulation.receivers import STAFF, Receiver
from argosy.simulation.scheduler import DAY, MINUTE, microseconds
from argosy.simulation.shop import ALL_GOODS

SELLER_OF_PRODUCT = {goods.product_id: goods.seller_id for goods in ALL_GOODS}
SOURCES = ("orders", "products", "inventory", "promotions", "accounts")
OPENING = 20 * MINUTE
"""What is told while the shop opens, by whatever clock, may be told before programs have said that they listen."""

Told = tuple[str, str, str]
"""Whose it is, its type and what it tells, as one text."""


def programs(place: Marketplace, facts: Facts) -> Iterator[Violation]:
    if LABEL not in place.parts:
        return
    events = place.feed.every_event()
    yield from _swept(place, events)
    if [event.position for event in events] != list(range(1, len(events) + 1)):
        yield Violation("I51", "the feed", "is not numbered without gaps")
    yield from _feed(place, events)
    for owner, read in facts.read.items():
        mine = [event.id for event in events if owner in (STAFF, event.seller_id)]
        if read != mine:
            what = f"has read {len(read)} events by its cursor, {len(set(read))} of them different; {len(mine)} are its"
            yield Violation("I51", f"program of {owner}", what)
    for receiver in place.receivers.by_url.values():
        yield from _brought(place, facts, receiver, events)
    for lane in place.store(LABEL).all(Lane):
        if lane.queue:
            yield Violation("I51", f"lane {lane.id}", f"has {len(lane.queue)} deliveries that wait at rest")


def _swept(place: Marketplace, events: list[FeedEvent]) -> Iterator[Violation]:
    """What is gone is what the feed begins behind, and was as old as it has to be; what is older than that is gone."""
    feed, kept = place.feed, {event.id for event in place.store(LABEL).all(FeedEvent)}
    days, slack = feed.retention.events, 2 * place.clocks_differ
    for event in events:
        is_gone = event.id not in kept
        if is_gone != (event.position <= feed.swept()):
            yield Violation("I51", f"event {event.id}", f"{event.position} of the feed that begins at {feed.swept()}")
        if is_gone and feed.found_at[event.id] - microseconds(event.occurred_at) < days * DAY - slack:
            yield Violation("I51", f"event {event.id}", f"was forgotten before it was {days} days old")
    if feed.is_swept and feed.is_overdue(place.scheduler.time - DAY - slack):
        yield Violation("I51", "the feed", f"holds events that are older than {days} days")


def _feed(place: Marketplace, events: list[FeedEvent]) -> Iterator[Violation]:
    """Each fact once, whole, as its seller's; facts about one thing in the order in which they were told, where
    they were told under one key."""
    wanted = {kind.wire_name for kind in PUBLIC if issubclass(kind, Event)} | {StockTold.wire_name}
    due: dict[str, list[Told]] = {}
    keys: dict[str, set[str]] = {}
    owners: dict[str, str] = {str(product): str(seller) for product, seller in SELLER_OF_PRODUCT.items()}
    for product in place.store("products").all(Product):
        owners.setdefault(product.id, product.seller_id)
    for row in place.store("inventory").all(StockItem):
        owners[str(row.stock_unit_id)] = str(row.seller_id)
    for source in SOURCES:
        for record in place.parts[source].store.log.records:
            if record.wire_name in wanted:
                for fact in _facts(decode(record.wire_name, record.version, record.payload)):
                    about, whose, told = _one(fact, owners)
                    if whose is not None:
                        due.setdefault(about, []).append((whose, *told))
                        keys.setdefault(about, set()).add(record.key)
    found: dict[str, list[Told]] = {}
    for one in events:
        about = next(str(one.data[public.about]) for public in PUBLIC.values() if public.type == one.type)
        found.setdefault(about, []).append((one.seller_id, one.type, _text(one.data)))
    for about in sorted(due.keys() | found.keys()):
        is_same = due.get(about) == found.get(about)
        if not is_same and len(keys.get(about, ())) > 1:
            is_same = sorted(due[about]) == sorted(found.get(about, ()))
        if not is_same:
            what = f"are {[one[1] for one in found.get(about, [])]}; it was {[one[1] for one in due.get(about, [])]}"
            yield Violation("I51", f"events about {about}", what)


def _facts(event: Any) -> tuple[Any, ...]:
    """A message about many units is a fact about each."""
    return event.units if isinstance(event, StockTold) else (event,)


def _one(fact: Any, owners: dict[str, str]) -> tuple[str, str | None, tuple[str, str]]:
    """What a fact is about, whose it is (None: nobody's, and it is not told), and what is told of it."""
    public = PUBLIC[type(fact)]
    about = str(getattr(fact, public.about))
    if isinstance(fact, PromotionCreated) and fact.funded_by != PLATFORM:
        owners[about] = fact.funded_by
    whose = getattr(fact, "seller_id", None) or owners.get(about)
    data = {name: getattr(fact, name) for name in public.fields}
    return about, whose, (public.type, _text(data))


def _text(data: dict[str, Any]) -> str:
    return msgspec.json.encode(msgspec.to_builtins(data), order="sorted").decode()


def _brought(place: Marketplace, facts: Facts, receiver: Receiver, events: list[FeedEvent]) -> Iterator[Violation]:
    """What was asked for has come, in the order of the feed for each thing; or it was given up with reason."""
    every = place.feed.every_delivery()
    deliveries = {row.event_id: row for row in every if row.webhook_id == receiver.webhook_id}
    orders: dict[str, list[int]] = {}
    known = {event.id: event for event in events}
    for event_id, body in receiver.came.items():
        event = known.get(event_id)  # type: ignore[call-overload]
        if event is None or body["data"] != event.data or body["type"] != event.type:
            yield Violation("I51", f"event {event_id}", f"came to {receiver.owner} otherwise than it is in the feed")
        elif event_id not in facts.sent_again:
            orders.setdefault(deliveries[event.id].lane_id, []).append(event.position)
    for lane_id, positions in orders.items():
        if positions != sorted(positions):
            yield Violation("I51", f"lane {lane_id}", f"brought {positions}, not in their order")
    for event in events:
        is_wanted = event.type in receiver.types and receiver.owner in (STAFF, event.seller_id)
        if is_wanted:
            yield from _ended(place, facts, receiver, event, deliveries.get(event.id))


def _ended(
    place: Marketplace, facts: Facts, receiver: Receiver, event: FeedEvent, delivery: Delivery | None
) -> Iterator[Violation]:
    where, has_come = f"event {event.id}", event.id in receiver.came
    at = microseconds(event.occurred_at)
    excused = _is_excused(facts, receiver, at)
    if delivery is None:
        if not excused and at > OPENING:
            yield Violation("I51", where, f"({event.type}) was never on its way to {receiver.owner}")
        return
    if delivery.status == DELIVERED and not has_come:
        yield Violation("I51", where, f"counts as delivered to {receiver.owner}, and never came")
    elif delivery.status == FAILED and not (receiver.failed.get(event.id, 0) > len(RETRY_SECONDS) or excused):
        what = f"to {receiver.owner} was given up after {receiver.failed.get(event.id, 0)} tries"
        yield Violation("I51", where, what)
    elif delivery.status == HELD and not excused:
        yield Violation("I51", where, f"to {receiver.owner} was held, and nobody had it stopped")
    elif delivery.status not in (DELIVERED, FAILED, HELD):
        yield Violation("I51", where, f"to {receiver.owner} is {delivery.status} at rest")


def _is_excused(facts: Facts, receiver: Receiver, at: int) -> bool:
    """Whether about then, or in the days after in which it is tried, nothing need have been sent there."""
    closed = [*receiver.closed, *[(when, when) for who, when in facts.suspended if who == receiver.owner]]
    return any(begin - 4 * DAY <= at and (end is None or at <= end + DAY) for begin, end in closed)

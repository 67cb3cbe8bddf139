"""Where programs of sellers listen: they check who signed, fail, answer late, are away for days, and remember all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from argosy.domains.integrations.adapters.outbound.gateways.webhooks import Answer
from argosy.domains.integrations.domain.webhook import signature
from argosy.simulation.faults import Faults
from argosy.simulation.scheduler import BEGIN, DAY, HOUR, MINUTE, SECOND, Scheduler

TROUBLE_UNTIL = 24 * DAY
"""The last tries of a delivery are a day apart: whoever is to have had everything by the end must be well by then."""
TOLERANCE_SECONDS = 300
GONE = 410


@dataclass
class Receiver:
    """One address. `secrets` are those that it was told, the latest last."""

    owner: str
    types: tuple[str, ...]
    webhook_id: str = ""
    secrets: list[str] = field(default_factory=list)
    is_rotating: bool = False
    came: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By event, in the order in which they first came."""
    failed: dict[str, int] = field(default_factory=dict)
    """By event: how often whoever sent it could not know that it was taken, for it was not, or the answer was late."""
    away_until: int = 0
    closed: list[tuple[int, int | None]] = field(default_factory=list)
    """From when to when nothing need have been sent there: it was away for long, or said that it was gone."""
    is_gone: bool = False


class Receivers:
    """All of them, as the network reaches them."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.by_url: dict[str, Receiver] = {}
        self.broken: Callable[[str, str, str], None] = lambda id, where, what: None
        self._random = Random(f"{faults.seed}:receivers")

    def fault(self, url: str) -> str:
        """All of them may be told of news."""
        return ""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Something was sent there."""
        receiver = self.by_url[url]
        event_id = headers["webhook-id"]
        status = self._decide(receiver)
        if status == 200 and not self._is_signed(receiver, headers, body):
            status = 401
        if status == 200:
            self._take(receiver, event_id, body)
            if not self.faults.strikes("receiver late"):
                return Answer(status, "")
        receiver.failed[event_id] = receiver.failed.get(event_id, 0) + 1
        if status == 200:
            return Answer(0, "too_slow")
        return Answer(status, "" if status else "connection_failed")

    def _decide(self, receiver: Receiver) -> int:
        """Away, out of order, gone, or well. Whoever is gone says so until it is told of again."""
        now, faults = self.scheduler.time, self.faults
        if receiver.is_gone:
            return GONE
        if now > TROUBLE_UNTIL:
            return 200
        if receiver.away_until > now:
            return 0
        if faults.strikes("receiver away"):
            longest = self._random.choice((10 * MINUTE, 10 * HOUR, 2 * DAY, 6 * DAY))
            receiver.away_until = min(now + faults.between("receiver away", MINUTE, longest), TROUBLE_UNTIL)
            receiver.closed.append((now, receiver.away_until))
            return 0
        if faults.strikes("receiver gone"):
            receiver.is_gone = True
            receiver.closed.append((now, None))
            return GONE
        return 500 if faults.strikes("receiver fails") else 200

    def _is_signed(self, receiver: Receiver, headers: Mapping[str, str], body: bytes) -> bool:
        """By a secret that it was told, and now. While another is on its way here it cannot know."""
        at = int(headers["webhook-timestamp"])
        now = self.scheduler.time // SECOND + _BEGIN_SECONDS
        signed = headers["webhook-signature"].split(" ")
        known = [signature(secret, headers["webhook-id"], at, body) for secret in receiver.secrets]
        if abs(at - now) <= TOLERANCE_SECONDS and any(one in signed for one in known):
            return True
        if not receiver.is_rotating:
            self.broken("I37", f"event {headers['webhook-id']}", "was sent with a signature that does not hold")
        return False

    def _take(self, receiver: Receiver, event_id: str, body: bytes) -> None:
        told = msgspec.json.decode(body)
        if told["id"] != event_id or (receiver.owner != STAFF and told["seller_id"] != receiver.owner):
            self.broken("I39", f"event {event_id}", f"of {told['seller_id']} was told to {receiver.owner}")
        if receiver.types and told["type"] not in receiver.types:
            self.broken("I51", f"event {event_id}", f"is {told['type']}, which {receiver.owner} did not ask for")
        receiver.came.setdefault(event_id, told)


STAFF = "staff"
_BEGIN_SECONDS = int(BEGIN.timestamp())

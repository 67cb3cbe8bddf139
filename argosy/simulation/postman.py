"""The gateway's webhooks on their way: repeated, late, in any order, forged, and about nothing that we know."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import msgspec

from argosy.contracts.payments import ReceiveWebhook
from argosy.domains.payments.adapters.outbound.gateways.notices import HEADER, TestEvent, read, written
from argosy.domains.payments.application.gateways import Notice
from argosy.domains.payments.domain.signatures import SignatureDoesNotHold
from argosy.engine.work import SYSTEM
from argosy.shared_kernel.ids import named_id
from argosy.simulation.facts import Facts
from argosy.simulation.gateway import Line
from argosy.simulation.marketplace import Marketplace
from argosy.simulation.people import Person
from argosy.simulation.scheduler import DAY, HOUR, MINUTE, SECOND, moment

SECRET, GUESSED = "whsec_simulated", "whsec_guessed"
TRIES = 5


class Postman(Person):
    """Carries what the gateway says of its own accord. A web process whose clock is wrong does not believe it, and it
    is brought again, signed anew."""

    def __init__(self, place: Marketplace, facts: Facts) -> None:
        super().__init__(place, facts, "postman")
        self._number = 0

    def tell(self, line: Line) -> None:
        """Something was written into the gateway's book."""
        faults = self.place.faults
        if not faults.strikes("webhook"):
            return
        event = TestEvent(
            id=f"evt_{self._next()}",
            type=f"{line.operation}.{line.status}",
            key=line.key,
            transaction_id=line.transaction_id,
            amount=line.amount,
            currency=line.currency,
        )
        self.facts.events[event.id] = True
        delay = self.random.choice((1, SECOND // 2, 5 * SECOND, MINUTE))
        if faults.strikes("webhook late"):
            delay = faults.between("webhook late", HOUR, 3 * DAY)
        self._bring_later(event, self.random.randrange(delay) + 1)
        if faults.strikes("webhook repeated"):
            for _ in range(self.random.randrange(1, 4)):
                self._bring_later(event, faults.between("webhook repeated", 1, DAY))
        if faults.strikes("webhook forged"):
            self._forge(event)
        if faults.strikes("webhook unknown"):
            other = named_id("nobody's payment", event.id)
            stray = msgspec.structs.replace(event, id=f"evt_{self._next()}", key=f"{other}:capture")
            self.facts.events[stray.id] = False
            self._bring_later(stray, self.random.randrange(1, MINUTE))

    def _bring_later(self, event: TestEvent, delay: int) -> None:
        self.later(delay, lambda: self._bring(event, TRIES))

    def _bring(self, event: TestEvent, tries: int) -> None:
        body, headers = written(event, SECRET, moment(self.place.scheduler.time))
        if not self._handed_over(headers, body) and tries > 1:
            self.later(self.random.randrange(MINUTE, 10 * MINUTE), lambda: self._bring(event, tries - 1))

    def _forge(self, event: TestEvent) -> None:
        """Signed by somebody else, changed on its way, signed long ago, or not at all."""
        forged = msgspec.structs.replace(event, id=f"forged_{self._next()}")
        now = moment(self.place.scheduler.time)
        body, headers = written(forged, GUESSED, now)
        real, signed = written(forged, SECRET, now)
        _, old = written(forged, SECRET, now - timedelta(hours=2))
        changed = real.replace(b"evt", b"evT").replace(b"forged", b"forgeD")
        for sent, header in ((body, headers), (changed, signed), (real, old), (real, {HEADER: ""})):
            self.later(self.random.randrange(1, SECOND), partial(self._try, header, sent))

    def _try(self, headers: dict[str, str], body: bytes) -> None:
        if not self._handed_over(headers, body):
            self.place.jobs.counts["webhook turned away"] += 1

    def _handed_over(self, headers: dict[str, str], body: bytes) -> bool:
        """Whether the signature held; then it is asked to be kept until somebody says that it is."""
        try:
            notice = read(headers, body, (SECRET,), self.web().clock.now())
        except SignatureDoesNotHold:
            return False
        self.ask("payments", _command(notice, body), SYSTEM)
        return True

    def _next(self) -> int:
        self._number += 1
        return self._number


def _command(notice: Notice, body: bytes) -> ReceiveWebhook:
    return ReceiveWebhook(
        gateway="test",
        event_id=notice.event_id,
        type=notice.type,
        operation=notice.operation,
        payment_id=notice.payment_id,
        refund_id=notice.refund_id,
        reference=notice.reference,
        amount=notice.amount,
        currency=notice.currency,
        told_at=notice.told_at,
        raw=body.decode(),
    )

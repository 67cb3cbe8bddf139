"""What sees to it that no checkout is forgotten: not by those whom it asked, and not by checkout itself."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.checkout import (
    AccountForPurchase,
    CompensateCheckout,
    ExpireCheckout,
    FindSlowCheckouts,
    RetryCheckout,
)
from argosy.domains.checkout.application.saga import EXPIRED, FAILURE_LENGTH_MAX, LOST, CheckoutSaga
from argosy.domains.checkout.domain.session import (
    CHECKOUT_SECONDS,
    CheckoutDetail,
    CheckoutHasEnded,
    CheckoutIsPaid,
    CheckoutSession,
    CheckoutStanding,
    NoSuchCheckout,
    request_key,
)
from argosy.engine.reads import by, reads
from argosy.engine.store import TIMER
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import NotAllowed
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.saga import ASKED, COMPENSATED, COMPLETED, UNDOING, Reason

SLOW_SECONDS = 300
"""A flow that has not ended by then is asked again whatever it waits for, every time that the schedule looks."""
SLOW_MAX = 500


class OnlyOperatorsDo(NotAllowed):
    """Flows are asked again and undone by operators."""


class CheckoutWatch:
    """Looks after flows that do not move."""

    def __init__(
        self,
        work: UnitOfWork,
        sessions: Repository[CheckoutSession],
        details: Repository[CheckoutDetail],
    ) -> None:
        self.work = work
        self.sessions = sessions
        self.details = details

    def find_slow_checkouts(self, command: FindSlowCheckouts) -> None:
        """Flows that go on are those whose deadline is planned: the timers tell which began long ago."""
        until = self.work.now + timedelta(seconds=CHECKOUT_SECONDS - SLOW_SECONDS)
        for timer in self.work.store.due(TIMER, until, SLOW_MAX):
            if timer.name == ExpireCheckout.wire_name:
                self.work.announce(RetryCheckout(checkout_id=Id(timer.key)))

    @reads(sessions=lambda command: [command.checkout_id], details=lambda command: [command.checkout_id])
    def retry_checkout(self, command: RetryCheckout) -> CheckoutStanding:
        """Whatever the flow waits for is asked again; one whose time is up is ended. Nothing happens to one that is
        over."""
        session = self._known(command.checkout_id)
        saga = self._saga(session)
        if not session.is_over or UNDOING in session.steps.values():
            self._see_to_it(session, saga, command.times)
        return CheckoutStanding(checkout_id=session.id, status=session.status)

    @reads(sessions=lambda command: [command.checkout_id], details=lambda command: [command.checkout_id])
    def compensate_checkout(self, command: CompensateCheckout) -> CheckoutStanding:
        """Everything is undone, as if the buyer had aborted; of one that is being undone, all is asked for again."""
        session = self._known(command.checkout_id)
        saga = self._saga(session)
        if session.is_over:
            raise CheckoutHasEnded(status=session.status)
        if session.outcome:
            saga.tell(saga.ask_again())
        elif not saga.can_turn_round:
            raise CheckoutIsPaid(status=session.status)
        else:
            saga.tell(saga.give_up(Reason(command.reason[:FAILURE_LENGTH_MAX] or "compensated")))
        return CheckoutStanding(checkout_id=session.id, status=session.status)

    @reads(
        sessions=lambda command: [
            command.flow_id,
            by("request_key", request_key(command.buyer_id, command.client_request_id)),
        ],
        details=lambda command: [command.flow_id],
    )
    def account_for_purchase(self, command: AccountForPurchase) -> None:
        """Orders wait for this flow. It goes on, or says again how it ended; lost, it is undone from end to start."""
        session = self.sessions.find(command.flow_id)
        if session is None:
            self._undo_lost(command)
            return
        saga = self._saga(session)
        if session.outcome == COMPLETED:
            self.work.announce(saga.confirm_orders())
        elif session.outcome == COMPENSATED:
            session.note_step("orders", UNDOING, self.work.new_id(), self.work.now)
            self.work.announce(saga.cancel_orders())
        else:
            self._see_to_it(session, saga, 0)

    def _see_to_it(self, session: CheckoutSession, saga: CheckoutSaga, times: int) -> None:
        now = self.work.now
        is_overdue = session.deadline is None or session.deadline <= now
        if not session.outcome and saga.can_turn_round and is_overdue:
            saga.tell(saga.give_up(EXPIRED))
            return
        saga.tell(saga.ask_again())
        if session.outcome or is_overdue:
            saga.watch(times)
        elif saga.can_turn_round:
            # Should the timer have been lost; one that is there stays as it is.
            deadline = session.deadline
            assert deadline is not None
            self.work.later("deadline", session.id, deadline, ExpireCheckout(checkout_id=session.id, deadline=deadline))

    def _undo_lost(self, command: AccountForPurchase) -> None:
        """A flow of this id is made that has asked everything, and turns round. Its undos are what any flow's are: who
        did nothing for it remembers the cancellation, so that a request that is still on its way is refused."""
        key = request_key(command.buyer_id, command.client_request_id)
        if self.sessions.all_by("request_key", key):
            key = command.flow_id  # The buyer has asked again meanwhile, as a flow of its own.
        session = CheckoutSession.lost(command, key, self.work.now)
        session.stage = len(CheckoutSaga.stages) - 1
        session.steps = {step.name: ASKED for stage in CheckoutSaga.stages for step in stage}
        self.sessions.add(session)
        self.details.add(CheckoutDetail(id=session.id, request=""))
        saga = self._saga(session)
        saga.tell(saga.give_up(LOST))

    def _known(self, checkout_id: str) -> CheckoutSession:
        actor = self.work.actor
        if not (actor.has("system") or actor.has("staff")):
            raise OnlyOperatorsDo()
        session = self.sessions.find(checkout_id)
        if session is None:
            raise NoSuchCheckout(checkout_id=checkout_id)
        return session

    def _saga(self, session: CheckoutSession) -> CheckoutSaga:
        return CheckoutSaga(session, self.work, self.details)

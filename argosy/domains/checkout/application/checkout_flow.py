"""Everything checkout can be asked to do, and what it does with every answer."""

from __future__ import annotations

from argosy.contracts.accounts import KeepGuest
from argosy.contracts.checkout import AbortCheckout, ExpireCheckout, RetryPayment, StartCheckout
from argosy.contracts.inventory import (
    ReservationConfirmed,
    ReservationExpired,
    ReservationReleased,
    StockReserved,
    StockRestocked,
    StockShort,
)
from argosy.contracts.orders import OrderCallOffAsked, OrdersCancelled, OrdersConfirmed, OrdersPlaced
from argosy.contracts.payments import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from argosy.contracts.products import LinesQuoted
from argosy.contracts.promotions import CouponsConsumed, CouponsReleased, CouponsReserved
from argosy.contracts.shipping import ShippingQuoted
from argosy.contracts.taxes import TaxQuoted
from argosy.domains.checkout.application.pricing import REQUEST, SNAPSHOT
from argosy.domains.checkout.application.quotes import REQUEST as QUOTE_REQUEST
from argosy.domains.checkout.application.quotes import QuoteSaga
from argosy.domains.checkout.application.saga import ABORTED, EXPIRED, CheckoutSaga
from argosy.domains.checkout.domain import session as sessions
from argosy.domains.checkout.domain.quotation import NoSuchQuote, Quotation
from argosy.domains.checkout.domain.quote import Snapshot
from argosy.domains.checkout.domain.request import ALL_ALLOWED, CheckoutRequest, ShopTerms, read, wrong_retry
from argosy.domains.checkout.domain.session import (
    BuyerIsSomebodyElse,
    CheckoutDetail,
    CheckoutHasEnded,
    CheckoutIdIsTaken,
    CheckoutIsPaid,
    CheckoutSession,
    CheckoutStanding,
    ClientRequestIdReused,
    GuestCheckoutIsOff,
    NoSuchCheckout,
    request_key,
)
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.codec import encode
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Event, Refused

PlainAnswer = (
    StockReserved
    | StockShort
    | ReservationExpired
    | ReservationReleased
    | StockRestocked
    | PaymentActionRequired
    | PaymentAuthorized
    | PaymentFailed
    | PaymentCaptured
    | PaymentVoided
    | PaymentRefunded
    | OrdersCancelled
    | CouponsReleased
)
DetailedAnswer = CouponsReserved | OrdersPlaced | ReservationConfirmed | OrdersConfirmed | CouponsConsumed
PricingAnswer = LinesQuoted | ShippingQuoted | TaxQuoted | Refused


class CheckoutFlow:
    """The flow from a cart to paid orders. Answers of flows that are not known here are somebody else's."""

    def __init__(
        self,
        work: UnitOfWork,
        sessions: Repository[CheckoutSession],
        details: Repository[CheckoutDetail],
        quotes: Repository[Quotation],
        terms: ShopTerms = ALL_ALLOWED,
    ) -> None:
        self.work = work
        self.sessions = sessions
        self.details = details
        self.quotes = quotes
        self.terms = terms

    @reads(
        sessions=lambda command: [
            command.checkout_id,
            by("request_key", request_key(command.buyer_id, command.client_request_id)),
        ],
        quotes=lambda command: [command.quote_id] if is_id(command.quote_id) else [],
    )
    @then_reads(details=lambda self, command: [session.id for session in self._known(command)])
    def start_checkout(self, command: StartCheckout) -> CheckoutStanding:
        """Begin, once per buyer and client_request_id; a repeat is told how that one stands."""
        actor = self.work.actor
        if actor.id != command.buyer_id and not actor.has("system"):
            raise BuyerIsSomebodyElse()
        if actor.is_guest and not self.terms.sells_to_guests:
            raise GuestCheckoutIsOff()
        request = read(command, self.terms, is_guest=actor.is_guest)
        for known in self._known(command):
            kept = self.details.get(known.id).request
            if not kept or REQUEST.decode(kept) != request:  # Of a flow that was lost nothing is kept.
                raise ClientRequestIdReused(client_request_id=command.client_request_id)
            return CheckoutStanding(checkout_id=known.id, status=known.status)
        if self.sessions.find(command.checkout_id) is not None:
            raise CheckoutIdIsTaken(checkout_id=command.checkout_id)
        session = CheckoutSession.start(
            command.checkout_id,
            command.buyer_id,
            request,
            self.work.now,
            may_retry_payment=command.may_retry_payment,
        )
        session.currency = request.currency or self.terms.currency
        detail = CheckoutDetail(id=session.id, request=encode(request).decode())
        if request.quote_id is not None:
            self._take_over(request.quote_id, request, session, detail)
        self.sessions.add(session)
        self.details.add(detail)
        assert session.deadline is not None
        self.work.later(
            "deadline", session.id, session.deadline, ExpireCheckout(checkout_id=session.id, deadline=session.deadline)
        )
        if request.is_guest:
            self.work.announce(KeepGuest(guest_id=command.buyer_id, email=command.email, checkout_id=session.id))
        saga = CheckoutSaga(session, self.work, self.details, request)
        saga.tell(saga.start())
        return CheckoutStanding(checkout_id=session.id, status=session.status)

    @reads(sessions=lambda command: [command.checkout_id])
    def abort_checkout(self, command: AbortCheckout) -> CheckoutStanding:
        """End it now and undo every step; asking again changes nothing."""
        session = self._own(command)
        saga = self._saga(session)
        if session.status != sessions.ABORTED:
            if session.outcome:
                raise CheckoutHasEnded(status=session.status)
            if not saga.can_turn_round:
                raise CheckoutIsPaid(status=session.status)
            saga.tell(saga.give_up(ABORTED))
        return CheckoutStanding(checkout_id=session.id, status=session.status)

    @reads(sessions=lambda command: [command.checkout_id])
    def retry_payment(self, command: RetryPayment) -> CheckoutStanding:
        """Pay by other means after a payment has failed."""
        session = self._own(command)
        refuse(list(wrong_retry(command, self.terms.payment_methods)))
        if session.outcome:
            raise CheckoutHasEnded(status=session.status)
        self._saga(session).retry_payment(command)
        return CheckoutStanding(checkout_id=session.id, status=session.status)

    @reads(sessions=lambda command: [command.checkout_id])
    def expire_checkout(self, command: ExpireCheckout) -> None:
        """Its time is up, unless its deadline was moved or the sale is being confirmed."""
        session = self.sessions.find(command.checkout_id)
        if session is None or session.deadline != command.deadline:
            return
        saga = self._saga(session)
        if saga.can_turn_round:
            saga.tell(saga.give_up(EXPIRED))
        elif not session.outcome:
            saga.watch()

    @reads(sessions=lambda event: [event.flow_id])
    def on_call_off(self, event: OrderCallOffAsked) -> None:
        """One of its orders is called off while it is being bought."""
        session = self.sessions.find(event.flow_id)
        if session is not None:
            saga = self._saga(session)
            saga.tell(saga.call_off(event.order_id))

    @reads(sessions=lambda event: [event.flow_id])
    def on_answer(self, event: PlainAnswer) -> None:
        """What the small session is enough for."""
        self._go_on(event, event.flow_id)

    @reads(sessions=lambda event: [event.flow_id], details=lambda event: [event.flow_id])
    def on_detailed_answer(self, event: DetailedAnswer) -> None:
        """What is decided with the request or the quote at hand."""
        self._go_on(event, event.flow_id)

    @reads(sessions=lambda event: [event.flow_id], details=lambda event: [event.flow_id])
    @then_reads(quotes=lambda self, event: [] if self.sessions.find(event.flow_id) else [event.flow_id])
    def on_pricing_answer(self, event: PricingAnswer) -> None:
        """What a checkout asks, and a quote as well."""
        if self.sessions.find(event.flow_id) is not None:
            self._go_on(event, event.flow_id)
            return
        quote = self.quotes.find(event.flow_id)
        if quote is not None:
            self.work.announce(*QuoteSaga(quote, self.work).on(event))

    def _take_over(
        self, quote_id: Id, request: CheckoutRequest, session: CheckoutSession, detail: CheckoutDetail
    ) -> None:
        """The purchase is priced as the buyer's own quote says, or refused."""
        quote = self.quotes.find(quote_id)
        if quote is None or quote.buyer_id != session.buyer_id:
            raise NoSuchQuote(quote_id=quote_id)
        quote.check(request, QUOTE_REQUEST.decode(quote.request), self.work.now)
        snapshot: Snapshot = SNAPSHOT.decode(quote.snapshot).of(session.id)
        detail.price(snapshot, quote.uses)
        session.price(snapshot, holds_uses=bool(quote.uses))

    def _go_on(self, event: Event, flow_id: str) -> None:
        session = self.sessions.find(flow_id)
        if session is not None:
            saga = self._saga(session)
            saga.tell(saga.on(event))

    def _saga(self, session: CheckoutSession) -> CheckoutSaga:
        return CheckoutSaga(session, self.work, self.details)

    def _own(self, command: AbortCheckout | RetryPayment) -> CheckoutSession:
        """The buyer's own checkout; a stranger's answer is that for one that is not there."""
        session, actor = self.sessions.find(command.checkout_id), self.work.actor
        is_own = session is not None and session.buyer_id == command.buyer_id
        if session is None or not is_own or (actor.id != session.buyer_id and not actor.has("system")):
            raise NoSuchCheckout(checkout_id=command.checkout_id)
        return session

    def _known(self, command: StartCheckout) -> list[CheckoutSession]:
        """The session of this buyer's client_request_id, if there is one."""
        return self.sessions.all_by("request_key", request_key(command.buyer_id, command.client_request_id))

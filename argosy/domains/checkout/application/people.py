"""What checkout does when a person was erased."""

from __future__ import annotations

from argosy.contracts.accounts import PersonErased
from argosy.domains.checkout.domain.quotation import Quotation
from argosy.domains.checkout.domain.request import CheckoutRequest
from argosy.domains.checkout.domain.session import CheckoutDetail, CheckoutSession
from argosy.engine.people import blanked
from argosy.engine.reads import by, reads, then_reads
from argosy.engine.work import Repository, UnitOfWork


class CheckoutPeople:
    """Flows are process and not record: who asked for them, and where to, is needed no more once they have ended."""

    def __init__(
        self,
        work: UnitOfWork,
        sessions: Repository[CheckoutSession],
        details: Repository[CheckoutDetail],
        quotes: Repository[Quotation],
    ) -> None:
        self.work = work
        self.sessions = sessions
        self.details = details
        self.quotes = quotes

    @reads(
        sessions=lambda event: [by("buyer_id", event.user_id)],
        quotes=lambda event: [by("buyer_id", event.user_id)],
    )
    @then_reads(details=lambda self, event: self._flows(event))
    def forget_person(self, event: PersonErased) -> None:
        """The addresses of all their flows are blanked, and their quotes are forgotten."""
        for quote in self.quotes.all_by("buyer_id", event.user_id):
            self.quotes.remove(quote)
        for id in self._flows(event):
            detail = self.details.get(id)
            if detail.request:  # A flow that was lost has none.
                detail.request = blanked(CheckoutRequest, detail.request)

    def _flows(self, event: PersonErased) -> list[str]:
        return [session.id for session in self.sessions.all_by("buyer_id", event.user_id)]

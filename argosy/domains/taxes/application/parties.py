"""Sellers say where they are registered, buyers under which number they buy, staff who is exempt."""

from __future__ import annotations

from datetime import timedelta

from argosy.contracts.accounts import PersonErased
from argosy.contracts.taxes import (
    EndTaxExemption,
    GrantTaxExemption,
    SetBuyerTaxes,
    SetSellerTaxes,
    VatRegisterAnswered,
)
from argosy.domains.taxes.application.registers import (
    ANSWER_COUNTS,
    VAT_CHECK,
    RegisterRequest,
    VatRegister,
    again_after,
)
from argosy.domains.taxes.domain.party import (
    BUYER,
    SELLER,
    Exemption,
    NoSuchExemption,
    NoSuchSeller,
    TaxParty,
    exemption_faults,
    party_id,
    seller_faults,
)
from argosy.domains.taxes.domain.places import region_of
from argosy.domains.taxes.domain.rule import MayNotSetTaxes
from argosy.domains.taxes.domain.vat_id import vat_id_of
from argosy.engine.reads import reads, then_reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.errors import refuse
from argosy.shared_kernel.ids import Id


class TaxParties:
    """What is kept here of people is their VAT id and their certificates, until they are erased."""

    def __init__(self, work: UnitOfWork, parties: Repository[TaxParty], register: VatRegister | None = None) -> None:
        self.work = work
        self.parties = parties
        self.register = register

    @then_reads(
        parties=lambda self, command: [party_id(SELLER, command.seller_id)] if self._speaks_for(command) else []
    )
    def set_seller_taxes(self, command: SetSellerTaxes) -> Id:
        """Establish and register a seller; their own affair and our staff's."""
        if not self._speaks_for(command):
            raise NoSuchSeller()
        refuse(seller_faults(command))
        party = self._party(SELLER, command.seller_id)
        before = party.vat_id
        party.set_seller(command)
        self._ask_for_another(party, before)
        return command.seller_id

    def _speaks_for(self, command: SetSellerTaxes) -> bool:
        actor = self.work.actor
        return actor.has("system") or actor.has("staff") or actor.seller_id == command.seller_id

    @then_reads(parties=lambda self, command: [party_id(BUYER, self.work.actor.id)])
    def set_buyer_taxes(self, command: SetBuyerTaxes) -> None:
        """Buy as a business under this number, or not any more."""
        vat_id = vat_id_of(command.vat_id) if command.vat_id else ""
        party = self._party(BUYER, Id(self.work.actor.id))
        before = party.vat_id
        party.set_vat_id(vat_id)
        self._ask_for_another(party, before)

    @reads(parties=lambda command: [command.party_id])
    def on_register_answered(self, command: VatRegisterAnswered) -> None:
        """Keep what a register said, and plan the next question. One about a number that is not theirs any more is
        nobody's."""
        party = self.parties.find(command.party_id)
        if party is None or not party.vat_id or command.asked != party.vat_check.asked:
            return
        party.answered(command, self.work.now)
        failures = party.vat_check.failures
        self._ask(party, again_after(failures) if failures else ANSWER_COUNTS)

    @reads(parties=lambda command: [party_id(BUYER, command.buyer_id)])
    def grant_tax_exemption(self, command: GrantTaxExemption) -> Id:
        """Collect no tax of this buyer there; the exemption's id."""
        self._only_staff()
        refuse(exemption_faults(command))
        exemption = Exemption(
            id=self.work.new_id(),
            country=command.country,
            region=region_of(command.region),
            certificate=command.certificate.strip(),
            categories=tuple(sorted(set(command.categories))),
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        )
        self._party(BUYER, command.buyer_id).exempt(exemption)
        return exemption.id

    @reads(parties=lambda command: [party_id(BUYER, command.buyer_id)])
    def end_tax_exemption(self, command: EndTaxExemption) -> None:
        """Collect tax of this buyer there again."""
        self._only_staff()
        party = self.parties.find(party_id(BUYER, command.buyer_id))
        if party is None:
            raise NoSuchExemption()
        party.end_exemption(command.exemption_id)

    @reads(parties=lambda event: [party_id(BUYER, event.user_id)])
    def forget_person(self, event: PersonErased) -> None:
        """Their number and certificates go; what they bought keeps the tax that it bore."""
        party = self.parties.find(party_id(BUYER, event.user_id))
        if party is not None:
            self._never_ask(party)
            self.parties.remove(party)

    def _ask_for_another(self, party: TaxParty, before: str) -> None:
        """Have a register asked where the number is another one than before."""
        if party.vat_id == before:
            return
        self._never_ask(party)
        if party.vat_id:
            self._ask(party)

    def _ask(self, party: TaxParty, later: timedelta = timedelta(0)) -> None:
        if self.register is None or not self.register.knows(party.vat_id):
            return
        request = RegisterRequest(
            party_id=party.id,
            subject=party.party if party.role == BUYER else "",
            vat_id=party.vat_id,
            asked=party.question(),
        )
        self.work.call(VAT_CHECK, party.id, request, at=self.work.now + later, id=f"{party.id}:{request.asked}")

    def _never_ask(self, party: TaxParty) -> None:
        """No question that names a number stays behind."""
        if party.vat_check.asked:
            self.work.never_mind(f"call:{VAT_CHECK}", f"{party.id}:{party.vat_check.asked}")

    def _party(self, role: str, party: Id) -> TaxParty:
        id = party_id(role, party)
        known = self.parties.find(id)
        if known is None:
            known = TaxParty(id=id, role=role, party=party)
            self.parties.add(known)
        return known

    def _only_staff(self) -> None:
        if not (self.work.actor.has("system") or self.work.actor.has("staff")):
            raise MayNotSetTaxes()

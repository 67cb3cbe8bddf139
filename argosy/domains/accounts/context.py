"""Accounts: who somebody is, what they may act as, and under which store they sell."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from argosy.domains.accounts.adapters.outbound.gateways.address_formats import CountryFormats
from argosy.domains.accounts.adapters.outbound.gateways.argon2_passwords import Argon2Passwords
from argosy.domains.accounts.adapters.outbound.gateways.clock_codes import ClockCodes
from argosy.domains.accounts.adapters.outbound.gateways.webauthn import authenticators
from argosy.domains.accounts.application.accounts import Accounts
from argosy.domains.accounts.application.claims import Claims
from argosy.domains.accounts.application.credentials import Credentials
from argosy.domains.accounts.application.email_changes import EmailChanges
from argosy.domains.accounts.application.erasures import Erasures
from argosy.domains.accounts.application.guests import Guests
from argosy.domains.accounts.application.identities import Identities
from argosy.domains.accounts.application.letters import LETTERS, LetterRequest, Letters
from argosy.domains.accounts.application.passkeys import Passkeys
from argosy.domains.accounts.application.ports import Codes, Passwords, Ports, Randomness, Seals
from argosy.domains.accounts.application.second_factors import SecondFactors
from argosy.domains.accounts.application.sellers import Sellers
from argosy.domains.accounts.application.sessions import Sessions
from argosy.domains.accounts.application.staff import Staff
from argosy.domains.accounts.application.stores import Stores
from argosy.domains.accounts.application.teams import Teams
from argosy.domains.accounts.domain.address import Formats
from argosy.domains.accounts.domain.email_change import EmailChange
from argosy.domains.accounts.domain.guest import Guest
from argosy.domains.accounts.domain.guest_purchase import GuestClaim, GuestPurchase
from argosy.domains.accounts.domain.identity import Identity
from argosy.domains.accounts.domain.letter import INVITE, MOVED, NEW_ADDRESS
from argosy.domains.accounts.domain.passkey import Passkey
from argosy.domains.accounts.domain.policy import Policy
from argosy.domains.accounts.domain.proof import Proof
from argosy.domains.accounts.domain.second_factor import SecondFactor
from argosy.domains.accounts.domain.seller_store import Store
from argosy.domains.accounts.domain.session import Session
from argosy.domains.accounts.domain.store_slug import StoreSlug
from argosy.domains.accounts.domain.team import Invitation, Member
from argosy.domains.accounts.domain.user import User
from argosy.engine.due import CallTarget
from argosy.engine.store import Changes
from argosy.engine.work import UnitOfWork
from argosy.platform.context import Context
from argosy.platform.randomness import SystemRandomness
from argosy.platform.rich_text import clean
from argosy.platform.rows import Rows
from argosy.platform.seals import SecretSeals

SERVICES = (
    Accounts,
    Sessions,
    Letters,
    Credentials,
    EmailChanges,
    SecondFactors,
    Identities,
    Passkeys,
    Sellers,
    Stores,
    Staff,
    Teams,
    Erasures,
    Guests,
    Claims,
)


REACH_NOBODY = ("", "console", "file")
"""Channels of letters that end on this machine."""


def build(work: UnitOfWork, ports: Ports) -> tuple[Any, ...]:
    """The services for one unit of work."""
    users, sessions, proofs = work.repository(User), work.repository(Session), work.repository(Proof)
    stores, factors = work.repository(Store), work.repository(SecondFactor)
    changes = work.repository(EmailChange)
    passkeys, identities = work.repository(Passkey), work.repository(Identity)
    ways = passkeys, identities, factors
    team = work.repository(Member), work.repository(Invitation)
    guests, claimed = work.repository(Guest), (work.repository(GuestPurchase), work.repository(GuestClaim))
    return (
        Accounts(work, users, stores, changes, ports),
        Sessions(work, users, sessions, (factors, passkeys), ports),
        Letters(work, users, proofs, ports),
        Credentials(work, users, (sessions, proofs, changes), ways, ports),
        EmailChanges(work, users, changes, (sessions, proofs), ways, ports),
        SecondFactors(work, users, factors, ports),
        Identities(work, users, changes, ways, sessions, ports),
        Passkeys(work, users, (passkeys, identities), sessions, ports),
        Sellers(work, users, stores, sessions),
        Stores(work, stores, work.repository(StoreSlug), ports.clean),
        Staff(work, users, sessions),
        Teams(work, users, stores, team, sessions, ports),
        Erasures(work, users, (sessions, proofs, factors, passkeys, identities, changes), team, (guests, claimed)),
        Guests(work, guests, users, claimed),
        Claims(work, users, claimed),
    )


def policy_from(environment: Mapping[str, str]) -> Policy:
    """Where letters reach people, addresses are proven before anybody signs in, unless the operator says otherwise."""
    channel = environment.get("ARGOSY_MAIL", "").partition(":")[0]
    verifies = environment.get("ARGOSY_VERIFY_EMAILS", "no" if channel in REACH_NOBODY else "yes")
    return Policy(
        verifies_emails=verifies == "yes", approves_sellers=environment.get("ARGOSY_APPROVE_SELLERS", "no") == "yes"
    )


def shop_url_from(environment: Mapping[str, str]) -> str:
    return environment.get("ARGOSY_SHOP_URL", "http://127.0.0.1:8000")


class AccountsContext(Context):
    """`passwords` and `randomness` are where it meets the outside; the simulator puts its own in their place."""

    name = "argosy.domains.accounts.adapters.outbound"
    label = "accounts"
    database = "accounts_db"
    criticality = "high"
    services = SERVICES
    hears = ("accounts", "checkout")
    passwords: Passwords = Argon2Passwords()
    randomness: Randomness = SystemRandomness()
    seals: Seals = SecretSeals()
    codes: Codes = ClockCodes()
    formats: Formats = CountryFormats()

    def build(self, work: UnitOfWork) -> Sequence[Any]:
        ports = Ports(
            self.passwords,
            self.randomness,
            self.seals,
            self.codes,
            self.formats,
            policy_from(os.environ),
            authenticators(shop_url_from(os.environ)),
            clean,
        )
        return build(work, ports)

    def pictures_shown(self, part: str) -> set[str]:
        from argosy.domains.accounts.adapters.outbound.queries import pictures_shown

        return pictures_shown(part)

    def rows(self) -> Sequence[Rows]:
        from argosy.domains.accounts.adapters.outbound.repositories import ROWS

        return ROWS

    def withdraws(self, changes: Changes) -> bool:
        """An account, a guest, a store or a session that was changed or ended may give less from now on; new ones do
        not."""
        return any(kind in changes.updates or kind in changes.deletes for kind in (User, Store, Session, Member, Guest))

    def calls(self) -> Mapping[str, CallTarget]:
        from argosy.domains.accounts.adapters.outbound.gateways.mail import Postman, mail_from
        from argosy.domains.accounts.adapters.outbound.queries import address_before, address_confirming, email_of
        from argosy.domains.accounts.adapters.outbound.team_queries import address_invited

        mail = mail_from(os.environ, Path(os.environ.get("ARGOSY_VAR", "var")))
        shop_url = shop_url_from(os.environ)
        elsewhere = {INVITE: address_invited, NEW_ADDRESS: address_confirming, MOVED: address_before}
        postman = Postman(mail, self.seals, email_of, shop_url, elsewhere)
        return {LETTERS: CallTarget(LetterRequest, postman.send, seconds=30)}

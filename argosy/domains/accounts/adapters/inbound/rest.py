"""Accounts over HTTP: register, prove an address, sign in and out, passwords, sessions, addresses, stores."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, Any, Literal

import msgspec

from argosy.contracts.accounts import (
    AddAddress,
    ApproveSeller,
    AskPasswordReset,
    AskVerification,
    BeginSecondFactor,
    BlockUser,
    ChangeAddress,
    ChangePassword,
    ChangeProfile,
    ChooseAddress,
    ConfirmEmail,
    ConfirmSecondFactor,
    EndSession,
    ErasePerson,
    GrantRole,
    OpenStore,
    RecoveryCodes,
    RegisterUser,
    ReinstateSeller,
    RejectSeller,
    RemoveAddress,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    ResetPassword,
    SecondFactorBegun,
    SignedIn,
    SignIn,
    SignOut,
    SignOutEverywhere,
    SuspendSeller,
    UnblockUser,
    WithdrawRole,
)
from argosy.contracts.accounts_teams import (
    AcceptInvitation,
    ActForStore,
    ChangeMemberRights,
    InviteMember,
    JoinedTeam,
    LeaveTeam,
    RemoveMember,
    WithdrawInvitation,
)
from argosy.domains.accounts.adapters.inbound import sign_in_limits as limits
from argosy.domains.accounts.adapters.inbound import stores, ways_in
from argosy.domains.accounts.adapters.outbound.gateways.address_formats import CountryFormats
from argosy.domains.accounts.adapters.outbound.queries import (
    Account,
    GuestSeen,
    PersonSeen,
    WholeStore,
    account_of,
    address_of,
    guest_seen,
    owner_of_store,
    people_seen,
    person_seen,
    seller_of,
    sellers_by,
    sessions_of,
)
from argosy.domains.accounts.adapters.outbound.team_queries import invitations_of, memberships_of, team_of
from argosy.domains.accounts.domain.address import SavedAddress
from argosy.domains.accounts.domain.session import NoSuchSession
from argosy.domains.accounts.domain.team import NoSuchInvitation, NoSuchMember
from argosy.platform.auth import buyer, guest, public, staff
from argosy.platform.auth import seller as seller_only
from argosy.platform.bodies import IdText
from argosy.platform.owned import Owned, Owner, buyer_asking, seller_asking
from argosy.platform.pages import Page, PageQuery, cursor, page
from argosy.platform.rest import Asked, Made, delete, get, post, put
from argosy.shared_kernel.emails import EMAIL_MAX
from argosy.shared_kernel.errors import NotFound
from argosy.shared_kernel.messages import Command


def my_account(asked: Asked) -> Account | None:
    """Your own account."""
    return account_of(asked.actor.id)


def my_addresses(asked: Asked) -> Page | None:
    """The addresses that you keep."""
    account = account_of(asked.actor.id)
    return None if account is None else Page(items=account.addresses, next=None)


def my_address(asked: Asked) -> SavedAddress | None:
    """One of the addresses that you keep."""
    return address_of(asked.actor.id, asked["address_id"])


class AddressFormat(msgspec.Struct, frozen=True):
    """What a form for addresses of a country asks for, in the order in which the country writes it."""

    country: str
    order: tuple[str, ...]
    required: tuple[str, ...]
    region_is_called: str
    regions: tuple[str, ...]
    postal_code_is_called: str
    postal_code_examples: tuple[str, ...]


def address_format(asked: Asked) -> AddressFormat | None:
    """How addresses of a country are written."""
    known = CountryFormats().known(asked["country"])
    return None if known is None else msgspec.convert(known, AddressFormat)


def my_sessions(asked: Asked) -> Page:
    """Your sessions that are open, the newest first."""
    return Page(items=sessions_of(asked.actor.id, asked.actor.session_id), next=None)


def my_team(asked: Asked) -> Page:
    """Who works on your store beside its owner, and what they may do."""
    return Page(items=team_of(asked.actor.seller_id), next=None)


def my_invitations(asked: Asked) -> Page:
    """Whom you have asked to work on your store, and who has not answered yet."""
    return Page(items=invitations_of(asked.actor.seller_id), next=None)


def my_memberships(asked: Asked) -> Page:
    """The stores that you work on, and what you may do there."""
    return Page(items=memberships_of(asked.actor.id), next=None)


def seller(asked: Asked) -> WholeStore | None:
    """Any seller, and how their store shows itself."""
    return seller_of(asked["seller_id"])


def sellers(asked: Asked) -> Page:
    """Sellers in the order of their ids."""
    query: SellersQuery = asked.query
    found = sellers_by(query.status, query.position(tuple[IdText])[0] if query.after else None, query.limit + 1)
    last = found[: query.limit][-1].seller_id if found else ""
    return page(found, query, "/api/v1/sellers", cursor(last), status=query.status)


def people(asked: Asked) -> Page:
    """People in the order of their ids, but for those who are erased; also by e-mail address, as somebody spells it."""
    query: PeopleQuery = asked.query
    behind = query.position(tuple[IdText])
    only = {name: getattr(query, name) for name in ("email", "role", "status")}
    found = people_seen(behind[0] if behind else None, query.limit + 1, **only)
    last = found[: query.limit][-1].user_id if found else ""
    return page(found, query, "/api/v1/users", cursor(last), **only)


def person(asked: Asked) -> PersonSeen | None:
    """Anybody, as staff see them."""
    return person_seen(asked["user_id"])


def guest_me(asked: Asked) -> GuestSeen | None:
    """What is kept of you as a guest who has bought: where you are reached, and how an erasure stands."""
    return guest_seen(asked.actor.id)


def _device(asked: Asked) -> Mapping[str, Any]:
    return {"device": asked.header("USER_AGENT")}


def _signing_in(asked: Asked, command: SignIn) -> AbstractContextManager[None]:
    return limits.limited(asked.request, command)


def _registering(asked: Asked, command: RegisterUser) -> AbstractContextManager[None]:
    return limits.registering_limited(asked.request, command)


def _writing(asked: Asked, command: AskVerification | AskPasswordReset | InviteMember) -> AbstractContextManager[None]:
    return limits.letters_limited(asked.request, command)


def _proving(asked: Asked, command: Command) -> AbstractContextManager[None]:
    return limits.password_limited(asked.request, asked.actor.id)


class PeopleQuery(PageQuery, kw_only=True, frozen=True):
    """`email`: only who has this address; `role`: only who may act in it; `status`: only who stands so."""

    email: Annotated[str, msgspec.Meta(max_length=EMAIL_MAX)] = ""
    role: Literal["", "buyer", "seller", "staff"] = ""
    status: Literal["", "ACTIVE", "BLOCKED"] = ""


class SellersQuery(PageQuery, kw_only=True, frozen=True):
    """`status`: only sellers who stand so."""

    status: Literal["", "APPLIED", "OPEN", "REJECTED", "SUSPENDED"] = ""


_proven: dict[str, Any] = {"allow": buyer, "takes_key": False, "guard": _proving}
_team: dict[str, Any] = {"allow": seller_only, "area": "team", "takes_key": False}
_store: dict[str, Any] = {"allow": staff, "whom": lambda asked: owner_of_store(asked["seller_id"])}


def _own(table: str, name: str, owner: str, whose: Owner, refusal: type[NotFound]) -> tuple[Owned, ...]:
    return (Owned(table, name, {owner: whose}, refusal, is_for_staff=False),)


OWN_SESSION = _own("user_sessions", "session_id", "user_id", buyer_asking, NoSuchSession)
OWN_MEMBER = _own("store_members", "member_id", "seller_id", seller_asking, NoSuchMember)
OWN_INVITATION = _own("store_invitations", "invitation_id", "seller_id", seller_asking, NoSuchInvitation)
OWN_MEMBERSHIP = _own("store_members", "member_id", "user_id", buyer_asking, NoSuchMember)

endpoints = [
    post(
        "users",
        RegisterUser,
        allow=public,
        status=201,
        filled=("user_id", "roles", "password_hash"),
        answers=Made,
        guard=_registering,
    ),
    post("users/verifications", AskVerification, allow=public, status=202, takes_key=False, guard=_writing),
    post("users/verifications/confirm", ConfirmEmail, allow=public, takes_key=False),
    post("passwords/resets", AskPasswordReset, allow=public, status=202, takes_key=False, guard=_writing),
    post("passwords/resets/confirm", ResetPassword, allow=public, takes_key=False),
    put("users/me/password", ChangePassword, allow=buyer, takes_key=False, guard=_proving),
    # Their answers hold secrets, which are never stored.
    post("users/me/second-factor", BeginSecondFactor, answers=SecondFactorBegun, **_proven),
    post("users/me/second-factor/confirm", ConfirmSecondFactor, answers=RecoveryCodes, **_proven),
    post("users/me/second-factor/recovery-codes", RenewRecoveryCodes, answers=RecoveryCodes, **_proven),
    post("users/me/second-factor/remove", RemoveSecondFactor, **_proven),
    # Its answer holds the token, which is never stored: so it takes no Idempotency-Key.
    post(
        "sessions",
        SignIn,
        allow=public,
        status=201,
        answers=SignedIn,
        takes_key=False,
        guard=_signing_in,
        filled=("device",),
        fill=_device,
    ),
    get("sessions", my_sessions, allow=buyer, answers=Page),
    delete("sessions", SignOutEverywhere, allow=buyer, changes_actor=True, takes_key=False),
    delete("sessions/mine", SignOut, allow=buyer, changes_actor=True, takes_key=False, area="session"),
    delete("sessions/{session_id}", EndSession, allow=buyer, changes_actor=True, takes_key=False, owned=OWN_SESSION),
    get("users/me", my_account, allow=buyer, answers=Account),
    put("users/me/profile", ChangeProfile, allow=buyer, takes_key=False),
    delete("users/me", ErasePerson, allow=buyer, status=202, filled=("user_id",), takes_key=False),
    delete("users/{user_id}", ErasePerson, allow=staff, status=202, takes_key=False, called="EraseSomebody"),
    get("guests/me", guest_me, allow=guest, answers=GuestSeen),
    delete(
        "guests/me", ErasePerson, allow=guest, status=202, filled=("user_id",), takes_key=False, called="EraseGuest"
    ),
    post(
        "addresses",
        AddAddress,
        allow=buyer,
        status=201,
        filled=("address_id",),
        answers=Made,
        location="addresses/{id}",
    ),
    get("addresses", my_addresses, allow=buyer, answers=Page),
    get("addresses/{address_id}", my_address, allow=buyer, answers=SavedAddress),
    put("addresses/{address_id}", ChangeAddress, allow=buyer, takes_key=False),
    delete("addresses/{address_id}", RemoveAddress, allow=buyer, takes_key=False),
    put("addresses/{address_id}/default", ChooseAddress, allow=buyer, takes_key=False),
    get("countries/{country}/address-format", address_format, allow=public, answers=AddressFormat),
    post(
        "stores", OpenStore, allow=buyer, status=201, filled=("seller_id", "user_id"), answers=Made, changes_actor=True
    ),
    *stores.endpoints,
    get("stores/mine/team/members", my_team, allow=seller_only, answers=Page, area="team"),
    put("stores/mine/team/members/{member_id}/rights", ChangeMemberRights, owned=OWN_MEMBER, **_team),
    delete("stores/mine/team/members/{member_id}", RemoveMember, owned=OWN_MEMBER, **_team),
    get("stores/mine/team/invitations", my_invitations, allow=seller_only, answers=Page, area="team"),
    post("stores/mine/team/invitations", InviteMember, status=201, answers=Made, guard=_writing, **_team),
    delete("stores/mine/team/invitations/{invitation_id}", WithdrawInvitation, owned=OWN_INVITATION, **_team),
    post("team-invitations/accept", AcceptInvitation, allow=buyer, answers=JoinedTeam, takes_key=False),
    get("users/me/memberships", my_memberships, allow=buyer, answers=Page),
    delete("users/me/memberships/{member_id}", LeaveTeam, allow=buyer, takes_key=False, owned=OWN_MEMBERSHIP),
    # Like signing in: its answer holds a token.
    post(
        "users/me/memberships/{member_id}/sessions",
        ActForStore,
        allow=buyer,
        owned=OWN_MEMBERSHIP,
        status=201,
        answers=SignedIn,
        takes_key=False,
        filled=("device",),
        fill=_device,
    ),
    # For staff.
    get("sellers", sellers, allow=staff, answers=Page, parameters=SellersQuery),
    get("sellers/{seller_id}", seller, allow=staff, answers=WholeStore),
    post("sellers/{seller_id}/approve", ApproveSeller, **_store),
    post("sellers/{seller_id}/reject", RejectSeller, **_store),
    post("sellers/{seller_id}/suspend", SuspendSeller, **_store),
    post("sellers/{seller_id}/reinstate", ReinstateSeller, **_store),
    get("users", people, allow=staff, parameters=PeopleQuery, answers=Page),
    get("users/{user_id}", person, allow=staff, answers=PersonSeen),
    put("users/{user_id}/roles/{role}", GrantRole, allow=staff, takes_key=False),
    delete("users/{user_id}/roles/{role}", WithdrawRole, allow=staff, takes_key=False),
    post("users/{user_id}/block", BlockUser, allow=staff),
    post("users/{user_id}/unblock", UnblockUser, allow=staff),
    *ways_in.endpoints,
]

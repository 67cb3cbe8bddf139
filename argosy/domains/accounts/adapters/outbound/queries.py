"""What accounts' owners read of themselves, and whom a token stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connections, router
from django.db.models import Q

from argosy.contracts.accounts_stores import StoreText
from argosy.domains.accounts.adapters.outbound.models import (
    EmailChangeRow,
    GuestRow,
    ProfileRow,
    SecondFactorRow,
    SessionRow,
    StoreRow,
    StoreSlugRow,
    UserRoleRow,
    UserRow,
)
from argosy.domains.accounts.domain.address import SavedAddress
from argosy.domains.accounts.domain.session import roles_within
from argosy.domains.accounts.domain.user import ACTIVE, DONE, ERASED, SELLER
from argosy.engine.work import Actor
from argosy.platform.stray_pictures import pictures_among
from argosy.shared_kernel.bearer_tokens import fingerprint
from argosy.shared_kernel.emails import email_from
from argosy.shared_kernel.ids import Id

# Written out: asked once per request, and building it anew was measured to cost ten times as much as running it.
_STANDING = """
    LEFT JOIN seller_stores store ON store.id = account.seller_id AND store.status = 'OPEN'
    LEFT JOIN user_roles granted ON granted.user_id = account.id
    WHERE account.status = %s AND account.blocked_at IS NULL
"""
_HOLDER = f"""
    SELECT session.id, session.scope, account.id, store.id, granted.role
    FROM user_sessions session JOIN users account ON account.id = session.user_id {_STANDING}
        AND session.token_hash = %s AND session.expires_at > %s AND session.member_id IS NULL
"""
_PERSON = f"SELECT store.id, granted.role FROM users account {_STANDING} AND account.id = %s"


def actor_of(token: str, now: datetime | None = None) -> Actor | None:
    """Whom a token stands for, with the roles that they have at this moment; None for a token that is nobody's."""
    instant = _database().ops.adapt_datetimefield_value(now or datetime.now(UTC))
    rows = _asked(_HOLDER, ACTIVE, fingerprint(token), instant)
    if not rows:
        return None
    session_id, scope, user_id, seller_id, _ = rows[0]
    roles = roles_within(scope, tuple(role for *_, role in rows if role is not None))
    return Actor(id=str(user_id), roles=roles, session_id=str(session_id), seller_id=_sells_as(seller_id, roles))


def standing_of(user_id: str) -> Actor | None:
    """What a person may act as at this moment, whoever asks; None for who is blocked, erased or nobody."""
    rows = _asked(_PERSON, ACTIVE, user_id)
    if not rows:
        return None
    roles = frozenset(role for _, role in rows if role is not None)
    return Actor(id=user_id, roles=roles, seller_id=_sells_as(rows[0][0], roles))


def _sells_as(open_store: Any, roles: frozenset[str]) -> str:
    return str(open_store) if open_store is not None and SELLER in roles else ""


def _asked(statement: str, *values: Any) -> list[Any]:
    with _database().cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _database() -> Any:
    return connections[router.db_for_read(SessionRow)]


class Account(msgspec.Struct, frozen=True):
    """What a person sees of their own account."""

    user_id: Id
    email: str
    first_name: str
    last_name: str
    addresses: tuple[SavedAddress, ...]
    erasure: str = ""
    is_verified: bool = False
    has_second_factor: bool = False
    phone: str = ""


def account_of(user_id: str) -> Account | None:
    """A person's own account, as it is now."""
    user = UserRow.objects.filter(id=user_id).values_list("email", "erasure", "email_verified_at").first()
    kept = ProfileRow.objects.filter(user_id=user_id)
    profile = kept.values_list("first_name", "last_name", "address_json", "phone").first()
    if user is None or profile is None:
        return None
    has_factor = SecondFactorRow.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists()
    addresses = msgspec.convert(profile[2], tuple[SavedAddress, ...])
    is_verified = user[2] is not None
    return Account(
        Id(user_id), user[0], profile[0], profile[1], addresses, user[1], is_verified, has_factor, profile[3]
    )


def first_address_of(user_id: str) -> SavedAddress | None:
    """The address that is proposed first: the one that they chose, or else the one that they kept last."""
    kept = ProfileRow.objects.filter(user_id=user_id).values_list("address_json", flat=True).first()
    addresses = msgspec.convert(kept or [], tuple[SavedAddress, ...])
    return next((one for one in addresses if one.is_default), addresses[-1] if addresses else None)


def email_of(user_id: str) -> str | None:
    """Where letters to a person go; nowhere for who is erased or blocked."""
    return UserRow.objects.filter(id=user_id, status=ACTIVE, blocked_at=None).values_list("email", flat=True).first()


def address_confirming(change_id: str) -> str | None:
    """Where the letter goes that has a new address confirmed."""
    return EmailChangeRow.objects.filter(id=change_id, confirmed_at=None).values_list("email", flat=True).first()


def address_before(change_id: str) -> str | None:
    """Where the letter goes that takes a change of address back."""
    found = EmailChangeRow.objects.filter(id=change_id, confirmed_at__isnull=False)
    return found.values_list("previous_email", flat=True).first()


class GuestSeen(msgspec.Struct, frozen=True):
    """What a guest who has bought sees of themselves; `erasure` stands as that of an account."""

    guest_id: Id
    email: str
    erasure: str = ""


def guest_seen(guest_id: str) -> GuestSeen | None:
    """A guest who has bought, as they are now."""
    found = GuestRow.objects.filter(id=guest_id).values_list("email", "erasure").first()
    return None if found is None else GuestSeen(Id(guest_id), *found)


def is_erased_guest(guest_id: str) -> bool:
    """Whether this guest has had themselves forgotten."""
    return bool(_asked("SELECT 1 FROM guest_buyers WHERE id = %s AND erasure = %s", guest_id, DONE))


class SellerStanding(msgspec.Struct, frozen=True):
    """A seller's store as its owner and staff see it."""

    seller_id: Id
    user_id: Id
    store_name: str
    country: str
    region: str
    city: str
    status: str
    reason: str
    on_holiday: bool
    holiday_until: datetime | None
    opened_at: datetime


class WholeStore(SellerStanding, frozen=True, kw_only=True):
    """A seller's store with how it shows itself."""

    slug: str
    texts: tuple[StoreText, ...]
    logo: str
    banner: str


class PersonSeen(msgspec.Struct, frozen=True):
    """A person as staff see them."""

    user_id: Id
    email: str
    first_name: str
    last_name: str
    status: str
    roles: tuple[str, ...]
    seller_id: Id | None
    is_verified: bool
    registered_at: datetime


def store_of(user_id: str) -> WholeStore | None:
    """A person's own store."""
    return next(map(_whole, StoreRow.objects.filter(user_id=user_id)), None)


def seller_of(seller_id: str) -> WholeStore | None:
    """Any seller, for staff and for whoever acts for them."""
    return next(map(_whole, StoreRow.objects.filter(id=seller_id)), None)


def store_by_slug(slug: str) -> Id | None:
    """Which store a slug leads to; it may have another one by now."""
    found = StoreSlugRow.objects.filter(text=slug).values_list("seller_id", flat=True).first()
    return None if found is None else Id(str(found))


def owner_of_store(seller_id: str) -> str | None:
    """Whose store it is."""
    return StoreRow.objects.filter(id=seller_id).values_list("user_id", flat=True).first()


def sellers_by(status: str, after: str | None, limit: int) -> list[SellerStanding]:
    """Sellers behind one id, in order of ids; of one status where it is given."""
    rows = StoreRow.objects.order_by("id")
    if status:
        rows = rows.filter(status=status)
    if after:
        rows = rows.filter(id__gt=after)
    return [_standing(row) for row in rows[:limit]]


def person_seen(user_id: str) -> PersonSeen | None:
    """Anybody who is not erased, for staff."""
    return next(iter(_seen(list(UserRow.objects.filter(id=user_id).exclude(status=ERASED)))), None)


def people_seen(after: str | None, limit: int, *, email: str, role: str, status: str) -> list[PersonSeen]:
    """At most `limit` people behind one id, in order of ids; with an e-mail address, a role, or blocked or not, where
    that is asked for."""
    rows = UserRow.objects.exclude(status=ERASED).order_by("id")
    if email:
        rows = rows.filter(email=email_from(email) or "")
    if role:
        rows = rows.filter(id__in=UserRoleRow.objects.filter(role=role).values("user_id"))
    if status:
        rows = rows.filter(blocked_at__isnull=status == ACTIVE)
    if after:
        rows = rows.filter(id__gt=after)
    return _seen(list(rows[:limit]))


def _seen(users: list[UserRow]) -> list[PersonSeen]:
    ids = [user.id for user in users]
    profiles = {profile.user_id: profile for profile in ProfileRow.objects.filter(user_id__in=ids)}
    roles: dict[Any, list[str]] = {}
    for user_id, role in UserRoleRow.objects.filter(user_id__in=ids).order_by("role").values_list("user_id", "role"):
        roles.setdefault(user_id, []).append(role)
    return [
        PersonSeen(
            user_id=Id(str(user.id)),
            email=user.email,
            first_name=profiles[user.id].first_name,
            last_name=profiles[user.id].last_name,
            status="BLOCKED" if user.blocked_at else user.status,
            roles=tuple(roles.get(user.id, ())),
            seller_id=Id(str(user.seller_id)) if user.seller_id else None,
            is_verified=user.email_verified_at is not None,
            registered_at=user.created_at,
        )
        for user in users
        if user.id in profiles
    ]


def _standing(row: StoreRow) -> SellerStanding:
    return SellerStanding(
        seller_id=Id(str(row.id)),
        user_id=Id(str(row.user_id)),
        store_name=row.name,
        country=row.country,
        region=row.region,
        city=row.city,
        status=row.status,
        reason=row.reason,
        on_holiday=row.on_holiday,
        holiday_until=row.holiday_until,
        opened_at=row.opened_at,
    )


def _whole(row: StoreRow) -> WholeStore:
    return WholeStore(
        **msgspec.structs.asdict(_standing(row)),
        slug=row.slug,
        texts=msgspec.convert(row.texts, tuple[StoreText, ...]),
        logo=row.logo,
        banner=row.banner,
    )


class OpenSession(msgspec.Struct, frozen=True):
    """One of a person's own sessions. `is_this` marks the one that asks."""

    session_id: Id
    device: str
    created_at: datetime
    expires_at: datetime
    roles: tuple[str, ...]
    is_this: bool
    member_id: Id | None = None


def sessions_of(user_id: str, asking: str, now: datetime | None = None) -> tuple[OpenSession, ...]:
    """A person's own sessions that are open, the newest first. Empty `roles`: all that the person has. One
    with a `member_id` acts for the store that this member works on."""
    rows = SessionRow.objects.filter(user_id=user_id, expires_at__gt=now or datetime.now(UTC)).order_by(
        "-created_at", "-id"
    )
    return tuple(
        OpenSession(
            session_id=Id(str(row.id)),
            device=row.device,
            created_at=row.created_at,
            expires_at=row.expires_at,
            roles=tuple(row.scope.split()),
            is_this=str(row.id) == asking,
            member_id=Id(str(row.member_id)) if row.member_id else None,
        )
        for row in rows
    )


def address_of(user_id: str, address_id: str) -> SavedAddress | None:
    """One of a person's own addresses."""
    account = account_of(user_id)
    kept = account.addresses if account is not None else ()
    return next((address for address in kept if address.id == address_id), None)


def pictures_shown(part: str) -> set[str]:
    """Those of our own pictures that any store shows, of those whose names begin so."""
    begins = f"/media/{part}"
    stores = StoreRow.objects.filter(Q(logo__contains=begins) | Q(banner__contains=begins))
    addresses = stores.values_list("logo", "banner").iterator(chunk_size=5_000)
    return pictures_among(address for both in addresses for address in both)

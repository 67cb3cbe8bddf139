"""A seller's store: the name under which goods are sold, where they come from, whether its seller may sell, and how it
shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.accounts import (
    HolidayEnded,
    HolidayStarted,
    OpenStore,
    SellerApplied,
    SellerReinstated,
    SellerRejected,
    SellerSuspended,
    StoreOpened,
)
from argosy.contracts.accounts_stores import StoreDescribed, StoreText
from argosy.domains.accounts.domain.texts import country_fault, text_fault
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id

STORE_NAME_MAX = 120
PLACE_MAX = 100
REASON_MAX = 500
TEXT_MAX = 10_000
PICTURE_MAX = 200
LOCALES_MAX = 20

APPLIED, OPEN, REJECTED, SUSPENDED = "APPLIED", "OPEN", "REJECTED", "SUSPENDED"
STANDINGS = (APPLIED, OPEN, REJECTED, SUSPENDED)


class StoreOpenAlready(RuleBroken):
    """This account has a store already."""


class SellerIdTaken(RuleBroken):
    """This id belongs to another store."""


class NoSuchSeller(NotFound):
    """There is no such seller."""


class NotInThatState(RuleBroken):
    """This cannot be done to a store that stands as this one does."""


class HolidayIsOver(Invalid):
    """A holiday ends in the future."""


class TooManyLanguages(RuleBroken):
    """A store describes itself in at most 20 languages."""


@dataclass(kw_only=True, eq=False)
class Store(Aggregate):
    """Its id is the seller's id everywhere else. `reason` is why it stands as it does, as staff have said it."""

    user_id: Id
    name: str
    country: str
    region: str
    city: str
    opened_at: datetime
    status: str = OPEN
    reason: str = ""
    on_holiday: bool = False
    holiday_until: datetime | None = None
    slug: str = ""
    texts: tuple[StoreText, ...] = ()
    """In the order in which their languages were first written."""
    logo: str = ""
    banner: str = ""

    @classmethod
    def open(cls, seller_id: Id, user_id: Id, wanted: OpenStore, now: datetime) -> Store:
        """A new store that may sell at once, told to everyone."""
        store = cls._described(seller_id, user_id, wanted, now, OPEN)
        store._tell_opened()
        return store

    @classmethod
    def apply(cls, seller_id: Id, user_id: Id, wanted: OpenStore, now: datetime) -> Store:
        """A new store whose seller waits for staff to decide."""
        store = cls._described(seller_id, user_id, wanted, now, APPLIED)
        store._tell_applied()
        return store

    def apply_again(self, wanted: OpenStore, now: datetime) -> None:
        """After a rejection, described anew."""
        self._must_be(REJECTED)
        self.name, self.country = wanted.store_name.strip(), wanted.country
        self.region, self.city = wanted.region.strip(), wanted.city.strip()
        self.status, self.reason, self.opened_at = APPLIED, "", now
        self._tell_applied()

    def approve(self, now: datetime) -> None:
        self._must_be(APPLIED)
        self.status, self.reason, self.opened_at = OPEN, "", now
        self._tell_opened()

    def reject(self, reason: str) -> None:
        self._must_be(APPLIED)
        self.status, self.reason = REJECTED, reason
        self.record(SellerRejected(seller_id=self.id, reason=reason))

    def suspend(self, reason: str) -> None:
        self._must_be(OPEN)
        self.status, self.reason = SUSPENDED, reason
        self.record(SellerSuspended(seller_id=self.id, reason=reason))

    def reinstate(self) -> None:
        self._must_be(SUSPENDED)
        self.status, self.reason = OPEN, ""
        self.record(SellerReinstated(seller_id=self.id))

    @property
    def is_open(self) -> bool:
        return self.status == OPEN

    def start_holiday(self, until: datetime | None, now: datetime) -> None:
        """Sends nothing from now on. The same again changes nothing."""
        self._must_be(OPEN)
        if until is not None and until <= now:
            raise HolidayIsOver(field="until")
        if self.on_holiday and self.holiday_until == until:
            return
        self.on_holiday, self.holiday_until = True, until
        self.record(HolidayStarted(seller_id=self.id, until=until))

    def end_holiday(self) -> None:
        if self.on_holiday:
            self.on_holiday, self.holiday_until = False, None
            self.record(HolidayEnded(seller_id=self.id))

    # How it shows itself: only while it is open, and each change is told whole.

    def rename(self, name: str) -> None:
        self._show_itself(name=name)

    def take_slug(self, slug: str) -> None:
        self._show_itself(slug=slug)

    def say(self, locale: str, html: str) -> None:
        """In this language from now on; nothing at all takes the language away."""
        there = {one.locale: one for one in self.texts}
        if html:
            there[locale] = StoreText(locale=locale, html=html)
        else:
            there.pop(locale, None)
        if len(there) > LOCALES_MAX:
            raise TooManyLanguages(most=LOCALES_MAX)
        self._show_itself(texts=tuple(there.values()))

    def put_up(self, *, logo: str | None = None, banner: str | None = None) -> None:
        """Pictures by their addresses; None leaves one as it is, an empty one takes it away."""
        self._show_itself(logo=self.logo if logo is None else logo, banner=self.banner if banner is None else banner)

    def _show_itself(self, **changes: object) -> None:
        """What is so already changes nothing, and nobody is told."""
        self._must_be(OPEN)
        if all(getattr(self, name) == value for name, value in changes.items()):
            return
        for name, value in changes.items():
            setattr(self, name, value)
        self.record(
            StoreDescribed(
                seller_id=self.id,
                store_name=self.name,
                slug=self.slug,
                texts=self.texts,
                logo=self.logo,
                banner=self.banner,
            )
        )

    @classmethod
    def _described(cls, seller_id: Id, user_id: Id, wanted: OpenStore, now: datetime, status: str) -> Store:
        return cls(
            id=seller_id,
            user_id=user_id,
            name=wanted.store_name.strip(),
            country=wanted.country,
            region=wanted.region.strip(),
            city=wanted.city.strip(),
            opened_at=now,
            status=status,
        )

    def _must_be(self, status: str) -> None:
        if self.status != status:
            raise NotInThatState(status=self.status, needed=status)

    def _tell_opened(self) -> None:
        self.record(
            StoreOpened(
                seller_id=self.id,
                user_id=self.user_id,
                store_name=self.name,
                country=self.country,
                region=self.region,
                city=self.city,
            )
        )

    def _tell_applied(self) -> None:
        self.record(
            SellerApplied(
                seller_id=self.id,
                user_id=self.user_id,
                store_name=self.name,
                country=self.country,
                region=self.region,
                city=self.city,
            )
        )


def check_store(wanted: OpenStore) -> None:
    """Refuse a store with everything that is wrong in its description."""
    refuse(
        [
            text_fault("store_name", wanted.store_name, least=1, most=STORE_NAME_MAX),
            country_fault("country", wanted.country) if wanted.country else None,
            text_fault("region", wanted.region, most=PLACE_MAX),
            text_fault("city", wanted.city, most=PLACE_MAX),
        ]
    )


def checked_reason(reason: str, least: int = 1) -> str:
    """What staff say of why, for whom it concerns."""
    refuse([text_fault("reason", reason, least=least, most=REASON_MAX)])
    return reason.strip()

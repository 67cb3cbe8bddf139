"""What holds for all methods of a seller: when parcels leave and arrive, and which goods may not go where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from argosy.contracts.shipping import GoodsRestriction, SetDeliveryPolicy
from argosy.domains.shipping.domain.faults import PolicyNotReadable, RestrictionsNotReadable
from argosy.domains.shipping.domain.places import Destination, compared, is_place
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.messages import Value

MINUTES_IN_DAY = 24 * 60
HANDLING_DAYS_MAX = 60
HOLIDAYS_MAX = 400
RESTRICTIONS_MAX = 200
REASON_LETTERS_MAX = 200


class Policy(Value, frozen=True):
    """See SetDeliveryPolicy. `is_said` is false of sellers who said nothing."""

    timezone: str = "UTC"
    cut_off_minutes: int = 720
    handling_days: int = 0
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[date, ...] = ()
    restrictions: tuple[GoodsRestriction, ...] = ()
    is_said: bool = False

    def leaves_on(self, now: datetime) -> date:
        """The day on which what is ordered now leaves: that of the order, or the next working day where the cut-off is
        past or it is none, and the handling days after it."""
        local = now.astimezone(_zone(self.timezone))
        day = local.date()
        if self._is_workday(day) and local.hour * 60 + local.minute >= self.cut_off_minutes:
            day += timedelta(days=1)
        while not self._is_workday(day):
            day += timedelta(days=1)
        return self.after(day, self.handling_days)

    def after(self, day: date, workdays: int) -> date:
        """So many working days after a day."""
        while workdays:
            day += timedelta(days=1)
            workdays -= self._is_workday(day)
        return day

    def arrives(self, now: datetime, days_min: int, days_max: int) -> tuple[date, date]:
        """From which day to which: working days where a policy is said, any days where none is."""
        if not self.is_said:
            today = now.astimezone(UTC).date()
            return today + timedelta(days=days_min), today + timedelta(days=days_max)
        leaves = self.leaves_on(now)
        return self.after(leaves, days_min), self.after(leaves, days_max)

    def _is_workday(self, day: date) -> bool:
        return day.isoweekday() in self.workdays and day not in self.holidays


NOTHING_SAID = Policy()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def restriction_of(
    restrictions: Sequence[GoodsRestriction], category: str, where: Destination
) -> GoodsRestriction | None:
    """The first that forbids goods of this category to go there."""
    for one in restrictions:
        if (not one.categories or category in one.categories) and (not one.places or where.is_in(one.places)):
            return one
    return None


def policy_of(command: SetDeliveryPolicy) -> Policy:
    return Policy(
        timezone=command.timezone,
        cut_off_minutes=command.cut_off_minutes,
        handling_days=command.handling_days,
        workdays=tuple(sorted(set(command.workdays))),
        holidays=tuple(sorted(set(command.holidays))),
        restrictions=restrictions_compared(command.restrictions),
        is_said=True,
    )


def restrictions_compared(restrictions: Sequence[GoodsRestriction]) -> tuple[GoodsRestriction, ...]:
    return tuple(
        [
            GoodsRestriction(
                reason=one.reason.strip(), categories=tuple(sorted(set(one.categories))), places=compared(one.places)
            )
            for one in restrictions
        ]
    )


def restriction_faults(restrictions: Sequence[GoodsRestriction]) -> Iterator[DomainError]:
    """What is wrong with restrictions."""
    bad = [
        number
        for number, one in enumerate(restrictions, 1)
        if not (0 < len(one.reason.strip()) <= REASON_LETTERS_MAX and one.reason.isprintable())
        or not all(0 < len(category) <= 100 and category.isprintable() for category in one.categories)
        or not all(is_place(place) for place in one.places)
        or len(one.places) + len(one.categories) > 1_000
    ]
    if bad or len(restrictions) > RESTRICTIONS_MAX:
        yield RestrictionsNotReadable(restrictions=bad[:10], restrictions_max=RESTRICTIONS_MAX)


def policy_faults(command: SetDeliveryPolicy) -> Iterator[DomainError]:
    """What is wrong with a policy, all of it."""
    for name, is_good in (
        ("timezone", _is_timezone(command.timezone)),
        ("cut_off_minutes", 0 <= command.cut_off_minutes <= MINUTES_IN_DAY),
        ("handling_days", 0 <= command.handling_days <= HANDLING_DAYS_MAX),
        ("workdays", bool(command.workdays) and set(command.workdays) <= set(range(1, 8))),
        ("holidays", len(command.holidays) <= HOLIDAYS_MAX),
    ):
        if not is_good:
            yield PolicyNotReadable(field=name)
    yield from restriction_faults(command.restrictions)


def _is_timezone(name: str) -> bool:
    """Known, and spelled as names of time zones are: they are looked up as files."""
    if not 0 < len(name) <= 64 or not all(
        letter.isascii() and (letter.isalnum() or letter in "/_+-") for letter in name
    ):
        return False
    try:
        _zone(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, and so its own case.
        return False
    except KeyError:
        return False
    return True

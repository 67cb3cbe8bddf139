"""Campaigns: many codes under the same terms, each for one use, that nobody can guess."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argosy.contracts.promotions import (
    NO_TERMS,
    CouponCampaignCreated,
    CouponCampaignDisabled,
    CouponTerms,
    GenerateCoupons,
)
from argosy.domains.promotions.domain.coupon import (
    ACTIVE,
    DISABLED,
    Coupon,
    NotAnId,
    PeriodIsEmpty,
    is_code,
    normal,
    type_of,
    wrong_terms,
)
from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import DomainError, Invalid, NotFound, RuleBroken, refuse
from argosy.shared_kernel.ids import Id, is_id

COUNT_MAX = 100_000
MADE_AT_ONCE_MAX = 500
NAME_LENGTH_MAX = 100
PREFIX_LENGTH_MAX = 20
CHANCE_BYTES = 10
"""80 bits a code, 16 letters: a billion guesses a second find one of a hundred thousand codes in four centuries."""


class CampaignOutOfRange(Invalid):
    """A campaign has a name of 1 to 100 letters, a prefix of at most 20, and 1 to 100,000 codes."""


class CampaignIdIsTaken(RuleBroken):
    """There is another campaign with this id."""


class NoSuchCampaign(NotFound):
    """There is no such campaign, or it is not yours."""


@dataclass(kw_only=True, eq=False)
class Campaign(Aggregate):
    """What was asked for, and how many of its codes are `made`. Its codes count while it is ACTIVE."""

    name: str
    prefix: str
    count: int
    made: int = 0
    status: str = ACTIVE
    basis_points: int
    funded_by: str
    valid_from: datetime
    valid_to: datetime | None
    created_at: datetime
    terms: CouponTerms = NO_TERMS

    @classmethod
    def create(cls, command: GenerateCoupons, id: Id, now: datetime) -> Campaign:
        """A campaign whose terms can be read, or everything that is wrong with them at once."""
        _check(command)
        campaign = cls(
            id=id,
            name=command.name.strip(),
            prefix=normal(command.prefix),
            count=command.count,
            basis_points=command.basis_points,
            funded_by=command.funded_by,
            valid_from=command.valid_from or now,
            valid_to=command.valid_to,
            created_at=now,
            terms=command.terms or NO_TERMS,
        )
        if campaign.valid_to is not None and campaign.valid_to <= campaign.valid_from:
            raise PeriodIsEmpty()
        campaign.record(
            CouponCampaignCreated(
                campaign_id=id,
                name=campaign.name,
                count=campaign.count,
                basis_points=campaign.basis_points,
                funded_by=campaign.funded_by,
                valid_from=campaign.valid_from,
                valid_to=campaign.valid_to,
                terms=campaign.terms,
            )
        )
        return campaign

    def has_terms_of(self, command: GenerateCoupons) -> bool:
        """Whether the command would make this very campaign again."""
        mine = (self.name, self.prefix, self.count, self.basis_points, self.funded_by, self.valid_to, self.terms)
        return command.valid_from in (None, self.valid_from) and mine == (
            command.name.strip(),
            normal(command.prefix),
            command.count,
            command.basis_points,
            command.funded_by,
            command.valid_to,
            command.terms or NO_TERMS,
        )

    def make_more(self, new_id: Callable[[], Id], chance: Callable[[int], bytes], now: datetime) -> list[Coupon]:
        """The next codes of it, at most so many at once. Nothing is told of them: a code that stands in a log is no
        secret."""
        coupons = [
            Coupon(
                id=new_id(),
                code=code_from(self.prefix, chance(CHANCE_BYTES)),
                type=type_of(self.terms),
                basis_points=self.basis_points,
                max_uses=1,
                max_uses_per_buyer=int(self.terms.is_first_order),
                funded_by=self.funded_by,
                valid_from=self.valid_from,
                valid_to=self.valid_to,
                created_at=now,
                terms=self.terms,
                campaign_id=self.id,
            )
            for _ in range(min(MADE_AT_ONCE_MAX, self.count - self.made))
        ]
        self.made += len(coupons)
        return coupons

    def disable(self) -> None:
        """No code of it counts any more, and no more are made; uses that are held stay good. Told once."""
        if self.status != DISABLED:
            self.status = DISABLED
            self.record(CouponCampaignDisabled(campaign_id=self.id))

    @property
    def is_disabled(self) -> bool:
        return self.status == DISABLED

    @property
    def is_done(self) -> bool:
        return self.is_disabled or self.made == self.count


def code_from(prefix: str, chance: bytes) -> str:
    letters = b32encode(chance).decode()
    return f"{prefix}-{letters}" if prefix else letters


def _check(command: GenerateCoupons) -> None:
    faults: list[DomainError] = []
    if not 1 <= len(command.name.strip()) <= NAME_LENGTH_MAX or not command.name.isprintable():
        faults.append(CampaignOutOfRange(field="name", maximum=NAME_LENGTH_MAX))
    if not 1 <= command.count <= COUNT_MAX:
        faults.append(CampaignOutOfRange(field="count", minimum=1, maximum=COUNT_MAX))
    prefix = normal(command.prefix)
    if prefix and (len(prefix) > PREFIX_LENGTH_MAX or not is_code(prefix)):
        faults.append(CampaignOutOfRange(field="prefix", maximum=PREFIX_LENGTH_MAX))
    if command.campaign_id is not None and not is_id(command.campaign_id):
        faults.append(NotAnId(field="campaign_id"))
    refuse([*faults, *wrong_terms(command)])

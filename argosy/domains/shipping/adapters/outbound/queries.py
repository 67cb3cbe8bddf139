"""What sellers and staff read of freight templates and policies."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from argosy.contracts.shipping import FreightBand, FreightZone, GoodsRestriction
from argosy.domains.shipping.adapters.outbound.models import ShippingRateRow
from argosy.domains.shipping.domain.policy import NOTHING_SAID, Policy
from argosy.domains.shipping.domain.rate import policy_id
from argosy.shared_kernel.ids import Id


class RateShown(msgspec.Struct, frozen=True):
    """A freight template, whole."""

    rate_id: Id
    seller_id: Id
    method: str
    currency: str
    label: str
    base_amount: int
    item_amount: int
    countries: tuple[str, ...]
    free_from_amount: int
    days_min: int
    days_max: int
    zones: tuple[FreightZone, ...]
    bands: tuple[FreightBand, ...]
    extra_grams: int
    extra_amount: int
    volumetric_divisor: int
    restrictions: tuple[GoodsRestriction, ...]
    is_offered: bool


_FIELDS = RateShown.__struct_fields__
_COLUMNS = ("id", *_FIELDS[1:])


def rates_of(seller_id: str, after: str, limit: int) -> list[RateShown]:
    """The templates of a seller that count, in order of their ids, with one more than `limit`."""
    found = ShippingRateRow.objects.filter(seller_id=seller_id, is_ended=False).exclude(method="")
    if after:
        found = found.filter(id__gt=after)
    return [_shown(row) for row in found.order_by("id").values_list(*_COLUMNS)[: limit + 1]]


def rate_shown(rate_id: str) -> RateShown | None:
    """One that counts."""
    found = ShippingRateRow.objects.filter(id=rate_id, is_ended=False).exclude(method="")
    row = found.values_list(*_COLUMNS).first()
    return None if row is None else _shown(row)


def policy_shown(seller_id: str) -> Policy:
    """What holds for all methods of a seller; as it is where nothing is said, if so."""
    plain = ShippingRateRow.objects.filter(id=policy_id(seller_id)).values_list("policy", flat=True).first()
    return NOTHING_SAID if plain is None else msgspec.convert(plain, Policy)


def _shown(row: Sequence[object]) -> RateShown:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), RateShown)

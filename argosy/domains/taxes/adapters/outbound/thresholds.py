"""What is read of thresholds: by the job that looks through sellers, by staff, and by sellers of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from typing import Any

import msgspec

from argosy.contracts.taxes import TaxPlace
from argosy.domains.taxes.adapters.outbound.models import SalesSumRow, TaxSaleRow, TaxThresholdRow, ThresholdStandingRow
from argosy.domains.taxes.domain.sales import SalesSum
from argosy.domains.taxes.domain.standing import NOT_CONCERNED
from argosy.domains.taxes.domain.threshold import Limit, TaxThreshold
from argosy.shared_kernel.ids import Id

_SUM_COLUMNS = (
    "id",
    "version",
    "sequence",
    "seller_id",
    "month",
    "country",
    "region",
    "currency",
    "is_business",
    "sales",
    "gross",
    "net",
    "refunded_sales",
    "refunded_gross",
    "refunded_net",
)


class StoredSales:
    """What was counted."""

    def thresholds(self) -> Sequence[TaxThreshold]:
        found = TaxThresholdRow.objects.order_by("id").values_list("id", "code", "versions")
        return [TaxThreshold(id=Id(id), code=code, versions=_versions(versions)) for id, code, versions in found]

    def sellers(self, after: Id | None, since: str, limit: int) -> Sequence[Id]:
        selling = SalesSumRow.objects.filter(month__gte=since)
        standing = ThresholdStandingRow.objects.exclude(level=NOT_CONCERNED)
        if after is not None:
            selling, standing = selling.filter(seller_id__gt=after), standing.filter(seller_id__gt=after)
        some = [
            [Id(id) for id in rows.order_by("seller_id").values_list("seller_id", flat=True).distinct()[:limit]]
            for rows in (selling, standing)
        ]
        return [id for id, _ in islice(groupby(merge(*some)), limit)]

    def sums(self, seller_ids: Sequence[Id], since: str) -> Sequence[SalesSum]:
        found = SalesSumRow.objects.filter(seller_id__in=seller_ids, month__gte=since).values_list(*_SUM_COLUMNS)
        return [SalesSum(**dict(zip(_SUM_COLUMNS, row, strict=True))) for row in found]

    def old_sales(self, before: str, limit: int) -> Sequence[Id]:
        return _oldest(TaxSaleRow, before, limit)

    def old_sums(self, before: str, limit: int) -> Sequence[Id]:
        return _oldest(SalesSumRow, before, limit)


def _oldest(kind: type[TaxSaleRow] | type[SalesSumRow], before: str, limit: int) -> Sequence[Id]:
    found = kind.objects.filter(month__lt=before).order_by("month").values_list("id", flat=True)[:limit]
    return [Id(id) for id in found]


class ThresholdShown(msgspec.Struct, frozen=True):
    """A threshold with all its versions; `limit` is what counts now, or null where nothing does. `is_watched`: whether
    sales are counted here at all."""

    threshold_id: Id
    code: str
    limit: Limit | None
    versions: tuple[Limit, ...]
    is_watched: bool


class StandingShown(msgspec.Struct, frozen=True):
    """How a seller stands to a threshold. `level` is `below`, `near` or `crossed`, by the `period` in which most of it
    is reached; `percent` of it in whole percent. `other_amounts` are sales in other currencies, which no amount here
    contains. `unregistered` are places that they have sold to without being registered there."""

    seller_id: Id
    code: str
    level: str
    period: str
    percent: int
    amount: int
    currency: str
    sales: int
    other_amounts: dict[str, int]
    unregistered: tuple[TaxPlace, ...]
    reached_at: datetime | None


_STANDING_COLUMNS = (
    "seller_id",
    "code",
    "level",
    "period",
    "percent",
    "amount",
    "currency",
    "sales",
    "others",
    "unregistered",
    "reached_at",
)


def thresholds_listed(now: datetime, is_watched: bool, after: str, limit: int) -> list[ThresholdShown]:
    """In order of their codes, with one more than `limit`."""
    found = TaxThresholdRow.objects.filter(code__gt=after).order_by("code")
    return [_threshold(row, now, is_watched) for row in found.values_list("id", "code", "versions")[: limit + 1]]


def threshold_shown(code: str, now: datetime, is_watched: bool) -> ThresholdShown | None:
    row = TaxThresholdRow.objects.filter(code=code).values_list("id", "code", "versions").first()
    return None if row is None else _threshold(row, now, is_watched)


def standings_listed(
    after: str, limit: int, seller_id: str = "", code: str = "", level: str = ""
) -> list[tuple[str, StandingShown]]:
    """Ids with standings, in order of ids, with one more than `limit`."""
    found = ThresholdStandingRow.objects.exclude(level=NOT_CONCERNED)
    for name, value in (("seller_id", seller_id), ("code", code), ("level", level)):
        if value:
            found = found.filter(**{name: value})
    if after:
        found = found.filter(id__gt=after)
    rows = found.order_by("id").values_list("id", *_STANDING_COLUMNS)[: limit + 1]
    return [(id, _standing(row)) for id, *row in rows]


def _threshold(row: tuple[Any, ...], now: datetime, is_watched: bool) -> ThresholdShown:
    id, code, versions = row
    threshold = TaxThreshold(id=Id(id), code=code, versions=_versions(versions))
    return ThresholdShown(threshold.id, code, threshold.limit_at(now), threshold.versions, is_watched)


def _versions(plain: Any) -> tuple[Limit, ...]:
    return msgspec.convert(plain, tuple[Limit, ...])


def _standing(row: Sequence[Any]) -> StandingShown:
    said = dict(zip(StandingShown.__struct_fields__, row, strict=True))
    return StandingShown(**{**said, "unregistered": msgspec.convert(said["unregistered"], tuple[TaxPlace, ...])})

"""How shipping's aggregates become rows."""

from __future__ import annotations

from argosy.domains.shipping.adapters.outbound.models import ShippingRateRow
from argosy.domains.shipping.domain.rate import ShippingRate
from argosy.platform.rows import Rows

ROWS = (Rows(ShippingRate, ShippingRateRow),)

"""How sellers stand, as far as it decides whether their products are sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argosy.shared_kernel.aggregate import Aggregate

SUSPENDED, HOLIDAY = "suspended", "holiday"
REASONS = (SUSPENDED, HOLIDAY)


@dataclass(kw_only=True, eq=False)
class SellerStanding(Aggregate):
    """What accounts has told of one seller; its id is the seller's. Of whom nothing was told, everything is sold."""

    is_suspended: bool = False
    is_on_holiday: bool = False
    updated_at: datetime

    @property
    def withheld(self) -> str:
        """Why nothing of theirs is sold; "" where it is. A suspension counts for more than a holiday."""
        if self.is_suspended:
            return SUSPENDED
        return HOLIDAY if self.is_on_holiday else ""

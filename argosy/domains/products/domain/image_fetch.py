"""A picture that is at an address elsewhere, on its way to us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argosy.shared_kernel.aggregate import Aggregate
from argosy.shared_kernel.errors import Invalid
from argosy.shared_kernel.ids import Id, named_id

PENDING, DONE, FAILED = "PENDING", "DONE", "FAILED"
STANDINGS = (PENDING, DONE, FAILED)
RETRY_SECONDS = (60, 600)
"""Between tries: three of them, unless what is wrong stays wrong."""
FETCHES_KEPT = 100
"""Of one product; the oldest that have ended make room."""


class PictureNotFetchable(Invalid):
    """Pictures are fetched from http and https addresses of the public internet."""


def fetch_id_of(product_id: Id, url: str) -> Id:
    return named_id("image fetch", product_id, url)


@dataclass(kw_only=True, eq=False)
class ImageFetch(Aggregate):
    """One per product and address. `reason` is a stable code: of the last try that failed while it is PENDING, of the
    end where it FAILED."""

    product_id: Id
    url: str
    status: str = PENDING
    reason: str = ""
    image_id: Id | None = None
    tries: int = 0
    next_try_at: datetime | None
    requested_at: datetime
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status == PENDING

    def again(self, now: datetime) -> None:
        """From the beginning."""
        self.status, self.reason, self.image_id, self.tries = PENDING, "", None, 0
        self.requested_at = self.next_try_at = now
        self.ended_at = None

    def succeed(self, image_id: Id, now: datetime) -> None:
        self.tries += 1
        self.status, self.reason, self.image_id = DONE, "", image_id
        self.next_try_at, self.ended_at = None, now

    def fail(self, reason: str, now: datetime, *, is_for_good: bool) -> None:
        """Tried again a while later, or given up."""
        self.tries += 1
        self.reason = reason
        if is_for_good or self.tries > len(RETRY_SECONDS):
            self.status, self.next_try_at, self.ended_at = FAILED, None, now
        else:
            self.next_try_at = now + timedelta(seconds=RETRY_SECONDS[self.tries - 1])

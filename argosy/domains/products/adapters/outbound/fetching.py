"""Pictures from addresses that sellers name: fetched from the public internet alone, within bounds."""

from __future__ import annotations

import threading

from argosy.contracts.products_media import ImageFetched
from argosy.domains.products.application.image_fetches import ImageFetchRequest
from argosy.platform.media import MediaStore, address_of
from argosy.platform.outbound import Bounds, Fetched, NotFetched, Outbound
from argosy.platform.pictures import BYTES_MAX, TYPES, keep_picture
from argosy.shared_kernel.errors import Invalid

BOUNDS = Bounds(seconds=20, bytes_max=BYTES_MAX, redirects_max=3, schemes=("https", "http"))
CALL_SECONDS = 60
_ONE_AFTER_THE_OTHER = threading.BoundedSemaphore(2)
"""A decoded picture takes up to 160 MB, and calls are made by many threads."""
_LATER = frozenset({408, 425, 429})
_ACCEPT = {"Accept": ", ".join(TYPES)}


class PictureFetcher:
    """Makes one try, and says what became of it. A storage that is away is nobody's fault: the call comes again."""

    def __init__(self, outbound: Outbound, store: MediaStore) -> None:
        self._outbound = outbound
        self._store = store

    def fetch(self, request: ImageFetchRequest, attempt: int, call_id: str) -> ImageFetched:
        try:
            fetched = self._outbound.fetch(request.url, BOUNDS, headers=_ACCEPT)
        except NotFetched as failure:
            return ImageFetched(fetch_id=request.fetch_id, reason=failure.code, is_for_good=failure.is_for_good)
        reason, is_for_good = _fault(fetched)
        if reason:
            return ImageFetched(fetch_id=request.fetch_id, reason=reason, is_for_good=is_for_good)
        try:
            with _ONE_AFTER_THE_OTHER:
                digest = keep_picture(self._store, fetched.body)
        except Invalid as refusal:
            return ImageFetched(fetch_id=request.fetch_id, reason=refusal.code, is_for_good=True)
        return ImageFetched(fetch_id=request.fetch_id, url=address_of(digest))


def _fault(fetched: Fetched) -> tuple[str, bool]:
    """Why an answer holds no picture, and whether it never will."""
    if fetched.status != 200:
        return "answer_not_ok", 400 <= fetched.status < 500 and fetched.status not in _LATER
    kind = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
    return ("", False) if kind in TYPES else ("not_such_a_file", True)

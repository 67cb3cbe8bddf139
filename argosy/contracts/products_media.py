"""What products accepts about pictures that are elsewhere."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command


class FetchImage(Command):
    """One more picture of a product, behind those that it has, from a public address: it is fetched afterwards, and
    kept like one that is uploaded. The same address again is one and the same fetch; one that failed begins anew."""

    product_id: Id
    url: str


class ImageFetched(Command, key="fetch_id"):
    """What became of one try: the address under which we keep the picture, or the reason why not. What is wrong
    `is_for_good` is not tried again. Sent by products itself."""

    fetch_id: Id
    url: str = ""
    reason: str = ""
    is_for_good: bool = False

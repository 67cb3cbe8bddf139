"""How a purchase may be delivered: what each seller offers to an address, as a buyer chooses among it.

What is shown promises nothing: the checkout quotes the chosen method again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from argosy.apps.storefront.amounts import money_text
from argosy.apps.storefront.basket import Line
from argosy.contracts.shipping import MethodOffered, OfferedLine, OfferShipping, SellerOffers
from argosy.domains.products.adapters.outbound.models import VariantRow
from argosy.platform.auth import NOBODY
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id

STANDARD = "standard"
_METHOD = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Choice:
    """One line of the list to choose from."""

    method: str
    text: str


UNKNOWN = (Choice(STANDARD, "Standard delivery"),)
"""Where it is not known yet where to, or nobody offers anything: the checkout will tell."""


def is_method(text: str) -> bool:
    return _METHOD.fullmatch(text) is not None


def choices(lines: Sequence[Line], address: Mapping[str, str]) -> dict[str, tuple[Choice, ...]]:
    """By seller, what they offer to this address. Sellers who offer nothing are not in it."""
    wanted = [line for line in lines if line.is_on_sale]
    currencies = {line.variant.currency for line in wanted if line.variant is not None}
    if not address.get("country") or len(currencies) != 1:
        return {}
    (currency,) = currencies
    command = OfferShipping(
        country=address["country"],
        region=address.get("region", ""),
        postal_code=address.get("postal_code", ""),
        currency=currency,
        lines=tuple(_offered(wanted)),
    )
    try:
        found: Sequence[SellerOffers] = runtime().outside("shipping").run(command, NOBODY).sellers
    except DomainError:
        return {}
    return {
        seller.seller_id: tuple(Choice(offer.method, _text(offer, currency)) for offer in seller.methods)
        for seller in found
        if seller.methods
    }


def _offered(lines: Sequence[Line]) -> list[OfferedLine]:
    """Lines with the weights and sizes that the catalogue has of them."""
    sizes = {
        row[0]: row[1:]
        for row in VariantRow.objects.filter(id__in=[line.variant_id for line in lines]).values_list(
            "id", "weight_grams", "length_mm", "width_mm", "height_mm"
        )
    }
    found = []
    for number, line in enumerate(lines, 1):
        assert line.page is not None
        assert line.variant is not None
        grams, length, width, height = sizes.get(line.variant_id, (0, 0, 0, 0))
        found.append(
            OfferedLine(
                line_no=number,
                seller_id=Id(line.page.seller_id),
                quantity=line.quantity,
                amount=line.quantity * line.variant.amount,
                weight_grams=grams,
                volume_mm3=length * width * height,
                category=line.page.category,
            )
        )
    return found


def _text(offer: MethodOffered, currency: str) -> str:
    """Label, price and days: By post, €4.90, 5 to 9 Jan."""
    price = money_text(offer.amount, currency) if offer.amount else "free"
    return f"{offer.label}, {price}, {days_text(offer.arrives_from, offer.arrives_to)}"


def days_text(first: date, last: date) -> str:
    """Two days as people write them."""
    if first == last:
        return f"{last.day} {last:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last.day} {last:%b}"
    return f"{first.day} {first:%b} to {last.day} {last:%b}"

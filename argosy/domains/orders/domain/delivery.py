"""Where a parcel may be sent instead: within the country and region that its taxes and freight were worked out for."""

from __future__ import annotations

from argosy.contracts.orders import Address, ChangeDelivery
from argosy.shared_kernel.cards import holds_card_number
from argosy.shared_kernel.errors import DomainError, Invalid, refuse

_LENGTHS = {"recipient": (1, 120), "street": (1, 200), "city": (1, 100), "postal_code": (0, 20), "phone": (0, 30)}


class DeliveryFieldOutOfRange(Invalid):
    """A field of the address is empty, too long, or holds characters that no label can print."""


class NothingToChange(Invalid):
    """A change of delivery names at least one field of the address."""


def changed(address: Address, command: ChangeDelivery) -> Address:
    """The address as it is to be; every fault is told at once."""
    sent = {name: value for name in _LENGTHS if (value := getattr(command, name)) is not None}
    faults: list[DomainError] = [] if sent else [NothingToChange()]
    for name, value in sent.items():
        least, most = _LENGTHS[name]
        text = sent[name] = value.strip()
        if not least <= len(text) <= most or not text.isprintable() or (name != "phone" and holds_card_number(text)):
            faults.append(DeliveryFieldOutOfRange(field=name, minimum=least, maximum=most))
    refuse(faults)
    return Address(**{name: sent.get(name, getattr(address, name)) for name in ("country", "region", *_LENGTHS)})

"""What a buyer asks for when they check out, and which requests we know how to read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from argosy.contracts.checkout import CheckoutLine, RetryPayment, StartCheckout
from argosy.contracts.orders import Address
from argosy.shared_kernel.emails import email_from
from argosy.shared_kernel.errors import DomainError, Invalid, refuse
from argosy.shared_kernel.ids import Id, is_id
from argosy.shared_kernel.messages import Value
from argosy.shared_kernel.money import AMOUNT_MAX, UnknownCurrency, exponent

CARD, CASH_ON_DELIVERY, BANK_TRANSFER = "card", "cash_on_delivery", "bank_transfer"
PAYMENT_METHODS = (CARD, CASH_ON_DELIVERY, BANK_TRANSFER)
PAID_LATER = (CASH_ON_DELIVERY, BANK_TRANSFER)
"""Methods by which no money moves in the checkout: cash is due at the door, a transfer within days."""


class ShopTerms(NamedTuple):
    """What the operator has set: the ways to pay that are offered, whether who has no account may buy, and in which
    currencies."""

    payment_methods: Collection[str] = PAYMENT_METHODS
    sells_to_guests: bool = True
    currencies: tuple[str, ...] = ()
    """In which it sells, the first where the buyer names none; without any: in whatever things are priced in."""

    @property
    def currency(self) -> str:
        """In which everything is sold where the buyer names none; "": in that of the first line."""
        return self.currencies[0] if self.currencies else ""


ALL_ALLOWED = ShopTerms()

LINES_MAX = 200
QUANTITY_MAX = 999
COUPONS_MAX = 10

_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE = re.compile(r"[A-Za-z0-9._-]{1,40}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,100}")
_SOURCE = re.compile(r"[\x21-\x7e]{1,200}")
_ADDRESS_LENGTHS = (
    ("recipient", 1, 120),
    ("street", 1, 200),
    ("city", 1, 100),
    ("postal_code", 0, 20),
    ("region", 0, 100),
    ("phone", 0, 30),
)


class LinesOutOfRange(Invalid):
    """A checkout has at least one line and at most 200."""


class QuantityOutOfRange(Invalid):
    """A line is of one piece at least and 999 at most; lines of one variant are added up."""


class VariantDeliveredTwoWays(Invalid):
    """All pieces of one variant are delivered by one method."""


class NotAnId(Invalid):
    """An id is a lower-case UUID."""


class NotACode(Invalid):
    """Codes are 1 to 40 letters, digits, dots, dashes or underscores."""


class AddressFieldOutOfRange(Invalid):
    """A field of the address is missing, too long, or holds characters that no label can print."""


class CountryUnreadable(Invalid):
    """A country is two capital letters (ISO 3166-1 alpha-2)."""


class TooManyCoupons(Invalid):
    """At most 10 coupons can be used at once."""


class ClientRequestIdUnreadable(Invalid):
    """A client_request_id is 1 to 100 printable characters without spaces."""


class PaymentMethodUnknown(Invalid):
    """There is no such way to pay here."""


class PaymentSourceUnreadable(Invalid):
    """A payment source is the gateway's token: 1 to 200 printable characters, never a card number."""


class CreditAmountOutOfRange(Invalid):
    """What store credit pays is in minor units, zero or more."""


class CreditNotTakenForThis(Invalid):
    """Store credit pays a part of what is paid now, not of what is paid later."""


class ExpectedTotalOutOfRange(Invalid):
    """A total is in minor units, zero or more."""


class NotAnEmail(Invalid):
    """A guest is reached at an e-mail address."""


class CheckoutRequest(Value, omit_defaults=True):
    """What the buyer asked for, as kept with the flow: lines numbered from 1 by their place. Where a guest is reached
    is kept by accounts."""

    cart_id: Id
    lines: tuple[CheckoutLine, ...]
    address: Address
    client_request_id: str
    payment_method: str
    gateway: str
    payment_source: str
    coupons: tuple[str, ...]
    expected_total: int | None
    quote_id: Id | None = None
    credit_amount: int = 0
    is_guest: bool = False
    currency: str = ""


class CurrencyNotTaken(Invalid):
    """This shop does not sell in this currency; those in which it sells are listed."""


class VariantOfLine(Value):
    variant_id: Id


class Bought(Value):
    """The part of a request that tells what was bought; the rest is skipped in reading."""

    lines: tuple[VariantOfLine, ...]
    coupons: tuple[str, ...]
    is_guest: bool = False


def read(command: StartCheckout, terms: ShopTerms = ALL_ALLOWED, *, is_guest: bool = False) -> CheckoutRequest:
    """The request in its one canonical form, or everything that is wrong with it at once."""
    lines = sum_up(command.lines)
    faults = [
        *_wrong_ids(command),
        *wrong_lines(command.lines, lines),
        *_wrong_address(command.address),
        *_wrong_payment(command, terms.payment_methods),
    ]
    coupons = tuple(dict.fromkeys(command.coupons))
    faults += [*wrong_coupons(coupons), *wrong_currency(command.currency, terms)]
    if command.quote_id is not None and not is_id(command.quote_id):
        faults.append(NotAnId(field="quote_id"))
    if not _REQUEST_ID.fullmatch(command.client_request_id):
        faults.append(ClientRequestIdUnreadable())
    if is_guest and email_from(command.email) is None:
        faults.append(NotAnEmail(field="email"))
    refuse(faults)
    return CheckoutRequest(
        cart_id=command.cart_id,
        lines=lines,
        address=command.address,
        client_request_id=command.client_request_id,
        payment_method=command.payment_method,
        gateway=command.gateway,
        payment_source=command.payment_source,
        coupons=coupons,
        expected_total=command.expected_total,
        quote_id=command.quote_id,
        credit_amount=command.credit_amount,
        is_guest=is_guest,
        currency=command.currency,
    )


def sum_up(lines: tuple[CheckoutLine, ...]) -> tuple[CheckoutLine, ...]:
    """Lines of one variant and one method as one line, where the first of them stands."""
    if len({line.variant_id for line in lines}) == len(lines):
        return lines
    summed: dict[tuple[Id, Id, str], CheckoutLine] = {}
    for line in lines:
        key = (line.product_id, line.variant_id, line.shipping_method)
        known = summed.get(key)
        quantity = line.quantity + (known.quantity if known else 0)
        summed[key] = CheckoutLine(
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=quantity,
            shipping_method=line.shipping_method,
        )
    return tuple(summed.values())


def _wrong_ids(command: StartCheckout) -> Iterator[DomainError]:
    for name in ("checkout_id", "buyer_id", "cart_id"):
        if not is_id(getattr(command, name)):
            yield NotAnId(field=name)


def wrong_lines(sent: tuple[CheckoutLine, ...], lines: tuple[CheckoutLine, ...]) -> Iterator[DomainError]:
    if not 1 <= len(lines) <= LINES_MAX:
        yield LinesOutOfRange(asked=len(lines), maximum=LINES_MAX)
        return
    # A negative quantity may not hide behind a positive one that it is added to.
    for line in lines if lines is sent else (*sent, *lines):
        if type(line.quantity) is not int or not 1 <= line.quantity <= QUANTITY_MAX:
            yield QuantityOutOfRange(variant_id=line.variant_id, asked=line.quantity, maximum=QUANTITY_MAX)
    seen = set()
    for number, line in enumerate(lines, 1):
        for name in ("product_id", "variant_id"):
            if not is_id(getattr(line, name)):
                yield NotAnId(field=name, line_no=number)
        if not _CODE.fullmatch(line.shipping_method):
            yield NotACode(field="shipping_method", line_no=number)
        if line.variant_id in seen:
            yield VariantDeliveredTwoWays(variant_id=line.variant_id)
        seen.add(line.variant_id)


def wrong_coupons(coupons: tuple[str, ...]) -> Iterator[DomainError]:
    if len(coupons) > COUPONS_MAX:
        yield TooManyCoupons(asked=len(coupons), maximum=COUPONS_MAX)
        return
    for code in coupons:
        if not is_code(code):
            yield NotACode(field="coupons", value=code)


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def wrong_country(country: str) -> Iterator[DomainError]:
    if not _COUNTRY.fullmatch(country):
        yield CountryUnreadable(field="country")


def wrong_currency(currency: str, terms: ShopTerms) -> Iterator[DomainError]:
    if not currency:
        return
    try:
        exponent(currency)
    except UnknownCurrency as fault:
        yield fault
    else:
        if terms.currencies and currency not in terms.currencies:
            yield CurrencyNotTaken(field="currency", known=list(terms.currencies))


def _wrong_address(address: Address) -> Iterator[DomainError]:
    for name, shortest, longest in _ADDRESS_LENGTHS:
        text = getattr(address, name)
        if not shortest <= len(text.strip()) <= len(text) <= longest or (text and not text.isprintable()):
            yield AddressFieldOutOfRange(field=name, minimum=shortest, maximum=longest)
    yield from wrong_country(address.country)


def wrong_retry(command: RetryPayment, methods: Collection[str]) -> Iterator[DomainError]:
    if command.payment_method not in methods:
        yield PaymentMethodUnknown(known=list(methods))
    if command.payment_method not in PAID_LATER:
        yield from wrong_means(command)


def wrong_means(command: StartCheckout | RetryPayment) -> Iterator[DomainError]:
    if not _CODE.fullmatch(command.gateway):
        yield NotACode(field="gateway")
    # What was sent is never told back: it may be what must not be logged.
    if not _SOURCE.fullmatch(command.payment_source) or _looks_like_a_card(command.payment_source):
        yield PaymentSourceUnreadable()
    credit = command.credit_amount
    if credit is not None and not (type(credit) is int and 0 <= credit <= AMOUNT_MAX):
        yield CreditAmountOutOfRange(field="credit_amount")


def _wrong_payment(command: StartCheckout, methods: Collection[str]) -> Iterator[DomainError]:
    if command.payment_method not in methods:
        yield PaymentMethodUnknown(known=list(methods))
    yield from wrong_means(command)
    if command.credit_amount and command.payment_method in PAID_LATER:
        yield CreditNotTakenForThis(field="credit_amount", payment_method=command.payment_method)
    total = command.expected_total
    if total is not None and not (type(total) is int and 0 <= total <= AMOUNT_MAX):
        yield ExpectedTotalOutOfRange()


def _looks_like_a_card(source: str) -> bool:
    """12 to 19 digits, however grouped, whose check digit is right (ISO/IEC 7812, Luhn)."""
    digits = source.replace("-", "")
    if not digits.isdecimal() or not 12 <= len(digits) <= 19:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0

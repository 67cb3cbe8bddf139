"""Checkout's pages: one form, and how far the purchase is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpResponse

from argosy.apps.storefront import cart, guests
from argosy.apps.storefront.basket import Line, lines_from, lines_of, parcels
from argosy.apps.storefront.countries import country_names
from argosy.apps.storefront.credit import credit_in
from argosy.apps.storefront.delivery import STANDARD, UNKNOWN, choices, is_method
from argosy.apps.storefront.orders import order_shown
from argosy.apps.storefront.pages import Visit
from argosy.apps.storefront.place import place_of
from argosy.apps.storefront.quotes import quoted, request_of, why
from argosy.apps.storefront.words import failure_text, faults_by_field
from argosy.contracts.accounts import AddAddress
from argosy.contracts.carts import CartLine
from argosy.contracts.checkout import AbortCheckout, CheckoutLine, RetryPayment, StartCheckout
from argosy.contracts.orders import Address
from argosy.domains.accounts.adapters.outbound.queries import account_of, first_address_of
from argosy.domains.checkout.adapters.inbound.guest_limits import guests_limited
from argosy.domains.checkout.adapters.outbound.queries import CheckoutRead, checkout_of_buyer
from argosy.domains.checkout.adapters.outbound.quotes import QuoteShown
from argosy.domains.checkout.adapters.outbound.shop_terms import currencies, sells_to_guests
from argosy.domains.checkout.adapters.outbound.ways_to_pay import bank_account, payment_methods
from argosy.engine.work import Actor
from argosy.platform import waiting
from argosy.platform.problems import not_found
from argosy.platform.runtime import runtime
from argosy.shared_kernel.errors import DomainError, RuleBroken
from argosy.shared_kernel.ids import Id, is_id, named_id
from argosy.shared_kernel.money import AMOUNT_MAX

CARDS = {
    "tok_approve": "Test card that is approved",
    "tok_decline": "Test card that is declined",
    "tok_action": "Test card that asks you to confirm",
}
PAID_LATER = {
    "cash_on_delivery": "In cash, when it is delivered",
    "bank_transfer": "By bank transfer, within seven days; it is sent when the money has come",
}
ADDRESS_FIELDS = ("recipient", "street", "city", "postal_code", "region", "country", "phone")
WAIT_SECONDS = 2.0

STEPS = (
    ("Prices, delivery and tax", ("lines", "coupons", "delivery", "tax")),
    ("Orders, one per seller", ("orders",)),
    ("Goods set aside for you", ("stock",)),
    ("Payment approval", ("authorize", "commit")),
    ("Payment", ("capture",)),
    ("Confirmation", ("confirm", "consume")),
)
_FIELDS = {"country_unreadable": "country", "not_a_code": "coupons", "too_many_coupons": "coupons"}
_DIGITS = re.compile("[0-9]{1,16}")
_WORDS = re.compile(r"[\s,;]+")
_TEXT_LETTERS_MAX = 300


@dataclass(frozen=True)
class StepShown:
    """One line of the progress: `how` is done, now, failed, undone or nothing yet."""

    name: str
    how: str


@dataclass
class Form:
    """What the checkout form holds. The same `request_id` is one purchase, however often the button is pressed."""

    request_id: str
    lines: list[CartLine]
    address: dict[str, str]
    methods: dict[str, str]
    payment: str
    coupons: str
    keeps_address: bool = False
    credit_amount: int = 0
    """What the buyer was shown of their store credit: the same form sent twice asks for the same."""
    quote_id: str = ""
    email: str = ""
    currency: str = ""
    """In which the buyer was shown everything."""

    @classmethod
    def new(cls, lines: Sequence[Line], coupons: Sequence[str], address: dict[str, str]) -> Form:
        return cls(
            request_id=runtime().ids.new(),
            methods={},
            payment=next(iter(_payments())),
            coupons=" ".join(coupons),
            lines=[
                CartLine(product_id=line.product_id, variant_id=line.variant_id, quantity=line.quantity)
                for line in lines
            ],
            address={name: address.get(name, "") for name in ADDRESS_FIELDS},
        )

    @classmethod
    def sent(cls, visit: Visit) -> Form:
        methods = {
            name.removeprefix("method-"): str(value)
            for name, value in visit.request.POST.items()
            if name.startswith("method-") and is_method(str(value))
        }
        return cls(
            request_id=visit.sent("client_request_id"),
            lines=lines_from(visit.all_sent("line")),
            methods=methods,
            address={name: visit.sent(name)[:_TEXT_LETTERS_MAX] for name in ADDRESS_FIELDS},
            payment=visit.sent("payment"),
            coupons=visit.sent("coupons")[:_TEXT_LETTERS_MAX],
            keeps_address=bool(visit.sent("keep")),
            credit_amount=_minor_units(visit.sent("credit")),
            quote_id=visit.sent("quote_id"),
            email=visit.sent("email")[:_TEXT_LETTERS_MAX],
            currency=visit.sent("currency") if visit.sent("currency") in currencies() else "",
        )

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code.upper() for code in _WORDS.split(self.coupons) if code))

    @property
    def typed(self) -> dict[str, str]:
        """The texts that must not stay empty."""
        return {**self.address, "email": self.email}


def form(visit: Visit) -> HttpResponse:
    """Where to, how, and who pays with what."""
    if _must_sign_in(visit):
        return visit.to_sign_in()
    lines, _, coupons = cart.contents(visit)
    if not lines:
        return visit.go("/cart")
    if not all(line.can_be_bought for line in lines):
        return visit.go("/cart", note="unavailable")
    new = Form.new(lines, coupons, _first_address(visit))
    new.currency = visit.reader.currency
    return _form_page(visit, new, lines)


def place(visit: Visit) -> HttpResponse:
    """Buy what the form shows, or look which delivery there is to its address. Pressed twice, it is one purchase, and
    both times its page is shown."""
    if _must_sign_in(visit):
        return visit.to_sign_in()
    sent = Form.sent(visit)
    lines = lines_of(sent.lines, visit.reader._replace(currency=sent.currency))
    shopper = guests.shopper_of(visit)
    if visit.sent("look"):
        return _form_page(visit, sent, lines)
    if visit.sent("action") == "quote":
        return _quote_page(visit, sent, lines)
    faults = {}
    if sent.payment not in _payments():
        faults["payment"] = "Please choose how to pay."
    if not faults:
        try:
            with guests_limited(visit.request, shopper):
                standing = runtime().outside("checkout").run(_command(shopper, sent, lines), shopper)
        except DomainError as error:
            if isinstance(error, RuleBroken):
                sent.request_id = runtime().ids.new()
            sent.quote_id = ""
            faults = faults_by_field(error, _FIELDS, sent.typed)
        else:
            _keep_address(visit, sent)
            page = visit.go(f"/checkouts/{standing.checkout_id}")
            token = guests.token_of(visit) if shopper.is_guest else ""
            return guests.remember(visit, page, token, guests.BOUGHT_COOKIE) if token else page
    return _form_page(visit, sent, lines, faults)


def progress(visit: Visit) -> HttpResponse:
    """How far it is. Without scripts the page looks again each second."""
    return _progress_page(visit, "progress", *_own(visit))


def progress_part(visit: Visit) -> HttpResponse:
    """The same without the page around it, for the script: a moment later, if nothing has changed since `seen`."""
    found, buyer = _own(visit)
    if found.etag == visit.asked("seen") and not found.is_final:
        found = waiting.poll(WAIT_SECONDS, lambda: _read(visit, buyer), lambda now: now.etag != found.etag) or found
    return _progress_page(visit, "_progress", found, buyer)


def abort(visit: Visit) -> HttpResponse:
    """End it, if that is still possible: the page tells."""
    checkout_id, (_, buyer) = _own_id(visit), _own(visit)
    with suppress(RuleBroken):
        runtime().outside("checkout").run(AbortCheckout(checkout_id=checkout_id, buyer_id=Id(buyer.id)), buyer)
    return visit.go(f"/checkouts/{checkout_id}")


def pay_again(visit: Visit) -> HttpResponse:
    """By another means, or in another way, after a payment has failed; pressed twice, it is one attempt, and the page
    tells how it goes. Store credit has no part in it where that was what failed."""
    checkout_id, (_, buyer), payment = _own_id(visit), _own(visit), visit.sent("payment")
    if payment in _payments():
        again = RetryPayment(
            checkout_id=checkout_id,
            buyer_id=Id(buyer.id),
            payment_source=payment if payment in CARDS else "",
            payment_method=payment if payment in PAID_LATER else "card",
            credit_amount=0 if visit.sent("credit") == "no" else None,
        )
        with suppress(RuleBroken):
            runtime().outside("checkout").run(again, buyer)
    return visit.go(f"/checkouts/{checkout_id}")


def _must_sign_in(visit: Visit) -> bool:
    """Who is nobody has no cart either; a guest may buy where the operator lets them."""
    shopper = guests.shopper_of(visit)
    return not shopper.id or (shopper.is_guest and not sells_to_guests())


def _command(shopper: Actor, sent: Form, lines: Sequence[Line]) -> StartCheckout:
    buyer_id = Id(shopper.id)
    return StartCheckout(
        checkout_id=runtime().ids.new(),
        buyer_id=buyer_id,
        cart_id=named_id("cart", buyer_id),
        lines=tuple(
            CheckoutLine(
                product_id=line.product_id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                shipping_method=sent.methods.get(line.page.seller_id if line.page else "", STANDARD),
            )
            for line in lines
        ),
        address=Address(**sent.address),
        client_request_id=sent.request_id,
        payment_method=sent.payment if sent.payment in PAID_LATER else "card",
        payment_source=sent.payment if sent.payment in CARDS else "tok_approve",
        coupons=sent.codes,
        quote_id=Id(sent.quote_id) if is_id(sent.quote_id) else None,
        may_retry_payment=True,
        credit_amount=sent.credit_amount,
        email=sent.email,
        currency=sent.currency,
    )


def _minor_units(typed: str) -> int:
    """A sum that a form of ours sent back."""
    return min(int(typed), AMOUNT_MAX) if _DIGITS.fullmatch(typed) else 0


def _currency(lines: Sequence[Line]) -> str:
    """What the goods are priced in."""
    return next((line.variant.currency for line in lines if line.variant), "")


def _payments() -> dict[str, str]:
    """How one can pay here, by what the form sends."""
    methods = payment_methods()
    later = {method: text for method, text in PAID_LATER.items() if method in methods}
    return {**(CARDS if "card" in methods else {}), **later}


def _quote_page(visit: Visit, sent: Form, lines: Sequence[Line]) -> HttpResponse:
    """The form again, with what it costs. Bought with the quote's id, it is that price or nothing."""
    sent.quote_id = ""
    shopper = guests.shopper_of(visit)
    try:
        quote = quoted(shopper, request_of(_command(shopper, sent, lines)))
    except DomainError as error:
        return _form_page(visit, sent, lines, faults_by_field(error, _FIELDS, sent.typed))
    if quote is not None and quote.failure is not None:
        field = "coupons" if quote.failure.code == "coupons_not_valid" else "form"
        return _form_page(visit, sent, lines, {field: why(quote.failure)})
    if quote is not None and quote.status == "READY":
        sent.quote_id = quote.quote_id
    return _form_page(visit, sent, lines, quote=quote, has_asked=True)


def _form_page(
    visit: Visit,
    shown: Form,
    lines: Sequence[Line],
    faults: dict[str, str] | None = None,
    *,
    quote: QuoteShown | None = None,
    has_asked: bool = False,
) -> HttpResponse:
    offered = choices(lines, shown.address)
    currency = _currency(lines)
    credit = credit_in(visit, currency)
    by_credit = min(shown.credit_amount, quote.total_amount) if quote is not None else 0
    return visit.show(
        "checkout",
        status=422 if faults else 200,
        form=shown,
        lines=lines,
        parcels=[
            (parcel, offered.get(parcel.seller_id, UNKNOWN), shown.methods.get(parcel.seller_id, ""))
            for parcel in parcels(lines)
        ],
        payments=_payments(),
        countries=country_names(),
        faults=faults or {},
        quote=quote if shown.quote_id else None,
        has_asked=has_asked,
        credit=credit,
        currency=currency,
        by_credit=by_credit,
        left_to_pay=quote.total_amount - by_credit if quote is not None else 0,
        is_guest=not visit.actor.id,
    )


def _first_address(visit: Visit) -> dict[str, str]:
    """The address that the buyer keeps first; of who keeps none, what is known."""
    kept = first_address_of(visit.actor.id) if visit.actor.id else None
    if kept is not None:
        return {name: getattr(kept, name) for name in ADDRESS_FIELDS}
    place = place_of(visit)
    known = {"country": place.country, "postal_code": place.postal_code} if place is not None else {}
    account = account_of(visit.actor.id) if visit.actor.id else None
    return {**known, "recipient": f"{account.first_name} {account.last_name}".strip()} if account is not None else known


def _keep_address(visit: Visit, sent: Form) -> None:
    """A purchase does not fail because its address could not be kept."""
    if sent.keeps_address and visit.actor.id:
        with suppress(DomainError):
            wanted = msgspec.convert(sent.address, AddAddress)
            runtime().outside("accounts").run(wanted, visit.actor)


def _own_id(visit: Visit) -> Id:
    if not is_id(visit["checkout_id"]):
        raise not_found()
    return Id(visit["checkout_id"])


def _own(visit: Visit) -> tuple[CheckoutRead, Actor]:
    """The visitor's checkout, and as whom they began it; a stranger's answer is that for one that is not there."""
    checkout_id = _own_id(visit)
    for buyer in guests.buyers_of(visit):
        found = checkout_of_buyer(checkout_id, buyer.id)
        if found is not None:
            return found, buyer
    raise not_found()


def _read(visit: Visit, buyer: Actor) -> CheckoutRead:
    found = checkout_of_buyer(_own_id(visit), buyer.id)
    if found is None:
        raise not_found()
    return found


def _progress_page(visit: Visit, template: str, found: CheckoutRead, buyer: Actor) -> HttpResponse:
    page = visit.show(template, **_progress(visit, found, buyer))
    return guests.not_stored(page) if buyer.is_guest else page


def _progress(visit: Visit, found: CheckoutRead, buyer: Actor) -> dict[str, Any]:
    state = msgspec.json.decode(found.body)
    failure, declined = state["failure"], state["payment_failure"]
    is_completed = state["status"] == "COMPLETED"
    orders = [order_shown(order_id, buyer.id) for order_id in state["order_ids"]] if is_completed else []
    return {
        "state": state,
        "tag": found.etag,
        "is_final": found.is_final,
        "is_completed": is_completed,
        "steps": steps_shown(state["steps"], is_completed=is_completed),
        "failure": failure_text(failure["code"], failure["details"]) if failure else "",
        "declined": failure_text(declined["code"]) if declined else "",
        "payments": _payments(),
        "guest_code": guests.code_of(visit, buyer) if is_completed else "",
        "bank_account": bank_account(),
        "orders": [order for order in orders if order is not None],
        "can_abort": not found.is_final and state["steps"].get("capture") is None,
    }


def steps_shown(standings: dict[str, str], *, is_completed: bool) -> list[StepShown]:
    """The flow's own steps as the few that mean something to a buyer. Some purchases have no need of some of them."""
    begun = [any(name in standings for name in names) for _, names in STEPS]
    last = max((number for number, has_begun in enumerate(begun) if has_begun), default=-1)
    shown = []
    for number, (title, names) in enumerate(STEPS):
        now = {standings[name] for name in names if name in standings}
        if now & {"FAILED"}:
            how = "failed"
        elif now & {"UNDOING", "UNDONE", "STUCK"}:
            how = "undone"
        elif is_completed or number < last:
            how = "done"
        elif number == last and last >= 0:
            how = "now"
        else:
            how = ""
        shown.append(StepShown(title, how))
    return shown

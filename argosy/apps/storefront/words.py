"""What people are told: why something was refused, and what they can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from argosy.platform.problems import Problem
from argosy.shared_kernel.errors import DomainError, Several, TooMany

QUANTITY_FAULT = "Please give a whole number from 1 to 999, in digits."


EMPTY_FAULT = "Please fill this in."
EMPTY = {"country": "Please choose a country."}


class Words(NamedTuple):
    """A heading, and what to do."""

    title: str
    advice: str


_BY_CODE = {
    "card_number_refused": Words(
        "Please type no card numbers here",
        "What you sent holds what looks like the number of a card. We keep none, and nothing was kept of it. Go back "
        "and take it out.",
    ),
    "form_is_old": Words(
        "That form was too old",
        "Go back, load the page again, and send it once more. If this keeps happening, allow cookies for this shop.",
    ),
    "store_unavailable": Words(
        "We are very busy right now", "Nothing was done and nothing is lost. Please try again in a moment."
    ),
    "too_busy": Words("We are very busy right now", "Nothing was done. Please try again in a moment."),
}
_BY_STATUS = {
    400: Words("We could not read that", "Go back and try again."),
    403: Words("This is not for you to do", "Perhaps another account of yours may. Nothing was changed."),
    404: Words(
        "There is nothing here",
        "The address may be mistyped, or what was here has gone. Look through the shop or go to your orders.",
    ),
    405: Words("This page is not used like that", "Go back and try again."),
    409: Words("That cannot be done any more", "Something has changed meanwhile. Load the page again and look."),
    415: Words("We could not read that", "Go back and try again."),
    422: Words("We could not read that", "Go back, look through what you filled in, and try again."),
    429: Words("That was tried too often", "Nothing was done. Please wait a few minutes, and try again."),
    503: _BY_CODE["store_unavailable"],
}
_ELSE = Words(
    "Something went wrong on our side",
    "Nothing was charged for it. Please try again; if it happens again, tell us the number below.",
)

FAULTS = {
    "not_an_email": "That is no e-mail address. It needs a name, an @ and a domain, like ana@example.com.",
    "password_too_short": "A password has at least 8 characters.",
    "password_too_long": "A password has at most 256 characters.",
    "email_taken": "There is an account with this address already. Sign in instead?",
    "sign_in_refused": "The address or the password is not right. Check both and try again.",
    "too_many_attempts": "That went wrong too often. Please wait a minute or two, and try again.",
    "too_many_letters": "We have written there several times just now. Look into the mailbox, or try again later.",
    "second_factor_needed": "Type your password once more, and the code that your authenticator shows now.",
    "second_factor_refused": "That code is not right. Type your password once more, and the code that is shown now.",
    "password_refused": "That is not your password.",
    "sign_in_anew": "Sign out and in again first, and come back within ten minutes.",
    "sign_in_first": "There is an account with this address. Sign in as before; then link the provider on the page of "
    "your account.",
    "address_not_verified": "That provider has not verified your address. Open an account by your address, then link "
    "the provider.",
    "identity_not_proven": "Nothing came back that shows who you are. Please try again.",
    "provider_not_reached": "That provider does not answer now. Try again in a moment, or sign in in another way.",
    "ticket_not_valid": "That took too long, or was done already. Please begin anew.",
    "email_unchanged": "This is your address already.",
    "email_moved": "Your address was changed within the last week. It can be changed again after that.",
    "passkey_refused": "That passkey is not known here. Try another one, or sign in in another way.",
    "passkey_there": "That passkey was added already.",
    "too_many_passkeys": "You have 20 passkeys: remove one first.",
    "text_is_missing": "Please fill this in.",
    "identity_taken": "This opens another account already.",
    "last_way_in": "Nothing else would let you in: set a password first.",
    "proof_not_valid": "This link was used already or is too old.",
    "invitation_not_valid": "This invitation was used already, is too old, was taken back, or went to another address "
    "than that of the account that you are signed in with.",
    "text_is_too_long": "That is too long. Please shorten it.",
    "text_has_controls": "There are characters in it that cannot be printed. Please type it again.",
    "quantity_out_of_range": QUANTITY_FAULT,
    "cart_is_full": "Your cart is full: it holds 200 different things. Take something out first.",
    "wishlist_is_full": "Your wishlist is full: it holds 500 different things. Take something off first.",
    "too_many_coupons": "At most 10 coupons can be used at once. Take one out first.",
    "not_a_code": "A coupon code has 1 to 40 letters, digits, dots, dashes or underscores.",
    "country_unreadable": "Please choose a country.",
    "too_many_guest_checkouts": "Many purchases were begun from here without an account just now. Sign in, or wait "
    "a few minutes and try again.",
    "guest_checkout_is_off": "To buy here you need an account. Sign in or open one: what is in your cart comes along.",
    "client_request_id_reused": "This purchase was placed already; you find it under your orders. To buy this as well, "
    "look through it and press the button again.",
    "quote_expired": "The price that you saw stood for 15 minutes. Look at the total again.",
    "quote_is_for_another_purchase": "What you changed may change the price. Look at the total again.",
    "no_such_quote": "The price that you saw is no longer known. Look at the total again.",
    "price_changed": "A price has changed meanwhile. Look at the total again.",
    "no_such_gift_card": "There is no gift card with this code. Look at it again.",
    "too_many_codes": "Too many codes were wrong. Please wait a few minutes, and try again.",
    "currency_not_taken": "This shop does not sell in that currency. Choose another at the top of the page.",
    "order_cannot_be_cancelled": "This order cannot be cancelled any more.",
    "cancellation_reason_is_too_long": "That is too long: at most 200 letters.",
    "lines_out_of_range": "There must be at least one thing to buy, and at most 200.",
}
FIELDS = {
    "not_an_email": "email",
    "email_taken": "email",
    "password_too_short": "password",
    "password_too_long": "password",
    "password_refused": "password",
    "email_moved": "email",
    "sign_in_anew": "email",
    "sign_in_refused": "password",
    "too_many_attempts": "password",
    "too_many_letters": "email",
    "second_factor_needed": "code",
    "second_factor_refused": "code",
    "country_unreadable": "country",
    "not_a_code": "code",
    "too_many_coupons": "code",
    "quantity_out_of_range": "quantity",
}

FAILURES = {
    "card_declined": "The payment was declined. Nothing was charged. Try another way to pay.",
    "insufficient_funds": "There is not enough money for it. Nothing was charged. Try another way to pay.",
    "not_enough_credit": "Your store credit is less than it was, perhaps by another purchase. Nothing was charged. Pay "
    "it all in another way.",
    "unknown_source": "The payment was declined. Nothing was charged. Try another way to pay.",
    "stock_short": "Something in your cart was sold to somebody else meanwhile. Look at your cart and choose again.",
    "too_many_open_holds": "Other purchases of yours that are not paid yet hold the same things. End them, or wait "
    "until they run out, and try again.",
    "lines_not_for_sale": "Something in your cart is no longer on sale, or has no price in your currency. Look at "
    "your cart and take it out.",
    "currency_not_taken": "This shop does not sell in that currency. Choose another at the top of the page.",
    "coupons_not_valid": "A coupon does not count for this purchase. Take it out and try again.",
    "price_changed": "A price has changed meanwhile. Look at your cart and try again.",
    "no_delivery": "Something in your cart is not delivered to that address in the way that was chosen. Choose another "
    "delivery or address, or take it out.",
    "expired": "It took too long and was ended. Nothing was charged.",
    "aborted": "You ended it. Nothing was charged.",
    "gateway_timeout": "The payment did not come through in time. Nothing was charged. Try again.",
    "timed_out": "The payment was not confirmed in time. Nothing was charged. Try again.",
}
COUPONS = {
    "unknown_coupon": "there is no such coupon; look at its letters again",
    "disabled": "it is no longer given",
    "not_yet_valid": "it does not count yet",
    "expired": "its time is over",
    "used_up": "it was used as often as it could be",
    "used_up_by_you": "you have used it as often as each buyer can",
    "sign_in_needed": "it is for buyers with an account; sign in or open one, and what is in your cart comes along",
    "duplicate": "it is there twice",
    "other_currency": "it is for purchases in another currency",
    "below_minimum": "it counts from a higher amount on; what you buy of what it is for comes to less",
    "not_first_order": "it is for a first order",
    "first_order_taken": "it is for a first order, and another purchase of yours that is not paid yet has it",
    "not_for_you": "it is for other buyers",
    "delivery_is_free": "your delivery is free without it",
    "not_for_these_goods": "it is for other goods than these",
}
"""Why a coupon does not count, behind its code and a colon."""
_FAILURE_ELSE = "It could not be completed, and everything was taken back. Look at your cart and try again."


def explained(problem: Problem) -> Words:
    return _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status) or _ELSE


def failure_text(code: str, details: Mapping[str, Any] | None = None) -> str:
    """What went wrong, and of each coupon that does not count why."""
    whole = FAILURES.get(code, _FAILURE_ELSE)
    if code == "coupons_not_valid":
        faults = (details or {}).get("codes", ())
        # A worker of the next release may know of a reason that this web does not.
        whole += "".join(f" {one['code']}: {COUPONS.get(one['reason'], 'it does not count')}." for one in faults)
    return whole


def status_of(error: DomainError | None) -> int:
    """Of a page that says what was wrong."""
    if error is None:
        return 200
    return 429 if isinstance(error, TooMany) else 422


def faults_by_field(
    error: DomainError,
    fields: Mapping[str, str] = FIELDS,
    typed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What is wrong, beside which field; what belongs to none is under `form`."""
    faults = error.faults if isinstance(error, Several) else (error,)
    told: dict[str, str] = {}
    for fault in faults:
        field = str(fault.details.get("field") or fields.get(fault.code, "form"))
        is_empty = typed is not None and field in typed and not typed[field]
        told.setdefault(field, EMPTY.get(field, EMPTY_FAULT) if is_empty else _fault_text(fault))
    return told


def _fault_text(fault: DomainError) -> str:
    if fault.code == "address_field_out_of_range":
        return f"Please use at most {fault.details.get('maximum')} characters, and none that cannot be printed."
    return FAULTS.get(fault.code, fault.sentence)


def spoken(category: str) -> str:
    """A category's code as a person writes it: `bed_bath_table` is "bed bath table"."""
    return category.replace("_", " ")

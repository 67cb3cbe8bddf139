"""Which gateways there are: our own, where the environment holds what they need, and those of other packages.

A package adds one by an entry point of the group `argosy.gateways`, whose name is the gateway's and whose value is a
factory: called with the environment, it gives a Gateway, or None where it is not set up. Nothing of ours is touched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from argosy.domains.payments.adapters.outbound.gateways.by_credit import ByCredit
from argosy.domains.payments.adapters.outbound.gateways.by_hand import ByHand
from argosy.domains.payments.adapters.outbound.gateways.test import TestGateway
from argosy.domains.payments.application.gateways import Gateway
from argosy.domains.payments.application.holds import Hold
from argosy.domains.payments.domain.capture import WHOLE
from argosy.domains.payments.domain.payment import BY_CREDIT
from argosy.domains.payments.domain.receipt import BANK, CASH

GROUP = "argosy.gateways"
OPERATIONS = ("authorize", "capture", "void", "refund", "look_up")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

Factory = Callable[[Mapping[str, str]], Gateway | None]


class NoGateway(Exception):
    """An entry point that gives no gateway: the text says which, and what is wrong with it."""


def book_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where the test gateway keeps its own book."""
    return Path((os.environ if environment is None else environment).get("ARGOSY_VAR", "var")) / "test_gateway.sqlite3"


def test_gateway(environment: Mapping[str, str]) -> Gateway:
    return TestGateway.from_environment(book_path(environment))


def by_hand(environment: Mapping[str, str]) -> Gateway:
    return ByHand()


def by_credit(environment: Mapping[str, str]) -> Gateway:
    return ByCredit()


def stripe_gateway(environment: Mapping[str, str]) -> Gateway | None:
    """Its library is loaded where there is a key alone: it takes a tenth of a second."""
    if not environment.get("ARGOSY_STRIPE_KEY"):
        return None
    from argosy.domains.payments.adapters.outbound.gateways.stripe import StripeGateway

    return StripeGateway.from_environment(environment)


def razorpay_gateway(environment: Mapping[str, str]) -> Gateway | None:
    if not (environment.get("ARGOSY_RAZORPAY_KEY") and environment.get("ARGOSY_RAZORPAY_SECRET")):
        return None
    from argosy.domains.payments.adapters.outbound.gateways.razorpay import RazorpayGateway

    return RazorpayGateway.from_environment(environment)


OUR_OWN: dict[str, Factory] = {
    "test": test_gateway,
    BANK: by_hand,
    CASH: by_hand,
    BY_CREDIT: by_credit,
    "stripe": stripe_gateway,
    "razorpay": razorpay_gateway,
}


def factories() -> dict[str, Factory]:
    """By name. A name of ours is not given away."""
    found = dict(OUR_OWN)
    for point in entry_points(group=GROUP):
        if not _NAME.fullmatch(point.name) or point.name in found:
            raise NoGateway(f"{point.value}: a gateway is named by lower-case letters that no other has: {point.name}")
        found[point.name] = point.load()
    return found


def gateways_of(environment: Mapping[str, str]) -> dict[str, Gateway]:
    """Every gateway that is set up, by name."""
    found: dict[str, Gateway] = {}
    for name, make in factories().items():
        gateway: Any = make(environment)
        if gateway is None:
            continue
        missing = [operation for operation in OPERATIONS if not callable(getattr(gateway, operation, None))]
        if missing:
            raise NoGateway(f"{name}: has no {', '.join(missing)}")
        found[name] = gateway
    return found


@cache
def gateways() -> dict[str, Gateway]:
    """Those of this process, made once."""
    return gateways_of(os.environ)


def captures_of(name: str) -> str:
    """How much a gateway can take of what it holds, as it says of itself in `captures`."""
    return str(getattr(gateways().get(name), "captures", WHOLE))


def hold_of(name: str) -> Hold:
    """For how long a gateway holds what it authorized, as it says of itself in `hold_seconds`, and whether it has an
    operation `renew`."""
    gateway = gateways().get(name)
    seconds = getattr(gateway, "hold_seconds", Hold().seconds)
    return Hold(seconds, callable(getattr(gateway, "renew", None)))


@cache
def statement_lags() -> dict[str, timedelta]:
    """The gateways that list what they moved, each with how long it takes until a list is whole."""
    return {
        name: timedelta(seconds=gateway.statement_lag_seconds)  # type: ignore[attr-defined]
        for name, gateway in gateways().items()
        if callable(getattr(gateway, "statement", None))
    }

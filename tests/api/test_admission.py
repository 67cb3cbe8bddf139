"""What is too much is refused early, and a share of it alone; what somebody already has is never refused."""

from __future__ import annotations

import pytest

from argosy.apps.api.admission import BEGINS_AT, SHARE_MAX, SLOW_LOOKS, Admission, Bounds, Waiting
from argosy.apps.api.criticality import LEVELS, criticality_of

BEGIN = ("POST", "/api/v1/checkouts")


BOUNDS = Bounds(0.5, 100, 5.0)


class Measured:
    """What the two looks give."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waiting = Waiting()

    def admission(self, bounds: Bounds = BOUNDS) -> Admission:
        return Admission(bounds, lambda: self.seconds, lambda most: self.waiting, criticality_of)


def refused(admission: Admission, method: str = "GET", path: str = "/api/v1/products", of: int = 100) -> int:
    return sum(admission.refusal(method, path) is not None for _ in range(of))


def test_nothing_is_refused_while_all_is_well() -> None:
    admission = Measured().admission()
    admission.look()
    assert refused(admission) == refused(admission, *BEGIN) == 0


def test_a_growing_share_is_refused_while_requests_wait_and_none_once_they_do_not() -> None:
    measured = Measured()
    admission = measured.admission()
    measured.seconds = 0.6
    for _ in range(SLOW_LOOKS - 1):
        admission.look()
        assert refused(admission) == 0, "a hiccup"
    shares = []
    for _ in range(6):
        admission.look()
        shares.append(refused(admission))
    assert shares[0] == 25
    assert shares == sorted(shares)
    assert shares[-1] == round(SHARE_MAX * 100)
    measured.seconds = 0.1
    for _ in range(20):
        admission.look()
    assert refused(admission) == 0


PATHS = {
    "low": ("GET", "/api/v1/products"),
    "medium": ("POST", "/api/v1/coupons"),
    "high": ("POST", "/api/v1/carts/mine/lines"),
    "critical": ("POST", "/api/v1/orders/0190/cancel"),
}


def test_the_least_critical_is_refused_first_and_in_the_end_everything_as_much() -> None:
    measured = Measured()
    admission = measured.admission()
    assert tuple(BEGINS_AT) == LEVELS
    measured.seconds = 0.6
    for _ in range(SLOW_LOOKS):
        admission.look()
    assert [refused(admission, *PATHS[level]) for level in LEVELS] == [25, 6, 0, 0]
    told = []
    for _ in range(3):
        admission.look()
        told.append([round(admission.share_of(level), 2) for level in LEVELS])
    assert told == [[0.5, 0.38, 0.17, 0.0], [0.75, 0.7, 0.6, 0.41], [0.95] * 4]
    assert {round(refused(admission, *PATHS[level], of=1_000), -1) for level in LEVELS} == {950}


@pytest.mark.parametrize(
    ("method", "path", "level"),
    [
        ("GET", "/api/v1/products/0190", "low"),
        ("PATCH", "/api/v1/products/0190", "high"),
        ("POST", "/api/v1/checkouts", "high"),
        ("POST", "/api/v1/coupons", "medium"),
        ("POST", "/api/v1/gift-cards", "critical"),
        ("GET", "/api/v1/nowhere", "low"),
        ("GET", "/", "low"),
        ("GET", "/products/0190", "low"),
        ("GET", "/stores/0190", "low"),
        ("GET", "*", "high"),
        ("GET", "", "low"),
        ("POST", "/cart/lines", "high"),
        ("POST", "/sign-in", "high"),
    ],
)
def test_a_request_is_as_critical_as_the_context_that_it_is_about(method: str, path: str, level: str) -> None:
    assert criticality_of(method, path) == level


@pytest.mark.parametrize(
    "waiting", [Waiting(101, 4.9), Waiting(100, 60.0), Waiting()], ids=["a rush", "a context that is away", "none"]
)
def test_many_checkouts_or_old_ones_alone_are_no_reason(waiting: Waiting) -> None:
    measured = Measured()
    admission = measured.admission()
    measured.waiting = waiting
    admission.look()
    assert refused(admission, *BEGIN) == 0


def test_no_checkout_is_begun_while_too_many_old_ones_are_under_way_and_all_else_is_served() -> None:
    measured = Measured()
    admission = measured.admission()
    measured.waiting = Waiting(101, 5.1)
    admission.look()
    problem = admission.refusal(*BEGIN)
    assert problem is not None
    assert (problem.status, problem.code, problem.headers) == (503, "overloaded", {"Retry-After": "2"})
    assert refused(admission, *BEGIN) == 100
    assert refused(admission) == refused(admission, "POST", "/api/v1/carts/mine/lines") == 0
    measured.waiting = Waiting(50, 5.1)
    admission.look()
    assert refused(admission, *BEGIN) == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health/ready"),
        ("GET", "/api/v1/health/live"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/checkouts/0190"),
        ("POST", "/api/v1/checkouts/0190/abort"),
        ("POST", "/api/v1/checkouts/0190/payment"),
        ("POST", "/test-gateway/0190/complete"),
        ("OPTIONS", "/api/v1/carts/mine/lines"),
    ],
)
def test_health_and_what_somebody_already_has_are_never_refused(method: str, path: str) -> None:
    measured = Measured()
    admission = measured.admission()
    measured.seconds, measured.waiting = 9.0, Waiting(1_000, 100.0)
    for _ in range(10):
        admission.look()
    assert refused(admission, method, path) == 0


def test_a_bound_of_zero_is_no_bound() -> None:
    measured = Measured()
    admission = measured.admission(Bounds(0.0, 0, 0.0))
    measured.seconds, measured.waiting = 9.0, Waiting(1_000, 100.0)
    admission.look()
    assert refused(admission) == refused(admission, *BEGIN) == 0


def test_bounds_are_settings() -> None:
    assert Bounds.of({}) == Bounds(0.5, 1_000, 5.0)
    told = {"ARGOSY_SHED_QUEUE_SECONDS": "0", "ARGOSY_SHED_CHECKOUTS": "7", "ARGOSY_SHED_CHECKOUTS_SECONDS": "1.5"}
    assert Bounds.of(told) == Bounds(0.0, 7, 1.5)

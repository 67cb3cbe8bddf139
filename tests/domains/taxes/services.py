"""What any adapter of the port of tax services must do: derive from this class in the adapter's own tests.

class TestOurService(TaxServiceContract):
    def service(self): return OurService(...)
"""

from __future__ import annotations

import time

import pytest

from argosy.contracts.taxes import QuoteTax, TaxableLine
from argosy.domains.taxes.application.services import ServiceRequest, TaxService, TaxServiceDidNotAnswer, can_be
from tests.support import an_id


def a_request(*amounts: int, country: str = "US", seconds: int = 4, asked: int = 0) -> ServiceRequest:
    """A quote of these lines; the service is asked for the first `asked` of them, or for all."""
    lines = tuple(
        TaxableLine(line_no=number, seller_id=an_id("seller"), category="standard", amount=amount)
        for number, amount in enumerate(amounts, 1)
    )
    quote = QuoteTax(flow_id=an_id("flow"), country=country, region="", currency="USD", lines=lines)
    numbers = tuple(line.line_no for line in lines[: asked or len(lines)])
    return ServiceRequest(service="it", quote=quote, line_nos=numbers, seconds=seconds)


class TaxServiceContract:
    """Tests of the port."""

    SLOWER_BY_SECONDS = 0.5

    def service(self) -> TaxService:
        """One that answers."""
        raise NotImplementedError

    def silent_service(self) -> TaxService:
        """One whose other side never answers."""
        raise NotImplementedError

    def test_every_asked_line_is_answered_once_and_can_be(self) -> None:
        request = a_request(1_000, 0, 1, 123_456)
        assert can_be(request.lines, list(self.service().tax(request)))

    def test_lines_that_are_not_asked_for_are_not_answered(self) -> None:
        request = a_request(1_000, 2_000, 3_000, asked=1)
        assert [line.line_no for line in self.service().tax(request)] == [1]

    def test_asking_again_gives_the_same_answer(self) -> None:
        service, request = self.service(), a_request(1_000, 999)
        assert list(service.tax(request)) == list(service.tax(request))

    def test_it_gives_up_within_the_time_that_it_is_given(self) -> None:
        began = time.monotonic()
        with pytest.raises(TaxServiceDidNotAnswer):
            self.silent_service().tax(a_request(1_000, seconds=1))
        assert time.monotonic() - began < 1 + self.SLOWER_BY_SECONDS

"""The `test` tax service: an outside party in this process, with rates of its own and ways to be away.

Settings: ARGOSY_TEST_TAX_SERVICE_LATENCY_MS (20), and ARGOSY_TEST_TAX_SERVICE_LOSS, the share of questions that it
never answers (0). What cannot be answered within the request's seconds is given up then, not later.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping, Sequence

from argosy.contracts.taxes import ServiceLineTax
from argosy.domains.taxes.application.services import ServiceRequest, TaxServiceDidNotAnswer
from argosy.domains.taxes.domain.rate import Rate

RATES = {
    "": Rate(basis_points=2_000, is_inclusive=True),
    "US": Rate(basis_points=887, hundredths=50, is_inclusive=False),
    "CA": Rate(basis_points=500, is_inclusive=False),
}
"""By country; all others have the first."""


class TestTaxService:
    """Taxes every line by its country's one rate, rounded on the line."""

    __test__ = False

    def __init__(
        self,
        *,
        rates: Mapping[str, Rate] | None = None,
        latency_milliseconds: float = 0,
        loss: float = 0,
        seed: int = 0,
    ) -> None:
        self.rates = rates or RATES
        self.latency_seconds = latency_milliseconds / 1000
        self.loss = loss
        self._random = random.Random(seed)

    @classmethod
    def from_environment(cls) -> TestTaxService:
        """As ARGOSY_TEST_TAX_SERVICE_LATENCY_MS and ARGOSY_TEST_TAX_SERVICE_LOSS say."""
        return cls(
            latency_milliseconds=float(os.environ.get("ARGOSY_TEST_TAX_SERVICE_LATENCY_MS", "20")),
            loss=float(os.environ.get("ARGOSY_TEST_TAX_SERVICE_LOSS", "0")),
        )

    def tax(self, request: ServiceRequest) -> Sequence[ServiceLineTax]:
        time.sleep(min(self.latency_seconds, request.seconds))
        if self.latency_seconds > request.seconds or self._random.random() < self.loss:
            raise TaxServiceDidNotAnswer(request.quote.flow_id)
        rate = self.rates.get(request.quote.country) or self.rates[""]
        return [
            ServiceLineTax(
                line_no=line.line_no,
                amount=rate.tax(line.amount),
                is_inclusive=rate.is_inclusive,
                basis_points=rate.basis_points,
                hundredths=rate.hundredths,
            )
            for line in request.lines
        ]

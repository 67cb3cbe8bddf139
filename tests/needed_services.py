"""Which services marked tests talk to, and what happens where one is absent: skipped at home, failed in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

import pytest

VARIABLES = {
    "postgres": "ARGOSY_TEST_POSTGRES",
    "redis": "ARGOSY_TEST_REDIS",
    "kafka": "ARGOSY_TEST_KAFKA",
    "browser": "ARGOSY_TEST_CHROMIUM",
}
EXAMPLES = {
    "postgres": "postgresql://postgres@127.0.0.1:5432/postgres",
    "redis": "redis://127.0.0.1:6379",
    "kafka": "127.0.0.1:9092, as tests/services/kafka.py says",
    "browser": "/usr/bin/chromium",
}


def demand(service: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where the service is. Without it the test is skipped, and in CI it fails.

    A named service that can't be used always fails the test: somebody asked for it.
    """
    variable = VARIABLES[service]
    address = environment.get(variable, "")
    if not address:
        reason = f"set {variable}, for example to {EXAMPLES[service]}"
        if is_ci(environment):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    if service == "browser" and shutil.which(address) is None:
        pytest.fail(f"{variable} names {address}, which can't be run", pytrace=False)
    return address


def is_ci(environment: Mapping[str, str]) -> bool:
    return environment.get("CI", "").lower() in {"1", "true", "yes"}

"""Which services marked tests talk to, and what happens where one is absent: skipped at home, failed in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

VARIABLES = {"postgres": "ARGOSY_TEST_POSTGRES", "browser": "ARGOSY_TEST_CHROMIUM"}
EXAMPLES = {"postgres": "postgresql://postgres@127.0.0.1:5432/postgres", "browser": "/usr/bin/chromium"}


class Absent(Exception):
    """A service that a test needs is not there; `fatal` says whether that fails the test or skips it."""

    def __init__(self, reason: str, *, fatal: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fatal = fatal


def address_of(service: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where the service is, or Absent. A named service that can't be used is always fatal: somebody asked for it."""
    variable = VARIABLES[service]
    address = environment.get(variable, "")
    if not address:
        raise Absent(f"set {variable}, for example to {EXAMPLES[service]}", fatal=is_ci(environment))
    if service == "browser" and shutil.which(address) is None:
        raise Absent(f"{variable} names {address}, which can't be run", fatal=True)
    return address


def is_ci(environment: Mapping[str, str] = os.environ) -> bool:
    return environment.get("CI", "").lower() in {"1", "true", "yes"}

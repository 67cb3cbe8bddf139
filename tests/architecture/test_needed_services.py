"""A green run in CI has talked to every service: nothing is skipped there for want of one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT
from tests.needed_services import VARIABLES, demand

SERVICES = sorted(VARIABLES)


@pytest.mark.parametrize("service", SERVICES)
def test_at_home_an_absent_service_skips(service: str) -> None:
    with pytest.raises(pytest.skip.Exception, match=VARIABLES[service]):
        demand(service, {"CI": ""})


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("ci", ["true", "1", "True"])
def test_in_ci_an_absent_service_fails(service: str, ci: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=VARIABLES[service]):
        demand(service, {"CI": ci})


def test_a_browser_that_is_not_there_fails_everywhere(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="can't be run"):
        demand("browser", {"ARGOSY_TEST_CHROMIUM": str(tmp_path / "chromium")})


def test_a_named_service_is_handed_on(tmp_path: Path) -> None:
    assert demand("browser", {"CI": "true", "ARGOSY_TEST_CHROMIUM": sys.executable}) == sys.executable
    assert demand("postgres", {"CI": "true", "ARGOSY_TEST_POSTGRES": "postgresql://h/d"}) == "postgresql://h/d"


def test_no_test_sees_the_real_databases() -> None:
    folder = Path(os.environ["ARGOSY_VAR"])
    assert folder.is_dir()
    assert not folder.is_relative_to(PROJECT)

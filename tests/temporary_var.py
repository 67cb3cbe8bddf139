"""Tests never see the databases in var/: before any setting is read, ARGOSY_VAR names a folder of this run's own.

A plugin and not a conftest, because pytest-django reads the settings before any conftest is loaded. Where several
processes share the tests, each has a folder of its own, and databases of its own on a PostgreSQL server too.
"""

from __future__ import annotations

import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="argosy-test-")
os.environ["ARGOSY_VAR"] = FOLDER
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["ARGOSY_POSTGRES_PREFIX"] = os.environ["PYTEST_XDIST_WORKER"] + "_"


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)

"""Tests never see the databases in var/: before any setting is read, ARGOSY_VAR names a folder of this run's own.

A plugin and not a conftest, because pytest-django reads the settings before any conftest is loaded.
"""

from __future__ import annotations

import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="argosy-test-")
os.environ["ARGOSY_VAR"] = FOLDER


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)

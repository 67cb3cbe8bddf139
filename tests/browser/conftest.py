"""A marketplace as `argosy up` starts it, and a real browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shop's address, with the demo sellers and goods in it."""
    port = _free_pair()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "argosy.apps.cli.main", "up", "--port", str(port)],
        text=True,
        # Browsers make passkeys for names of hosts alone.
        env={
            **environment,
            "ARGOSY_VAR": str(tmp_path_factory.mktemp("var")),
            "ARGOSY_SHOP_URL": f"http://localhost:{port}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    told = []
    while "Argosy is up" not in "".join(told):
        told.append(process.stdout.readline())
        assert told[-1], "".join(told)
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    process.wait(30)
    process.stdout.close()


def _free_pair() -> int:
    """A port that nobody listens on, nor on the one above it."""
    from argosy.apps.cli.console import Failed
    from argosy.apps.cli.processes import check_ports, free_ports

    while True:
        port, _ = free_ports()
        with suppress(Failed):
            check_ports("127.0.0.1", port, port + 1)
            return port


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: a folder to look at, if ARGOSY_TEST_PICTURES names one."""
    folder = Path(os.environ.get("ARGOSY_TEST_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder

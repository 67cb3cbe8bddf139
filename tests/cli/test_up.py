"""`argosy up`: a marketplace in one command, and nothing of it left after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from argosy.apps.cli.console import Failed
from argosy.apps.cli.demo import BUYERS, PASSWORD
from argosy.apps.cli.http_client import Client
from argosy.apps.cli.processes import check_ports, free_ports
from argosy.shared_kernel.codec import encode

pytestmark = pytest.mark.slow


@contextmanager
def up(var: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A marketplace that has said that it is up, in a session of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "argosy.apps.cli.main", "up", "--port", str(port)],
        text=True,
        start_new_session=True,
        env={**environment, "ARGOSY_VAR": str(var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if "Argosy is up" in line:
                break
        else:
            raise AssertionError("".join(told))
        yield process
    finally:
        process.kill()
        process.wait()


def a_port() -> int:
    """One that is free, with a free one above it."""
    while True:
        port = free_ports()[0]
        with suppress(Failed):
            check_ports("127.0.0.1", port, port + 1)
            return port


def parts_of(process: subprocess.Popen[str]) -> dict[str, int]:
    """Living processes of its session by their command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            command = (path / "cmdline").read_text(encoding="utf-8").replace("\0", " ")
        except OSError:
            continue
        if int(fields[3]) == process.pid and fields[0] != "Z":
            found[command] = int(path.name)
    return found


def test_goods_are_there_a_buyer_can_sign_in_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    port = a_port()
    with up(tmp_path / "var", port) as process:
        client = Client("127.0.0.1", port)
        signed_in = client.send("POST", "/api/v1/sessions", encode({"email": BUYERS[0].email, "password": PASSWORD}))
        assert signed_in.status == 201
        assert client.send("GET", "/api/v1/categories").status == 200
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout is not None
        told = process.stdout.read()
        here, python = Path.cwd(), Path(sys.executable)
        typed = python.relative_to(here) if python.is_relative_to(here) else python
        called = f"ARGOSY_VAR={tmp_path}/var {typed} -m argosy.apps.cli.main"
        assert f"\n  {called} import olist DIR " in told
        assert told.endswith("stopping ...\nstopped; everything is kept\n")
        assert parts_of(process) == {}


def test_the_death_of_a_part_ends_everything_with_one_line(tmp_path: Path) -> None:
    with up(tmp_path / "var", a_port()) as process:
        [worker] = [id for command, id in parts_of(process).items() if "main worker" in command]
        os.kill(worker, signal.SIGKILL)
        assert process.wait(20) == 1
        assert process.stdout is not None
        assert process.stdout.read().endswith("argosy: the worker was killed by signal 9; everything is stopped\n")
        assert parts_of(process) == {}

"""`argosy up --profile cluster`: a cluster on one machine from what is installed, and a clear line for what is not."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from argosy.apps.cli import cluster, services
from argosy.apps.cli.console import Failed
from argosy.apps.cli.demo import BUYERS, PASSWORD
from argosy.apps.cli.http_client import Client
from argosy.apps.cli.processes import Processes, check_ports, free_ports
from argosy.apps.cli.services import Kafka, Postgres, Redis, Servers
from argosy.shared_kernel.codec import encode
from tests.cli.test_up import parts_of


def many_ports() -> int:
    """The first of as many free ports in a row as a cluster takes."""
    while True:
        port = free_ports()[0]
        with suppress(Failed, OverflowError):
            check_ports("127.0.0.1", *range(port, port + cluster.PORTS))
            return port


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.shutil, "which", lambda name: None)
    monkeypatch.setattr(services.glob, "glob", lambda pattern: [])
    monkeypatch.setattr(services.importlib.util, "find_spec", lambda name: object())


def test_each_service_that_is_missing_says_in_one_line_what_to_install(nothing_installed: None, tmp_path: Path) -> None:
    assert Postgres(tmp_path, 1).missing() == "PostgreSQL is not installed: sudo apt-get install postgresql"
    assert Redis(tmp_path, 1).missing() == "Redis is not installed: sudo apt-get install redis-server"
    assert Kafka(tmp_path, 1).missing().startswith("Java is not installed")


def test_kafka_without_its_jars_says_how_it_would_be_found(
    nothing_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.shutil, "which", lambda name: "/usr/bin/java")
    assert "KAFKA_HOME" in Kafka(tmp_path, 1).missing()
    monkeypatch.setenv("ARGOSY_KAFKA_JARS", str(tmp_path))
    monkeypatch.setattr(services.glob, "glob", lambda pattern: [pattern])
    assert Kafka(tmp_path, 1).missing() == ""


def test_without_postgresql_there_is_no_cluster_and_nothing_is_started(
    nothing_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_VAR", str(tmp_path))
    with pytest.raises(Failed, match=r"^PostgreSQL is not installed"):
        cluster.run(many_ports())
    assert list(tmp_path.iterdir()) == []


class Talker(Redis):
    """A server that ends by itself."""

    name = "Talker"

    def command(self) -> list[str]:
        return [sys.executable, "-c", "print('the disk is full')"]


def test_a_server_that_ends_at_once_is_told_of_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="Talker has ended: the disk is full"), Servers() as servers:
        servers.start(Talker(tmp_path / "talker", free_ports()[0]))


class Sleeper(Redis):
    """A server of one line."""

    name = "Sleeper"

    def command(self) -> list[str]:
        serve = f"import socket, time; s = socket.create_server(('127.0.0.1', {self.port})); time.sleep(600)"
        return [sys.executable, "-c", serve]


def test_servers_are_ended_when_what_needed_them_fails(tmp_path: Path) -> None:
    port = free_ports()[0]
    with pytest.raises(ZeroDivisionError), Servers() as servers:
        servers.start(Sleeper(tmp_path / "sleeper", port))
        raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


class Parts(Processes):
    """Programs of one line in place of ours."""

    def start(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        super().start(name, *arguments, environment=environment)
        self._running[name].kill()
        self._running[name].wait()
        self._running[name] = subprocess.Popen([sys.executable, "-c", *arguments])


def test_a_part_of_a_cluster_that_dies_is_started_again_and_one_that_will_not_stay_ends_all_of_it() -> None:
    with Parts() as parts:
        parts.start("worker 1", "import time; time.sleep(600)")
        parts.start("worker 2", "import time; time.sleep(600)")
        stays = parts.pid("worker 2")
        for _ in range(3):
            dies = parts.pid("worker 1")
            os.kill(dies, signal.SIGKILL)
            os.waitid(os.P_PID, dies, os.WEXITED | os.WNOWAIT)
            assert list(parts.revive()) == ["the worker 1 was killed by signal 9; it is started again"]
            assert (list(parts.revive()), parts.pid("worker 2")) == ([], stays)
        dies = parts.pid("worker 1")
        os.kill(dies, signal.SIGKILL)
        os.waitid(os.P_PID, dies, os.WEXITED | os.WNOWAIT)
        with pytest.raises(Failed, match="the worker 1 was killed by signal 9, again and again; everything is stopped"):
            list(parts.revive())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that others reach, too: where we are root, PostgreSQL runs as somebody else."""
    with tempfile.TemporaryDirectory(prefix="argosy-cluster-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.skipif(bool(Postgres(Path(), 1).missing()), reason=Postgres(Path(), 1).missing())
def test_two_webs_and_two_workers_serve_one_marketplace_and_ctrl_c_ends_all_of_it(
    open_folder: Path, tmp_path: Path
) -> None:
    port, var = many_ports(), open_folder / "var"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "argosy.apps.cli.main", "up", "--profile", "cluster", "--port", str(port)],
        text=True,
        start_new_session=True,
        env={**environment, "ARGOSY_VAR": str(var), "XDG_CACHE_HOME": str(tmp_path), "KAFKA_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        told = ""
        assert process.stdout is not None
        for line in process.stdout:
            told += line
            if "export ARGOSY_" in line and ("REDIS" in line or "BELL" in line):
                break
        assert "A cluster of 2 webs and 2 workers is up" in told, told
        assert "Kafka is not installed" in told or "needs it" in told or "confluent-kafka" in told
        for own in (port, port + 2):
            client = Client("127.0.0.1", own)
            body = encode({"email": BUYERS[0].email, "password": PASSWORD})
            assert client.send("POST", "/api/v1/sessions", body).status == 201
            client.close()
        settings = dict(re.findall(r"export (\w+)=(\S+)", told))
        assert settings["ARGOSY_VAR"] == str(var)
        elsewhere = subprocess.run(
            [sys.executable, "-m", "argosy.apps.cli.main", "parked"],
            env={**environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert elsewhere.returncode == 0, elsewhere.stdout + elsewhere.stderr
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(40) == 0
        assert process.stdout.read().endswith("stopping ...\nstopped; everything is kept\n")
        assert parts_of(process) == {}
    finally:
        process.kill()
        process.wait()

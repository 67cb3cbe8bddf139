"""Servers that `argosy up --profile cluster` starts from what is installed: each in a folder of its own, on loopback,
on a port that it is given, and ended with this process, however that ends."""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from argosy.apps.cli.console import Failed

HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0


class Server:
    """One server. `missing` says what to install, `start` returns when it answers, `settings` are for those who use
    it."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def missing(self) -> str:
        """What to install, in one line; empty where all is there."""
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what has to be there before its first start."""

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_with_parent(self.stop_signal, self.user()), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        give_up = time.monotonic() + READY_SECONDS
        while not self.answers():
            self.check()
            if time.monotonic() > give_up:
                raise Failed(f"{self.name} does not answer at {self.address}; its log is {self.log}")
            time.sleep(0.05)

    def user(self) -> str:
        """Whom it runs as; empty for ourselves."""
        return ""

    def check(self) -> None:
        """Failed, where it has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise Failed(f"{self.name} has ended: {_last_line(self.log)} (its log is {self.log})")

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1):
            return True
        return False

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self, *words: str) -> None:
        """A program of its own that has to end well."""
        done = subprocess.run([*_with_parent(0, self.user()), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr + done.stdout).strip().splitlines() or [f"status {done.returncode}"]
            raise Failed(f"{self.name}: {Path(words[0]).name}: {said[-1]}")


class Postgres(Server):
    """A cluster with durable defaults and a password; one user, `argosy`, who may create databases."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT

    def missing(self) -> str:
        if not self._programs():
            return "PostgreSQL is not installed: sudo apt-get install postgresql"
        if os.geteuid() == 0 and not self.user():
            return "PostgreSQL never runs as root: make a user named postgres, or run this as another user"
        return ""

    def settings(self) -> dict[str, str]:
        return {"ARGOSY_POSTGRES": f"postgresql://argosy:{self._password()}@{self.address}"}

    def user(self) -> str:
        if os.geteuid():
            return ""
        with contextlib.suppress(KeyError):
            return pwd.getpwnam("postgres").pw_name
        return ""

    def prepare(self) -> None:
        data, word = self.folder / "data", self.folder / "password"
        if self.user():
            shutil.chown(self.folder, self.user())
            reach = subprocess.run([*_with_parent(0, self.user()), "test", "-w", str(self.folder)], check=False)
            if reach.returncode:
                raise Failed(
                    f"PostgreSQL runs as {self.user()}, who cannot reach {self.folder}: choose another ARGOSY_VAR"
                )
        if (data / "PG_VERSION").exists():
            return
        shutil.rmtree(data, ignore_errors=True)
        word.touch(mode=0o600)
        word.write_text(secrets.token_urlsafe(18))
        if self.user():
            shutil.chown(word, self.user())
        options = (
            "--username=argosy",
            f"--pwfile={word}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        self.run(f"{self._programs()}/initdb", "-D", str(data), *options)

    def command(self) -> Sequence[str]:
        parts = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        return [f"{self._programs()}/postgres", "-D", str(self.folder / "data"), *_dashed("-c", parts)]

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(
                host=HOST,
                port=self.port,
                user="argosy",
                password=self._password(),
                dbname="postgres",
                connect_timeout=2,
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _password(self) -> str:
        return (self.folder / "password").read_text()

    @staticmethod
    def _programs() -> str:
        """The folder of the newest version; Debian keeps it away from PATH."""
        found = glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob("/usr/pgsql-*/bin/initdb")
        on_path = shutil.which("initdb")
        newest = max(
            found,
            key=lambda path: [int(part) for part in path.replace("-", "/").split("/") if part.isdigit()],
            default=on_path,
        )
        return str(Path(newest).parent) if newest else ""


class Redis(Server):
    """Rings between machines; it keeps nothing."""

    name = "Redis"

    def missing(self) -> str:
        if importlib.util.find_spec("redis") is None:
            return "the Python package redis is not installed: make install"
        return "" if shutil.which("redis-server") else "Redis is not installed: sudo apt-get install redis-server"

    def settings(self) -> dict[str, str]:
        return {"ARGOSY_REDIS": f"redis://{self.address}"}

    def command(self) -> Sequence[str]:
        parts = {"bind": HOST, "port": str(self.port), "save": "", "appendonly": "no", "dir": str(self.folder)}
        return ["redis-server", *(word for name, value in parts.items() for word in (f"--{name}", value))]


class Kafka(Server):
    """One broker that is its own controller. It needs a second port, one above its own."""

    name = "Kafka"

    def missing(self) -> str:
        if importlib.util.find_spec("confluent_kafka") is None:
            return "the Python package confluent-kafka is not installed: make install"
        if shutil.which("java") is None:
            return "Java is not installed, and Kafka needs it: sudo apt-get install default-jre-headless"
        if not self._jars():
            return (
                "Kafka is not installed: unpack it from kafka.apache.org and set KAFKA_HOME to its folder, or set "
                "ARGOSY_KAFKA_JARS to a folder of its jars"
            )
        return ""

    def settings(self) -> dict[str, str]:
        return {"ARGOSY_TRANSPORT": "kafka", "ARGOSY_KAFKA": self.address}

    def prepare(self) -> None:
        data, properties = self.folder / "data", self.folder / "server.properties"
        parts = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{HOST}:{self.port + 1}",
            "controller.listener.names": "CONTROLLER",
            **self.listeners(),
            "log.dirs": str(data),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
        }
        properties.write_text("".join(f"{name}={value}\n" for name, value in parts.items()))
        if not (data / "meta.properties").exists():
            cluster = "YXJnb3N5LWNsdXN0ZXItMQ"
            self.run(*self._java(), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties))

    def listeners(self) -> dict[str, str]:
        """Where it listens, and where it says that it does."""
        return {"listeners": f"PLAINTEXT://{self.address},CONTROLLER://{HOST}:{self.port + 1}"}

    def command(self) -> Sequence[str]:
        return [*self._java(), "kafka.Kafka", str(self.folder / "server.properties")]

    def _java(self) -> Sequence[str]:
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", quiet, "-cp", f"{self._jars()}/*"]

    @staticmethod
    def _jars() -> str:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        home = os.environ.get("KAFKA_HOME", "/opt/kafka")
        folders = [os.environ.get("ARGOSY_KAFKA_JARS", ""), f"{home}/libs"]
        folders += sorted((str(folder) for folder in cache.glob("argosy/kafka-*")), reverse=True)
        return next((folder for folder in folders if folder and glob.glob(f"{folder}/kafka_*.jar")), "")


class Servers:
    """`start` some; leaving the `with` ends them all, the last one first."""

    def __init__(self) -> None:
        self._running: list[Server] = []

    def start(self, server: Server) -> None:
        self._running.append(server)
        server.start()

    def check(self) -> None:
        for server in self._running:
            server.check()

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *error: object) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for server in reversed(self._running):
                server.stop()
        finally:
            signal.signal(signal.SIGINT, before)


def _with_parent(number: int, user: str) -> list[str]:
    """What makes a program end with this one, and run as somebody else. Without util-linux it just runs."""
    if shutil.which("setpriv") is None:
        return []
    words = ["setpriv", "--pdeathsig", signal.Signals(number).name.removeprefix("SIG")] if number else ["setpriv"]
    if user:
        words += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return [*words, "--"] if len(words) > 1 else []


def _dashed(dash: str, parts: Mapping[str, str]) -> list[str]:
    return [word for name, value in parts.items() for word in (dash, f"{name}={value}")]


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
    return "it said nothing"

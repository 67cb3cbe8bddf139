"""A real Kafka broker for tests: one node (KRaft) on loopback, in a folder and on ports of its own.

    python tests/services/kafka.py jars             copies the jars where they are missing (needs Maven), says where
    python tests/services/kafka.py start FOLDER     starts a broker over the folder, says its address
    python tests/services/kafka.py stop FOLDER      ends it, by its process id

The jars are those of tests/services/kafka/pom.xml, kept outside of the project: in ARGOSY_KAFKA_JARS, or under the
user's cache folder.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

POM = Path(__file__).parent / "kafka" / "pom.xml"
CLUSTER = "YXJnb3N5LXRlc3RzLTAwMQ"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.enable=false
"""
_JAVA = ("java", "-Xms96m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


class BrokerIsUnwell(Exception):
    """The broker cannot be started; the text says why."""


def version() -> str:
    found = re.search(r"<artifactId>kafka_[^<]*</artifactId>\s*<version>([^<]+)</version>", POM.read_text())
    assert found is not None
    return found[1]


def jars_folder() -> Path:
    named = os.environ.get("ARGOSY_KAFKA_JARS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "argosy" / f"kafka-{version()}"


def resolve_jars() -> Path:
    """The folder of all jars; copied by Maven where they are not there yet."""
    folder = jars_folder()
    if (folder / "complete").exists():
        return folder
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            raise BrokerIsUnwell(f"{program} is not installed: Kafka's jars cannot be had")
    folder.mkdir(parents=True, exist_ok=True)
    copy = [
        "mvn",
        "-B",
        "-q",
        "-f",
        str(POM),
        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
    ]
    done = subprocess.run(
        [*copy, f"-DoutputDirectory={folder}", "-DincludeScope=runtime"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BrokerIsUnwell(f"Maven cannot copy Kafka's jars: {(done.stdout + done.stderr).strip()[-500:]}")
    (folder / "complete").touch()
    return folder


class Broker:
    """One broker over a folder. It keeps its ports for as long as the folder lives: also after `wipe`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.properties = folder / "server.properties"
        self.log = folder / "log"
        self.pid_file = folder / "pid"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if not self.properties.exists():
            port, controller = free_ports()
            self.properties.write_text(_PROPERTIES.format(port=port, controller=controller, data=self.data))

    @property
    def address(self) -> str:
        found = re.search(r"PLAINTEXT://([^,]+)", self.properties.read_text())
        assert found is not None
        return found[1]

    def start(self) -> None:
        """Returns when it answers."""
        jars = f"{resolve_jars()}/*"
        if not (self.data / "meta.properties").exists():
            self._run_tool(jars, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self.properties))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_JAVA, _QUIET, "-cp", jars, "kafka.Kafka", str(self.properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(str(self._process.pid))
        give_up = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop(signal.SIGKILL)
                raise BrokerIsUnwell(f"Kafka did not start: {self.log.read_text(errors='replace')[-1000:]}")
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, politely unless told otherwise; its data stay."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = int(self.pid_file.read_text())
            os.kill(pid, how)
            self._wait_until_gone(pid)
        self.pid_file.unlink(missing_ok=True)
        self._process = None

    def wipe(self) -> None:
        """Forget everything that it was ever told; for a broker that is stopped."""
        shutil.rmtree(self.data, ignore_errors=True)

    def _wait_until_gone(self, pid: int) -> None:
        give_up = time.monotonic() + STOP_SECONDS
        while time.monotonic() < give_up:
            if self._process is not None and self._process.poll() is not None:
                return
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _answers(self) -> bool:
        host, port = self.address.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True

    def _run_tool(self, jars: str, *words: str) -> None:
        done = subprocess.run([*_JAVA, _QUIET, "-cp", jars, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BrokerIsUnwell(f"{words[0]}: {(done.stdout + done.stderr).strip()[-500:]}")


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description="A Kafka broker for tests.")
    parser.add_argument("what", choices=("jars", "start", "stop"))
    parser.add_argument("folder", type=Path, nargs="?")
    options = parser.parse_args()
    try:
        if options.what == "jars":
            sys.stdout.write(f"{resolve_jars()}\n")
        elif options.folder is None:
            parser.error("FOLDER is needed")
        elif options.what == "start":
            broker = Broker(options.folder)
            broker.start()
            sys.stdout.write(f"{broker.address}\n")
        else:
            Broker(options.folder).stop()
    except BrokerIsUnwell as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

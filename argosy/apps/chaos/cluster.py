"""A PostgreSQL server of an experiment's own, on a loopback port of its own, that may be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from argosy.apps.cli.processes import free_ports

_PLACES = "/usr/lib/postgresql/*/bin"
_START_SECONDS = 60


class NotInstalled(Exception):
    """What an experiment needs is not on this machine; the text is one line."""


class Cluster:
    """One data folder and one port. A server never runs as root."""

    def __init__(self, bin: Path, folder: Path) -> None:
        self.bin = bin
        self.folder = folder
        self.port = free_ports()[0]
        self._user = "postgres" if os.geteuid() == 0 else None

    @classmethod
    def make(cls, var: Path) -> Cluster:
        """A new one; NotInstalled where there is no PostgreSQL to make it with."""
        cluster = cls(_bin(), var / "postgres")
        cluster.folder.mkdir()
        if cluster._user:
            try:
                user = pwd.getpwnam(cluster._user)
            except KeyError:
                raise NotInstalled("PostgreSQL does not run as root, and there is no user postgres") from None
            var.chmod(0o755)
            os.chown(cluster.folder, user.pw_uid, user.pw_gid)
        cluster._run(
            "initdb", "-D", str(cluster.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-sync",
        )  # fmt: skip
        return cluster

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        # The server dies here, and never its machine: what was written is there, whether or not a disk has it.
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=300 -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-t", str(_START_SECONDS),
            "-o", options, "start",
        )  # fmt: skip

    def stop(self, how: str = "immediate") -> None:
        """`immediate` is what a power cut is to it: it recovers when it is started again."""
        self._run("pg_ctl", "-D", str(self.data), "-m", how, "-w", "stop", is_checked=False)

    def leave_a_copy(self, folder: Path) -> None:
        """Of all that it holds; it goes on afterwards."""
        self.stop("fast")
        _copy(self.data, folder)
        self.start()

    def become(self, folder: Path) -> None:
        """What another one has left, in place of what there is."""
        self.stop("fast")
        shutil.rmtree(self.data)
        _copy(folder, self.data)
        self.start()

    def _run(self, program: str, *arguments: str, is_checked: bool = True) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=(self.folder.parent / "postgres.out").open("ab"),
            stderr=subprocess.STDOUT,
            check=False,
        )
        if is_checked and done.returncode:
            said = (self.folder.parent / "postgres.out").read_text(errors="replace")[-300:]
            raise RuntimeError(f"{program} failed: {said}")


def _copy(source: Path, target: Path) -> None:
    """With owners and rights as they are: a server refuses data that are anybody else's."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def _bin() -> Path:
    """Where initdb and pg_ctl are: on the path, or where Debian keeps them."""
    named = shutil.which("initdb")
    if named and shutil.which("pg_ctl", path=str(Path(named).resolve().parent)):
        return Path(named).resolve().parent
    found = sorted(Path("/").glob(_PLACES.lstrip("/")), key=lambda path: path.parts[-2].zfill(4))
    for folder in reversed(found):
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    raise NotInstalled("PostgreSQL is not installed here: initdb and pg_ctl are needed")

"""A pgbouncer of an experiment's own in transaction mode: a few sessions of the server for everybody."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from argosy.apps.chaos.cluster import Cluster, NotInstalled
from argosy.apps.cli.processes import free_ports

SESSIONS = 2
"""Of the server, for each database."""
START_SECONDS = 30.0
_PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
_SETTINGS = """\
[databases]
* = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 1000
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Pooler:
    """It keeps its port for as long as its folder lives, and never runs as root."""

    def __init__(self, program: str, folder: Path, cluster: Cluster) -> None:
        self.program = program
        self.folder = folder
        self.port = free_ports()[0]
        self._user = "postgres" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        (folder / "users").write_text('"postgres" ""\n')
        self.settings = folder / "pgbouncer.ini"
        self.settings.write_text(
            _SETTINGS.format(server=cluster.port, port=self.port, folder=folder, sessions=SESSIONS)
        )
        if self._user:
            user = pwd.getpwnam(self._user)
            for path in (folder, *folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen(
            [self.program, str(self.settings)],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("SHOW VERSION")
                return
            except psycopg.OperationalError:
                if time.monotonic() > give_up or self._process.poll() is not None:
                    said = (self.folder / "log").read_text(errors="replace")[-300:]
                    raise RuntimeError(f"pgbouncer did not start: {said}") from None
                time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def ask(self, words: str) -> list[dict[str, Any]]:
        """What its own console says. It knows the simple protocol only."""
        where = f"{self.url}/pgbouncer"
        with psycopg.connect(where, autocommit=True, cursor_factory=psycopg.ClientCursor) as console:
            cursor = console.execute(words)  # type: ignore[call-overload]
            if cursor.description is None:
                return []
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def find() -> str:
    """The program; NotInstalled where there is none."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path=_PLACES)
    if found is None:
        raise NotInstalled("pgbouncer is not installed here")
    return found

"""The web's processes: one that answers requests, one that waits for documents, started and ended together."""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from django.utils.module_loading import import_string

from argosy.apps.api.admission import ADDRESS

WSGI = "config.wsgi.application"
THREADS = 8
STOP_SECONDS = 10
_LOOK_SECONDS = 0.5


def serve(host: str, port: int, waits_port: int, threads: int = THREADS) -> int:
    """Serve until SIGTERM or SIGINT, from the main thread; the exit status. A port that is taken costs one line."""
    for wanted in (port, waits_port):
        taken = why_not(host, wanted)
        if taken:
            sys.stderr.write(taken + "\n")
            return 1
    os.environ["ARGOSY_WAITS_PORT"] = str(waits_port)
    os.environ[ADDRESS] = f"{host} {port}"
    waits = Waiter(host, waits_port)
    waits.start()
    try:
        _granian(host, port, threads).serve(target_loader=application)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        waits.stop()
    return 0


def why_not(host: str, port: int) -> str:
    """Why nobody could listen there; empty where one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"Cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}. Choose another port."
    return ""


class Waiter:
    """The process that waits: started again should it end by itself."""

    def __init__(self, host: str, port: int) -> None:
        self._command = [sys.executable, "-m", "argosy.apps.api.waits", host, str(port)]
        self._is_stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        while not self._is_stopping.wait(_LOOK_SECONDS):
            if self._process is not None and self._process.poll() is not None:
                time.sleep(_LOOK_SECONDS)
                if not self._is_stopping.is_set():
                    self._process = subprocess.Popen(self._command)


def application(target: str = WSGI) -> Any:
    """What granian's own process calls to get the WSGI callable. It ends with its parent, however that ends."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    # Granian's threads abort with a loud panic when they meet an interpreter that is being taken down: leave before.
    atexit.register(os._exit, 0)
    loaded = import_string(WSGI)
    from argosy.platform.presence import present

    present("web").keep_writing()
    return loaded


def _granian(host: str, port: int, threads: int) -> Any:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    return Granian(
        target=WSGI,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        backlog=1024,
    )

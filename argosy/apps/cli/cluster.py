"""`argosy up --profile cluster`: what a cluster has, on one machine: PostgreSQL, Redis, Kafka, two webs, two workers.

A profile is settings and nothing else: it prints those that it runs with, so that each part can be started elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from argosy.apps.cli.console import Failed, complain, count, progress, say
from argosy.apps.cli.migrate import migrate
from argosy.apps.cli.processes import Processes, check_ports, ended_by_signals
from argosy.apps.cli.project import make_var, var_folder
from argosy.apps.cli.services import HOST, Kafka, Postgres, Redis, Servers

WEBS, WORKERS = 2, 2
PORTS = 8
"""Two for each web, one for PostgreSQL and Redis each, two for Kafka, one behind the other."""


def run(port: int) -> int:
    """Until Ctrl-C. What is missing costs a line; without PostgreSQL there is no cluster."""
    began = time.monotonic()
    if port + PORTS > 65_535:
        raise Failed(f"--port {port}: the {PORTS} ports from there on are needed")
    check_ports(HOST, *range(port, port + PORTS))
    folder = make_var() / "cluster"
    postgres = Postgres(folder / "postgres", port + 4)
    if postgres.missing():
        raise Failed(postgres.missing())
    settings = {"ARGOSY_VAR": str(var_folder())}
    with ended_by_signals(), Servers() as servers:
        try:
            for server in (postgres, Redis(folder / "redis", port + 5), Kafka(folder / "kafka", port + 6)):
                if server.missing():
                    complain(f"{server.missing()}; going on without")
                    continue
                with progress(f"starting {server.name}"):
                    servers.start(server)
                say(f"{server.name} answers at {server.address}")
                settings |= server.settings()
            if "ARGOSY_REDIS" not in settings:
                settings["ARGOSY_BELL"] = "postgres"
            _serve(port, settings, servers, began)
        except KeyboardInterrupt:
            say("stopping ...")
    say("stopped; everything is kept")
    return 0


def _serve(port: int, settings: Mapping[str, str], servers: Servers, began: float) -> None:
    for name in [name for name in os.environ if name.startswith("ARGOSY_POSTGRES_") and name != "ARGOSY_POSTGRES_IDLE"]:
        del os.environ[name]
    os.environ.update(settings)
    steps = migrate()
    if steps:
        say(f"databases made ({count(steps, 'migration')})")
    from argosy.apps.cli.demo import seed
    from argosy.platform.runtime import runtime

    if seed(runtime()):
        say("demo sellers, buyers and goods are in")
    with Processes() as processes:
        for number in range(1, WORKERS + 1):
            processes.start(f"worker {number}", "--quiet")
        ports = [port + 2 * number for number in range(WEBS)]
        for number, own in enumerate(ports, 1):
            processes.start(f"web {number}", "--port", str(own))
        for own in ports:
            processes.wait_until_ready(HOST, own)
        say(_welcome(ports, settings, time.monotonic() - began))
        while True:
            for line in processes.revive():
                complain(line)
            servers.check()
            time.sleep(0.2)


def _welcome(ports: list[int], settings: Mapping[str, str], seconds: float) -> str:
    from argosy.apps.cli.demo import BUYERS, PASSWORD

    shops = "\n".join(f"  shop         http://{HOST}:{port}/" for port in ports)
    exports = "\n".join(f"  export {name}={value}" for name, value in settings.items())
    return f"""
A cluster of {len(ports)} webs and {WORKERS} workers is up ({seconds:.1f} s). Ctrl-C ends it.

{shops}
  sign in as   {BUYERS[0].email}   password: {PASSWORD}

It runs with these settings. With them, another terminal or another machine that reaches these addresses can have
`argosy worker`, `argosy web` or `argosy doctor` of the same marketplace:

{exports}
"""

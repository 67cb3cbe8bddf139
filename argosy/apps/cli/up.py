"""`argosy up`: a whole marketplace on this machine, with demo goods, until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import time
from pathlib import Path
from typing import Any

from argosy.apps.cli.console import count, program, say
from argosy.apps.cli.migrate import migrate
from argosy.apps.cli.processes import Processes, check_ports, ended_by_signals
from argosy.apps.cli.project import make_var, var_folder
from argosy.apps.cli.web import PORT, port

HELP = """\
Creates the databases where they are missing, puts demo sellers, buyers and goods into them once, and starts worker and
web. Ctrl-C ends everything; nothing is lost. For a marketplace of your own, without demo goods, use `argosy migrate`,
`argosy worker` and `argosy web`.

--profile cluster starts what a cluster has, on this machine, from what is installed: a PostgreSQL server of its own,
Redis, Kafka, two webs and two workers. It takes the eight ports from --port on, and prints the settings that it uses.
"""
EPILOG = """\
examples:
  argosy up
  argosy up --port 8080
  ARGOSY_VAR=/tmp/shop argosy up            another marketplace, in another folder
  ARGOSY_VAR=/tmp/many argosy up --profile cluster
"""
HOST = "127.0.0.1"


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--port", type=port, default=PORT, help=f"of the shop and the API ({PORT})")
    command.add_argument("--profile", choices=("embedded", "cluster"), default="embedded", help="(embedded)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.profile == "cluster":
        from argosy.apps.cli import cluster

        return cluster.run(options.port)
    began = time.monotonic()
    check_ports(HOST, options.port, options.port + 1)
    make_var()
    steps = migrate()
    if steps:
        say(f"databases made in {var_folder()} ({count(steps, 'migration')})")
    from argosy.apps.cli.demo import seed
    from argosy.apps.doctor.main import complain_of_currencies
    from argosy.platform.runtime import runtime

    if seed(runtime()):
        say("demo sellers, buyers and goods are in")
    with ended_by_signals(), Processes() as processes:
        try:
            processes.start("worker", "--quiet")
            processes.start("web", "--port", str(options.port))
            processes.wait_until_ready(HOST, options.port)
            say(_welcome(options.port, time.monotonic() - began))
            complain_of_currencies()
            processes.watch()
        except KeyboardInterrupt:
            say("stopping ...")
    say("stopped; everything is kept")
    return 0


def _welcome(port: int, seconds: float) -> str:
    from argosy.apps.cli.demo import BUYERS, PASSWORD, SELLERS, STAFF

    address = f"http://{HOST}:{port}"
    return f"""
Argosy is up ({seconds:.1f} s). Ctrl-C ends it.

  shop         {address}/
  API          {address}/api/v1/docs
  sign in as   {BUYERS[0].email}   buyer      password: {PASSWORD}
               {SELLERS[0].email}   seller
               {STAFF.email}   staff
  coupon       WELCOME10             for buyers who are signed in

try, in another terminal:
  curl {address}/api/v1/products
  curl {address}/api/v1/sessions --json '{{"email": "{BUYERS[0].email}", "password": "{PASSWORD}"}}'
  {_elsewhere()} import olist DIR            sellers and products of the Olist data set
  {_elsewhere()} replay olist DIR --url {address}
"""


def _elsewhere() -> str:
    """What to type in another terminal, in the folder where this was started, for the same marketplace."""
    var = var_folder()
    return program() if var == Path("var").absolute() else f"ARGOSY_VAR={shlex.quote(str(var))} {program()}"

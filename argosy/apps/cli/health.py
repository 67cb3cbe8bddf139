"""`argosy health`: how the processes of this machine stand, for probes and for people."""

from __future__ import annotations

import argparse
from typing import Any

from argosy.apps.cli.console import say
from argosy.apps.cli.project import prepare
from argosy.shared_kernel.codec import encode

HELP = """\
Says whether a process lives, can begin or can serve, and why not; the exit status is 0 where it does. `live` asks
whether a worker of this machine (one ARGOSY_VAR) goes round; a web is asked over HTTP instead: /health/live.
"""
EPILOG = """\
examples:
  argosy health                     can the marketplace serve, and what is not as it should be
  argosy health live                does a worker of this machine go round (a liveness probe)
  argosy health live --role waits
  argosy health startup --json      are all databases there and as new as this program
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("what", nargs="?", choices=("ready", "live", "startup"), default="ready", help="(ready)")
    command.add_argument("--role", choices=("worker", "web", "waits"), default="worker", help="for live (worker)")
    command.add_argument("--json", action="store_true", help='{"status": "degraded", "reasons": [...]}')
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    var = prepare()
    from argosy.apps.health.standing import NOT_READY, liveness, readiness, startup

    if options.what == "live":
        standing = liveness(var, options.role)
    else:
        standing = readiness() if options.what == "ready" else startup()
    if options.json:
        say(encode(standing).decode())
    else:
        say(standing.status)
        for reason in standing.reasons:
            say(f"  {reason}")
    return 1 if standing.status == NOT_READY else 0

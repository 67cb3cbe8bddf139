"""`argosy doctor`: proves the invariants on the data as it is."""

from __future__ import annotations

import argparse
from typing import Any

from argosy.apps.cli.console import Failed
from argosy.apps.cli.project import ready

HELP = """\
Checks the books: every invariant that concerns what exists, on the databases as they are. It reads and changes
nothing. The exit status is 0 only where all of them hold.
"""
EPILOG = """\
examples:
  argosy doctor
  argosy doctor --json                      for programs
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--json", action="store_true", help='{"checks": [{"id": "I07", "ok": true, ...}]}')
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    ready()
    try:
        from argosy.apps.doctor import main
    except ImportError:
        raise Failed("this build has no doctor") from None
    return main(["--json"] if options.json else []) or 0

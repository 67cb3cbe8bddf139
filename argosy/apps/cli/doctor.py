"""`argosy doctor`: proves the invariants on the data as it is."""

from __future__ import annotations

import argparse
from typing import Any

from argosy.apps.cli.console import Failed, complain
from argosy.apps.cli.project import ready

COULD_NOT_CHECK = 2

HELP = """\
Checks the books: every invariant that concerns what exists, on the databases as they are, also while they are in use.
It reads and changes nothing. The exit status is 0 where all hold, 1 where one does not, 2 where it cannot be told.
With --fix it does what is safe: it has sweeps made that were missed, plans what is to recur, and makes views anew that
differ or lag; it says what it did, and looks again. Money and stock are never touched but by their own contexts.
"""
EPILOG = """\
examples:
  argosy doctor
  argosy doctor I07 I31                     only these
  argosy doctor --json                      for programs
  argosy doctor --last                      what it found on its last round, at once
  argosy doctor --fix                       heal what is safe to heal
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("checks", metavar="CHECK", nargs="*", help="ids of invariants (default: all)")
    command.add_argument("--only", metavar="IDS", default="", help="the same, with commas between: I01,I07")
    command.add_argument("--json", action="store_true", help='{"checks": [{"id": "I07", "ok": true, ...}]}')
    command.add_argument("--fix", action="store_true", help="heal what is safe to heal, and say what was done")
    command.add_argument("--last", action="store_true", help="what its own rounds in the worker found last")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        ready()
    except Failed as failure:
        complain(str(failure))
        return COULD_NOT_CHECK
    from argosy.apps.doctor.main import examine, show_last

    if options.last:
        return show_last(is_json=options.json)
    return examine(only=[*options.checks, options.only], is_json=options.json, is_healing=options.fix)

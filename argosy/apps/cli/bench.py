"""`argosy bench`: measures the figures of docs/performance.md on this machine."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from typing import Any

from argosy.apps.cli.console import Failed

HELP = """\
Measures what docs/performance.md promises, in folders and processes of its own: the marketplace in ARGOSY_VAR is not
touched. What follows `bench` is handed on.
"""
EPILOG = """\
examples:
  argosy bench --quick             that everything works; its figures are no measurements
  argosy bench --only engine,http  some of them
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.set_defaults(run=run, hands_on=True)


def run(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("benchmarks") is None or importlib.util.find_spec("benchmarks.run") is None:
        raise Failed("the benchmarks are not here: run this in a clone of the project")
    return importlib.import_module("benchmarks.run").main(options.handed_on) or 0

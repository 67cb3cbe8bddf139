"""`argosy rebuild`: a read model made anew from the logs, beside the one that is read meanwhile."""

from __future__ import annotations

import argparse
import time
from typing import Any

from argosy.apps.cli.console import Failed, count, progress, say
from argosy.apps.cli.project import ready

HELP = """\
Makes the documents of a view anew from the logs of all contexts, into a second set of tables, and swaps that in.
Readers and workers go on meanwhile.
"""
EPILOG = """\
examples:
  argosy rebuild catalogue
  argosy rebuild all
"""
ALL = "all"


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("view", metavar="VIEW", help="a view, or what it shows; `all` for every view")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.runtime import runtime
    from argosy.read_models.rebuild import RebuildIsIncomplete, RebuildIsRunning, rebuild
    from argosy.read_models.views import VIEWS, NoSuchView, view_named

    try:
        views = VIEWS if options.view == ALL else (view_named(options.view),)
    except NoSuchView as error:
        raise Failed(f"{error}; or all") from None
    for view in views:
        began = time.monotonic()
        try:
            with progress(f"rebuilding {view.name}, messages", 0) as step:
                told = 0

                def tell(messages: int, part: float, step: Any = step) -> None:
                    nonlocal told
                    step(messages - told)
                    told = messages

                replayed = rebuild(runtime(), view.name, tell)
        except (RebuildIsRunning, RebuildIsIncomplete) as error:
            raise Failed(str(error)) from None
        say(f"{view.name} is rebuilt from {count(replayed, 'message')} ({time.monotonic() - began:.1f} s)")

"""`argosy parked`: messages that failed alone, those that wait behind them, and sending them on their way again."""

from __future__ import annotations

import argparse
from typing import Any

from argosy.apps.cli.console import Failed, count, say
from argosy.apps.cli.operators import operator_of
from argosy.apps.cli.project import ready
from argosy.shared_kernel.codec import encode

HELP = """\
Lists the messages that could not be applied, each with those of its key that wait behind it. They are tried again by
themselves, ever less often. `redrive` lets a worker try them now, in their order: do that once their cause is mended.
`drop` gives one up for good, and writes down who did it and why.
"""
EPILOG = """\
examples:
  argosy parked                             what waits, of all subscriptions
  argosy parked --json                      for programs
  argosy parked redrive checkout            try all that is parked in checkout now
  argosy parked redrive checkout --key 0197f3d2-4c1e-7a35-9b1e-5a0d8c3f2b10
  argosy parked drop orders MESSAGE --reason "the order was cancelled by hand, ticket 4711"
"""
REDRIVE = """\
Lets the worker of a subscription try what is parked there now. It tries the first message of each key, then those
behind it; what fails again waits again.
"""

DROP = """\
Gives one parked message up: it is never applied, and those behind it go on. What it would have done is yours to do by
other means; afterwards `argosy doctor` says whether the books are right. Who, when and why stand in the log.
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--json", action="store_true", help='{"parked": [{"subscription": "checkout", ...}]}')
    command.set_defaults(run=run)
    parts = command.add_subparsers(metavar="redrive | drop", parser_class=type(command))
    again = parts.add_parser("redrive", help="try what is parked now", description=REDRIVE)
    again.add_argument("subscription", metavar="SUBSCRIPTION", help="as `argosy parked` calls it; of a view, its name")
    again.add_argument("--key", metavar="K", default="", help="only messages with this key")
    again.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help='{"redriven": 3}')
    again.set_defaults(run=run_again)
    gone = parts.add_parser("drop", help="give one up for good", description=DROP)
    gone.add_argument("subscription", metavar="SUBSCRIPTION", help="as `argosy parked` calls it")
    gone.add_argument("message", metavar="MESSAGE", help="its id, as `argosy parked` shows it")
    gone.add_argument("--reason", required=True, help="why, for those who read the log")
    gone.add_argument("--by", metavar="NAME", default="", help="who (the user at this terminal)")
    gone.set_defaults(run=run_drop)


def run(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.parked import parked
    from argosy.platform.runtime import runtime

    found = parked(runtime())
    if options.json:
        say(encode({"parked": found}).decode())
        return
    if not found:
        say("nothing is parked")
    for one in found:
        behind = f", {count(one.followers, 'message')} behind it" if one.followers else ""
        say(f"{one.subscription}: {one.message} {one.message_id} of {one.source}, key {one.key}{behind}")
        say(f"  {count(one.tries, 'try', 'tries')}, next at {one.next_try:%Y-%m-%d %H:%M:%S} UTC: {one.error}")


def run_again(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.parked import NothingParked, redrive
    from argosy.platform.runtime import runtime

    try:
        moved = redrive(runtime(), options.subscription, options.key)
    except NothingParked as error:
        raise Failed(str(error)) from None
    if options.json:
        say(encode({"redriven": moved}).decode())
    else:
        say(f"{count(moved, 'message')} of {options.subscription} will be tried now, in order")


def run_drop(options: argparse.Namespace) -> None:
    ready()
    from argosy.platform.parked import NothingParked, drop
    from argosy.platform.runtime import runtime

    try:
        gone = drop(runtime(), options.subscription, options.message, operator_of(options))
    except NothingParked as error:
        raise Failed(str(error)) from None
    say(f"{gone.record.wire_name} {gone.record.message_id} is dropped, and its log says why; now run `argosy doctor`")

"""`argosy worker`: works off messages, timers and calls until told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from argosy.apps.cli.console import Failed, complain, say
from argosy.apps.cli.processes import end_with_parent
from argosy.apps.cli.project import ready
from argosy.apps.cli.web import port

ALIVE = "worker.alive"
"""A file of the data folder that a worker touches every second, for whoever watches over it."""
HELP = """\
Works off the messages, timers and outside calls of all contexts, or of some. Several workers share the contexts, each
about as many as any other: one that comes is handed its share, and what a dead one had is taken over within 10 seconds.
With --contexts a worker keeps to those. SIGTERM and Ctrl-C end it after the batch at hand; nothing is lost if it is
killed.
"""
EPILOG = """\
examples:
  argosy worker                             started twice, here or on two machines, two share the work
  argosy worker --contexts checkout,orders,carts,search
  argosy worker --contexts accounts,products,inventory,promotions,taxes,payments,shipping
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--contexts", metavar="A,B", help="only these, comma-separated (default: all)")
    command.add_argument("--no-doctor", action="store_true", help="do not take the doctor along on its rounds")
    command.add_argument("--quiet", action="store_true", help="say nothing but faults")
    command.add_argument("--metrics-port", type=port, help="serve /metrics and /health/live there (default: nowhere)")
    command.add_argument("--metrics-host", default="127.0.0.1", help="the address of that port (127.0.0.1)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    end_with_parent()
    ready()
    from argosy.apps.doctor.rounds import InBackground, Rounds
    from argosy.observability.tracing import TracingSettingIsWrong
    from argosy.platform import stray_pictures
    from argosy.platform.forgetting_rounds import EVERY_SECONDS, JOB, ForgettingRounds
    from argosy.platform.kafka.settings import SettingIsUnusable
    from argosy.platform.presence import present
    from argosy.platform.runtime import runtime
    from argosy.platform.stray_pictures import PictureRounds
    from argosy.platform.worker import Worker

    known = runtime().contexts
    wanted = list(known) if options.contexts is None else [label.strip() for label in options.contexts.split(",")]
    unknown = [label for label in wanted if label not in known]
    if unknown:
        raise Failed(f"--contexts: there is no {', '.join(unknown)}; there are {', '.join(known)}")
    try:
        worker = Worker(runtime(), wanted)
    except SettingIsUnusable as fault:
        raise Failed(str(fault)) from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if not options.quiet:
        worker.changed_hands = _tell
        _tell(worker.leases.held)
    worker.lives = (runtime().var / ALIVE).touch
    sys.stdout.flush()
    try:
        snapshots = present("worker")
    except TracingSettingIsWrong as fault:
        raise Failed(str(fault)) from None
    snapshots.keep_writing()
    if options.metrics_port:
        _serve_metrics(options, snapshots.name)
    rounds = [
        InBackground(ForgettingRounds(runtime(), wanted), EVERY_SECONDS, job=JOB),
        InBackground(PictureRounds(runtime()), stray_pictures.EVERY_SECONDS, job=stray_pictures.JOB),
    ]
    if not options.no_doctor:
        rounds.append(InBackground(Rounds(runtime(), complain)))
    for one in rounds:
        one.start()
    worker.run()
    for one in rounds:
        one.stop()
    snapshots.close()


def _tell(held: Sequence[str]) -> None:
    say(f"working for {', '.join(held)}" if held else "others work for all contexts: standing by")


def _serve_metrics(options: argparse.Namespace, own: str) -> None:
    from django.conf import settings

    from argosy.apps.health.port import serve
    from argosy.platform.runtime import runtime

    address = (options.metrics_host, options.metrics_port)
    try:
        serve(runtime().var, own, "worker", address, settings.METRICS_TOKEN)
    except OSError as error:
        raise Failed(f"cannot listen on {address[0]} port {address[1]}: {error.strerror or error}") from None

"""`argosy web`: the shop and the API."""

from __future__ import annotations

import argparse
import os
from typing import Any

from argosy.apps.cli.console import Failed, number_to
from argosy.apps.cli.processes import check_ports, end_with_parent
from argosy.apps.cli.project import check_there, settle

PORT = 8000
THREADS_MAX = 256
HELP = """\
Serves the shop and the API until SIGTERM or Ctrl-C. A second port, one above, is for those who wait for documents:
long polls and event streams; behind a proxy, ARGOSY_WAITS_URL tells its public address.
"""
EPILOG = """\
examples:
  argosy web
  argosy web --host 0.0.0.0 --port 80 --waits-port 81
"""


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    command.add_argument("--port", type=port, default=PORT, help=f"({PORT})")
    command.add_argument("--waits-port", type=port, help="for long polls and streams (one above --port)")
    command.add_argument("--threads", type=number_to(THREADS_MAX), default=8, help="requests at a time (8)")
    command.set_defaults(run=run)


def port(text: str) -> int:
    """A port that a program may listen on."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65_534):
        raise argparse.ArgumentTypeError(f"{text[:40]} is no port; ports are 1 to 65534")
    return int(text)


def run(options: argparse.Namespace) -> int:
    end_with_parent()
    waits_port = options.waits_port or options.port + 1
    check_ports(options.host, options.port, waits_port)
    os.environ["ARGOSY_WAITS_PORT"] = str(waits_port)
    # Django is set up by the processes that serve, and not by their parent: that is a second less until they do.
    check_there(settle())
    _check_settings()
    from argosy.apps.api.server import serve

    return serve(options.host, options.port, waits_port, options.threads)


def _check_settings() -> None:
    """Settings of the processes that serve, refused here in one line."""
    from argosy.observability.logging import LogSettingIsWrong, chosen
    from argosy.observability.tracing import TracingSettingIsWrong, checked
    from argosy.platform.cors import OriginIsWrong, origins_of
    from argosy.platform.limits import LimitsSettingIsWrong, limits_redis
    from argosy.platform.rate_limits import quotas_of

    environment = os.environ
    try:
        limits_redis(environment)
        quotas_of(environment)
        origins_of(environment)
        chosen({"format": environment.get("ARGOSY_LOG_FORMAT", "auto")}, "format")
        chosen({"level": environment.get("ARGOSY_LOG_LEVEL", "info")}, "level")
        checked(environment.get("ARGOSY_TRACING", "off"), environment.get("ARGOSY_TRACING_RATIO", "1"))
    except (LimitsSettingIsWrong, LogSettingIsWrong, OriginIsWrong, TracingSettingIsWrong) as fault:
        raise Failed(str(fault)) from None

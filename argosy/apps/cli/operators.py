"""Who steps in, and why: asked of every command that does."""

from __future__ import annotations

import argparse
import getpass
from typing import TYPE_CHECKING

from argosy.apps.cli.console import Failed

if TYPE_CHECKING:
    from argosy.platform.operators import Operator


def operator_of(options: argparse.Namespace) -> Operator:
    """From `--by` and `--reason`; Failed where one is missing."""
    from argosy.platform.operators import NoReason, Operator

    try:
        return Operator(options.by or _user(), options.reason)
    except NoReason as error:
        raise Failed(f"{error}: --reason and --by") from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""

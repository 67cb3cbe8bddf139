"""Settings of the processes of an experiment: the embedded defaults, in a world that `argosy chaos` changes."""

from __future__ import annotations

import os

from argosy.apps.chaos.conditions import set_up
from config.settings import *  # noqa: F403 - the same settings

set_up(os.environ)

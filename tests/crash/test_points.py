"""The named points themselves: off they cost nothing, and every one of them stands in the code."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from argosy.platform.crash_points import POINTS, UnknownCrashPoint, arm, reached
from tests.crash.scene import WEB_POINTS, WORKER_POINTS

DIED_AT_ELSEWHERE = {"import.piece", "import.begun"}
"""Reached by no purchase: tests/api/test_imports.py and test_parked_imports.py die there."""
_CALL = re.compile(r'\breached\("([^"]+)"\)')


def test_a_point_that_is_off_costs_a_call_and_a_look_at_a_flag() -> None:
    done = []

    def traced(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes = True
        done.extend([frame.f_code.co_name] if event == "opcode" else [])
        return traced

    sys.settrace(traced)
    try:
        reached("commit.done")
    finally:
        sys.settrace(None)
    assert set(done) == {"reached"}
    assert len(done) <= 6


def test_every_point_stands_in_the_code_and_is_died_at() -> None:
    code = "".join(path.read_text() for path in Path("argosy").rglob("*.py"))
    assert set(_CALL.findall(code)) == set(POINTS)
    assert {*WORKER_POINTS, *WEB_POINTS, *DIED_AT_ELSEWHERE} == set(POINTS)


@pytest.mark.parametrize("wanted", ["commit.doen", "commit.done:x", ":1", "commit.done:-1"])
def test_a_point_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(UnknownCrashPoint):
        arm(wanted)
    reached("commit.done")


def test_the_process_dies_at_the_time_that_is_named_and_says_so() -> None:
    code = (
        "from argosy.platform.crash_points import reached\nfor n in (1, 2, 3):\n reached('commit.begun')\n "
        "reached('commit.done')\n print(n, flush=True)\nprint('lived')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={"ARGOSY_CRASH_AT": "commit.done:3", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, "1\n2\n", "dies at commit.done\n")

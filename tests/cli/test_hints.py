"""What the command line tells to type can be typed where it was started, as it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
HOW_IT_IS_STARTED = {
    "by its path": ([".venv/bin/argosy"], "", ".venv/bin/argosy"),
    "by its name": (["argosy"], ".venv/bin", "argosy"),
    "by its path though it has a name": ([".venv/bin/argosy"], ".venv/bin", "argosy"),
    "as a module": ([sys.executable, "-m", "argosy.apps.cli.main"], "", f"{sys.executable} -m argosy.apps.cli.main"),
}


@pytest.mark.parametrize("how", HOW_IT_IS_STARTED)
def test_a_command_that_is_told_works_as_it_stands(how: str, tmp_path: Path) -> None:
    words, found_in, named = HOW_IT_IS_STARTED[how]
    script = tmp_path / ".venv" / "bin" / "argosy"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!{sys.executable}\nimport sys\nfrom argosy.apps.cli.main import main\nsys.exit(main())\n")
    script.chmod(0o755)
    path = os.pathsep.join(filter(None, (str(tmp_path / found_in) if found_in else "", "/usr/bin", "/bin")))
    environment = {"PATH": path, "PYTHONPATH": str(PROJECT), "ARGOSY_VAR": "empty"}
    words = [str(script) if word == "argosy" else word for word in words]  # As a shell that finds it calls it.
    run = subprocess.run(
        [*words, "doctor"], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 2
    assert run.stderr == (
        f"argosy: there is no marketplace in {tmp_path}/empty yet: run `{named} migrate` or `{named} up` first "
        "(ARGOSY_VAR names the folder)\n"
    )
    again = subprocess.run(
        f"{named} --help", shell=True, cwd=tmp_path, env=environment, check=False, capture_output=True, timeout=60
    )
    assert again.returncode == 0, again.stderr

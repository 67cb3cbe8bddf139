"""What is set to nothing is not set."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from argosy.platform.environment import drop_empty

PROJECT = Path(__file__).resolve().parents[2]
SAID = """
import os, config.settings as settings
from argosy.platform.languages import marketplace_language
print({
    name: sorted(said) if isinstance(said, frozenset) else str(said)
    for name, said in vars(settings).items() if name.isupper()
}, marketplace_language())
"""


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: said for name, said in os.environ.items() if not name.startswith("ARGOSY_")}
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        env={**kept, **settings},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_setting_may_be_empty_and_is_then_as_if_it_was_not_set(tmp_path: Path) -> None:
    named = re.findall(r"^#(ARGOSY_[A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert len(named) > 80
    empty = dict.fromkeys(named, "") | {"ARGOSY_LANGUAGE": " "}
    del empty["ARGOSY_SECRET_KEY"]
    unset, none = run("-c", SAID), run("-c", SAID, **empty)
    assert (unset.returncode, none.returncode) == (0, 0), none.stderr
    assert none.stdout == unset.stdout
    migrated = run("-m", "argosy.apps.cli.main", "migrate", **{**empty, "ARGOSY_VAR": str(tmp_path / "var")})
    assert migrated.returncode == 0, migrated.stderr


def test_an_empty_secret_key_is_not_the_one_that_everybody_knows() -> None:
    asked = "import config.settings; from django.conf import settings; print(settings.SECRET_KEY)"
    refused = run("-c", asked, DJANGO_SETTINGS_MODULE="config.settings", ARGOSY_SECRET_KEY="")
    assert refused.returncode == 1
    assert "The SECRET_KEY setting must not be empty." in refused.stderr


def test_what_is_somebody_elses_is_left_alone() -> None:
    environment = {"NO_COLOR": "", "ARGOSY_LANGUAGE": "", "ARGOSY_HOSTS": "shop.example"}
    drop_empty(environment)
    assert environment == {"NO_COLOR": "", "ARGOSY_HOSTS": "shop.example"}

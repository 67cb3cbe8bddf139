"""What is installed is what is locked: the three lock files agree with pyproject.toml and with each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from tests.architecture.sources import PROJECT

PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
UV_LOCK = (PROJECT / "uv.lock").read_text()
LOCKED = {package["name"]: package["version"] for package in tomllib.loads(UV_LOCK)["package"]}


def pins(text: str) -> dict[str, str]:
    return dict(PINNED.findall(text))


def required(*groups: list[str]) -> Iterator[str]:
    """The normalised names of requirements, without versions and extras."""
    for group in groups:
        yield from (re.split(r"[\[<>=!~ ;]", line, maxsplit=1)[0].lower().replace("_", "-") for line in group)


def unhashed(text: str) -> list[str]:
    """Pinned packages without a hash right behind them."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    following = zip(lines, [*lines[1:], ""], strict=True)
    return [line for line, after in following if PINNED.match(line) and "--hash=sha256:" not in after]


def test_every_requirement_is_locked_with_its_hash() -> None:
    groups = PYPROJECT["dependency-groups"]
    runtime = (PROJECT / "requirements.lock").read_text()
    everything = (PROJECT / "requirements-dev.lock").read_text()
    assert set(required(PYPROJECT["project"]["dependencies"], groups["build"])) - set(pins(runtime)) == set()
    assert set(required(groups["dev"])) | set(pins(runtime)) <= set(pins(everything))
    assert unhashed(runtime) == unhashed(everything) == []


def test_the_lock_files_agree_on_every_version() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        pinned = pins((PROJECT / name).read_text())
        assert pinned == {package: LOCKED.get(package) for package in pinned}, f"{name} is old: run `make lock`"


def test_the_locks_name_public_hosts_only() -> None:
    assert set(re.findall(r"https?://([^/\"]+)", UV_LOCK)) == PUBLIC_HOSTS
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (PROJECT / name).read_text()


def test_a_pin_without_hash_is_found() -> None:
    good = "a==1 \\\n    --hash=sha256:00\n    # via argosy\nb[c]==2 ; python_version < '4' \\\n    --hash=sha256:11\n"
    assert pins(good) == {"a": "1", "b": "2"}
    assert unhashed(good) == []
    assert unhashed("a==1\nb==2 \\\n    --hash=sha256:00\n") == ["a==1"]

"""One port of letters, several channels: console, folder, server and those of other packages promise the same."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from argosy.domains.accounts.adapters.outbound.gateways import mail as gateways
from argosy.domains.accounts.adapters.outbound.gateways.mail import mail_from
from argosy.domains.accounts.application.ports import Mail
from argosy.domains.accounts.context import policy_from
from tests.domains.accounts.mail_contract import Letter, MailAwayContract, MailContract, parsed
from tests.domains.accounts.mail_server import mail_server

PACKAGE = Path(__file__).parents[2] / "fixtures" / "example_channel"
BETWEEN = "-" * 79
NOBODY = "127.0.0.1:9"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, built as its author would build it."""
    folder = tmp_path_factory.mktemp("example") / "package"
    shutil.copytree(PACKAGE, folder)
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (found,) = (folder / "dist").glob("*.whl")
    return found


@pytest.fixture
def installed(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(wheel))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("argosy_example_channel", None)


def parted(said: str) -> list[Letter]:
    """Letters with a line between, as Django writes them."""
    return [parsed(one.lstrip("\n")) for one in said.split(BETWEEN) if one.strip()]


class TestConsole(MailContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.var, self.capsys = tmp_path, capsys

    def make(self) -> Mail:
        return mail_from({"ARGOSY_MAIL": "console"}, self.var)

    def letters(self) -> list[Letter]:
        return parted(self.capsys.readouterr().out)


class TestFolder(MailContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.var = tmp_path

    def make(self) -> Mail:
        return mail_from({}, self.var)

    def letters(self) -> list[Letter]:
        return [letter for path in self.var.glob("mail/*") for letter in parted(path.read_text(encoding="utf-8"))]


class TestServer(MailAwayContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> Iterator[None]:
        self.var = tmp_path
        with mail_server() as self.server:
            yield

    def make(self) -> Mail:
        return mail_from({"ARGOSY_MAIL": self.server.url}, self.var)

    def letters(self) -> list[Letter]:
        return [parsed(letter) for letter in self.server.letters]

    def refusing(self) -> tuple[Mail, str]:
        self.server.recipients = "550 5.1.1 <ana@example.com>: no such mailbox"
        return self.make(), "ana@example.com"

    def away(self) -> Mail:
        return mail_from({"ARGOSY_MAIL": f"smtp://{NOBODY}"}, self.var)


@pytest.mark.usefixtures("installed")
class TestExample(MailAwayContract):
    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "letters"

    def make(self) -> Mail:
        return mail_from({"ARGOSY_MAIL": f"example:{self.path}"}, self.path.parent)

    def letters(self) -> list[Letter]:
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [Letter(**json.loads(line)) for line in lines]

    def refusing(self) -> tuple[Mail, str]:
        return self.make(), "ana@nobody.example"

    def away(self) -> Mail:
        return mail_from({"ARGOSY_MAIL": f"example:{self.path / 'no folder'}"}, self.path.parent)


class Point:
    value = "package:factory"

    def __init__(self, name: str, made: Any) -> None:
        self.name, self._made = name, made

    def load(self) -> Any:
        return lambda environment: self._made


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([], "ARGOSY_MAIL=pigeon: no packages bring such a channel; ours are console, file, smtp, smtps"),
        ([Point("pigeon", None), Point("pigeon", None)], "ARGOSY_MAIL=pigeon: 2 packages"),
        ([Point("pigeon", object())], "ARGOSY_MAIL=pigeon: package:factory gives no channel: it has no send"),
    ],
)
def test_what_is_no_channel_is_named(points: list[Point], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "entry_points", lambda group: points)
    with pytest.raises(ImproperlyConfigured, match=says):
        mail_from({"ARGOSY_MAIL": "pigeon"}, Path("nowhere"))


def test_a_name_of_ours_is_not_given_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gateways, "entry_points", lambda group: [Point(name, object()) for name in gateways.OUR_OWN])
    mail_from({"ARGOSY_MAIL": "file"}, tmp_path).send("ana@example.com", "Hello", "x")
    assert len(os.listdir(tmp_path / "mail")) == 1


@pytest.mark.parametrize(
    ("environment", "verifies"),
    [
        ({}, False),
        ({"ARGOSY_MAIL": "console"}, False),
        ({"ARGOSY_MAIL": "file:///var/mail"}, False),
        ({"ARGOSY_MAIL": "smtps://host"}, True),
        ({"ARGOSY_MAIL": "example:key"}, True),
        ({"ARGOSY_MAIL": "example", "ARGOSY_VERIFY_EMAILS": "no"}, False),
    ],
)
def test_addresses_are_proven_where_letters_reach_people(environment: Mapping[str, str], verifies: bool) -> None:
    assert policy_from(environment).verifies_emails is verifies

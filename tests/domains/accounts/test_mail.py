"""Letters as they are sent: whom to, what they say, and what a server's refusal means."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from argosy.domains.accounts.adapters.outbound.gateways.mail import Postman, mail_from
from argosy.domains.accounts.application.letters import LetterRequest
from argosy.domains.accounts.application.ports import Mail, MailRefused
from argosy.domains.accounts.domain.letter import KINDS
from argosy.platform.seals import SecretSeals
from argosy.shared_kernel.ids import Id
from tests.domains.accounts.mail_server import MailServer, mail_server
from tests.support import an_id

ANA = an_id("ana")


class KeptMail:
    """Keeps what it is given."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.error = error

    def send(self, to: str, subject: str, text: str) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((to, subject, text))


def postman(mail: KeptMail) -> Postman:
    return Postman(mail, SecretSeals(), {ANA: "ana@example.com"}.get, "https://shop.example/")


def request(**changes: Any) -> LetterRequest:
    return LetterRequest(**{"user_id": ANA, "kind": "RESET", "seed": "00" * 32, **changes})


def test_a_letter_carries_the_token_that_only_our_secret_makes_of_the_seed() -> None:
    mail = KeptMail()
    answer = postman(mail).send(request(), 1, "call")
    token = SecretSeals().token(bytes(32))
    assert (answer.user_id, answer.kind, answer.outcome) == (ANA, "RESET", "SENT")
    [(to, _, text)] = mail.sent
    assert to == "ana@example.com"
    assert f"https://shop.example/reset-password?token={token}\n" in text
    assert SecretSeals().token(bytes([1]) * 32) != token


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_letter_has_words(kind: str) -> None:
    mail = KeptMail()
    assert postman(mail).send(request(kind=kind), 1, "call").outcome == "SENT"
    [(_, subject, text)] = mail.sent
    assert subject and "{" not in text


def test_nobody_is_written_to_who_is_gone_and_nothing_is_sent_too_late() -> None:
    mail = KeptMail()
    over = datetime.now(UTC) - timedelta(seconds=1)
    assert postman(mail).send(request(user_id=Id(an_id("gone"))), 1, "call").outcome == "LATE"
    assert postman(mail).send(request(until=over), 1, "call").outcome == "LATE"
    assert mail.sent == []


def test_a_refusal_for_good_is_an_answer_and_any_other_fault_is_tried_again() -> None:
    refused = postman(KeptMail(MailRefused("recipient refused: 550"))).send(request(), 1, "call")
    assert (refused.outcome, refused.reason) == ("REFUSED", "recipient refused: 550")
    with pytest.raises(ConnectionRefusedError):
        postman(KeptMail(ConnectionRefusedError())).send(request(), 1, "call")


def test_a_folder_of_letters_can_be_read(tmp_path: Path) -> None:
    mail_from({}, tmp_path).send("ana@example.com", "Hello", "A text.")
    [path] = (tmp_path / "mail").iterdir()
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (found["To"], found["Subject"], found.get_content().splitlines()[0]) == (
        "ana@example.com",
        "Hello",
        "A text.",
    )


def test_the_console_shows_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail_from({"ARGOSY_MAIL": "console"}, tmp_path).send("ana@example.com", "Hello", "A text.")
    assert "To: ana@example.com" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["", "pigeon", "smtp://", "ftp://host", "smtp://host:x", "file://host/a"])
def test_mail_that_goes_nowhere_is_refused_by_name(where: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="ARGOSY_MAIL"):
        mail_from({"ARGOSY_MAIL": where}, tmp_path)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def smtp(server: MailServer, tmp_path: Path) -> Mail:
    return mail_from({"ARGOSY_MAIL": server.url}, tmp_path)


def test_a_server_is_given_the_letter(server: MailServer, tmp_path: Path) -> None:
    smtp(server, tmp_path).send("ana@example.com", "Hello", "A text.")
    [letter] = server.letters
    assert "Subject: Hello" in letter and "A text." in letter


def test_a_server_that_knows_no_such_mailbox_refuses_for_good_and_a_busy_one_does_not(
    server: MailServer, tmp_path: Path
) -> None:
    server.recipients = "550 no such mailbox"
    with pytest.raises(MailRefused):
        smtp(server, tmp_path).send("ana@example.com", "Hello", "A text.")
    server.recipients = "451 later"
    with pytest.raises(Exception, match="451") as busy:
        smtp(server, tmp_path).send("ana@example.com", "Hello", "A text.")
    assert not isinstance(busy.value, MailRefused)
    assert server.letters == []


def test_a_line_break_in_an_address_is_no_way_to_other_headers(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="newlines"):
        mail_from({}, tmp_path).send("ana@example.com\nBcc: all@example.com", "Hello", "x")

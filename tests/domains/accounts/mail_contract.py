"""What every channel of letters promises: the same suite for ours and for those of other packages. Derive from
`MailContract`, or from `MailAwayContract` where letters leave this machine."""

from __future__ import annotations

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from argosy.domains.accounts.application.ports import Mail, MailRefused

SUBJECT = "Čeština, 中文 and a long line: " + "so much to say " * 8
TEXT = (
    "Dear Zoë,\n\n.a line that begins with a dot\n"
    + "x" * 1_200
    + "\nFrom here on\n\nhttps://shop.example/?token=a=b\n"
)


class Letter(NamedTuple):
    to: str
    subject: str
    text: str


def parsed(raw: str | bytes) -> Letter:
    """A letter as a server gets it (RFC 5322)."""
    whole = raw if isinstance(raw, bytes) else raw.encode()
    found = email.message_from_bytes(whole, policy=email.policy.default)
    text = found.get_content().replace("\r\n", "\n")
    return Letter(str(found["To"]), str(found["Subject"]).strip(), text)


class MailContract:
    """`make` gives a channel; `letters` what has come through it."""

    def make(self) -> Mail:
        raise NotImplementedError

    def letters(self) -> list[Letter]:
        raise NotImplementedError

    def test_a_letter_comes_as_it_was_written(self) -> None:
        self.make().send("zoe@example.com", SUBJECT.strip(), TEXT)
        [(to, subject, text)] = self.letters()
        assert (to, subject, text.rstrip("\n")) == ("zoe@example.com", SUBJECT.strip(), TEXT.rstrip("\n"))

    def test_each_letter_is_its_own_and_goes_to_one_alone(self) -> None:
        mail = self.make()
        for name in ("ana", "ben"):
            mail.send(f"{name}@example.com", "Hello", f"To {name}.")
        assert sorted((one.to, one.text.strip()) for one in self.letters()) == [
            ("ana@example.com", "To ana."),
            ("ben@example.com", "To ben."),
        ]

    @pytest.mark.parametrize("field", ["to", "subject"])
    @pytest.mark.parametrize("between", ["\n", "\r\n", "\r"])
    def test_a_line_break_is_no_way_to_other_headers(self, field: str, between: str) -> None:
        words = {"to": "ana@example.com", "subject": "Hello"}
        words[field] += f"{between}Bcc: all@example.com"
        with pytest.raises(ValueError, match=r"(?i)newline|invalid address"):
            self.make().send(words["to"], words["subject"], "x")
        assert self.letters() == []

    def test_many_at_once_are_all_there_and_whole(self) -> None:
        mail = self.make()
        with ThreadPoolExecutor(4) as threads:
            list(
                threads.map(lambda number: mail.send(f"b{number}@example.com", "Hello", f"{number}\n" * 99), range(12))
            )
        assert sorted((one.to, one.text.split()) for one in self.letters()) == sorted(
            (f"b{number}@example.com", [str(number)] * 99) for number in range(12)
        )


class MailAwayContract(MailContract):
    """`refusing` gives a channel and an address that it never takes; `away` one whose other side does not answer."""

    def refusing(self) -> tuple[Mail, str]:
        raise NotImplementedError

    def away(self) -> Mail:
        raise NotImplementedError

    def test_whom_nothing_reaches_is_refused_for_good_and_the_reason_names_nobody(self) -> None:
        mail, nobody = self.refusing()
        with pytest.raises(MailRefused) as refused:
            mail.send(nobody, "Hello", "x")
        assert str(refused.value) and nobody not in str(refused.value)
        assert self.letters() == []

    def test_a_channel_that_is_away_is_a_fault_of_now_and_not_for_good(self) -> None:
        with pytest.raises(Exception) as fault:
            self.away().send("ana@example.com", "Hello", "x")
        assert not isinstance(fault.value, MailRefused)
        assert self.letters() == []

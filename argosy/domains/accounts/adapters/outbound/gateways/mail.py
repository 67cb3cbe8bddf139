"""Letters by e-mail: to the console, a folder, an SMTP server, or what another package brings, as ARGOSY_MAIL says.

A package adds a channel by an entry point of the group `argosy.channels`, whose name is what ARGOSY_MAIL says (alone,
or before a colon) and whose value is a factory: called with the environment, it gives a Mail.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection

from argosy.contracts.accounts import LetterAnswered
from argosy.domains.accounts.adapters.outbound.gateways.letter_texts import text_of
from argosy.domains.accounts.application.letters import LetterRequest
from argosy.domains.accounts.application.ports import Mail, MailRefused, Seals
from argosy.domains.accounts.domain.letter import LATE, REFUSED, SENT

BACKENDS = "django.core.mail.backends."
TIMEOUT_SECONDS = 10
SMTP_PORT, SMTPS_PORT = 587, 465
GROUP = "argosy.channels"
OUR_OWN = ("console", "file", "smtp", "smtps")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

AddressBook = Callable[[str], str | None]
Factory = Callable[[Mapping[str, str]], Mail]


class DjangoMail:
    """One of Django's own mail backends."""

    def __init__(self, sender: str, backend: str, **options: Any) -> None:
        self.sender = sender
        self.backend = BACKENDS + backend
        self.options = options

    def send(self, to: str, subject: str, text: str) -> None:
        with get_connection(self.backend, **self.options) as connection:
            try:
                EmailMessage(subject, text, self.sender, [to], connection=connection).send()
            except smtplib.SMTPRecipientsRefused as error:
                codes = {code for code, _ in error.recipients.values()}
                if all(500 <= code < 600 for code in codes):
                    raise MailRefused(f"recipient refused: {', '.join(map(str, sorted(codes)))}") from error
                raise
            except smtplib.SMTPResponseException as error:
                # Of our own credentials and limits 5xx is said as well; those are put right, and then it is sent.
                if 550 <= error.smtp_code < 560 and not isinstance(error, smtplib.SMTPAuthenticationError):
                    raise MailRefused(f"refused: {error.smtp_code}") from error
                raise


def mail_from(environment: Mapping[str, str], var: Path) -> Mail:
    """`console`, `file` (the folder `mail` in ARGOSY_VAR), `file:///a/folder`, `smtp://user@host:587` (with STARTTLS;
    `?tls=none` without) or `smtps://user@host:465`, with the password in ARGOSY_MAIL_PASSWORD; or the name of a channel
    that a package brings, with what it wants behind a colon."""
    where = environment.get("ARGOSY_MAIL", "file")
    name = where.partition(":")[0]
    if _NAME.fullmatch(name) and name not in OUR_OWN:
        return _brought(name, environment)
    sender = environment.get("ARGOSY_MAIL_FROM", "Argosy <no-reply@localhost>")
    url = urlsplit(where)
    try:
        port = url.port
    except ValueError:
        port = 0
    if where == "console":
        return DjangoMail(sender, "console.EmailBackend")
    if where == "file" or (url.scheme == "file" and url.path and not url.netloc):
        folder = var / "mail" if where == "file" else Path(unquote(url.path))
        return DjangoMail(sender, "filebased.EmailBackend", file_path=str(folder))
    if url.scheme not in ("smtp", "smtps") or not url.hostname or port == 0:
        raise ImproperlyConfigured(
            "ARGOSY_MAIL is console, file, file:///folder, smtp://host, smtps://host, or what a package brings"
        )
    is_plain = parse_qs(url.query).get("tls") == ["none"]
    return DjangoMail(
        sender,
        "smtp.EmailBackend",
        host=url.hostname,
        port=port or (SMTPS_PORT if url.scheme == "smtps" else SMTP_PORT),
        username=unquote(url.username or ""),
        password=environment.get("ARGOSY_MAIL_PASSWORD", ""),
        use_ssl=url.scheme == "smtps",
        use_tls=url.scheme == "smtp" and not is_plain,
        timeout=TIMEOUT_SECONDS,
    )


def _brought(name: str, environment: Mapping[str, str]) -> Mail:
    """The channel of that name which another package brings."""
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if len(found) != 1:
        raise ImproperlyConfigured(
            f"ARGOSY_MAIL={name}: {len(found) or 'no'} packages bring such a channel; ours are {', '.join(OUR_OWN)}"
        )
    factory: Factory = found[0].load()
    made: Any = factory(environment)
    if not callable(getattr(made, "send", None)):
        raise ImproperlyConfigured(f"ARGOSY_MAIL={name}: {found[0].value} gives no channel: it has no send")
    mail: Mail = made
    return mail


class Postman:
    """Answers the calls that send letters: looks up whom they are for when they are sent, and not before. `elsewhere`
    are kinds of letters that do not go to the address of an account, and where each goes."""

    def __init__(
        self,
        mail: Mail,
        seals: Seals,
        address_book: AddressBook,
        shop_url: str,
        elsewhere: Mapping[str, AddressBook] = MappingProxyType({}),
    ) -> None:
        self.mail = mail
        self.seals = seals
        self.address_book = address_book
        self.elsewhere = elsewhere
        self.shop_url = shop_url.rstrip("/")

    def send(self, request: LetterRequest, attempt: int, call_id: str) -> LetterAnswered:
        """May send twice where an answer was lost: a letter too many harms nobody."""
        to = self.elsewhere.get(request.kind, self.address_book)(request.user_id)
        if to is None or (request.until is not None and datetime.now(UTC) >= request.until):
            return LetterAnswered(user_id=request.user_id, kind=request.kind, outcome=LATE)
        token = self.seals.token(bytes.fromhex(request.seed)) if request.seed else ""
        subject, text = text_of(request.kind, token, self.shop_url)
        try:
            self.mail.send(to, subject, text)
        except MailRefused as error:
            return LetterAnswered(user_id=request.user_id, kind=request.kind, outcome=REFUSED, reason=str(error))
        return LetterAnswered(user_id=request.user_id, kind=request.kind, outcome=SENT)

"""How an e-mail address is spelled: one way, so that two spellings of it are one address."""

from __future__ import annotations

import unicodedata

EMAIL_MAX = 254
LOCAL_PART_MAX = 64

_UNSEEN = frozenset(("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))


def email_from(text: str) -> str | None:
    """The one spelling of an e-mail address: two that differ in case or in compatible characters are the same. None
    where the text is no address."""
    email = text.strip()
    # Twice: casefolding can leave text that is not in normal form.
    for _ in range(2):
        email = unicodedata.normalize("NFKC", email).casefold()
    email = unicodedata.normalize("NFKC", email).strip()
    local, at, domain = email.rpartition("@")
    if not at or not local or len(local) > LOCAL_PART_MAX or len(email) > EMAIL_MAX or "@" in local:
        return None
    labels = domain.split(".")
    if len(labels) < 2 or not all(labels) or any(letter.isspace() for letter in email) or has_unseen(email):
        return None
    return email


def has_unseen(text: str) -> bool:
    """Whether it holds control characters or characters that do not exist."""
    return any(unicodedata.category(letter) in _UNSEEN for letter in text)

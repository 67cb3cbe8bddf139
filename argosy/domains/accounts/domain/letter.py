"""What accounts writes to people, and what became of it."""

from __future__ import annotations

from argosy.domains.accounts.domain.proof import RESET, VERIFY

TAKEN, CHANGED, WAY_IN, FACTOR = "TAKEN", "CHANGED", "WAY_IN", "FACTOR"
INVITE, NEW_ADDRESS, MOVED = "INVITE", "NEW_ADDRESS", "MOVED"
KINDS = (VERIFY, RESET, TAKEN, CHANGED, WAY_IN, FACTOR)
"""VERIFY and RESET carry a token for what they are called; TAKEN tells an owner that somebody registers with their
address, and carries a RESET token; CHANGED tells that the password is another one now, WAY_IN that a way to sign in
was added or taken away, FACTOR the same of a second factor. An INVITE, and a NEW_ADDRESS to be confirmed, go to an
address that is no account's, MOVED to the one that an account had before, with a token that takes that back."""

PURPOSE = {VERIFY: VERIFY, RESET: RESET, TAKEN: RESET}
"""What the token in a letter is for. A letter of another kind carries none."""

SENT, REFUSED, LATE = "SENT", "REFUSED", "LATE"

"""What accounts accepts and announces about another e-mail address for an account."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal


class ChangeEmail(Command):
    """Ask for another address of one's account; knows one's password, where there is one. It counts once the letter
    that goes there is answered. The answer is the same whether somebody has this address already."""

    email: Personal[str]
    password: Personal[str] = ""


class ConfirmNewEmail(Command):
    """Show, with the token of a letter, that letters to the new address arrive: from now on it is the account's. The
    address before gets a letter that can take it back for a week."""

    token: Personal[str]


class RevertEmail(Command):
    """Take a change of address back, with the token of the letter to the address before. All sessions end, ways
    to sign in that were added since the change was asked for are taken away, and a letter goes there with which a new
    password can be set."""

    token: Personal[str]


class ExpireEmailChange(Command, key="change_id"):
    """The time has come at which a change of address can be confirmed, or taken back, no more. Sent by accounts' own
    timers."""

    change_id: Id


class EmailChanged(Event, key="user_id"):
    """A person's account has another address since."""

    user_id: Id
    changed_at: datetime


class EmailChangeReverted(Event, key="user_id"):
    """A person's account has the address before again: whoever changed it was not them."""

    user_id: Id
    reverted_at: datetime

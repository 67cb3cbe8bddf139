"""What accounts accepts and announces about ways to sign in beside a password: providers of OpenID Connect."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class ProviderSignInBegun(Value):
    """Where the browser is to go, and the ticket with which what comes back is proven: it is kept by who began, and
    works once, for ten minutes."""

    address: str
    ticket: Personal[str]


class ProveIdentity(Command):
    """Exchange what a provider sent back (`state`, `code`, and `iss` where it sends it) for a proof of who one is
    there; answers IdentityProven. `identity` is made by the server, of what the provider says."""

    provider: str
    ticket: Personal[str]
    state: Personal[str]
    code: Personal[str]
    iss: str = ""
    identity: Personal[str] = ""


class IdentityProven(Value):
    """The proof, good for ten minutes, and what can be done with it: SIGN_IN where it is linked to an account, REGISTER
    where it can open one, SIGN_IN_FIRST where its address has an account that it is not linked to, or LINK_ONLY where
    its provider has not verified the address."""

    identity: Personal[str]
    outcome: str


class SignInByIdentity(Command):
    """Exchange a proof of who one is at a provider for a bearer token; answers SignedIn. Where there is no account yet
    one is opened, with the address that the provider has verified. Who has a second factor sends its `code`, too."""

    identity: Personal[str]
    code: Personal[str] = ""
    roles: tuple[str, ...] = ()
    device: Personal[str] = ""


class LinkIdentity(Command):
    """Be able to sign in as oneself at a provider, too; answers the identity's id. Knows one's password, where there is
    one."""

    identity: Personal[str]
    password: Personal[str] = ""


class UnlinkIdentity(Command):
    """Sign in by this provider no more. Refused where it is the only way in that is left."""

    identity_id: Id
    password: Personal[str] = ""


class IdentityLinked(Event, key="user_id"):
    """A person can sign in by this provider from now on."""

    user_id: Id
    identity_id: Id
    provider: str


class IdentityUnlinked(Event, key="user_id"):
    user_id: Id
    identity_id: Id
    provider: str

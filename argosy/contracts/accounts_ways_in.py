"""What accounts accepts and announces about ways to sign in beside a password: providers of OpenID Connect, and
passkeys."""

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


class BeginPasskey(Command):
    """Begin to add a passkey; knows one's password, where there is one. Answers PasskeyBegun."""

    password: Personal[str] = ""


class PasskeyBegun(Value):
    """What an authenticator is to be asked (`navigator.credentials.create`): texts are base64url. The ticket works
    once, for ten minutes. `known` are credentials that are there already."""

    ticket: Personal[str]
    challenge: str
    rp_id: str
    user_handle: str
    user_name: Personal[str]
    algorithms: tuple[int, ...]
    known: tuple[str, ...]


class AddPasskey(Command):
    """Sign in by a passkey from now on; answers its id. `client_data` and `attestation` are what the authenticator has
    made, as base64url."""

    ticket: Personal[str]
    client_data: Personal[str]
    attestation: Personal[str]
    name: Personal[str]


class RemovePasskey(Command):
    """Sign in by this passkey no more. Refused where it is the only way in that is left."""

    passkey_id: Id
    password: Personal[str] = ""


class PasskeyAsked(Value):
    """What any authenticator is to sign (`navigator.credentials.get`, with user verification). The ticket works once,
    for ten minutes."""

    ticket: Personal[str]
    challenge: str
    rp_id: str


class SignInByPasskey(Command):
    """Exchange what a passkey has signed for a bearer token; answers SignedIn. It is something that one has and has
    opened by what one knows or is: no code is asked for."""

    ticket: Personal[str]
    credential_id: str
    client_data: Personal[str]
    authenticator_data: Personal[str]
    signature: Personal[str]
    roles: tuple[str, ...] = ()
    device: Personal[str] = ""


class ProvePasskey(Command):
    """Exchange what a passkey has signed for a code: wherever the code of an authenticator is asked for at sign-in,
    this is one. Answers PasskeyProven."""

    ticket: Personal[str]
    credential_id: str
    client_data: Personal[str]
    authenticator_data: Personal[str]
    signature: Personal[str]


class PasskeyProven(Value):
    """The code, for one sign-in within ten minutes."""

    code: Personal[str]


class PasskeyAdded(Event, key="user_id"):
    """A person can sign in by this passkey from now on."""

    user_id: Id
    passkey_id: Id


class PasskeyRemoved(Event, key="user_id"):
    user_id: Id
    passkey_id: Id

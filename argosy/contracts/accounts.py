"""What accounts accepts and announces: people, their roles and the sellers' stores. Teams of stores are in
accounts_teams.py."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class RegisterUser(Command):
    """Open an account; answers its id. `user_id` is the caller's choice where an import must be repeatable.

    An import may bring a `password_hash` made elsewhere, or no password at all, in place of a password. Only the
    system and staff may choose an id, roles other than buyer, or bring a hash.
    """

    email: Personal[str]
    password: Personal[str]
    first_name: Personal[str] = ""
    last_name: Personal[str] = ""
    user_id: Id | None = None
    roles: tuple[str, ...] = ("buyer",)
    password_hash: Personal[str] = ""


class SignIn(Command):
    """Exchange an e-mail and a password for a bearer token, limited to `roles` where any are named; answers SignedIn.
    Who has a second factor sends its `code`, six digits or a recovery code, with them.

    Its answer holds the token: it must not be stored, so this command takes no Idempotency-Key.
    """

    email: Personal[str]
    password: Personal[str]
    roles: tuple[str, ...] = ()
    device: Personal[str] = ""
    code: Personal[str] = ""


class SignedIn(Value):
    """The only time that the token is told."""

    token: Personal[str]
    session_id: Id
    user_id: Id
    roles: tuple[str, ...]
    seller_id: Id | None
    expires_at: datetime


class SignOut(Command):
    """End the session whose token is presented."""


class SignOutEverywhere(Command):
    """End all of one's sessions, the one that asks included."""


class EndSession(Command):
    """End one of one's own sessions, wherever it is."""

    session_id: Id


class ExpireSession(Command, key="session_id"):
    """The time has come at which a session ends by itself."""

    session_id: Id


class AskVerification(Command):
    """Have a letter sent that proves one's e-mail address. The answer is the same whether there is such an account."""

    email: Personal[str]


class ConfirmEmail(Command):
    """Prove an e-mail address with the token of a letter that came there."""

    token: Personal[str]


class AskPasswordReset(Command):
    """Have a letter sent with which a new password can be set. The answer is the same whether there is such an
    account."""

    email: Personal[str]


class ResetPassword(Command):
    """Set a new password with the token of a letter. All sessions end, and the e-mail address is proven by it."""

    token: Personal[str]
    password: Personal[str]


class ChangePassword(Command):
    """Set a new password, knowing the one before. All other sessions end."""

    current: Personal[str]
    password: Personal[str]


class SendLetter(Command, key="user_id"):
    """Write to a person: VERIFY, RESET, TAKEN (somebody registers with their address), CHANGED (their password was)
    or WAY_IN (a way to sign in was). Sent by accounts' own timers; for an id that is nobody's nothing is written."""

    user_id: Id
    kind: str


class LetterAnswered(Command, key="user_id"):
    """What became of a letter: SENT, REFUSED by the mail server for good, or LATE where its time was over before any
    server took it. Of an INVITE, `user_id` is the invitation's id."""

    user_id: Id
    kind: str
    outcome: str
    reason: str = ""


class ExpireProof(Command, key="proof_id"):
    """The time has come at which the token of a letter is worth nothing any more."""

    proof_id: Id


class EmailVerified(Event, key="user_id"):
    """A person has shown that letters to their address reach them."""

    user_id: Id
    verified_at: datetime


class PasswordChanged(Event, key="user_id"):
    """A person has another password since; `by` is RESET or CHANGE."""

    user_id: Id
    by: str
    changed_at: datetime


class LetterSent(Event, key="user_id"):
    """A mail server has taken a letter to this person."""

    user_id: Id
    kind: str


class LetterNotSent(Event, key="user_id"):
    """A letter to this person reaches nobody: REFUSED or LATE."""

    user_id: Id
    kind: str
    outcome: str
    reason: str


class AddAddress(Command):
    """Keep a delivery address; `address_id` may be chosen by the caller."""

    recipient: Personal[str]
    street: Personal[str]
    city: Personal[str]
    postal_code: Personal[str]
    country: str
    region: str = ""
    phone: Personal[str] = ""
    address_id: Id | None = None


class ChangeAddress(Command):
    """Write an address that one keeps anew."""

    address_id: Id
    recipient: Personal[str]
    street: Personal[str]
    city: Personal[str]
    postal_code: Personal[str]
    country: str
    region: str = ""
    phone: Personal[str] = ""


class RemoveAddress(Command):
    """Keep an address no more. Orders that went there stay as they are."""

    address_id: Id


class ChooseAddress(Command):
    """Make an address the one that is proposed first."""

    address_id: Id


class ChangeProfile(Command):
    """Say anew what one is called, and under which number one is reached; what is left out is empty from then on."""

    first_name: Personal[str] = ""
    last_name: Personal[str] = ""
    phone: Personal[str] = ""


class OpenStore(Command):
    """Become a seller with a store of one's own; answers the seller's id. Where stores need approval this is an
    application, and after a rejection another one."""

    store_name: str
    seller_id: Id | None = None
    user_id: Id | None = None
    country: str = ""
    region: str = ""
    city: str = ""


class UserRegistered(Event, key="user_id", subject="user_id"):
    user_id: Id
    email: Personal[str]
    roles: tuple[str, ...]
    registered_at: datetime


class StoreOpened(Event, key="seller_id"):
    """A seller may list and be paid from now on."""

    seller_id: Id
    user_id: Id
    store_name: str
    country: str
    region: str
    city: str


class ApproveSeller(Command):
    """Staff let an applicant sell."""

    seller_id: Id


class RejectSeller(Command):
    """Staff turn an application down; the applicant reads why, and may apply again."""

    seller_id: Id
    reason: str


class SuspendSeller(Command):
    """Staff stop a seller. Their sessions end, and they act as a seller no more until they are reinstated."""

    seller_id: Id
    reason: str


class ReinstateSeller(Command):
    """Staff let a suspended seller sell again."""

    seller_id: Id
    reason: str = ""


class StartHoliday(Command):
    """A seller takes a break, until a time or until they say otherwise; asked again, the time is another one."""

    until: datetime | None = None


class EndHoliday(Command):
    """A seller is back. Where they were not away nothing changes."""


class ExpireHoliday(Command, key="seller_id"):
    """The time has come until which a seller is on holiday. Sent by accounts' own timers."""

    seller_id: Id


class GrantRole(Command):
    """Staff let somebody act as a buyer or as staff. Sellers are made by stores."""

    user_id: Id
    role: str


class WithdrawRole(Command):
    """Staff take a role away; one's own stays, so that there is always somebody left."""

    user_id: Id
    role: str


class BlockUser(Command):
    """Staff shut somebody out: their sessions end, and they cannot sign in."""

    user_id: Id
    reason: str


class UnblockUser(Command):
    """Staff let somebody in again."""

    user_id: Id
    reason: str = ""


class BeginSecondFactor(Command):
    """Choose to sign in with a second factor, too: a clock code (TOTP, RFC 6238). Knows one's password. Answers
    SecondFactorBegun; it counts from ConfirmSecondFactor on."""

    password: Personal[str]


class SecondFactorBegun(Value):
    """The only time that the secret is told: as text, and as the address that an authenticator reads as a picture."""

    secret: Personal[str]
    address: Personal[str]


class ConfirmSecondFactor(Command):
    """Show that the authenticator works, with a code of it. Answers RecoveryCodes. From now on it is asked for."""

    code: Personal[str]


class RecoveryCodes(Value):
    """The only time that they are told. Each stands for one code of a lost authenticator."""

    codes: tuple[str, ...]


class RenewRecoveryCodes(Command):
    """New recovery codes in place of all before; knows a code. Answers RecoveryCodes."""

    code: Personal[str]


class RemoveSecondFactor(Command):
    """Sign in by the password alone again; knows the password and a code."""

    password: Personal[str]
    code: Personal[str]


class SecondFactorAdded(Event, key="user_id"):
    """A person signs in with a second factor from now on."""

    user_id: Id


class SecondFactorRemoved(Event, key="user_id"):
    """A person signs in with their password alone again."""

    user_id: Id


class RecoveryCodeUsed(Event, key="user_id"):
    """A person has signed in without their authenticator."""

    user_id: Id
    left: int


class SellerApplied(Event, key="seller_id"):
    """Somebody wants to sell, and staff are to decide."""

    seller_id: Id
    user_id: Id
    store_name: str
    country: str
    region: str
    city: str


class SellerRejected(Event, key="seller_id"):
    seller_id: Id
    reason: str


class SellerSuspended(Event, key="seller_id"):
    """What this seller offers is not to be sold, and their money waits."""

    seller_id: Id
    reason: str


class SellerReinstated(Event, key="seller_id"):
    """What this seller offers may be sold again."""

    seller_id: Id


class HolidayStarted(Event, key="seller_id"):
    """This seller sends nothing until then, or until HolidayEnded where no time is given."""

    seller_id: Id
    until: datetime | None = None


class HolidayEnded(Event, key="seller_id"):
    seller_id: Id


class RoleGranted(Event, key="user_id"):
    user_id: Id
    role: str


class RoleWithdrawn(Event, key="user_id"):
    user_id: Id
    role: str


class UserBlocked(Event, key="user_id"):
    user_id: Id


class UserUnblocked(Event, key="user_id"):
    user_id: Id


class KeepGuest(Command, key="guest_id", subject="guest_id"):
    """A guest buys without an account and is reached there; told again, the last address counts. Sent by checkout."""

    guest_id: Id
    email: Personal[str]
    checkout_id: Id | None = None


class ForgetGuest(Command, key="guest_id"):
    """This guest has bought nothing for a month: forget where they are reached. Sent by accounts' own timers."""

    guest_id: Id


class GuestKnown(Event, key="guest_id", subject="guest_id"):
    """Somebody has bought as a guest, and is reached there from now on."""

    guest_id: Id
    email: Personal[str]


class GuestPurchaseClaimed(Event, key="checkout_id"):
    """What was bought in this checkout by a guest belongs to an account as well, whose owner has proven the address
    that the guest gave: the guest may do with it what they could, and so may the account."""

    checkout_id: Id
    guest_id: Id
    user_id: Id


class ErasePerson(Command):
    """Erase a person: oneself, signed in or as a guest, or by staff anybody. It is done once their orders are found
    closed, what they have bought as guests and claimed as well, which is forgotten with them; `GET users/me` or
    `GET guests/me` tells how it stands. Store credit that they have not spent by then is forfeited: afterwards nobody
    knows whose it was."""

    user_id: Id | None = None


class TellErasure(Command, key="user_id"):
    """Everything that an erased person had begun has ended by now: tell the others. Sent by accounts' own timers."""

    user_id: Id


class PersonErased(Event, key="user_id"):
    """Every context blanks what it holds about this person, who had an account or bought as a guest."""

    user_id: Id

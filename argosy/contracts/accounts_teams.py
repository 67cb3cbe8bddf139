"""What accounts accepts and announces about who works on a store beside its owner."""

from __future__ import annotations

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Personal, Value


class InviteMember(Command):
    """Ask somebody, by a letter to their address, to work on one's store; answers the invitation's id. `rights` are
    areas and `read` or `write`, as scopes of keys are: `products:write`, `orders:read`, `team:write`. Invited again,
    the letter before is worth nothing. Nobody gives rights that they do not have."""

    email: Personal[str]
    rights: tuple[str, ...]


class WithdrawInvitation(Command):
    """Take an invitation back that nobody has accepted."""

    invitation_id: Id


class AcceptInvitation(Command):
    """Work on a store from now on, with the token of a letter that came to one's own address; answers JoinedTeam."""

    token: Personal[str]


class JoinedTeam(Value):
    """As whom one works on which store."""

    member_id: Id
    seller_id: Id


class ChangeMemberRights(Command):
    """Give a member of one's team other rights; they count at the next request."""

    member_id: Id
    rights: tuple[str, ...]


class RemoveMember(Command):
    """A member of one's team is none any more, at the next request."""

    member_id: Id


class LeaveTeam(Command):
    """Work on a store no more."""

    member_id: Id


class ActForStore(Command):
    """Exchange one's own session for a token that acts for one store and for nothing else; answers SignedIn, with the
    store in `seller_id`. Like SignIn it takes no Idempotency-Key."""

    member_id: Id
    device: Personal[str] = ""


class ExpireInvitation(Command, key="invitation_id"):
    """The time has come at which an invitation is worth nothing any more. Sent by accounts' own timers."""

    invitation_id: Id


class MemberInvited(Event, key="seller_id"):
    """Somebody was asked to work on a store; `invited_by` is its owner or the member who asked."""

    seller_id: Id
    invitation_id: Id
    rights: tuple[str, ...]
    invited_by: str


class InvitationWithdrawn(Event, key="seller_id"):
    seller_id: Id
    invitation_id: Id
    withdrawn_by: str


class MemberJoined(Event, key="seller_id"):
    """A person works on this store from now on. Towards everything else `member_id` is who acts."""

    seller_id: Id
    member_id: Id
    user_id: Id
    rights: tuple[str, ...]


class MemberRightsChanged(Event, key="seller_id"):
    seller_id: Id
    member_id: Id
    rights: tuple[str, ...]
    changed_by: str


class MemberRemoved(Event, key="seller_id"):
    """A person works on this store no more; `removed_by` is themselves where they left."""

    seller_id: Id
    member_id: Id
    user_id: Id
    removed_by: str

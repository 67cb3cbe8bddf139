"""Deliberate bugs of sellers' teams: who is let in, by which letter, for which store, and until when."""

from __future__ import annotations

from typing import Any

from argosy.domains.accounts.application import teams
from argosy.domains.accounts.application.teams import Teams
from argosy.domains.accounts.context import AccountsContext
from argosy.domains.accounts.domain.team import Member
from argosy.domains.products.application import catalogue
from argosy.domains.products.domain.product import Product
from argosy.engine.work import Repository
from argosy.shared_kernel.bearer_tokens import fingerprint
from tests.simulation.planting import Patch, around, mutant


@mutant
def removed_members_are_remembered(patch: Patch) -> None:
    """A member is removed, and webs are not told to forget whom tokens stand for."""
    around(
        patch,
        AccountsContext,
        "withdraws",
        lambda original, self, changes: original(self, changes) and Member not in changes.deletes,
    )


@mutant
def sessions_of_members_outlive_them(patch: Patch) -> None:
    """A member is removed, and what lets them act for the store stays."""
    around(
        patch,
        Repository,
        "all_by",
        lambda original, self, column, value: [] if column == "member_id" else original(self, column, value),
    )


@mutant
def anybody_reads_the_letter(patch: Patch) -> None:
    """Whoever has the token of an invitation joins by it, whomever it was for."""

    def accept(original: Any, self: Teams, command: Any) -> Any:
        invitation = self.invitations.find_by("token_hash", fingerprint(command.token))
        user = self.users.find(self.work.actor.id)
        if invitation is not None and user is not None:
            invitation.email = user.email
        return original(self, command)

    around(patch, Teams, "accept_invitation", accept)


@mutant
def letters_count_again(patch: Patch) -> None:
    """Who was removed comes back by the letter that they came by before."""
    around(patch, Teams, "_forget", lambda original, self, invitation: None)


@mutant
def rights_are_changed_in_words(patch: Patch) -> None:
    """A member's rights are changed, told, and stay as they were."""

    def change(original: Any, self: Member, rights: str, by: str) -> Any:
        before = self.rights
        told = original(self, rights, by)
        self.rights = before
        return told

    around(patch, Member, "change_rights", change)


@mutant
def members_give_what_they_have_not(patch: Patch) -> None:
    """Who may invite gives any right, whichever they have."""
    patch.setattr(teams, "check_givable", lambda rights, scopes: None)


@mutant
def any_seller_writes(patch: Patch) -> None:
    """Whoever sells may write about any seller's product."""

    def owned(original: Any, products: Repository[Product], product_id: str, actor: Any) -> Product:
        product = products.find(product_id)
        return product if product is not None and actor.seller_id else original(products, product_id, actor)

    around(patch, catalogue, "owned", owned)


@mutant
def any_member_is_acted_as(patch: Patch) -> None:
    """Whoever knows a member's id acts as them."""
    around(patch, Teams, "_own_membership", lambda original, self, member_id: self.members.get(member_id))


@mutant
def news_of_members_are_the_stores(patch: Patch) -> None:
    """A member is removed, and told to be another member than they were."""

    def removed(original: Any, self: Member, by: str) -> Any:
        told = original(self, by)
        return type(told)(seller_id=told.seller_id, member_id=told.user_id, user_id=told.user_id, removed_by=by)

    around(patch, Member, "removed", removed)

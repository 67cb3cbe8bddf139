"""Writing to people: planned in the commit that gives the reason, sent afterwards by a call to the outside.

What is planned names a person by id and holds no address, so that nothing of them is left in due work or a log. The
token of a letter is made of a seed that only this marketplace's secret turns into it: what is kept is not enough to
use it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from argosy.contracts.accounts import ExpireProof, LetterAnswered, LetterNotSent, LetterSent, SendLetter
from argosy.domains.accounts.application.ports import Ports
from argosy.domains.accounts.domain.letter import KINDS, PURPOSE, SENT
from argosy.domains.accounts.domain.proof import SEED_BYTES, VERIFY, Proof
from argosy.domains.accounts.domain.user import User
from argosy.engine.reads import by, reads
from argosy.engine.work import Repository, UnitOfWork
from argosy.shared_kernel.ids import Id

LETTERS = "letters"
"""The name of the call that sends one."""
PROOF_TIMER = "proof"


class LetterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to send. `seed` is empty for a letter without a token; `until` is when it is not worth sending. Of an
    INVITE, `user_id` is the invitation's id: whom it is for is looked up there."""

    user_id: Id
    kind: str
    seed: str = ""
    until: datetime | None = None


def write_letter(work: UnitOfWork, user_id: Id, kind: str) -> None:
    """Have a letter written once this is committed. For an id that is nobody's it costs the same."""
    assert kind in KINDS, kind
    work.later("letter", f"{kind}:{user_id}", work.now, SendLetter(user_id=user_id, kind=kind))


class Letters:
    """Makes the token that a letter carries, has it sent, and tells what became of it."""

    def __init__(
        self,
        work: UnitOfWork,
        users: Repository[User],
        proofs: Repository[Proof],
        ports: Ports,
    ) -> None:
        self.work = work
        self.users = users
        self.proofs = proofs
        self.seals = ports.seals
        self.randomness = ports.randomness

    @reads(users=lambda command: [command.user_id], proofs=lambda command: [by("user_id", command.user_id)])
    def send_letter(self, command: SendLetter) -> None:
        """Of the letters for one purpose only the last one's token counts."""
        user = self.users.find(command.user_id)
        if user is None or not user.is_active or (command.kind == VERIFY and user.is_verified):
            return
        purpose = PURPOSE.get(command.kind)
        if purpose is None:
            self.work.call(LETTERS, user.id, LetterRequest(user_id=user.id, kind=command.kind))
            return
        for earlier in self.proofs.all_by("user_id", user.id):
            if earlier.purpose == purpose:
                forget_proof(self.work, self.proofs, earlier)
        seed = self.randomness.random_bytes(SEED_BYTES)
        proof = Proof.issue(self.work.new_id(), user.id, purpose, self.seals.token(seed), self.work.now)
        self.proofs.add(proof)
        self.work.later(PROOF_TIMER, proof.id, proof.expires_at, ExpireProof(proof_id=proof.id))
        self.work.call(
            LETTERS,
            user.id,
            LetterRequest(user_id=user.id, kind=command.kind, seed=seed.hex(), until=proof.expires_at),
        )

    def letter_answered(self, command: LetterAnswered) -> None:
        """Told, for whoever looks after letters."""
        if command.outcome == SENT:
            self.work.announce(LetterSent(user_id=command.user_id, kind=command.kind))
        else:
            self.work.announce(
                LetterNotSent(
                    user_id=command.user_id, kind=command.kind, outcome=command.outcome, reason=command.reason
                )
            )

    @reads(proofs=lambda command: [command.proof_id])
    def expire_proof(self, command: ExpireProof) -> None:
        """Forgets a token whose time has come, and none other."""
        proof = self.proofs.find(command.proof_id)
        if proof is not None and proof.has_expired(self.work.now):
            self.proofs.remove(proof)


def forget_proof(work: UnitOfWork, proofs: Repository[Proof], proof: Proof) -> None:
    """It is worth nothing from now on."""
    proofs.remove(proof)
    work.never_mind(PROOF_TIMER, proof.id)

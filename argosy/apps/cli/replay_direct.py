"""Baskets played on the use cases: the commands that the API would send, worked off by worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from argosy.apps.cli.replay_data import Basket, Played, check
from argosy.apps.cli.replay_http import PASSWORD
from argosy.contracts.accounts import RegisterUser
from argosy.contracts.checkout import StartCheckout
from argosy.engine.store import StoreUnavailable
from argosy.engine.work import SYSTEM, Actor
from argosy.platform.dialects import Field
from argosy.shared_kernel.errors import DomainError
from argosy.shared_kernel.ids import Id, named_id

if TYPE_CHECKING:
    from argosy.platform.runtime import Runtime

IN_FLIGHT_MAX = 1_000
LOOK_SECONDS = 0.05
STILL_SECONDS_MAX = 180.0


class Player:
    """Starts checkouts as their buyers, and looks for their ends."""

    def __init__(self, runtime: Runtime, buyers: int) -> None:
        self.runtime = runtime
        self.checkout = runtime.outside("checkout")
        self.buyers = [self._buyer(number) for number in range(buyers)]
        self.open: dict[str, Played] = {}
        self.played: list[Played] = []

    def play_all(
        self,
        baskets: Sequence[Basket],
        done: Callable[[int], None],
        alive: Callable[[], None],
    ) -> tuple[list[Played], float, float]:
        """Every basket, so many at a time; as `replay_http.play_all`. `alive` raises where no worker is left."""
        waiting = iter(baskets)
        began, used, moved_at = time.monotonic(), time.process_time(), time.monotonic()
        while len(self.played) < len(baskets):
            looked_at = time.monotonic()
            while len(self.open) < IN_FLIGHT_MAX and time.monotonic() - looked_at < LOOK_SECONDS:
                basket = next(waiting, None)
                if basket is None:
                    time.sleep(LOOK_SECONDS)
                    break
                self._start(basket)
            else:
                time.sleep(LOOK_SECONDS if len(self.open) >= IN_FLIGHT_MAX else 0)
            before = len(self.played)
            self._look()
            done(len(self.played) - before)
            if len(self.played) > before:
                moved_at = time.monotonic()
            alive()
            if time.monotonic() - moved_at > STILL_SECONDS_MAX:
                self._give_up()
        seconds, cpu = time.monotonic() - began, time.process_time() - used
        for one in self.played:
            if not one.reason:
                self._verify(one)
        return self.played, seconds, cpu

    def _start(self, basket: Basket) -> None:
        buyer_id = self.buyers[basket.buyer]
        command = StartCheckout(
            checkout_id=self.runtime.ids.new(),
            buyer_id=buyer_id,
            cart_id=named_id("cart", buyer_id),
            lines=basket.lines,
            address=basket.address,
            client_request_id=basket.request_id,
        )
        played = Played(basket=basket)
        try:
            standing = self._patiently(command, Actor(id=buyer_id, roles=frozenset({"buyer"})))
        except DomainError as refusal:
            played.reason = refusal.code
            self.played.append(played)
            return
        played.checkout_id = standing.checkout_id
        self.open[standing.checkout_id] = played

    def _patiently(self, command: StartCheckout, actor: Actor) -> Any:
        """A database that is busy is asked again, as a client of the API would."""
        while True:
            try:
                return self.checkout.run(command, actor)
            except StoreUnavailable as error:
                if "busy" not in str(error) and "locked" not in str(error):
                    raise
                time.sleep(0.1)

    def _look(self) -> None:
        """Take down those whose checkouts have ended."""
        if not self.open:
            return
        dialect = self.runtime.stores["checkout"].dialect
        condition, ids = dialect.among(Field("id", "uuid"), list(self.open))
        ended = dialect.query(
            f"SELECT {dialect.selected('id', 'uuid')}, status, failure, started_at, completed_at, "
            f"CAST(order_ids AS text) FROM checkout_sessions WHERE {condition} "
            f"AND status IN ('COMPLETED', 'FAILED', 'EXPIRED', 'ABORTED')",
            (ids,),
        )
        for id, status, failure, started_at, completed_at, order_ids in ended:
            played = self.open.pop(id)
            self.played.append(played)
            if status != "COMPLETED":
                played.reason = failure or f"checkout is {status}"
                continue
            turn = dialect.to_instant
            played.seconds = (turn(completed_at) - turn(started_at)).total_seconds()
            played.order_ids = tuple(_ids(order_ids))

    def _verify(self, played: Played) -> None:
        """Read the orders as their buyer would."""
        from argosy.domains.orders.adapters.outbound.queries import order_of_buyer

        buyer_id = self.buyers[played.basket.buyer]
        orders = [order_of_buyer(Id(order_id), buyer_id) for order_id in played.order_ids]
        check(played, [order for order in orders if order is not None])

    def _give_up(self) -> None:
        for played in self.open.values():
            played.reason = f"nothing moved for {STILL_SECONDS_MAX:.0f} s"
        self.played += self.open.values()
        self.open.clear()

    def _buyer(self, number: int) -> Id:
        from argosy.domains.accounts.domain.user import EmailTaken, User

        email = f"buyer-{number}@replay.example"
        found = self.runtime.stores["accounts"].load(User, "email", [email])
        if found:
            return found[0].id
        try:
            return Id(self.runtime.outside("accounts").run(RegisterUser(email=email, password=PASSWORD), SYSTEM))
        except EmailTaken:
            return self.runtime.stores["accounts"].load(User, "email", [email])[0].id


def _ids(stored: str) -> list[str]:
    from argosy.shared_kernel.codec import decoder

    found: list[str] = decoder(list[str]).decode(stored)
    return found

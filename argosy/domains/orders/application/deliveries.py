"""Sending an order elsewhere."""

from __future__ import annotations

from argosy.contracts.orders import Address, ChangeDelivery
from argosy.domains.orders.application.standing import NoSuchOrder, as_whom
from argosy.domains.orders.domain.delivery import changed
from argosy.domains.orders.domain.order import Occasion, Order
from argosy.domains.orders.domain.policies import SELLER
from argosy.engine.reads import reads
from argosy.engine.work import Repository, UnitOfWork


class Deliveries:
    """Buyers and staff say where an order goes, until its label is printed. Sellers only send it there."""

    def __init__(self, work: UnitOfWork, orders: Repository[Order]) -> None:
        self.work = work
        self.orders = orders

    @reads(orders=lambda command: [command.order_id])
    def change_delivery(self, command: ChangeDelivery) -> Address:
        order, who = as_whom(self.orders.find(command.order_id), self.work.actor, command.order_id)
        if who == SELLER and not order.is_bought_by(self.work.actor.id):
            raise NoSuchOrder(order_id=command.order_id)
        order.deliver_to(
            changed(order.address, command), Occasion(by=self.work.actor.id, at=self.work.now, new_id=self.work.new_id)
        )
        return order.address

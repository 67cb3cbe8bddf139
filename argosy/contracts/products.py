"""What products accepts and announces: the catalogue and its prices."""

from __future__ import annotations

from datetime import datetime

from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Event, Value


class Attribute(Value):
    name: str
    value: str


class NewVariant(Value):
    """One thing that can be bought. It draws `units_each` pieces of `stock_unit_id` (its own id when left out). An
    amount of 0 is no price yet."""

    sku: str
    amount: int
    currency: str
    attributes: tuple[Attribute, ...] = ()
    variant_id: Id | None = None
    stock_unit_id: Id | None = None
    units_each: int = 1
    weight_grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class CreateProduct(Command):
    """Describe a product with its variants; it is a draft until published. Repeating it with its id changes nothing."""

    sku: str
    title: str
    variants: tuple[NewVariant, ...]
    category: str
    description: str = ""
    product_id: Id | None = None
    seller_id: Id | None = None
    images: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    tax_category: str = "standard"


class UpdateProduct(Command):
    """Change the texts; None leaves a field as it is."""

    product_id: Id
    title: str | None = None
    description: str | None = None
    category: str | None = None


class AddVariant(Command):
    product_id: Id
    variant: NewVariant


class SetPrice(Command):
    """A new price version of a variant, in force from `effective_from` (now when left out)."""

    product_id: Id
    variant_id: Id
    amount: int
    currency: str
    effective_from: datetime | None = None


class PublishProduct(Command):
    product_id: Id


class UnpublishProduct(Command):
    """Take a product off sale for now; it is a draft again."""

    product_id: Id


class ArchiveProduct(Command):
    product_id: Id


class ApplyPrice(Command, key="product_id"):
    """The time has come from which a price was planned to be in force."""

    product_id: Id
    variant_id: Id
    effective_from: datetime


class WantedLine(Value):
    line_no: int
    product_id: Id
    variant_id: Id
    quantity: int


class QuoteLines(Command, key="flow_id"):
    """Price these lines as of now; answered by LinesQuoted, or Refused with every line that cannot be sold."""

    flow_id: Id
    lines: tuple[WantedLine, ...]


class QuotedLine(Value):
    """A line priced from the catalogue. Money is in minor units of `currency`; `price_id` names the price version."""

    line_no: int
    product_id: Id
    variant_id: Id
    seller_id: Id
    sku: str
    title: str
    quantity: int
    unit_amount: int
    currency: str
    price_id: Id
    stock_unit_id: Id
    units_each: int
    weight_grams: int
    volume_mm3: int
    category: str
    tax_category: str


class LinesQuoted(Event, key="flow_id"):
    flow_id: Id
    currency: str
    lines: tuple[QuotedLine, ...]


class ListedVariant(Value):
    variant_id: Id
    sku: str
    amount: int
    currency: str
    attributes: tuple[Attribute, ...]
    stock_unit_id: Id
    units_each: int
    weight_grams: int


class ProductCreated(Event, key="product_id"):
    product_id: Id
    seller_id: Id
    sku: str
    title: str


class ProductUpdated(Event, key="product_id"):
    """The texts of a product that is or was on sale, as they now are."""

    product_id: Id
    title: str
    description: str
    category: str


class ProductPublished(Event, key="product_id"):
    """On sale, as described: everything that a shop window and a warehouse need."""

    product_id: Id
    seller_id: Id
    sku: str
    title: str
    description: str
    category: str
    images: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    variants: tuple[ListedVariant, ...]


class PriceChanged(Event, key="product_id"):
    product_id: Id
    variant_id: Id
    price_id: Id
    amount: int
    currency: str
    effective_from: datetime


class ProductUnpublished(Event, key="product_id"):
    """Off sale for now."""

    product_id: Id


class ProductArchived(Event, key="product_id"):
    """No longer on sale, for good."""

    product_id: Id

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
    """Describe a product with its variants; it is a draft until published. Repeating it with its id changes nothing.
    `locale` is the language of its own texts ("": the marketplace's)."""

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
    locale: str = ""


class UpdateProduct(Command):
    """Change the texts, or (`locale`) say in which language they are; None leaves a field as it is."""

    product_id: Id
    title: str | None = None
    description: str | None = None
    category: str | None = None
    locale: str | None = None


class AddVariant(Command):
    product_id: Id
    variant: NewVariant


class SetPrice(Command):
    """A new price version of a variant, in force from `effective_from` (now when left out). A variant is priced in its
    own currency, that of its first price, and may be priced in others beside it: each has a history of its own."""

    product_id: Id
    variant_id: Id
    amount: int
    currency: str
    effective_from: datetime | None = None


class NewPrice(Value):
    """What a variant costs from `effective_from` (now when left out)."""

    product_id: Id
    variant_id: Id
    amount: int
    currency: str
    effective_from: datetime | None = None


class SetPrices(Command):
    """New price versions of up to 200 variants, each set or refused by itself; answers BulkAnswer."""

    items: tuple[NewPrice, ...]


class SetSale(Command):
    """A sale price of a variant from `starts_at` (now when left out) until `ends_at`, when its price is again what it
    is before the sale. No other price may be planned to begin in between."""

    product_id: Id
    variant_id: Id
    amount: int
    currency: str
    ends_at: datetime
    starts_at: datetime | None = None


class EndPrice(Command):
    """Sell a variant in this currency no more, from now on; planned prices and sales of it are dropped. The currency
    of its own stays."""

    product_id: Id
    variant_id: Id
    currency: str


class OptionAxis(Value):
    """One thing in which variants differ, such as colour, and the values that it may have, in the order of choosing."""

    name: str
    values: tuple[str, ...]


class SetOptions(Command):
    """The axes along which a product's variants differ: each variant has one value of each, and no two the same. None
    at all lets variants differ as they like."""

    product_id: Id
    axes: tuple[OptionAxis, ...]


class CombineOptions(Command):
    """Make every variant of the product's axes that is not there yet, all at this price. Their SKUs are made of the
    product's and their values."""

    product_id: Id
    amount: int
    currency: str
    weight_grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class LinkStock(Command):
    """From which stock unit a variant draws, and how many pieces of it."""

    product_id: Id
    variant_id: Id
    stock_unit_id: Id
    units_each: int = 1


class SetVisibility(Command):
    """Who finds a product that is on sale: everybody ("listed"), or only whoever has its address ("unlisted")."""

    product_id: Id
    visibility: str


class SetSlug(Command):
    """The last part of the product's address. Earlier ones go on leading to it."""

    product_id: Id
    slug: str


class LocalWord(Value):
    """How a name or a value of the product's options and attributes is said in another language."""

    word: str
    said: str


class SetTexts(Command):
    """A product in another language: title, description, long text (`story`, see SetStory), and `words`, the names and
    values of its options and attributes. What is left empty is shown in the product's own language; nothing at all
    takes the language away."""

    product_id: Id
    locale: str
    title: str
    description: str = ""
    story: str = ""
    words: tuple[LocalWord, ...] = ()


class SetStory(Command):
    """The long text of a product with headings, lists, emphasis and links, as HTML. Whatever else is in it is taken
    out before it is kept; an empty one takes it away."""

    product_id: Id
    html: str


class AddImage(Command):
    """One more picture of a product, behind those that it has: the file itself (JPEG, PNG, WebP or GIF). It is encoded
    anew, without what cameras write into it, in several sizes."""

    product_id: Id
    url: str


class ArrangeImages(Command):
    """The pictures of a product in this order; those that are not named go."""

    product_id: Id
    image_ids: tuple[Id, ...]


class CollectionRule(Value):
    """Which products belong: those of a category, with prices from and to (in minor units of `currency`), on sale
    below their former price. What is left out does not matter."""

    category: str = ""
    currency: str = ""
    price_from: int | None = None
    price_to: int | None = None
    is_reduced: bool = False


class SetCollection(Command):
    """Products that are shown together, by a code of your own: those that are named, in this order, or those that a
    rule finds. A seller's collections hold their own products; staff collect everybody's."""

    code: str
    title: str
    product_ids: tuple[Id, ...] = ()
    rule: CollectionRule | None = None


class RemoveCollection(Command):
    code: str


class PublishProduct(Command):
    product_id: Id


class UnpublishProduct(Command):
    """Take a product off sale for now; it is a draft again."""

    product_id: Id


class ArchiveProduct(Command):
    product_id: Id


class ApplyPrice(Command, key="product_id"):
    """The time has come from which a price was planned to be in force, in `currency` ("": the variant's own)."""

    product_id: Id
    variant_id: Id
    effective_from: datetime
    currency: str = ""


class FollowSeller(Command, key="seller_id"):
    """Have a seller's products on sale be sold, or withheld, as their seller now stands, beginning behind `after`. Sent
    by products itself."""

    seller_id: Id
    after: Id | None = None


class WantedLine(Value):
    line_no: int
    product_id: Id
    variant_id: Id
    quantity: int


class QuoteLines(Command, key="flow_id"):
    """Price these lines as of now, in `currency` ("": that of the first line); answered by LinesQuoted, or Refused with
    every line that cannot be sold, or has no price in it."""

    flow_id: Id
    lines: tuple[WantedLine, ...]
    currency: str = ""


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


class PriceInCurrency(Value, omit_defaults=True):
    """What a variant costs in a currency beside its own, in that currency's minor units."""

    currency: str
    amount: int
    price_id: Id
    was_amount: int | None = None
    sale_ends_at: datetime | None = None


class ListedVariant(Value):
    variant_id: Id
    sku: str
    amount: int
    currency: str
    attributes: tuple[Attribute, ...]
    stock_unit_id: Id
    units_each: int
    weight_grams: int
    was_amount: int | None = None
    """Set during a sale: the lowest price of the 30 days before it, which alone may be shown as the former one."""
    sale_ends_at: datetime | None = None
    prices: tuple[PriceInCurrency, ...] = ()


class LocalTexts(Value):
    """A product in one language."""

    locale: str
    title: str
    description: str
    story: str = ""
    words: tuple[LocalWord, ...] = ()


class StockedVariant(Value):
    """A variant, and the stock unit that it draws on."""

    variant_id: Id
    stock_unit_id: Id
    sku: str = ""


class ProductCreated(Event, key="product_id"):
    product_id: Id
    seller_id: Id
    sku: str
    title: str
    variants: tuple[StockedVariant, ...] = ()


class VariantsAdded(Event, key="product_id"):
    """More variants of a draft. Of what is on sale ProductPublished tells everything again."""

    product_id: Id
    seller_id: Id
    variants: tuple[StockedVariant, ...]


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
    options: tuple[OptionAxis, ...] = ()
    slug: str = ""
    visibility: str = "listed"
    texts: tuple[LocalTexts, ...] = ()
    story: str = ""
    """HTML that is safe to show as it is."""
    withheld: str = ""
    """Why it is not sold all the same: "suspended" or "holiday", its seller's."""
    locale: str = ""
    """The language of its own texts; "": the marketplace's."""


class PriceChanged(Event, key="product_id"):
    """What a variant costs now, in its own currency."""

    product_id: Id
    variant_id: Id
    price_id: Id
    amount: int
    currency: str
    effective_from: datetime
    was_amount: int | None = None
    sale_ends_at: datetime | None = None


class CurrencyPriceChanged(Event, key="product_id"):
    """What a variant costs now in a currency beside its own; without an amount it is sold in that no more."""

    product_id: Id
    variant_id: Id
    currency: str
    effective_from: datetime
    price_id: Id | None = None
    amount: int | None = None
    was_amount: int | None = None
    sale_ends_at: datetime | None = None


class ProductUnpublished(Event, key="product_id"):
    """Off sale for now."""

    product_id: Id


class ProductWithheld(Event, key="product_id"):
    """Published, and not sold for now: its seller is `suspended`, or on `holiday`."""

    product_id: Id
    reason: str


class ProductSoldAgain(Event, key="product_id"):
    """What kept it from being sold is over."""

    product_id: Id


class ProductArchived(Event, key="product_id"):
    """No longer on sale, for good."""

    product_id: Id

"""What products accepts about many products at once: files that go in, and files that come out."""

from __future__ import annotations

from datetime import datetime

from argosy.contracts.products import Attribute, LocalWord, NewVariant, OptionAxis
from argosy.shared_kernel.ids import Id
from argosy.shared_kernel.messages import Command, Value


class ImportProducts(Command):
    """Make and change your own products as a file says: CSV with a line per variant, or JSON with a line per product.
    It is worked off in pieces, and what became of it is at the address that is answered. With `?dry_run=true` it is
    only found out what would become of it. The same file again goes through once more, and changes nothing."""

    import_id: Id
    format: str
    rows: int
    dry_run: bool = False


class ExportProducts(Command):
    """Write your own products, drafts too and archived ones not, into files that can be imported again: "jsonl" with a
    line per product, or "csv" with a line per variant."""

    format: str = "jsonl"


class ImportedSale(Value, omit_defaults=True):
    """A lower price until `ends_at`, from `starts_at` or (left out, or past by now) at once. One that is over says
    nothing."""

    amount: int
    ends_at: datetime
    starts_at: datetime | None = None


class ImportedPrice(Value, omit_defaults=True):
    """What a variant of the product, by its SKU, costs in a currency apart from sales (0: as it is), and its sales in
    it."""

    sku: str
    currency: str
    amount: int = 0
    sales: tuple[ImportedSale, ...] = ()


class ImportedTexts(Value, omit_defaults=True):
    """The product in another language, as SetTexts takes it."""

    locale: str
    title: str = ""
    description: str = ""
    story: str = ""
    words: tuple[LocalWord, ...] = ()


class ExportedStock(Value):
    """How many pieces of a variant's stock unit were there, and promised to nobody, when the file was written. Units
    are pieces of stock, of which a variant may take several."""

    sku: str
    available: int


class ImportProduct(Command):
    """One product of a file. What the seller has under this SKU becomes what is said here; what is not said stays as
    it is: variants, prices in other currencies and other languages too. `status` is "published", "draft" or nothing.
    An amount is the price apart from sales. `stock` is what an export has told, and is passed over: pieces are counted
    by SendCount, never by a file of products. Answers "made", "changed" or "unchanged"."""

    sku: str
    title: str | None = None
    description: str | None = None
    category: str | None = None
    tax_category: str | None = None
    status: str = ""
    attributes: tuple[Attribute, ...] | None = None
    images: tuple[str, ...] = ()
    variants: tuple[NewVariant, ...] = ()
    locale: str | None = None
    story: str | None = None
    options: tuple[OptionAxis, ...] | None = None
    prices: tuple[ImportedPrice, ...] = ()
    texts: tuple[ImportedTexts, ...] = ()
    stock: tuple[ExportedStock, ...] = ()


class RefusedRow(Value):
    """A product of a file that could not go in: at which line it begins, and why."""

    line: int
    sku: str
    code: str
    detail: str
    fields: tuple[str, ...] = ()


class PieceImported(Command, key="import_id"):
    """What became of a piece of a file, in the commit of the piece itself. Sent by products itself."""

    import_id: Id
    first_row: int
    made: int
    changed: int
    unchanged: int
    refused: tuple[RefusedRow, ...] = ()
    is_last: bool = False
    fault: str = ""
    """Why the rest of the file cannot be read."""


class ContinueImport(Command, key="import_id"):
    """Go on where it stands, if it has not ended. Sent by products itself."""

    import_id: Id


class BeginImportTry(Command, key="import_id"):
    """Count one more try at the next piece before it is made; after five without a piece the import is parked. Sent by
    products itself."""

    import_id: Id


class ResumeImport(Command):
    """Go on with an import that is parked, where it stands: your own, or as our staff anybody's."""

    import_id: Id


class PieceExported(Command, key="export_id"):
    """One more file of an export is written. Sent by products itself."""

    export_id: Id
    part: int
    products: int
    after: Id | None = None
    is_last: bool = False


class TransferFilesForgotten(Command, key="transfer_id"):
    """The files of an import or export that is no longer listed are gone. Sent by products itself."""

    transfer_id: Id

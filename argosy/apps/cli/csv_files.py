"""CSV files, plain or .gz, record by record with the line where each begins; what cannot be read is one line."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from argosy.apps.cli.console import Failed

FIELD_MAX = 1_000_000


def csv_records(path: Path, errors: str = "strict") -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record, the header first; blank lines are passed over."""
    csv.field_size_limit(FIELD_MAX)
    line = 0
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", errors=errors, newline="") as text:
            reader = csv.reader(text)
            for fields in reader:
                begins, line = line + 1, reader.line_num
                if fields:
                    yield begins, fields
    except UnicodeDecodeError as error:
        raise Failed(f"{path}:{line + 1}: not UTF-8 text ({error.reason})") from None
    except csv.Error as error:
        raise Failed(f"{path}:{line + 1}: not readable as CSV ({error})") from None
    except (OSError, EOFError, zlib.error) as error:
        raise Failed(f"{path}:{line + 1}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()

"""Follow a store's events, once each, with nothing but Python's standard library.

    ARGOSY=http://127.0.0.1:8000 API_KEY=argosy_key_... python follow_events.py CURSOR_FILE [COUNT]

The cursor is kept in a file after each page was dealt with: whoever is killed in between sees that page again, so what
is done with an event must be safe to do twice. COUNT ends the program after so many events.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def page_after(cursor: str) -> Any:
    """The next events; waits for some where there are none yet, and as long as it is told to when it asks too often."""
    query = urlencode({"after": cursor, "limit": 100})
    request = Request(
        f"{os.environ['ARGOSY']}/api/v1/events?{query}",
        headers={"Authorization": f"Bearer {os.environ['API_KEY']}", "Prefer": "wait=20"},
    )
    while True:
        try:
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as refusal:
            if refusal.code not in (429, 503):
                problem = json.load(refusal)
                if problem["code"] == "cursor_too_old":
                    # Away for longer than events are kept: read what may have been missed from the API itself.
                    print(problem["detail"], file=sys.stderr)
                    return page_after(problem["start_again_at"])
                sys.exit(f"{problem['code']}: {problem['detail']}")
            time.sleep(int(refusal.headers.get("Retry-After", "1")))


def follow(kept: Path) -> Iterator[Any]:
    cursor = kept.read_text() if kept.exists() else ""
    while True:
        page = page_after(cursor)
        yield from page["events"]
        cursor = page["cursor"]
        kept.write_text(cursor)


def main(arguments: list[str]) -> None:
    left = int(arguments[1]) if len(arguments) > 1 else -1
    for event in follow(Path(arguments[0])):
        print(event["timestamp"], event["type"], json.dumps(event["data"], sort_keys=True), flush=True)
        left -= 1
        if left == 0:
            return


if __name__ == "__main__":
    main(sys.argv[1:])

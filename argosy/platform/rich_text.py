"""Rich text that sellers write, cleaned by nh3 (Ammonia): a few elements, links that promise nothing, no more."""

from __future__ import annotations

import nh3

TAGS = {"p", "br", "h2", "h3", "ul", "ol", "li", "strong", "em", "b", "i", "blockquote", "a", "table", "tr", "td", "th"}


def clean(html: str) -> str:
    """Safe to show as it is: no scripts, styles, pictures, forms or addresses but those of the web."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer ugc",
    )

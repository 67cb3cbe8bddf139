"""docs/context-map.md: who stands beside whom, what each hears and what each tells."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps

from argosy.apps.cli.messages import Known, catalogue
from argosy.platform.context import Context
from argosy.shared_kernel.messages import Command

TOP = """\
# Context map

Every context with its database, what it hears and what it tells; made by `argosy contracts` and compared with the code
by a test. Contexts share nothing but these messages. A solid arrow asks (commands), a dotted one tells (events).
`Refused`, the answer to any command of a flow, is left out.
"""


def page() -> str:
    known = catalogue()
    lines = [TOP, "```mermaid", "flowchart LR", *_diagram(known), "```", ""]
    for context in (config for config in apps.get_app_configs() if isinstance(config, Context)):
        lines += _section(context, known)
    return "\n".join(lines).rstrip() + "\n"


def _diagram(known: list[Known]) -> Iterator[str]:
    """An arrow per pair of contexts and kind of message, with how many kinds go that way."""
    for context in (config for config in apps.get_app_configs() if isinstance(config, Context)):
        yield f"    {context.label}[({context.label})]" if context.label == "search" else f"    {context.label}"
    counts: dict[tuple[str, str, bool], int] = {}
    for one in known:
        receivers = {receiver.partition(".")[0] for receiver in one.receivers}
        for pair in ((sender, receiver) for sender in one.senders for receiver in sorted(receivers)):
            if pair[0] != pair[1] and pair[0] != "outside":
                key = (*pair, issubclass(one.kind, Command))
                counts[key] = counts.get(key, 0) + 1
    for (sender, receiver, is_asking), count in sorted(counts.items()):
        arrow = f"-- asks {count} -->" if is_asking else f"-. tells {count} .->"
        yield f"    {sender} {arrow} {receiver}"


def _section(context: Context, known: list[Known]) -> Iterator[str]:
    label = context.label
    yield f"## {label}\n"
    yield f"Database `{context.database}`.\n"
    yield "| | messages |"
    yield "|---|---|"
    commands = [one for one in known if issubclass(one.kind, Command)]
    events = [one for one in known if not issubclass(one.kind, Command)]
    asked = [one for one in commands if _hears(one, label)]
    told = [one for one in events if _hears(one, label)]
    asks = [one for one in commands if label in one.senders and not _hears(one, label)]
    tells = [one for one in events if label in one.senders]
    rows = (
        ("is asked from outside", [one for one in asked if not one.kind.key_field]),
        ("is asked by contexts", [one for one in asked if one.kind.key_field and set(one.senders) - {label}]),
        ("asks itself", [one for one in asked if label in one.senders]),
        ("hears", told),
        ("asks others", asks),
        ("tells", tells),
    )
    for words, ones in rows:
        yield f"| {words} | {', '.join(one.kind.wire_name for one in ones) or '-'} |"
    yield ""


def _hears(one: Known, label: str) -> bool:
    return any(receiver.partition(".")[0] == label for receiver in one.receivers)

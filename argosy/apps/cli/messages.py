"""`argosy messages`: who sends and who receives each message, read off the code that does it."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from argosy.apps.cli.console import Failed, say
from argosy.apps.cli.project import prepare
from argosy.contracts.accounts import PersonErased
from argosy.shared_kernel.errors import snake_case
from argosy.shared_kernel.messages import (
    MESSAGES,
    Command,
    Message,
    OperatorActed,
    Refused,
    StaffActed,
    context_of,
    personal_fields,
)

if TYPE_CHECKING:
    from argosy.platform.context import Context

HELP = """\
Prints each command and event with its senders and receivers. Receivers are the use cases whose annotation names it;
senders are the modules of domain and application that make one; `outside` is a person or a program, over HTTP or from
the command line. --markdown writes the same as docs/messages.md, which a test compares with the code.
"""
EPILOG = """\
examples:
  argosy messages
  argosy messages checkout                  only what checkout declares, sends or receives
  argosy messages --markdown
"""
PAGE = Path("docs/messages.md")
TOP = """\
# Messages

Who sends and who receives each message; made by `argosy messages --markdown` and compared with the code by a test.
`outside` is a person or a program, over HTTP or from the command line. What is personal is blanked when the person
asks. Every context may answer a flow's command with `messages.Refused`.
"""
OUTSIDE = "outside"
EVERYBODY = "everybody"
"""Every database forgets whom it is told to forget, beside what its use cases do."""


class Known(NamedTuple):
    """One message and everybody who has to do with it."""

    kind: type[Message]
    senders: tuple[str, ...]
    receivers: tuple[str, ...]

    @property
    def context(self) -> str:
        return self.kind.wire_name.partition(".")[0]


def add(commands: Any, name: str, summary: str) -> None:
    command = commands.add_parser(name, help=summary, description=HELP, epilog=EPILOG)
    command.add_argument("context", nargs="?", help="only what has to do with this context")
    command.add_argument("--markdown", action="store_true", help=f"write {PAGE} in place of printing")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    prepare()
    found = catalogue()
    if options.markdown:
        if not PAGE.parent.is_dir():
            raise Failed(f"there is no folder {PAGE.parent} here: run this in a clone of the project")
        PAGE.write_text(page(found), encoding="utf-8")
        say(f"{PAGE}: {len(found)} messages")
        return
    contexts = sorted({one.context for one in found})
    if options.context is not None and options.context not in contexts:
        raise Failed(f"there is no context {options.context}; there are {', '.join(contexts)}")
    width = max(len(one.kind.wire_name) for one in found)
    for one in found:
        if options.context in (None, one.context, *one.senders, *(name.partition(".")[0] for name in one.receivers)):
            say(f"{one.kind.wire_name:<{width}}  {', '.join(one.senders) or '-'} -> {', '.join(one.receivers) or '-'}")


def catalogue() -> list[Known]:
    """Every message of the contracts, by context, commands first."""
    from django.apps import apps

    from argosy.platform.context import Context

    contexts = [config for config in apps.get_app_configs() if isinstance(config, Context)]
    receivers: dict[str, list[str]] = {}
    for context in contexts:
        for label, wire_name in _heard(context):
            receivers.setdefault(wire_name, []).append(label)
    receivers.setdefault(PersonErased.wire_name, []).append(EVERYBODY)
    senders: dict[str, set[str]] = {}
    for context in contexts:
        for wire_name in _sent(context):
            senders.setdefault(wire_name, set()).add(context.label)
    kinds = [
        kind
        for kind in MESSAGES.values()
        if kind not in (OperatorActed, Refused, StaffActed) and kind.__module__.startswith("argosy.")
    ]
    return [
        Known(kind, _senders(kind, senders), tuple(receivers.get(kind.wire_name, ())))
        for kind in sorted(
            kinds, key=lambda kind: (kind.wire_name.partition(".")[0], not issubclass(kind, Command), kind.__name__)
        )
    ]


def _senders(kind: type[Message], senders: dict[str, set[str]]) -> tuple[str, ...]:
    """A command that no flow can be told to send, or that nobody here does, comes from outside."""
    known = tuple(sorted(senders.get(kind.wire_name, ())))
    return known or ((OUTSIDE,) if issubclass(kind, Command) and not kind.key_field else ())


def _heard(context: Context) -> Iterator[tuple[str, str]]:
    """What the use cases of a context, or the projectors of its views, are annotated with."""
    from argosy.read_models.views import VIEWS

    if context.label == "search":
        for view in VIEWS:
            yield from ((f"search.{view.name}", wire_name) for wire_name in view.participant.handlers)
        return
    yield from ((context.label, wire_name) for wire_name in context.participant.handlers)
    for participant in context.by_setting:
        yield from ((participant.name, wire_name) for wire_name in participant.handlers)


def _sent(context: Context) -> set[str]:
    """The messages that a context's modules make: calls of their classes, as each module imports them. Schedules and
    calls to the outside are put together in context.py and in adapters, so these are read as well."""
    package = type(context).__module__.rpartition(".")[0]
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    sent: set[str] = set()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            if "migrations" not in path.parts and "inbound" not in path.parts:
                sent |= _made_in(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return sent


def _made_in(tree: ast.Module) -> set[str]:
    """Wire names of the contract classes that a module calls. A command that is handed to its own use case, as whoever
    asks from outside would, is told to nobody."""
    names: dict[str, str] = {}
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "argosy.contracts":
            modules.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("argosy.contracts."):
            context = context_of(str(node.module))
            names.update({alias.asname or alias.name: f"{context}.{alias.name}" for alias in node.names})
    made = set()
    handed = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        for argument in node.args
        if isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Name)
        and snake_case(argument.func.id) == node.func.attr
    }
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) and id(node) not in handed else None
        if isinstance(called, ast.Name) and called.id in names:
            made.add(names[called.id])
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in modules:
            made.add(f"{modules[called.value.id]}.{called.attr}")
    return {name for name in made if name in MESSAGES}


def page(found: list[Known]) -> str:
    """The catalogue as a page."""
    lines = [TOP]
    for context in dict.fromkeys(one.context for one in found):
        lines.append(f"## {context}\n")
        lines.append("| message | promises | from | to | key | personal |")
        lines.append("|---|---|---|---|---|---|")
        lines += [_row(one) for one in found if one.context == context]
        lines.append("")
    return "\n".join(lines)


def _row(one: Known) -> str:
    kind = one.kind
    sort = "command" if issubclass(kind, Command) else "event"
    cells = (
        f"**{kind.__name__}** ({sort})",
        _promise(kind),
        ", ".join(one.senders) or "-",
        ", ".join(one.receivers) or "-",
        kind.key_field or "-",
        ", ".join(sorted(personal_fields(kind))) or "-",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _promise(kind: type[Message]) -> str:
    """The first sentence of its own words."""
    own = kind.__dict__.get("__doc__") or ""
    text = " ".join(inspect.cleandoc(own).split("\n\n")[0].split())
    first, stop, _ = text.partition(". ")
    return first + "." if stop else text

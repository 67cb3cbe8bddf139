"""AsyncAPI 3.0 of the logs: a channel per context, and who sends and receives what on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from argosy.apps.cli.messages import Known, catalogue
from argosy.shared_kernel.messages import Command, Message, Refused

Document = dict[str, Any]
INFO = {
    "title": "Argosy",
    "version": "1",
    "description": "What contexts tell and ask each other. Each context's log is a channel: its events, its answers, "
    "and the commands that it asks of others. Order is promised per key and channel, delivery at least "
    "once, effects exactly once. Commands from outside stand in no log: see contracts/apis.",
}


def asyncapi(files: Mapping[type[Message], str]) -> str:
    """The document as YAML. `files` says where each message's schema is kept."""
    known = [one for one in catalogue() if one.kind.key_field]
    channels, messages, operations = {}, {}, {}
    for context, told in _told(known).items():
        channels[context] = {
            "address": f"{context}",
            "title": f"The log of {context}",
            "messages": {_id(kind): {"$ref": f"#/components/messages/{_id(kind)}"} for kind in told},
        }
        operations[f"{context}.sends"] = _operation("send", context, told)
    for hearer, heard in sorted(_heard(known).items()):
        for source, kinds in heard.items():
            if source in channels:
                operations[f"{hearer}.receives.{source}"] = _operation("receive", source, kinds)
    for kind in sorted({kind for told in _told(known).values() for kind in told}, key=_id):
        messages[_id(kind)] = _message(kind, files[kind])
    return yaml_of(
        {
            "asyncapi": "3.0.0",
            "info": INFO,
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
            "components": {"messages": messages},
        }
    )


def _told(known: list[Known]) -> dict[str, list[type[Message]]]:
    """By context, what stands in its log: what it tells and asks, and its refusals."""
    told: dict[str, list[type[Message]]] = {}
    for one in known:
        for sender in one.senders:
            told.setdefault(sender, []).append(one.kind)
    for one in known:
        if one.kind.key_field == "flow_id" and issubclass(one.kind, Command):
            for receiver in one.receivers:
                if Refused not in told.setdefault(receiver, []):
                    told[receiver].append(Refused)
    return {context: told[context] for context in sorted(told)}


def _heard(known: list[Known]) -> dict[str, dict[str, list[type[Message]]]]:
    """By hearer, from which log it hears what."""
    heard: dict[str, dict[str, list[type[Message]]]] = {}
    for one in known:
        for receiver in one.receivers:
            for sender in one.senders:
                heard.setdefault(receiver, {}).setdefault(sender, []).append(one.kind)
        if issubclass(one.kind, Command) and one.kind.key_field == "flow_id":
            for sender in one.senders:
                for receiver in one.receivers:
                    answers = heard.setdefault(sender, {}).setdefault(receiver, [])
                    if Refused not in answers:
                        answers.append(Refused)
    return heard


def _operation(action: str, channel: str, kinds: list[type[Message]]) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_id(kind)}"} for kind in kinds],
    }


def _message(kind: type[Message], file: str) -> Document:
    return {
        "name": kind.wire_name,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {"event_type": {"const": kind.wire_name}, "schema_version": {"const": kind.schema_version}},
        },
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": f"./{file}"}},
    }


def _id(kind: type[Message]) -> str:
    return kind.wire_name.replace(".", "_")


def yaml_of(document: Document) -> str:
    """Plain data as block YAML; every text is quoted as JSON quotes it, which YAML reads alike."""
    return "\n".join(_lines(document, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    entries = (
        [(f"{name}:", entry) for name, entry in value.items()]
        if isinstance(value, dict)
        else [("-", entry) for entry in value]
    )
    for head, entry in entries:
        if isinstance(entry, dict | list) and entry:
            inner = list(_lines(entry, indent + "  "))
            if head == "-":
                yield f"{indent}- {inner[0].strip()}"
                yield from inner[1:]
            else:
                yield f"{indent}{head}"
                yield from inner
        else:
            yield f"{indent}{head} {json.dumps(entry, ensure_ascii=False)}"

"""What `iamdsl catalog show` shows: verbs, actions, types, keys, services and AWS's policies, as data and as text."""

from __future__ import annotations

from iamdsl.catalog import Action, Catalog, Key, ResourceType
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.definition import definition
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.verbs import ByLevel, Library
from iamdsl.compiler.words import closest
from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Reference:
    """Everything that has a name, by that name. An entry is a dict as JSON has it: `kind`, `name` and what there is."""

    def __init__(self, catalog: Catalog, library: Library | None = None) -> None:
        self.catalog = catalog
        self.library = library or Library(Bindings(catalog, {}), Report())

    def find(self, words: list[str]) -> list[dict[str, Any]]:
        """All that `words` name: nearly always one thing; a verb alone names it on each of its types."""
        text = " ".join(words)
        found = []
        thing = self.catalog.noun(words[1:]) if len(words) > 1 else None
        if thing and thing[1] == len(words) - 1 and self.library.find(words[0], thing[0]):
            found.append(self.verb(words[0], thing[0]))
        noun = self.catalog.noun(words)
        if noun and noun[1] == len(words):
            found.append(self.type(noun[0]))
        if found:
            return found
        if len(words) > 1:
            return []
        if ":" in text:
            return self._with_colon(text)
        if text.lower() in self.catalog.services():
            return [self.service(text.lower())]
        arn = self.catalog.managed_policy(text)
        if arn:
            return [{"kind": "policy", "name": text.rpartition("/")[2], "arn": arn}]
        types = self.library.types_of(text) if self.library.knows(text) else ()
        if types:
            return [self.verb(text, type) for full in types if (type := self.catalog.type(full))]
        return [self.action(one) for one in self.catalog.matching(f"*:{text}")] if "*" not in text else []

    def _with_colon(self, text: str) -> list[dict[str, Any]]:
        actions = self.catalog.matching(text) if ":" in text.strip("*") else ()
        if actions:
            return [self.action(one) for one in actions]
        key = self.catalog.key(text)
        if key:
            return [self.key(key)]
        type = self.catalog.type(text)
        return [self.type(type)] if type else []

    def suggestion(self, words: list[str]) -> str | None:
        """The name most like `words`, as it is written; None if nothing is close."""
        text = " ".join(words)
        prefix, colon, name = text.partition(":")
        if colon:
            service = self.catalog.service(prefix)
            keys = [key.name for key in self.catalog.global_keys().values()]
            if service is None:
                close = closest(prefix, self.catalog.services(), 0.5)
                return closest(text, keys) if prefix.lower() == "aws" else f"{close}:{name}" if close else None
            named = [one.full for one in service.actions.values()] + [one.name for one in service.keys.values()]
            return closest(text, named)
        verbs = self.library.verbs()
        thing = self.catalog.noun(words[1:]) if len(words) > 1 else None
        if thing:
            close = closest(words[0], self.library.defined_on(thing[0]), 0.6)
            return f"{close} {' '.join(words[1:])}" if close else None
        if len(words) > 1 and words[0] in verbs:
            close = closest(" ".join(words[1:]), self.catalog.nouns())
            return f"{words[0]} {close}" if close else None
        names = [*self.catalog.nouns(), *verbs, *self.catalog.services(), *self.catalog.managed_policies()]
        return closest(text, names)

    # ---- the entries

    def verb(self, verb: str, type: ResourceType) -> dict[str, Any]:
        """A verb on a type: its source, comment and actions. What the library lacks goes by AWS's access levels."""
        meaning = self.library.find(verb, type)
        found: dict[str, Any] = {"kind": "verb", "name": f"{verb} {shown(type)}", "type": type.full}
        if isinstance(meaning, ByLevel):
            found["level"] = meaning.level
        elif meaning:
            text = self.library.report.sources[meaning.span.path].text
            line = text.rfind("\n", 0, text.rfind("\n", 0, meaning.span.start)) + 1
            found["comment"] = text[line : meaning.span.start].strip().removeprefix("## ")
            found["source"] = text[meaning.span.start : meaning.span.end]
        found["actions"] = [
            {
                "action": one.action.full,
                "level": one.action.level,
                "on": one.on,
                **({"through": one.through} if one.through else {}),
                **({"limited": True} if one.limited else {}),
            }
            for one in definition(verb, type, self.library)
        ]
        return found

    def action(self, action: Action) -> dict[str, Any]:
        service = self.catalog.service(action.service)
        assert service is not None, "an action has a service"
        types = []
        keys: dict[str, None] = dict.fromkeys(action.keys)
        for pair in action.types:
            type = service.types[pair.name.lower()]
            types.append({"type": type.full, "arns": list(type.arns), "required": pair.required})
            keys.update(dict.fromkeys((*pair.keys, *type.keys)))
        return {
            "kind": "action",
            "name": action.full,
            "level": action.level,
            "types": types,
            "keys": [{"key": name, "type": self.key_type(name, action.service)} for name in sorted(keys)],
            "depends": list(self.catalog.depends(action)),
            "verbs": self.verbs_with(action),
        }

    def type(self, type: ResourceType) -> dict[str, Any]:
        policy = self.catalog.resource_policy(type)
        comments = {verb: text for verb, noun, text in self.library.shipped(type.service) if self._is(noun, type)}
        return {
            "kind": "type",
            "name": shown(type),
            "type": type.full,
            "arns": list(type.arns),
            "keys": [{"key": name, "type": self.key_type(name, type.service)} for name in type.keys],
            "resource_policy": policy.action if policy else None,
            "verbs": [
                {"verb": verb, "comment": comments.get(verb, "")}
                for verb in self.library.defined_on(type)
                if verb in comments or definition(verb, type, self.library)
            ],
            "actions": [one.full for one in self.catalog.actions_on(type)],
        }

    def key(self, key: Key) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": "key", "name": key.name, "type": key.type, "multivalued": key.multivalued}
        service = self.catalog.service(key.name.partition(":")[0])
        if key.scope == "any":
            found["carried_by"] = "any request"
        elif service:
            carrying = [one for one in service.actions.values() if self.catalog.carries(one, None, key.name)]
            found["carried_by"] = [one.full for one in carrying]
        else:
            found["carried_by"] = "the actions that list it"
        return found

    def service(self, prefix: str) -> dict[str, Any]:
        service = self.catalog.service(prefix)
        assert service is not None, "the caller has seen it"
        return {
            "kind": "service",
            "name": prefix,
            "types": [shown(one) for one in service.types.values()],
            "keys": [one.name for one in service.keys.values() if not one.name.startswith("aws:")],
            "actions": [one.full for one in service.actions.values()],
        }

    # ---- what they are made of

    def key_type(self, name: str, service: str) -> str:
        key = self.catalog.key(name, service)
        return "" if key is None else f"list of {key.type}" if key.multivalued else key.type

    def verbs_with(self, action: Action) -> list[str]:
        """The verbs of the library that mean `action`, in the order of its files."""
        found = []
        for service in self._services_with(action):
            for verb, noun, _comment in self.library.shipped(service):
                type = self.catalog.noun(noun.split())
                if type and any(one.action == action for one in definition(verb, type[0], self.library)):
                    found.append(f"{verb} {noun}")
        return found

    def _services_with(self, action: Action) -> list[str]:
        """The services whose verbs may mean `action`: the others' are not read."""
        hints = [f"{action.service}:"]
        hints += ["its key"] if action.service == "kms" else ["its role"] if action.full == "iam:PassRole" else []
        return [one for one in self.library.services() if any(hint in self.library.text(one) for hint in hints)]

    def _is(self, noun: str, type: ResourceType) -> bool:
        found = self.catalog.noun(noun.split())
        return found is not None and found[0].full == type.full


# ---- as text


def text(entry: dict[str, Any]) -> str:
    """An entry for eyes, with a line end."""
    shapes = {"verb": _verb, "action": _action, "type": _type, "key": _key, "service": _service, "policy": _policy}
    return shapes[entry["kind"]](entry)


def _verb(entry: dict[str, Any]) -> str:
    if "source" in entry:
        lines = [f"## {entry['comment']}", entry["source"]]
    else:
        lines = [f"# not in the library: the actions of AWS's access level ({entry['level']})", f"{entry['name']}"]
    rows = []
    for one in entry["actions"]:
        through = f", through {one['through']}" if "through" in one and one["on"] == "its key" else ""
        through = f", to {one['through']}" if one["on"] == "its role" else through
        limited = ", under a condition" if "limited" in one else ""
        rows.append((one["action"], one["level"], f"on {one['on']}{through}{limited}"))
    return "\n".join([*lines, "", *_table(rows)]) + "\n"


def _action(entry: dict[str, Any]) -> str:
    lines = [f"{entry['name']}  {entry['level']}"]
    rows = [(one["type"], "required" if one["required"] else "", arn) for one in entry["types"] for arn in one["arns"]]
    lines += _part("acts on", _table(rows) or ["  everything: AWS cannot limit it to a resource"])
    lines += _part("carries", _table([(one["key"], one["type"]) for one in entry["keys"]]))
    lines += _part("also asks for", [f"  {one}" for one in entry["depends"]])
    lines += _part("part of", [f"  {one}" for one in entry["verbs"]])
    return "\n".join(lines) + "\n"


def _type(entry: dict[str, Any]) -> str:
    lines = [f"{entry['name']}  {entry['type']}", *(f"  {arn}" for arn in entry["arns"])]
    policy = entry["resource_policy"]
    lines += _part("policy of its own", [f"  set by {policy}" if policy else "  none"])
    lines += _part("carries", _table([(one["key"], one["type"]) for one in entry["keys"]]))
    rows = [(one["verb"], one["comment"] or "by AWS's access levels") for one in entry["verbs"]]
    lines += _part("one can", _table(rows))
    lines += _part(f"{len(entry['actions'])} actions", _wrapped(entry["actions"]))
    return "\n".join(lines) + "\n"


def _key(entry: dict[str, Any]) -> str:
    lines = [f"{entry['name']}  {'list of ' if entry['multivalued'] else ''}{entry['type']}"]
    carried = entry["carried_by"]
    lines += _part("carried by", [f"  {carried}"] if isinstance(carried, str) else _wrapped(carried))
    return "\n".join(lines) + "\n"


def _service(entry: dict[str, Any]) -> str:
    lines = [entry["name"]]
    lines += _part("types", [f"  {one}" for one in entry["types"]])
    lines += _part("keys", _wrapped(entry["keys"]))
    lines += _part(f"{len(entry['actions'])} actions", _wrapped(entry["actions"]))
    return "\n".join(lines) + "\n"


def _policy(entry: dict[str, Any]) -> str:
    return f"{entry['name']}  policy of AWS's\n  {entry['arn']}\n"


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  " + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]


def _wrapped(names: list[str]) -> list[str]:
    from textwrap import wrap  # local: not for verbs

    return wrap("  ".join(names), 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)

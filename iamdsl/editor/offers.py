"""The names that fit a place: of the program, of the verb library and of AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from iamdsl import read
from iamdsl.catalog import ResourceType
from iamdsl.compiler.bindings import PRINCIPAL_KINDS, spoken
from iamdsl.compiler.definition import definition
from iamdsl.compiler.entries import Reference, text
from iamdsl.compiler.phrase import is_action, predicates, shown
from iamdsl.compiler.verbs import GENERAL, Library
from iamdsl.diagnostics import Report
from iamdsl.editor.expected import BLANK, Expected
from iamdsl.editor.mentions import ACTION, KEY, NOUN, PARAM, RESOURCE, SUBJECT, VERB
from iamdsl.editor.pieces import Piece
from iamdsl.editor.program import Program
from iamdsl.editor.trees import sentences
from iamdsl.record import record, replace
from iamdsl.source import Span
from iamdsl.syntax import ast

_NOWHERE = Span("", 0, 0)

VARIABLES = (
    "aws:username",
    "aws:userid",
    "aws:PrincipalTag/",
    "aws:PrincipalAccount",
    "aws:SourceIp",
    "aws:PrincipalArn",
)
_PLAIN = re.compile(r"(?:[\w\-./*?:@+]|\$\{[^}\n]*\}|\{[A-Za-z_][\w\-]*\})+")


@record
class Item:
    """Something to write. `kind` is that of a mention, `keyword`, `operator` or `snippet`; `insert` a snippet, or "" for the
    label itself; `rank` orders, smaller first; `about` says for `document` what to look up."""

    label: str
    kind: str
    detail: str = ""
    insert: str = ""
    rank: int = 0
    about: str = ""


def names(program: Program, wanted: Expected, typed: str, behind: str, path: str) -> list[Item]:
    """The names that may stand where `wanted` says, of which `typed` is written; `behind` is the text after it."""
    found: list[Item] = []
    if isinstance(wanted.node, ast.Verb) and wanted.before[-1].text == "on":
        return (
            _targets(program, wanted.node) if any(one.text == "{" for one in wanted.before) else _nouns(program, None)
        )
    if wanted.group == ():
        found += _verbs(program, behind) + _actions(program, typed)
        found += [replace(one, rank=max(one.rank, 2)) for one in _nouns(program, None)]
        found.append(Item("any", "keyword", "every one of a type", rank=2))
        found += [Item(one, "service", "its types", rank=6) for one in sorted(program.catalog.services())]
    if wanted.starts:
        found += [replace(one, rank=5) for one in _nouns(program, None)]  # a resource is declared
    if any(one.text == "encrypted" for one in wanted.before[-2:]):
        found.append(Item("key", NOUN, "kms:key"))
    for kind, type in wanted.kinds:
        if kind == RESOURCE:
            found += _resources(program, type)
        elif kind in _OF_PROGRAM:
            found += _OF_PROGRAM[kind](program)
        elif kind == KEY:
            found += _keys(program, wanted.node, typed)
        elif kind == ACTION:
            found += _actions(program, typed)
        elif kind == "file":
            found += _files(path)
        elif kind == "value":
            found += _values(program, wanted)
    if wanted.group:
        found += _behind_verb(program, wanted.group)
    return list(dict.fromkeys(found))


def written_name(name: str) -> str:
    """`name` as a sentence writes it."""
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


# ---- of the program


def _principals(program: Program, *kinds: str, kind: str = "") -> list[Item]:
    kinds = kinds or (kind,)
    known = program.bindings.principals.values()
    found = [Item(written_name(one.name), one.kind, spoken(one.kind)) for one in known if one.kind in kinds]
    if SUBJECT in kinds or not found:
        named = {access.owner.name for access in program.accesses if access.owner.kind == "policy"}
        found += [Item(written_name(name), "policy", "policy") for name in sorted(named)]
    return found


def _accounts(program: Program) -> list[Item]:
    known = program.bindings.accounts.values()
    return [Item(written_name(one.name), "account", one.id) for one in known]


def _organizations(program: Program) -> list[Item]:
    return [Item(written_name(a), "organization", b) for a, b in program.bindings.organizations.items()]


def _ous(program: Program) -> list[Item]:
    return [Item(written_name(a), "ou", b) for a, b in program.bindings.ous.items()]


def _bodies(program: Program, kind: type) -> list[Item]:
    nodes = [line.sentence for _, _, top in program.lines() for line in sentences((top,))]
    found = [node for node in nodes if isinstance(node, kind)]
    return [Item(_call(node), spoken_kind(node), "", _call(node, True)) for node in found]


def spoken_kind(node: ast.Statement) -> str:
    return "policy" if isinstance(node, ast.Policy) else "boundary"


def _call(node: object, snippet: bool = False) -> str:
    if not isinstance(node, ast.Policy) or not node.parameters:
        name: ast.Word = getattr(node, "name")
        return "" if snippet else written_name(name.text)
    blanks = [f"${{{n}:{one.text}}}" if snippet else one.text for n, one in enumerate(node.parameters, 1)]
    return f"{node.name.text}({', '.join(blanks)})"


def _services(program: Program) -> list[Item]:
    principals = [
        Item(one.removesuffix(".amazonaws.com"), "service", one) for one in sorted(program.catalog.principals())
    ]
    return principals + [Item(one, "service", "its actions", rank=1) for one in sorted(program.catalog.services())]


def _regions(program: Program) -> list[Item]:
    return [Item(one, "region") for one in program.catalog.regions(program.bindings.partition)]


def _aws_policies(program: Program) -> list[Item]:
    return [Item(name, "aws policy", path) for name, path in program.catalog.managed_policies().items()]


_OF_PROGRAM: dict[str, Callable[[Program], list[Item]]] = {
    SUBJECT: lambda program: _principals(program, *PRINCIPAL_KINDS, SUBJECT),
    **{kind: partial(_principals, kind=kind) for kind in PRINCIPAL_KINDS},
    "account": _accounts,
    "organization": _organizations,
    "ou": _ous,
    "policy": lambda program: _bodies(program, ast.Policy),
    "boundary": lambda program: _bodies(program, ast.Boundary),
    "service": _services,
    "region": _regions,
    "aws policy": _aws_policies,
}


def parameters(program: Program, piece: Piece) -> tuple[Item, ...]:
    """What can stand in braces in a piece: parameters of the program, and of the loops and the policy around."""
    found = [Item(name, PARAM, value) for name, value in program.bindings.params.items()]
    node = piece.line.sentence if piece.line else None
    for line in sentences((piece.line,) if piece.line else ()):
        node = line.sentence
        if isinstance(node, ast.Repeat):
            found.append(Item(node.name.text, PARAM, "of the loop"))
        elif isinstance(node, ast.Policy):
            found += [Item(one.text, PARAM, "of the policy") for one in node.parameters]
    return tuple(dict.fromkeys(found))


def _resources(program: Program, type: str) -> list[Item]:
    """The declared resources of a type, and those that other sentences name."""
    declared = [one for one in program.bindings.resources.values() if one.type.full == type]
    found = {one.name: Item(written_name(one.name), RESOURCE, one.value) for one in declared}
    for piece in (piece for file in program.files.values() for piece in file.pieces):
        known = piece.kept.get("mentions")
        for one in known[1] if isinstance(known, tuple) else ():
            if one.kind == RESOURCE and one.type == type and not one.declares:
                found.setdefault(one.text, Item(written_name(one.text), RESOURCE, "as in other sentences", rank=1))
    return list(found.values())


# ---- verbs, nouns and actions


def _verbs(program: Program, behind: str) -> list[Item]:
    """The verbs; those that fit the noun behind the place, if there is one."""
    words = behind.partition("\n")[0].split()
    noun = program.catalog.noun(words[:3]) if words else None
    fitting = program.library.defined_on(noun[0]) if noun else ()
    verbs = (*fitting, "do") if fitting else sorted(program.library.verbs())
    about = noun[0].full if noun else ""
    general = {name: n for n, name in enumerate(GENERAL)}
    return [
        Item(one, VERB, "", rank=0 if one in general else 1, about=f"verb {one} {about}")
        for one in verbs
        if not one.endswith("-through")
    ]


_fits: dict[str, dict[str, tuple[str, ...]]] = {}  # folder of a library → verb → nouns, as its heads say


def _nouns_of(verb: str, library: Library) -> tuple[str, ...]:
    """The nouns that the library defines `verb` on, by the heads of its definitions; none for a verb of the program's own."""
    if library.folder not in _fits:
        found: dict[str, list[str]] = {}
        for service in library.services():
            for name, noun, _ in library.shipped(service):
                found.setdefault(name, []).append(noun)
        _fits[library.folder] = {name: tuple(nouns) for name, nouns in found.items()}
    return _fits[library.folder].get(verb, ())


def _nouns(program: Program, verb: str | None) -> list[Item]:
    """The nouns; first those that `verb` fits, if it is not an action."""
    catalog = program.catalog
    own = {full for name, full in program.library.own() if name == verb}
    fitting = set(_nouns_of(verb, program.library)) if verb else set()
    found: list[Item] = []
    for noun, full in catalog.nouns().items():
        fits = noun in fitting or full in own
        found.append(
            Item(
                noun, NOUN, full, rank=0 if fits else 1 if verb in GENERAL or verb is None else 5, about=f"noun {full}"
            )
        )
    found += [Item(noun, NOUN, rank=1, about=f"noun {noun}") for noun in sorted(fitting - set(catalog.nouns()))]
    return found


def _behind_verb(program: Program, group: tuple[str, ...]) -> list[Item]:
    """What goes on after the words of a group: nouns after a verb, types after a service."""
    catalog, last = program.catalog, group[-1]
    verbs = program.library.verbs()
    is_verb = last in verbs or is_action(ast.Word(last, False, _NOWHERE))
    if len(group) == 1 and is_verb and catalog.noun(group) is None or last in ("any", "do"):
        verb = group[0] if group[0] in verbs else None
        if last == "do":
            return [Item("anything", "keyword"), *_actions(program, "")]
        words = [Item("any", "keyword", "every one of a type"), Item("everything", "keyword", rank=1)]
        types = [Item(one, "service", "its types", rank=6) for one in sorted(catalog.services())]
        return _nouns(program, verb) + (words if last != "any" else []) + types
    service = catalog.service(last) if last in catalog.services() else None
    types_of: dict[str, ResourceType] = dict(service.types) if service else {}
    return [Item(one.name, NOUN, one.arns[0], about=f"noun {one.full}") for one in types_of.values()]


def _targets(program: Program, verb: ast.Verb) -> list[Item]:
    """What a line of a verb's definition can be on: the types of its service."""
    noun = program.catalog.noun([word.text for word in verb.nouns[0]]) if verb.nouns else None
    service = program.catalog.service(noun[0].service) if noun else None
    types = sorted(service.types.values(), key=lambda one: one.name) if service else []
    return [Item(one.name, NOUN, one.arns[0], about=f"noun {one.full}") for one in types] + [
        Item("everything", "keyword", rank=1),
        Item("any", "keyword", "every one of a type", rank=1),
        Item("its key through", "keyword", rank=1),
    ]


def _actions(program: Program, typed: str) -> list[Item]:
    """The actions of the service that is typed; the services, before its colon is."""
    prefix, colon, _ = typed.partition(":")
    service = program.catalog.service(prefix) if colon else None
    if service is not None:
        actions = service.actions.values()
        return [Item(one.full, ACTION, one.level, about=f"action {one.full}") for one in actions]
    return [Item(f"{one}:", "service", "an exact action", rank=7) for one in sorted(program.catalog.services())]


def _keys(program: Program, node: ast.Statement | None, typed: str) -> list[Item]:
    """The condition keys that the actions of the sentence carry, then those that any request may."""
    catalog, found = program.catalog, {}
    for name in _carried(program, node):
        key = catalog.key(name)
        if key is not None:
            found[name] = Item(name, KEY, key.type, rank=0, about=f"key {name}")
    for key in catalog.global_keys().values():
        found.setdefault(key.name, Item(key.name, KEY, key.type, rank=1, about=f"key {key.name}"))
    service = catalog.service(typed.partition(":")[0]) if ":" in typed else None
    for key in service.keys.values() if service else ():
        found.setdefault(key.name, Item(key.name, KEY, key.type, rank=2, about=f"key {key.name}"))
    return list(found.values())


def _carried(program: Program, node: ast.Statement | None) -> list[str]:
    grant = node.grant if isinstance(node, ast.Assertion) else node
    if not isinstance(grant, ast.Grant):
        return []
    found: dict[str, None] = {}
    for phrase in grant.phrases:
        for predicate in predicates(phrase.groups, program.library.bindings, program.library, Report()):
            types = [thing.type for thing in predicate.things if thing.type]
            for verb in predicate.verbs:
                for type in types:
                    for one in definition(verb.text, type, program.library):
                        found.update(dict.fromkeys(one.action.keys))
                        for pair in one.action.types:
                            found.update(dict.fromkeys(pair.keys))
                for action in program.catalog.matching(verb.text) if ":" in verb.text else ():
                    found.update(dict.fromkeys((*action.keys, *[key for pair in action.types for key in pair.keys])))
    return list(found)


# ---- values


def _values(program: Program, wanted: Expected) -> list[Item]:
    """Values: of the key that is compared, of the setting that is made, or whatever a name can be."""
    bindings = program.bindings
    key = _compared(wanted.node)
    known = program.catalog.key(key) if key else None
    if known is None:
        kinds = [one.text for one in wanted.before[-1:]]
        return _regions(program) if kinds == ["region"] else _nouns(program, None) if kinds == ["for"] else []
    name = key.lower()
    if known.type == "Bool":
        return [Item("true", "value"), Item("false", "value")]
    if name == "aws:requestedregion":
        return _regions(program)
    if name.endswith("account"):
        return [Item(one.id, "value", one.name) for one in bindings.accounts.values()]
    if name.endswith("orgid"):
        return [Item(id, "value", one) for one, id in bindings.organizations.items()]
    if known.type in ("String", "ARN"):
        return [Item(f"${{{one}}}", "value", "a variable of the request") for one in VARIABLES]
    return []


def _compared(node: object) -> str:
    """The key whose value is the blank."""
    if isinstance(node, ast.Compare):
        values = [one.text for one in node.values if isinstance(one, ast.Word)]
        return node.key.text if BLANK in values and isinstance(node.key, ast.Word) else ""
    for name in getattr(node, "__match_args__", ()):
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if hasattr(item, "__match_args__") and (found := _compared(item)):
                return found
    return ""


def _files(path: str) -> list[Item]:
    """The files and folders that an import can name."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        return []
    inside = [os.path.relpath(one, folder).replace(os.sep, "/") for one in read.inside(folder, Report())[:500]]
    return [Item(f'"{one}"', "file") for one in inside if os.path.join(folder, one) != path]


# ---- what is looked up only for the one that is looked at


def document(about: str, program: Program) -> str:
    """Markdown on an item, by its `about`; "" where there is nothing to say."""
    kind, _, rest = about.partition(" ")
    reference = Reference(program.catalog, program.library)
    if kind == "verb":
        verb, _, full = rest.partition(" ")
        type = program.catalog.type(full) if full else None
        if type is None:
            nouns = _nouns_of(verb, program.library)
            return f"one can {verb}: {', '.join(nouns[:20])}" if nouns else ""
        return f"```\n{text(reference.verb(verb, type))}```" if program.library.find(verb, type) else ""
    if kind == "noun":
        type = program.catalog.type(rest)
        verbs = ", ".join(program.library.defined_on(type)) if type else ""
        return f"**{shown(type)}** `{type.full}`\n\none can: {verbs}" if type else ""
    if kind == "action":
        action = program.catalog.action(rest)
        return f"```\n{text(reference.action(action))}```" if action else ""
    key = program.catalog.key(rest) if kind == "key" else None
    return f"```\n{text(reference.key(key))}```" if key else ""

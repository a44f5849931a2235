"""The verb library: what each verb means on each resource type.

Definitions come from the program, then from `iamdsl/library/SERVICE.iam`; where both are silent, the general verbs
(`read`, `write`, ...) go by AWS's access levels.
"""

from __future__ import annotations

import os
import re

from iamdsl import rules
from iamdsl.catalog import Action, Catalog, ResourceType
from iamdsl.compiler.bindings import Bindings, noun
from iamdsl.diagnostics import Label, Report
from iamdsl.record import record
from iamdsl.source import Source
from iamdsl.syntax import ast, lex
from iamdsl.syntax.parse import parse_sentence

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "library")

GENERAL = ("list", "read", "write", "delete", "tag", "share", "administer")
_NAME = re.compile(r"^verb ([\w-]+)", re.MULTILINE)
_HEAD = re.compile(r"^## (.*)\nverb ([\w-]+) on ([^{\n]+) \{$", re.MULTILINE)
_DELETING = ("Delete", "BatchDelete", "Terminate", "Destroy", "Purge", "Remove")


@record
class ByLevel:
    """A general verb that the library does not define for a type: its actions, by AWS's access level."""

    actions: tuple[Action, ...]
    level: str


class Shipped:
    """A verb as the library has it: cut, and parsed when it is first asked for."""

    __slots__ = ("source", "sentence", "verb")

    def __init__(self, source: Source, sentence: lex.Sentence) -> None:
        self.source = source
        self.sentence = sentence
        self.verb: ast.Verb | None = None


_shipped: dict[str, dict[str, dict[str, list[Shipped]]]] = {}  # folder → service → verb
_names: dict[str, frozenset[str]] = {}  # folder → the names of its verbs and of the general ones


class Library:
    """The verbs that a program can use. Reads and parses only what is asked for."""

    def __init__(self, bindings: Bindings, report: Report, folder: str = FOLDER) -> None:
        self.bindings = bindings
        self.report = report
        self.folder = folder
        self._own = self._program_verbs()
        self._shipped = _shipped.setdefault(folder, {})
        self._found: dict[tuple[str, str], ast.Verb | ByLevel | None] = {}

    def knows(self, word: str) -> bool:
        """Whether there is a verb of that name, of the program's or the library's."""
        return word in self._shipped_names() or word in self.bindings.verbs

    def verbs(self) -> frozenset[str]:
        """The names of all verbs, the program's and the library's."""
        return self._shipped_names().union(self.bindings.verbs)

    def _shipped_names(self) -> frozenset[str]:
        if self.folder not in _names:
            found = [name for service in self.services() for name in _NAME.findall(self.text(service))]
            _names[self.folder] = frozenset((*GENERAL, "do", *found))
        return _names[self.folder]

    def services(self) -> tuple[str, ...]:
        """The services that the library has verbs for, A to Z."""
        return tuple(file[:-4] for file in sorted(os.listdir(self.folder)) if file.endswith(".iam"))

    def text(self, service: str) -> str:
        """The library's file on a service; "" where there is none."""
        path = os.path.join(self.folder, f"{service}.iam")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def shipped(self, service: str) -> tuple[tuple[str, str, str], ...]:
        """The library's verbs for a service, in its order: verb, noun and comment."""
        found = _HEAD.findall(self.text(service))
        return tuple((verb, noun.strip(), comment) for comment, verb, nouns in found for noun in nouns.split(","))

    def own(self) -> dict[tuple[str, str], ast.Verb]:
        """The verbs that the program defines, by name and full name of the type."""
        return self._own if self.bindings.verbs else {}

    def find(self, verb: str, type: ResourceType) -> ast.Verb | ByLevel | None:
        """The meaning of `verb` on `type`, None where it has none."""
        key = (verb, type.full)
        defined = verb in self.bindings.verbs  # asked each time: whoever keeps what is made of it notes what was read
        if key not in self._found:
            own, shipped = self._own.get(key) if defined else None, self._shipped_verb(verb, type)
            if own and shipped and not own.override:
                help = f"write `override verb {verb}` to replace it, or choose another name"
                self.report.add(rules.DUPLICATE_VERB, own.name.span, help=help, verb=verb, noun=type.name)
            self._found[key] = own or shipped or self._by_level(verb, type)
        return self._found[key]

    def defined_on(self, type: ResourceType) -> tuple[str, ...]:
        """The names of the verbs that apply to `type`, A to Z."""
        return tuple(sorted({*self.definitions(type), *GENERAL}))

    def definitions(self, type: ResourceType) -> tuple[str, ...]:
        """The names of the verbs that have a definition on `type`, A to Z."""
        names = {verb for verb, full in self.own() if full == type.full}
        for verb, sentences in self._service(type.service).items():
            if any(type.full in self._nouns(self._parse(one)) for one in sentences):
                names.add(verb)
        return tuple(sorted(names))

    def types_of(self, verb: str) -> tuple[str, ...]:
        """The full names of the types that define `verb`, A to Z; reads the whole library."""
        found = {full for name, full in self.own() if name == verb}
        for service in self.services():
            for one in self._service(service).get(verb, ()):
                found.update(self._nouns(self._parse(one)))
        return tuple(sorted(found))

    def _program_verbs(self) -> dict[tuple[str, str], ast.Verb]:
        found: dict[tuple[str, str], ast.Verb] = {}
        for name, definitions in self.bindings.verbs.items():
            for verb in definitions:
                for words in verb.nouns:
                    resolved = noun(words, self.bindings, self.report)
                    if resolved is None:
                        continue
                    type, taken = resolved
                    if taken < len(words):
                        extra = words[taken]
                        before = words[taken - 1].text
                        self.report.add(rules.EXTRA_WORDS, extra.span, word=extra.text, before=before)
                    other = found.setdefault((name, type.full), verb)
                    if other is not verb:
                        places = (Label(verb.name.span), Label(other.name.span, "first defined here"))
                        help = "put what both say into one, or give one of them another name"
                        self.report.add(rules.DUPLICATE_VERB, places, help=help, verb=name, noun=type.name)
        return found

    def _service(self, service: str) -> dict[str, list[Shipped]]:
        """The verb sentences of a library file by verb, cut but not parsed; empty where there is no file."""
        if service not in self._shipped:
            found: dict[str, list[Shipped]] = {}
            if text := self.text(service):
                source = Source(os.path.join(self.folder, f"{service}.iam"), text)
                tokens, _ = lex.scan(source, self.report)
                for sentence in lex.cut(source, tokens, self.report):
                    found.setdefault(sentence.tokens[1].text, []).append(Shipped(source, sentence))
            self._shipped[service] = found
        return self._shipped[service]

    def _parse(self, one: Shipped) -> ast.Verb:
        self.report.sources[one.source.path] = one.source
        if one.verb is None:
            line, _ = parse_sentence(one.source, one.sentence, self.report)
            assert isinstance(line.sentence, ast.Verb), f"{one.source.path}: the library holds verbs only"
            one.verb = line.sentence
        return one.verb

    def _nouns(self, verb: ast.Verb) -> tuple[str, ...]:
        found = (self.bindings.catalog.noun([word.text for word in words]) for words in verb.nouns)
        return tuple(one[0].full for one in found if one)

    def _shipped_verb(self, verb: str, type: ResourceType) -> ast.Verb | None:
        for one in self._service(type.service).get(verb, ()):
            parsed = self._parse(one)
            if type.full in self._nouns(parsed):
                return parsed
        return None

    def _by_level(self, verb: str, type: ResourceType) -> ByLevel | None:
        if verb not in GENERAL:
            return None
        return by_level(verb, self.bindings.catalog.actions_on(type))


def by_level(verb: str, actions: tuple[Action, ...]) -> ByLevel:
    """The part of `actions` that a general verb means by AWS's access levels.

    AWS has no level for deleting: `delete` takes the Write actions that are named for it, `write` the others.
    """
    level = {
        "list": "List",
        "read": "Read",
        "write": "Write",
        "delete": "Write",
        "tag": "Tagging",
        "share": "Permissions management",
    }.get(verb)
    found = tuple(
        action
        for action in actions
        if level in (None, action.level)
        and (verb not in ("write", "delete") or action.name.startswith(_DELETING) == (verb == "delete"))
    )
    words = {"delete": "Write and names for deleting", "administer": "any"}
    return ByLevel(found, words.get(verb, level or ""))


def expand(pattern: str, catalog: Catalog) -> tuple[Action, ...]:
    """The actions of the catalog that a name or pattern stands for."""
    if "*" in pattern or "?" in pattern:
        return catalog.matching(pattern)
    found = catalog.action(pattern)
    return (found,) if found else ()

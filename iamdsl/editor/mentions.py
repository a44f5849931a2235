"""Every name in a sentence: where it stands, what kind of thing it names, and whether it is declared there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamdsl.catalog import Catalog
from iamdsl.compiler.phrase import EVERYTHING, is_action, predicates
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Report
from iamdsl.editor.pieces import Piece
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

# kinds of mentions beside those of principals
SUBJECT, RESOURCE, NOUN, VERB, ACTION, KEY, PARAM = "subject", "resource", "noun", "verb", "action", "key", "param"


@record
class Mention:
    """A name at `span`, places of its piece. `text` is as written, without quotes; `type` the full name of a resource's type.

    `kind`: a kind of principal, `subject` (a principal of any kind), `account`, `organization`, `ou`, `resource`, `noun`,
    `verb`, `action`, `key`, `param` (whatever is filled in), `policy`, `aws policy`, `boundary`, `guardrail`,
    `session policy`, `endpoint policy`, `service`, `region`, `file` or `value`.
    """

    kind: str
    text: str
    span: Span
    declares: bool = False
    type: str = ""
    quoted: bool = False


def mentions(piece: Piece, library: Library) -> tuple[Mention, ...]:
    """The names in a piece, in the order of their places. Kept with it, as they hang on its text and the verbs that there are."""
    basis = tuple(library.bindings.verbs)
    known = piece.kept.get("mentions")
    if isinstance(known, tuple) and known[0] == basis:
        found: tuple[Mention, ...] = known[1]
        return found
    found = mentions_of(piece.line.sentence, library) if piece.line is not None else ()
    piece.kept["mentions"] = (basis, found)
    return found


def mentions_of(node: ast.Statement, library: Library) -> tuple[Mention, ...]:
    """The names in a sentence, in the order of their places."""
    reader = _Reader(library)
    reader.statement(node)
    return tuple(sorted(reader.found, key=lambda one: (one.span.start, -one.span.end)))


_TRUSTEES = {
    "service": "service",
    "account": "account",
    "organization": "organization",
    "permission set": "permission-set",
}
_CLAUSES = {
    "from account": "account",
    "in account": "account",
    "to account": "account",
    "account": "account",
    "from organization": "organization",
    "to organization": "organization",
    "from ou": "ou",
    "in region": "region",
    "outside region": "region",
    "region": "region",
    "as role": "role",
    "role": "role",
    "user": "user",
    "from service": "service",
    "to service": "service",
    "via": "service",
    "in": "service",
    "except in": "service",
    "boundary": "boundary",
}
_SUBJECTS = {"permission set": "permission-set", "everyone": "account", "": SUBJECT, "policy": "policy"}
_BODIES = {
    ast.Guardrail: "guardrail",
    ast.Boundary: "boundary",
    ast.SessionPolicy: "session policy",
    ast.EndpointPolicy: "endpoint policy",
}


class _Reader:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.catalog: Catalog = library.bindings.catalog
        self.found: list[Mention] = []

    def add(self, kind: str, word: ast.Word, declares: bool = False, type: str = "") -> None:
        self.found.append(Mention(kind, word.text, word.span, declares, type, word.quoted))
        self.filled(word)

    def filled(self, word: ast.Word) -> None:
        """The names in braces inside a word."""
        start = word.span.start + word.quoted
        at = word.text.find("{")
        while at >= 0:
            end = word.text.find("}", at)
            if end > at + 1 and (at == 0 or word.text[at - 1] not in "$\\"):
                span = Span(word.span.path, start + at + 1, start + end)
                self.found.append(Mention(PARAM, word.text[at + 1 : end], span))
            at = word.text.find("{", at + 1)

    def statement(self, node: ast.Statement) -> None:
        reader = _READERS.get(type(node))
        if reader is not None:
            reader(self, node)

    # ---- declarations

    def account(self, node: ast.Account) -> None:
        self.add("account", node.name, True)
        self.add("value", node.value)

    def setting(self, node: ast.Setting) -> None:
        kinds = {
            "organization": "organization",
            "ou": "ou",
            "param": PARAM,
            "import": "file",
            "inventory": "file",
            "unknown action": ACTION,
        }
        kind = kinds.get(node.kind, "region" if node.kind == "region" else "value")
        self.add(kind, node.name, node.kind in ("organization", "ou", "param"))
        if node.value is not None:
            self.add("value", node.value)

    def declaration(self, node: ast.Declaration) -> None:
        first = node.subjects.items[0]
        kind = _SUBJECTS.get(first.kind, first.kind)
        for subject in node.subjects.items:
            if first.kind == "principal":
                continue
            if first.kind == "" and len(first.words) > 1:
                words = subject.words if subject is first else (*first.words[:-1], *subject.words)
                self.thing(words, True, len(words) - len(subject.words))
            else:
                for word in subject.words:
                    self.add(kind, word, first.kind != "")
        self.facts(node.facts)

    def group(self, node: ast.GroupOf) -> None:
        self.add("group", node.name, True)
        for word in node.members:
            self.add("user", word)

    def role(self, node: ast.Role) -> None:
        self.add("role", node.name, True)
        for trust in node.trusts:
            kind = ""
            for trustee in trust.trustees:
                kind = trustee.kind if trustee.kind != "same" else kind
                of = kind if kind in ("user", "group", "role") else _TRUSTEES.get(kind, "value")
                for word in trustee.values:
                    self.add(of, word)
            self.qualifiers(trust.qualifiers)
        self.facts(node.facts)

    def permission_set(self, node: ast.PermissionSet) -> None:
        self.add("permission-set", node.name, True)
        self.facts(node.facts)

    def resource(self, node: ast.Resource) -> None:
        self.thing(node.words, True)
        if node.value is not None:
            self.add("value", node.value)
        self.facts(node.facts)

    def facts(self, facts: tuple[ast.Fact | ast.TagClause, ...]) -> None:
        for fact in facts:
            if isinstance(fact, ast.TagClause):
                self.tags(fact)
            elif fact.kind == "encrypted":
                self.thing(fact.values)
            else:
                for word in fact.values:
                    self.add(_CLAUSES.get(fact.kind, "value"), word)

    def thing(self, words: tuple[ast.Word, ...], declares: bool = False, skipped: int = 0) -> None:
        """A noun and a name; the first `skipped` words are not written here."""
        texts = [word.text for word in words if not word.quoted]
        begins = None if words[0].quoted else self.catalog.noun(texts)
        type, taken = begins if begins else (None, 0)
        if type is not None and skipped == 0 and taken:
            span = words[0].span.to(words[taken - 1].span)
            self.found.append(Mention(NOUN, " ".join(texts[:taken]), span, False, type.full))
        for word in words[max(taken, skipped) :]:
            self.add(RESOURCE if type else "value", word, declares, type.full if type else "")

    # ---- sentences

    def grant(self, node: ast.Grant) -> None:
        if node.subjects is not None:
            self.subjects(node.subjects)
        for phrase in node.phrases:
            self.groups(phrase.groups)
            if phrase.exactly is not None:
                for word in phrase.exactly.actions:
                    self.add(ACTION, word)
                for word in phrase.exactly.resources:
                    self.add("value", word)
            self.qualifiers(phrase.qualifiers)
        self.qualifiers(node.shared)

    def subjects(self, node: ast.Subjects) -> None:
        for subject in node.items:
            kind = subject.kind.removeprefix("anyone except ")
            if kind == "principal":
                for word in subject.words[1::2]:
                    self.add("value", word)
            elif kind != "every":
                for word in subject.words:
                    self.add(_SUBJECTS.get(kind, kind), word)

    def groups(self, groups: tuple[ast.Group, ...]) -> None:
        """What follows `can`, told apart as the compiler does."""
        words = {word.span.start: word for group in groups for word in group.words}
        said: set[int] = set()
        for predicate in predicates(groups, self.library.bindings, self.library, Report()):
            for verb in predicate.verbs:
                self.add(ACTION if is_action(verb) else VERB, verb)
                said.add(verb.span.start)
            for thing in predicate.things:
                within = [word for at, word in sorted(words.items()) if thing.span.start <= at < thing.span.end]
                left = tuple(word for word in within if word.span.start not in said)
                said.update(word.span.start for word in left)
                if left:
                    self.stated(left, thing.type.full if thing.type else "")
        for at, word in words.items():
            if at not in said:
                self.guessed(word)

    def stated(self, words: tuple[ast.Word, ...], type: str) -> None:
        first = words[0]
        if not first.quoted and first.text in (*EVERYTHING, "any"):
            words = words[1:]
        if words and words[0].text.startswith("arn:"):
            self.add("value", words[0])
        elif words and type and (words[0].quoted or self.catalog.noun([one.text for one in words]) is None):
            for word in words:
                self.add(RESOURCE, word, False, type)
        elif words:
            self.thing(words)

    def guessed(self, word: ast.Word) -> None:
        if is_action(word):
            self.add(ACTION, word)
        elif not word.quoted and self.library.knows(word.text):
            self.add(VERB, word)
        elif not word.quoted and (noun := self.catalog.noun([word.text])):
            self.add(NOUN, word, False, noun[0].full)
        else:
            self.filled(word)

    def qualifiers(self, qualifiers: tuple[ast.Qualifier, ...]) -> None:
        for one in qualifiers:
            if isinstance(one, ast.If):
                self.expression(one.expression)
            elif isinstance(one, ast.Except):
                for group in one.groups:
                    if len(group.words) == 1:
                        self.guessed(group.words[0])
                    else:
                        self.thing(group.words)
            else:
                self.expression(one)

    def expression(self, node: ast.Expression) -> None:
        if isinstance(node, ast.Not):
            self.expression(node.item)
        elif isinstance(node, (ast.And, ast.Or)):
            for item in node.items:
                self.expression(item)
        elif isinstance(node, ast.TagClause):
            self.tags(node)
        elif isinstance(node, ast.Compare):
            self.operand(node.key, KEY)
            for value in node.values:
                self.operand(value, "value")
        elif node.kind == "for":
            self.thing(node.values)
        else:
            for word in node.values:
                self.add(_CLAUSES.get(node.kind, "value"), word)
            for word in node.extra:
                self.add("organization" if node.kind == "from service" else "value", word)

    def operand(self, node: ast.Operand, kind: str) -> None:
        if isinstance(node, ast.Word):
            self.add(kind, node)
        else:
            self.add("value", node.name)

    def tags(self, node: ast.TagClause) -> None:
        for name, value in node.tags:
            self.add("value", name)
            self.operand(value, "value")

    # ---- verbs and reuse

    def verb(self, node: ast.Verb) -> None:
        self.add(VERB, node.name, True)
        for words in node.nouns:
            self.thing(words)
        for line in node.lines:
            for group in line.groups:
                for word in group.words:
                    self.add(ACTION if is_action(word) else VERB, word)
            if line.kind == "acts" and line.target[0].text not in (*EVERYTHING, "any"):
                self.found.append(
                    Mention(NOUN, " ".join(w.text for w in line.target), line.target[0].span.to(line.target[-1].span))
                )
            elif line.kind != "acts":
                for word in line.target:
                    self.add("service", word)
            self.qualifiers(line.qualifiers)

    def policy(self, node: ast.Policy) -> None:
        self.add("policy", node.name, True)
        for word in node.parameters:
            self.add(PARAM, word, True)
        self.facts(node.facts)
        self.body(node.body)

    def inline_policy(self, node: ast.InlinePolicy) -> None:
        self.add("inline policy", node.name, True)
        self.subjects(node.subjects)
        self.body(node.body)

    def trust_policy(self, node: ast.TrustPolicy) -> None:
        self.add("role", node.name)
        self.body(node.body)

    def resource_policy(self, node: ast.ResourcePolicy) -> None:
        self.thing(node.words)
        self.body(node.body)

    def use(self, node: ast.Use) -> None:
        self.subjects(node.subjects)
        for used in node.used:
            self.add("aws policy" if used.aws else "policy", used.name)
            for word in used.arguments:
                self.add("value", word)

    def repeat(self, node: ast.Repeat) -> None:
        self.add(PARAM, node.name, True)
        for word in node.values:
            self.add("value", word)
        self.body(node.body)

    def document(self, node: ast.Guardrail | ast.Boundary | ast.SessionPolicy | ast.EndpointPolicy) -> None:
        self.add(_BODIES[type(node)], node.name, True)
        if isinstance(node, ast.Guardrail) and node.where is not None:
            self.add(node.place, node.where)
        elif isinstance(node, ast.EndpointPolicy):
            for word in node.endpoints:
                self.add("value", word)
        self.body(node.body)

    def body(self, lines: tuple[ast.Line, ...]) -> None:
        for line in lines:
            self.statement(line.sentence)


_READERS: dict[type, Callable[[_Reader, Any], None]] = {
    ast.Grant: _Reader.grant,
    ast.Account: _Reader.account,
    ast.Setting: _Reader.setting,
    ast.Declaration: _Reader.declaration,
    ast.GroupOf: _Reader.group,
    ast.Role: _Reader.role,
    ast.PermissionSet: _Reader.permission_set,
    ast.Resource: _Reader.resource,
    ast.Verb: _Reader.verb,
    ast.Policy: _Reader.policy,
    ast.Use: _Reader.use,
    ast.InlinePolicy: _Reader.inline_policy,
    ast.TrustPolicy: _Reader.trust_policy,
    ast.ResourcePolicy: _Reader.resource_policy,
    ast.Kept: lambda reader, node: reader.add("file", node.file),
    ast.Repeat: _Reader.repeat,
    ast.Assertion: lambda reader, node: reader.grant(node.grant),
    **{kind: _Reader.document for kind in _BODIES},
}

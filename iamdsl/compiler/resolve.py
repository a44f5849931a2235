"""Sentences to grants: in the policies of the principals that they are about, and in those of resources."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import FALSE, Access, Condition, Grant, Origin, Owner, conjunction
from iamdsl.compiler import deputy
from iamdsl.compiler.acts import Context
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.holders import assigned_accounts
from iamdsl.compiler.landing import Landing, Only
from iamdsl.compiler.sentence import Phrases, Said, grouped, spares
from iamdsl.compiler.subjects import Outsider, Subjects, Who
from iamdsl.compiler.verbs import Library
from iamdsl.compiler.keep import Keep, Watched, differing, ground
from iamdsl.diagnostics import Found, Report
from iamdsl.pause import pause
from iamdsl.record import record, replace
from iamdsl.source import InstanceSpan, Span, instances
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from iamdsl.compiler.bindings import Principal, Resource

    Sentence = tuple[frozenset[tuple[str, object]], "Resolved", Found]
    Tables = tuple[dict[tuple[str, str], Principal], dict[tuple[str, str], Resource]]


@record
class Resolved:
    """What one sentence says: `grants` to principals of ours, `landed` in the policies of resources, and what it takes part
    in beside others. `undeclared`: subjects that stand for a managed policy."""

    grants: tuple[tuple[Owner, tuple[Grant, ...]], ...]
    landed: tuple[tuple[Owner, tuple[Grant, ...]], ...]
    only: tuple[Only, ...]
    undeclared: tuple[tuple[str, Span], ...]


def resolve(bindings: Bindings, report: Report, keep: Keep | None = None) -> tuple[Access, ...]:
    """The grants of every principal of the program, in the order of its sentences, and those of resources."""
    if keep is None:
        return _Resolver(bindings, report).resolve()
    if keep.state is None:
        keep.state = Kept()
    state: Kept = keep.state
    return state.resolve(bindings, report)


class _Resolver:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.context = Context(bindings, Library(bindings, report), report)
        self.subjects = Subjects(bindings, report)
        self.phrases = Phrases(self.context)
        self.landing = Landing(self.context)
        self.grants: dict[Owner, list[Grant]] = {}

    def resolve(self) -> tuple[Access, ...]:
        self.verbs()
        return self.joined([self.resolved(line) for line in self.bindings.grants])

    def verbs(self) -> None:
        if self.bindings.verbs:
            from iamdsl.compiler.vet import vet  # local for start-up time: few programs define verbs

            vet(self.context)

    def resolved(self, line: ast.Line) -> Resolved:
        """What the sentence says by itself."""
        self.sentence(line)
        landed, only = self.landing.taken()
        undeclared = tuple(self.subjects.undeclared.items())
        found = Resolved(_frozen(self.grants), _frozen(landed), tuple(only), undeclared)
        self.grants, self.subjects.undeclared = {}, {}
        return found

    def joined(self, sentences: list[Resolved]) -> tuple[Access, ...]:
        """What all sentences say together."""
        identity: dict[Owner, list[Grant]] = {}
        undeclared: dict[str, Span] = {}
        for one in sentences:
            for owner, grants in one.grants:
                identity.setdefault(owner, []).extend(grants)
            for owner, grants in one.landed:
                self.landing.grants.setdefault(owner, []).extend(grants)
            self.landing.only += one.only
            for name, span in one.undeclared:
                undeclared.setdefault(name, span)
        for name, span in undeclared.items():
            help = f"declare it to check names: `user {name}`"
            self.report.add(rules.UNDECLARED_SUBJECT, span, help=help, name=name)
        self.landing.close()
        found = tuple([Access(owner, "identity", tuple(grants)) for owner, grants in identity.items()])
        return (*found, *self.landing.accesses())

    def sentence(self, line: ast.Line) -> None:
        node = line.sentence
        assert isinstance(node, ast.Grant)
        if node.subjects is None:
            help = "put who before `can`, such as `alice can ...`"
            self.report.add(rules.NO_SENTENCE, node.span, help=help)
            return
        who = self.subjects.of(node.subjects, node.allows)
        for owner in who.owners:
            self.grants.setdefault(owner, [])  # a document of his own, even when its grants turn out wrong
        for phrase, origin in self.phrases.each(node):
            if who.mode == "nobody":
                self.landing.deny(self.phrases.said(phrase, node.shared, False), origin, who.span)
            elif who.mode == "only":
                self.only(who, phrase, node, origin)
            else:
                said = self.phrases.said(phrase, node.shared, node.allows)
                self.grant(who, said, node.allows, phrase.qualifiers + node.shared, origin)

    def grant(self, who: Who, said: Said, allows: bool, qualifiers: tuple[ast.Qualifier, ...], origin: Origin) -> None:
        for grant in grouped(said, allows, origin) if who.owners else ():
            for owner in who.owners:
                self.grants[owner].append(grant)
        for owner in who.owners if allows else ():
            if owner.kind == "permission-set":
                known = self.bindings.principals[owner.kind, owner.name]
                accounts = assigned_accounts(known, self.bindings, self.report)
                self.landing.assigned(said, owner.name, accounts, origin, who.span)
            elif any(self.landing.abroad(act) for act, _ in said):
                self.landing.halves(said, self.subjects.arns(owner, who.span), origin, who.span)
        if not any(outsider.service for outsider in who.outsiders):
            deputy.stray(qualifiers, self.report)
        if not who.outsiders:
            return
        self.foreseen(who, allows)
        guards = {one: self.guard(one, qualifiers) for one in who.outsiders if one.service and allows}
        self.landing.outsiders(said, allows, who.outsiders, guards, origin)

    def foreseen(self, who: Who, allows: bool) -> None:
        """Subjects that fit only one of `can` and `cannot`."""
        for one in who.outsiders:
            if one.kind == "anyone except" and allows:
                help = "write `anyone on the internet can ...`, and what is denied as a sentence of its own"
                self.report.add(rules.PUBLIC_EXCEPT, one.span, help=help)
            elif one.kind == "public" and not allows:
                why = "who `cannot` is everybody"
                self.report.add(
                    rules.SUBJECT_MISFIT,
                    one.span,
                    help="write `nobody can ...`",
                    subject="anyone on the internet",
                    why=why,
                )

    def guard(self, outsider: Outsider, qualifiers: tuple[ast.Qualifier, ...]) -> Condition:
        support = self.bindings.catalog.confused_deputy(outsider.service)
        keys = support.policy if support else ()
        what = "this resource"
        found = deputy.guards(
            outsider.service, qualifiers, keys, False, what, outsider.span, self.bindings, self.report
        )
        return conjunction(*found)

    def only(self, who: Who, phrase: ast.Phrase, node: ast.Grant, origin: Origin) -> None:
        """`only X can ... CLAUSES unless EXPR`: granted to X under the clauses; denied to all but X under the clauses, and
        but where EXPR holds."""
        clauses = tuple(one for one in phrase.qualifiers if not spares(one))
        shared = tuple(one for one in node.shared if not spares(one))
        plain = replace(phrase, qualifiers=clauses)
        self.grant(who, self.phrases.said(plain, shared, True), True, clauses + shared, origin)
        denied = self.phrases.said(phrase, node.shared, False, judged=False)
        own = [self.subjects.caller(owner, who.span) for owner in who.owners] + [one.caller for one in who.outsiders]
        admitted = self.phrases.admitted(own, phrase.qualifiers + node.shared)
        if admitted != FALSE:
            self.landing.admit(denied, admitted, origin, who.span)


def _frozen(grants: dict[Owner, list[Grant]]) -> tuple[tuple[Owner, tuple[Grant, ...]], ...]:
    return tuple([(owner, tuple(found)) for owner, found in grants.items()])


class Kept:
    """Resolves one version of a program after the other, and reads again only those sentences whose words or names are
    others now."""

    def __init__(self) -> None:
        self.ground: object = None
        self.version = 0  # of all that is declared
        self.tables: Tables = ({}, {})
        self.reads: set[tuple[str, object]] = set()
        self.sentences: dict[Hashable, Sentence] = {}

    def resolve(self, bindings: Bindings, report: Report) -> tuple[Access, ...]:
        """As the function `resolve`."""
        tables = (dict(bindings.principals), dict(bindings.resources))
        bindings.principals = Watched("principals", self.reads, bindings.principals)
        bindings.resources = Watched("resources", self.reads, bindings.resources)
        try:
            self.forget(ground(bindings), tables)
            own = Report()
            own.sources = report.sources
            resolver = _Resolver(bindings, own)
            resolver.verbs()
            report.give(own.taken())
            sentences = self.said(resolver, own, report)
            accesses = resolver.joined([resolved for _, resolved, _ in sentences])
            report.give(own.taken())
        finally:
            bindings.principals, bindings.resources = tables
        return accesses

    def said(self, resolver: _Resolver, own: Report, report: Report) -> Iterable[Sentence]:
        """What each sentence says. Those that are read before the work is given up stay known."""
        now: dict[Hashable, Sentence] = {}
        for line in resolver.bindings.grants:
            key = _key(line)
            while key in now:  # said again in the same words, to other subjects
                key = (key, "again")
            found = self.sentences.get(key)
            if found is None:
                pause()
                self.reads.clear()
                resolver.phrases.conditions.clear()  # one that is taken over would hide what it read
                resolved = resolver.resolved(line)
                found = self.sentences[key] = (frozenset(self.reads), resolved, own.taken())
            now[key] = found
            if found[2]:
                report.give(found[2])
        self.sentences = now
        return now.values()

    def forget(self, basis: object, tables: Tables) -> None:
        """Forget the sentences that read what is another now."""
        changed = differing("principals", self.tables[0], tables[0])
        changed |= differing("resources", self.tables[1], tables[1])
        if basis != self.ground:
            self.sentences.clear()
        elif changed:
            self.sentences = {key: one for key, one in self.sentences.items() if changed.isdisjoint(one[0])}
        self.version += bool(changed) or basis != self.ground
        self.ground, self.tables = basis, tables


def _key(line: ast.Line) -> Hashable:
    """Which sentence it is, and which time that it is said."""
    span = line.sentence.span
    if not isinstance(span, InstanceSpan):
        return (span.path, span.start, span.end)
    times = [(one.text, one.at.path, one.at.start, one.values) for one in instances(span)]
    return (span.path, span.start, span.end, tuple(times))

"""Sentences to grants: in the policies of the principals that they are about, and in those of resources."""

from __future__ import annotations

from operator import is_

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
from iamdsl.compiler.keep import Keep
from iamdsl.diagnostics import Found, Report
from iamdsl.pause import pause
from iamdsl.record import record, replace
from iamdsl.source import InstanceSpan, Span, instances
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable


@record
class Resolved:
    """What one sentence says: `grants` to principals of ours, `landed` in the policies of resources, and what it takes part
    in beside others. `undeclared`: subjects that stand for a managed policy."""

    grants: tuple[tuple[Owner, tuple[Grant, ...]], ...]
    landed: tuple[tuple[Owner, tuple[Grant, ...]], ...]
    only: tuple[Only, ...]
    undeclared: tuple[tuple[str, Span], ...]


def resolve(bindings: Bindings, report: Report, keep: Keep | None = None) -> tuple[Access, ...]:
    """The grants of every principal of the program and those of resources, in the order of its sentences."""
    if keep is None:
        resolver = _Resolver(bindings, report)
        resolver.verbs()
        documents = _Documents()
        said = [_Said(line, resolver.resolved(line), documents) for line in bindings.grants]
        _undeclared(said, report)
        documents.close(said, resolver.landing)
        return documents.accesses(said, resolver.landing)
    if keep.state is None:
        keep.state = Kept(keep)
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

    def forget(self) -> None:
        """Forget what other sentences read: what is taken over from them would hide what it was made of."""
        self.phrases.conditions.clear()
        self.context.forget()

    def verbs(self) -> None:
        """Report what is wrong with the program's own verbs."""
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


class _Document:
    """What sentences say that is in one document, as `access`. `stale`: some of them are others than when it was made."""

    __slots__ = ("owner", "kind", "access", "stale", "grants")

    def __init__(self, owner: Owner, kind: str) -> None:
        self.owner = owner
        self.kind = kind
        self.access: Access | None = None
        self.stale = True
        self.grants: list[Grant] | None = None  # while it is made; None where no sentence speaks of it


class _Said:
    """A sentence that was read: what it says, what is wrong with it, and what it `reads` of what is declared. `more`: whether
    there is more to it than the grants of its documents."""

    __slots__ = ("line", "resolved", "found", "reads", "parts", "more")

    def __init__(
        self,
        line: ast.Line,
        resolved: Resolved,
        documents: _Documents,
        found: Found = (),
        reads: frozenset[tuple[str, object]] = frozenset(),
    ) -> None:
        self.line = line
        self.resolved = resolved
        self.found = found
        self.reads = reads
        self.more = bool(found or resolved.only or resolved.undeclared)
        self.parts = tuple(
            [(documents.of(owner, "identity"), grants) for owner, grants in resolved.grants]
            + [(documents.of(owner, "resource"), grants) for owner, grants in resolved.landed]
        )


class _Documents:
    """What all sentences say together, by document."""

    def __init__(self) -> None:
        self.known: dict[tuple[Owner, str], _Document] = {}
        self.only: list[Only] = []
        self.closing: list[tuple[_Document, tuple[Grant, ...]]] = []  # what follows from all of `only`

    def of(self, owner: Owner, kind: str) -> _Document:
        """The document of `owner`, which what is about to be said of it makes stale."""
        found = self.known.get((owner, kind))
        if found is None:
            found = self.known[owner, kind] = _Document(owner, kind)
        found.stale = True
        return found

    def close(self, said: list[_Said], landing: Landing) -> bool:
        """Find out what `only` sentences deny to all others; whether there was anything to find out."""
        only = [each for one in said for each in one.resolved.only]
        if len(only) == len(self.only) and all(map(is_, only, self.only)):
            return False
        for document, _ in self.closing:
            document.stale = True
        landing.only = only
        landing.close()
        landed, _ = landing.taken()
        self.closing = [(self.of(owner, "resource"), tuple(grants)) for owner, grants in landed.items()]
        self.only = only
        return True

    def accesses(self, said: list[_Said], landing: Landing) -> tuple[Access, ...]:
        """An access for each document. One of which all grants are the same is the same object."""
        stale = [one for one in self.known.values() if one.stale]
        for one in stale:
            one.grants = None
        for parts in [one.parts for one in said] + [self.closing] if stale else ():
            for document, grants in parts:
                if document.stale:
                    document.grants = document.grants or []
                    document.grants += grants
        for one in stale:
            if one.grants is None:
                del self.known[one.owner, one.kind]
                continue
            found = landing.sayable(one.owner, one.grants) if one.kind == "resource" else tuple(one.grants)
            if one.access is None or one.access.grants != found:
                one.access = Access(one.owner, one.kind, found)
            one.stale = False
        return tuple([one.access for one in self.known.values() if one.access is not None])


def _undeclared(said: list[_Said], report: Report) -> None:
    """Say, once for each, which subjects stand for a managed policy as nobody is declared."""
    found: dict[str, Span] = {}
    for one in said:
        for name, span in one.resolved.undeclared:
            found.setdefault(name, span)
    for name, span in found.items():
        help = f"declare it to check names: `user {name}`"
        report.add(rules.UNDECLARED_SUBJECT, span, help=help, name=name)


class Kept:
    """Resolves one version of a program after the other, and reads again only those sentences whose words or names are
    others now. What is read before the work is given up (see `pause`) stays known."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.said: list[_Said] = []  # of the last version, in order, but for those forgotten
        self.read: list[_Said] = []  # since then
        self.documents = _Documents()
        self.closing: Found = ()  # what is wrong with what `only` sentences deny

    def resolve(self, bindings: Bindings, report: Report) -> tuple[Access, ...]:
        """As the function `resolve`. `bindings` note what is looked up."""
        self.forget()
        self.keep.reading("verbs", None, report, lambda own: _Resolver(bindings, own).verbs())
        own = Report()
        own.sources = report.sources
        resolver = _Resolver(bindings, own)
        own.taken()
        self.update(bindings.grants, resolver, own)
        more = [one for one in self.said if one.more]
        if self.documents.close(more, resolver.landing):
            self.closing = own.taken()
        for one in more:
            report.give(one.found)
        report.give(self.closing)
        _undeclared(more, report)
        return self.documents.accesses(self.said, resolver.landing)

    def forget(self) -> None:
        """Forget the sentences that read what is another now."""
        changed = self.keep.changed
        stale = [one for one in self.said + self.read if not changed.isdisjoint(one.reads)] if changed else []
        if stale:
            self.touch(stale)
            gone = set(map(id, stale))
            self.said = [one for one in self.said if id(one) not in gone]
            self.read = [one for one in self.read if id(one) not in gone]
        self.keep.changed = set()

    def update(self, lines: list[ast.Line], resolver: _Resolver, own: Report) -> None:
        """Read what is new among `lines`: between those that are the same as last time, from the first and to the last."""
        before = self.said
        most = min(len(lines), len(before))
        start = next((at for at in range(most) if lines[at] is not before[at].line), most)
        end = next((at for at in range(most - start) if lines[-1 - at] is not before[-1 - at].line), most - start)
        apart = before[start : len(before) - end]
        known: dict[Hashable, list[_Said]] = {}
        for one in apart + self.read:
            known.setdefault(_key(one.line), []).append(one)
        said: list[_Said] = []
        for line in lines[start : len(lines) - end]:
            found = next((one for one in known.get(_key(line), ()) if one.line == line), None)
            if found is None:
                pause()
                self.keep.reads.clear()
                resolver.forget()
                resolved = resolver.resolved(line)
                found = _Said(line, resolved, self.documents, own.taken(), frozenset(self.keep.reads))
                self.read.append(found)
            said.append(found)
        self.touch(apart)
        self.touch(said)
        self.said = before[:start] + said + before[len(before) - end :]
        self.read = []

    def touch(self, said: list[_Said]) -> None:
        """What `said` say is new, no longer said, or said in another place."""
        for one in said:
            for document, _ in one.parts:
                document.stale = True


def _key(line: ast.Line) -> Hashable:
    """Which sentence it is, and which time that it is said."""
    span = line.sentence.span
    if not isinstance(span, InstanceSpan):
        return (span.path, span.start, span.end)
    times = [(one.text, one.at.path, one.at.start, one.values) for one in instances(span)]
    return (span.path, span.start, span.end, tuple(times))

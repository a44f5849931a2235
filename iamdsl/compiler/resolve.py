"""Sentences to grants: in the policies of the principals that they are about, and in those of resources."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import FALSE, Access, Condition, Grant, Origin, Owner, conjunction
from iamdsl.compiler import deputy
from iamdsl.compiler.acts import Context
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.holders import assigned_accounts
from iamdsl.compiler.landing import Landing
from iamdsl.compiler.sentence import Phrases, Said, grouped, spares
from iamdsl.compiler.subjects import Outsider, Subjects, Who
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Report
from iamdsl.syntax import ast


def resolve(bindings: Bindings, report: Report) -> tuple[Access, ...]:
    """The grants of every principal of the program, in the order of its sentences, and those of resources."""
    return _Resolver(bindings, report).resolve()


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
        if self.bindings.verbs:
            from iamdsl.compiler.vet import vet  # local for start-up time: few programs define verbs

            vet(self.context)
        for line in self.bindings.grants:
            self.sentence(line)
        self.landing.close()
        identity = tuple(Access(owner, "identity", tuple(grants)) for owner, grants in self.grants.items())
        return (*identity, *self.landing.accesses())

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
        plain = ast.Phrase(phrase.groups, clauses, phrase.span)
        self.grant(who, self.phrases.said(plain, shared, True), True, clauses + shared, origin)
        denied = self.phrases.said(phrase, node.shared, False, judged=False)
        own = [self.subjects.caller(owner, who.span) for owner in who.owners] + [one.caller for one in who.outsiders]
        admitted = self.phrases.admitted(own, phrase.qualifiers + node.shared)
        if admitted != FALSE:
            self.landing.admit(denied, admitted, origin, who.span)

"""Sentences to grants: each verb becomes the actions that define it, each on the ARNs of the types that it takes."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import condition as conditions
from iamdsl.access.model import TRUE, Access, Condition, Grant, Origin, Owner, Test, conjunction, tests
from iamdsl.catalog import Action
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.bindings import PRINCIPAL_KINDS, Bindings
from iamdsl.compiler.conditions import Conditions, judge
from iamdsl.compiler.phrase import predicates
from iamdsl.compiler.predicate import acts
from iamdsl.compiler.verbs import Library
from iamdsl.compiler.words import literal, suggestion
from iamdsl.diagnostics import Report
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OUTSIDE = {
    "account": "an account",
    "organization": "an organization",
    "service": "a service",
    "everyone": "`everyone in account`",
    "public": "`anyone on the internet`",
    "nobody": "`nobody`",
    "root": "`root`",
    "permission set": "a permission set",
}


def resolve(bindings: Bindings, report: Report) -> tuple[Access, ...]:
    """The identity grants of every principal of the program, in the order of its sentences."""
    return _Resolver(bindings, report).resolve()


class _Resolver:
    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.report = report
        self.library = Library(bindings, report)
        self.context = Context(bindings, self.library, report)
        self.grants: dict[Owner, list[Grant]] = {}

    def resolve(self) -> tuple[Access, ...]:
        for line in self.bindings.grants:
            self.sentence(line)
        return tuple(Access(owner, "identity", tuple(grants)) for owner, grants in self.grants.items())

    def sentence(self, line: ast.Line) -> None:
        node = line.sentence
        assert isinstance(node, ast.Grant)
        if node.subjects is None:
            help = "put who before `can`, such as `alice can ...`"
            self.report.add(rules.NO_SENTENCE, node.span, help=help)
            return
        owners = self.owners(node.subjects, node.allows)
        for phrase in node.phrases:
            because, until = self.remarks(phrase.qualifiers + node.shared)
            place = phrase.span if node.block else node.span
            origin = Origin(place.path, place.start, place.end, because, until)
            for grant in self.phrase(phrase, node, origin, owners):
                for owner in owners:
                    self.grants[owner].append(grant)

    def remarks(self, qualifiers: tuple[ast.Qualifier, ...]) -> tuple[str, str]:
        """What `because` and `until` say."""
        clauses = [one for one in qualifiers if isinstance(one, ast.Clause)]
        because = [self.context.text(one.values[0]) for one in clauses if one.kind == "because"]
        until = [self.context.text(one.values[0]) for one in clauses if one.kind == "until"]
        return "; ".join(because), (until or [""])[0]

    # ---- who

    def owners(self, subjects: ast.Subjects, allows: bool) -> list[Owner]:
        """Whom the sentence is about; each gets a document, even when its grants turn out wrong."""
        found: list[Owner] = []
        if subjects.only:
            self.report.add(rules.NOT_YET, subjects.span, what="`only`")
        for subject in subjects.items:
            found += self.subject(subject, allows)
        owners = list(dict.fromkeys(found))
        for owner in owners:
            self.grants.setdefault(owner, [])
        return owners

    def subject(self, subject: ast.Subject, allows: bool) -> list[Owner]:
        home = self.bindings.home
        if subject.kind == "every":
            kind = subject.words[0].text
            named = [one for one in self.bindings.principals.values() if kind in ("principal", one.kind)]
            # a group's members are declared users, so `every principal` reaches them without the group
            named = [one for one in named if kind == "group" or one.kind != "group"]
            if not named:
                example = {"role": "role NAME for ...", "principal": "user NAME"}.get(kind, f"{kind} NAME")
                self.report.add(rules.NO_PRINCIPALS, subject.span, help=f"declare one: `{example}`", kind=kind)
            return [Owner(one.kind, one.name, home) for one in named]
        if subject.kind in _OUTSIDE or subject.kind.startswith("anyone"):
            what = _OUTSIDE.get(subject.kind, "`anyone except`")
            self.report.add(rules.NOT_YET, subject.span, what=f"a sentence about {what}")
            return []
        if len(subject.words) != 1:
            extra = subject.words[1]
            help = "a list of subjects has commas between them, and a sentence its own line"
            before = subject.words[0].text
            self.report.add(rules.EXTRA_WORDS, extra.span, help=help, word=extra.text, before=before)
            return []
        return self.named(subject.words[0], subject.kind, allows)

    def named(self, word: ast.Word, kind: str, allows: bool) -> list[Owner]:
        name = literal(word, self.bindings.params, self.report)
        known = self.bindings.principals
        found = [known[of, name] for of in PRINCIPAL_KINDS if (of, name) in known and kind in ("", of)]
        if len(found) > 1:
            what = " and ".join(f"a {one.kind}" for one in found)
            help = f"write `{found[0].kind} {name}`"
            self.report.add(rules.AMBIGUOUS_NAME, word.span, help=help, name=name, what=what)
        if found:
            return [Owner(found[0].kind, name, self.bindings.home)]
        if not known and not kind and allows:
            return self.undeclared(word, name)
        if not known and not allows:
            help = f"declare it: `user {name}` or `role {name} for ...`"
            self.report.add(rules.UNATTACHED_DENY, word.span, help=help, name=name)
            return []
        names = [other for of, other in known if kind in ("", of)]
        kind = kind or "subject"
        shown = kind if kind != "subject" else "user"
        help = suggestion(name, names) or f"declare it: `{shown} {name}`" + (" for ..." if kind == "role" else "")
        self.report.add(rules.UNKNOWN_PRINCIPAL, word.span, help=help, kind=kind, name=name)
        return []

    def undeclared(self, word: ast.Word, name: str) -> list[Owner]:
        """In a program that declares nobody, a subject stands for a managed policy of its name."""
        if not all(c.isascii() and (c.isalnum() or c in "+=,.@_-") for c in name) or len(name) > 128:
            help = "a policy's name has 1 to 128 ASCII letters, digits and `+=,.@_-`"
            self.report.add(rules.BAD_NAME, word.span, help=help, kind="policy", name=name)
            return []
        owner = Owner("policy", name, self.bindings.home)
        if owner not in self.grants:
            self.report.add(
                rules.UNDECLARED_SUBJECT, word.span, help=f"declare it to check names: `user {name}`", name=name
            )
        return [owner]

    # ---- what

    def phrase(self, phrase: ast.Phrase, node: ast.Grant, origin: Origin, owners: list[Owner]) -> Iterable[Grant]:
        qualifiers = phrase.qualifiers + node.shared
        found = predicates(phrase.groups, self.bindings, self.library, self.report)
        excepted = [one for one in qualifiers if isinstance(one, ast.Except)]
        if excepted and len(found) > 1:
            help = "give what it belongs to a sentence of its own"
            what = "the sentence says several things, and it could belong to each"
            self.report.add(rules.EXCEPT_MISFIT, excepted[0].span, help=help, what=what)
            return []
        grants: list[Grant] = []
        before = self.report.errors
        own = phrase.qualifiers or node.shared
        for predicate in found:
            found_acts = acts(predicate, qualifiers, node.allows, self.context)
            service = next((type.service for act in found_acts for type in act.types), "")
            conditions_of = Conditions(self.bindings, self.report, service)
            errors = self.report.errors
            condition = conditions_of.of(qualifiers)
            if self.report.errors == errors:
                judge(condition, own, phrase.span, self.report)
            fitting = self.fitting(found_acts, condition, node.allows, conditions_of.placer(qualifiers, phrase.span))
            grants += self.grouped(fitting, node.allows, origin)
        if self.report.errors == before:
            self.truth(grants, phrase.span)
        return grants

    def fitting(
        self,
        acts: list[Act],
        condition: Condition,
        allows: bool,
        place: Callable[[str], Span],
    ) -> list[tuple[Act, Condition]]:
        """The acts with their whole condition, without those that never carry one of its keys."""
        carried = tests(condition)
        found: list[tuple[Act, Condition]] = []
        missing: dict[str, list[str]] = {}
        for act in acts:
            if act.companion:
                passed = conditions.drop(condition, lambda test: not self.passes_on(test, act))
                found.append((act, conjunction(passed, act.condition)))
                continue
            for each in self.carrying(act, carried, missing):
                found.append((each, conjunction(condition, each.condition)))
        tags = [test.key for test in carried if test.key.startswith("aws:ResourceTag/")]
        if tags and any(type.full in ("s3:bucket", "s3:object") for act, _ in found for type in act.types):
            help = "enable it with s3:PutBucketAbac"
            self.report.add(rules.BUCKET_TAGS, place(tags[0]), help=help)
        for key, names in missing.items():
            some_left = any(not act.companion for act, _ in found)
            self.not_carried(key, sorted(set(names)), some_left, allows, place(key))
        if missing and not any(not act.companion for act, _ in found):
            return []
        return found

    def carrying(self, act: Act, carried: tuple[Test, ...], missing: dict[str, list[str]]) -> list[Act]:
        """`act`, or the part of it that carries the keys of all tests `carried`; the rest is noted in `missing`."""
        if not carried or act.except_actions or act.action in ("*", "*:*"):
            return [act]
        actions = self.context.expand(act.action)
        left = actions
        for test in carried:
            lacking = [one for one in left if not self.carries(one, act, test)]
            if lacking:
                missing.setdefault(test.key, []).extend(one.full for one in lacking)
                left = tuple(one for one in left if one not in lacking)
        if len(left) == len(actions):
            return [act]
        return [act.narrowed(one.full) for one in left]

    def carries(self, action: Action, act: Act, test: Test) -> bool:
        types = act.types or (None,)
        return any(self.bindings.catalog.carries(action, type, test.key) for type in types)

    def not_carried(self, key: str, names: list[str], some_left: bool, allows: bool, span: Span) -> None:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        if some_left and allows:
            help = "give these actions a sentence of their own if they are meant too"
            self.report.add(rules.KEY_DROPS, span, help=help, actions=shown, key=key)
        else:
            help = "name the actions that carry it, or leave the condition out"
            self.report.add(rules.KEY_NOT_CARRIED, span, help=help, actions=shown, key=key)

    def passes_on(self, test: Test, act: Act) -> bool:
        """Whether a test of the sentence holds for a companion grant too.

        The service calls KMS for the caller: network, TLS and resource tags are its own, and so are its service keys.
        """
        key = test.key.lower()
        if key.startswith("aws:resourcetag/") or (key in _NETWORK and act.action.startswith("kms:")):
            return False
        return all(self.carries(one, act, test) for one in self.context.expand(act.action))

    def grouped(self, fitting: list[tuple[Act, Condition]], allows: bool, origin: Origin) -> list[Grant]:
        """One grant for each set of resources and condition."""
        groups: dict[tuple[tuple[str, ...], bool, bool, Condition], dict[str, None]] = {}
        for act, condition in fitting:
            key = (act.resources, act.except_actions, act.except_resources, condition)
            groups.setdefault(key, {}).update(dict.fromkeys(act.actions))
        return [
            Grant(allows, tuple(actions), resources, condition, (origin,), (), except_actions, except_resources)
            for (resources, except_actions, except_resources, condition), actions in groups.items()
        ]

    def truth(self, grants: list[Grant], span: Span) -> None:
        """A condition that can never hold makes a grant that never applies."""
        for condition in dict.fromkeys(grant.condition for grant in grants):
            try:
                if condition != TRUE and not conditions.cubes(condition):
                    self.report.add(rules.NEVER_TRUE, span, help="its parts contradict each other")
            except conditions.TooManyStatements:
                help = "split the sentence, or state the condition with fewer alternatives"
                self.report.add(rules.TOO_MANY_STATEMENTS, span, help=help, limit=64)


_NETWORK = frozenset(
    (
        "aws:sourceip",
        "aws:vpcsourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:securetransport",
        "s3:tlsversion",
        "aws:viaawsservice",
    )
)

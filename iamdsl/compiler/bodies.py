"""Documents that a program writes out as a body of sentences: boundaries, session and endpoint policies, guardrails."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Access, And, Condition, Grant, Not, Origin, Owner, conjunction, tests
from iamdsl.compiler import guardrail
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.bindings import Bindings, Header, noun
from iamdsl.compiler.callers import ROOT_ANYWHERE, callers_anywhere, organization_id, ou_id
from iamdsl.compiler.conditions import Conditions, as_written
from iamdsl.compiler.header import headed
from iamdsl.compiler.keep import Keep, reading
from iamdsl.compiler.sentence import Phrases, Said, any_of, grouped
from iamdsl.compiler.phrase import Thing, shown
from iamdsl.compiler.subjects import ANYONE, Subjects, principals_of
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Label, Report
from iamdsl.record import replace
from iamdsl.source import instances
from iamdsl.syntax import ast

Body = ast.Boundary | ast.SessionPolicy | ast.EndpointPolicy | ast.Guardrail | ast.TrustPolicy | ast.ResourcePolicy


def bodies(bindings: Bindings, report: Report, keep: Keep | None = None) -> tuple[Access, ...]:
    """The grants of every boundary, session policy, endpoint policy and guardrail of the program."""
    found: list[Access] = []
    for node in bindings.bodies:
        times = [(one.text, one.at.path, one.at.start) for one in instances(node.span)]
        key = ("body", node.span.path, node.span.start, tuple(times))
        found.append(reading(keep, key, node, report, lambda own: _body(node, bindings, own)))
    return tuple(found)


def _body(node: Body, bindings: Bindings, report: Report) -> Access:
    before = report.errors
    made = _KINDS[type(node)](node, bindings, report).access()
    if not made.grants and report.errors == before and not _kept(node):
        help = "write sentences in it, such as `can read bucket reports`"
        name = node.words[-1] if isinstance(node, ast.ResourcePolicy) else node.name
        report.add(rules.EMPTY_BODY, name.span, help=help, name=name.text)
    return made


def kept_bodies(bindings: Bindings, report: Report) -> list[tuple[Owner, str, ast.Kept]]:
    """Whose the bodies are that are kept in files, and of what kind."""
    found = []
    for node in bindings.bodies:
        for kept in _kept(node):
            body = _KINDS[type(node)](node, bindings, report)
            found.append((body.owner(), body.kind, kept))
    return found


def _kept(node: Body) -> list[ast.Kept]:
    return [line.sentence for line in node.body if isinstance(line.sentence, ast.Kept)]


class _Body:
    """Reads one body. `anywhere` says in which accounts its sentences hold: "" in home, "*" in any."""

    kind = ""
    owner_kind = ""
    anywhere = ""

    def __init__(self, node: Body, bindings: Bindings, report: Report) -> None:
        self.node = node
        self.bindings = bindings
        self.report = report
        self.context = Context(bindings, Library(bindings, report), report, bool(self.anywhere))
        self.phrases = Phrases(self.context)
        self.subjects = Subjects(bindings, report)

    def access(self) -> Access:
        grants = [grant for line in self.node.body for grant in self.sentence(line)]
        return Access(self.owner(), self.kind, tuple(grants))

    def owner(self) -> Owner:
        assert not isinstance(self.node, ast.ResourcePolicy)
        name = self.context.text(self.node.name)
        return Owner(self.owner_kind, name, "" if self.anywhere else self.bindings.home, arn=self.place())

    def place(self) -> str:
        """What the document is attached to, where its declaration says so."""
        return ""

    def sentence(self, line: ast.Line) -> list[Grant]:
        node = line.sentence
        if isinstance(node, (ast.BadSentence, ast.Kept)) or self.says_of_itself(node):
            return []
        if not isinstance(node, ast.Grant):
            help = "declare it outside; in here stand sentences with `can` and `cannot`"
            self.report.add(rules.NO_SENTENCE, line.span, help=help)
            return []
        return [grant for phrase, origin in self.phrases.each(node) for grant in self.grants(node, phrase, origin)]

    def said(self, phrase: ast.Phrase, shared: tuple[ast.Qualifier, ...], allows: bool) -> Said:
        return self.phrases.said(phrase, shared, allows)

    def says_of_itself(self, node: ast.Statement) -> bool:
        """Whether `node` is no sentence about access but about the document."""
        return False

    def grants(self, node: ast.Grant, phrase: ast.Phrase, origin: Origin) -> list[Grant]:
        """A body without subjects: they are whoever has the policy."""
        if node.subjects is not None:
            help = f"leave it out: `{'can' if node.allows else 'cannot'} ...`"
            why = "who has the policy is the subject"
            subject = " ".join(word.text for word in node.subjects.items[0].words) or node.subjects.items[0].kind
            self.report.add(rules.SUBJECT_MISFIT, node.subjects.span, help=help, subject=subject, why=why)
            return []
        return grouped(self.phrases.said(phrase, node.shared, node.allows), node.allows, origin)


class _Boundary(_Body):
    kind = "boundary"
    owner_kind = "boundary"


class _Session(_Body):
    kind = "session"
    owner_kind = "session policy"


class _Endpoint(_Body):
    """An endpoint policy names no principal but `*`: gateway endpoints take no other, and a condition says who."""

    kind = "endpoint"
    owner_kind = "endpoint policy"

    def place(self) -> str:
        assert isinstance(self.node, ast.EndpointPolicy)
        return ",".join(self.context.text(word) for word in self.node.endpoints)

    def grants(self, node: ast.Grant, phrase: ast.Phrase, origin: Origin) -> list[Grant]:
        if node.subjects is None:
            return self.put(self.phrases.said(phrase, node.shared, node.allows), node.allows, [TRUE], origin)
        if any(one.kind.endswith("principal") for one in node.subjects.items):
            return written(self, node, phrase, origin)
        who = self.subjects.of(node.subjects, node.allows)
        if who.mode == "nobody":
            return self.put(self.phrases.said(phrase, node.shared, False), False, [TRUE], origin)
        own = [self.subjects.caller(owner, who.span) for owner in who.owners]
        own += [one.condition if one.kind == "anyone except" else one.caller for one in who.outsiders]
        if not own:
            return []
        if who.mode == "only":
            admitted = self.phrases.admitted(own, phrase.qualifiers + node.shared)
            allowed = [(act, act.condition) for act, _ in self.phrases.said(phrase, node.shared, True, judged=False)]
            denied = [(act, act.condition) for act, _ in self.phrases.said(phrase, node.shared, False, judged=False)]
            return [
                *self.put(allowed, True, [admitted], origin),
                *self.put(denied, False, [Not(admitted)], origin),
            ]
        return self.put(self.phrases.said(phrase, node.shared, node.allows), node.allows, own, origin)

    def put(self, said: Said, allows: bool, own: list[Condition], origin: Origin) -> list[Grant]:
        caller = any_of(list(dict.fromkeys(own)))
        whole = _under(caller, said)
        return [replace(grant, principals=ANYONE) for grant in grouped(whole, allows, origin)]


class _Guardrail(_Body):
    """A guardrail denies: to all, to all but some, or to whom it names; a sentence without a subject allows."""

    owner_kind = "guardrail"
    anywhere = "*"

    def __init__(self, node: Body, bindings: Bindings, report: Report) -> None:
        super().__init__(node, bindings, report)
        assert isinstance(node, ast.Guardrail)
        self.guardrail = node
        self.kind = "scp" if node.guarded == "principals" else "rcp"

    def place(self) -> str:
        where = self.guardrail.where
        if where is None:
            return ""
        if self.guardrail.place == "ou":
            return ou_id(where, self.bindings, self.report)
        if self.guardrail.place == "organization":
            return organization_id(where, self.bindings, self.report)
        return self.bindings.account_id(where, self.report)

    def access(self) -> Access:
        found = super().access()
        guardrail.check(found, self.guardrail.name.span, self.bindings, self.report)
        return found

    def grants(self, node: ast.Grant, phrase: ast.Phrase, origin: Origin) -> list[Grant]:
        subjects = node.subjects
        if subjects is None:
            return self.put(self.phrases.said(phrase, node.shared, node.allows), node.allows, origin)
        nobody = any(one.kind == "nobody" for one in subjects.items)
        if nobody or subjects.only:
            self.subjects.mode(subjects, node.allows)
        elif node.allows:
            help = "write `nobody can ...`, `only ... can ...`, or, to deny it to whom you name, `cannot`"
            why = "a guardrail denies and never grants"
            shown = " ".join(word.text for word in subjects.items[0].words) or subjects.items[0].kind
            self.report.add(rules.SUBJECT_MISFIT, subjects.span, help=help, subject=shown, why=why)
            return []
        denied = self.phrases.said(phrase, node.shared, False, judged=not subjects.only)
        if nobody:
            return self.put(denied, False, origin)
        own = [test for one in subjects.items if (test := self.caller(one))]
        if not own:
            return []
        if subjects.only:
            spared = Not(self.phrases.admitted(own, phrase.qualifiers + node.shared))
            return self.put(_under(spared, [(act, act.condition) for act, _ in denied]), False, origin)
        caller = any_of(own)
        return self.put(_under(caller, denied), False, origin)

    def put(self, said: Said, allows: bool, origin: Origin) -> list[Grant]:
        found = grouped(said, allows, origin)
        return found if self.kind == "scp" else [replace(grant, principals=ANYONE) for grant in found]

    def caller(self, subject: ast.Subject) -> Condition | None:
        """How a request of `subject` is told, in whatever account it is."""
        if subject.kind == "root":
            return ROOT_ANYWHERE
        if subject.kind in ("role", "user"):
            return callers_anywhere(subject.kind, [self.context.text(subject.words[0])], self.bindings)
        if subject.kind in ("account", "organization", "service", "everyone"):
            found = self.subjects.outsider(subject, "only")
            return found.caller if found else None
        shown = " ".join(word.text for word in subject.words) or subject.kind
        help = "a guardrail holds in many accounts: write `role NAME`, `user NAME`, `root`, `account NAME` or `nobody`"
        self.report.add(
            rules.SUBJECT_MISFIT, subject.span, help=help, subject=shown, why="it says not which kind of caller it is"
        )
        return None


class _Written(_Body):
    """A document that names principals, statement by statement: nothing is added to what it says."""

    def access(self) -> Access:
        return replace(super().access(), written=True, version=self.header.version, id=self.header.id)

    header = Header()

    def says_of_itself(self, node: ast.Statement) -> bool:
        if not isinstance(node, ast.Setting) or node.kind not in ("version", "id"):
            return False
        place = self.header.id_place if node.kind == "id" else self.header.place
        if place is not None:
            self.report.add(rules.DUPLICATE_SETTING, (Label(node.span), Label(place)), kind=node.kind)
        self.header = headed(self.header, node, self.context.text(node.name), self.report)
        return True

    def grants(self, node: ast.Grant, phrase: ast.Phrase, origin: Origin) -> list[Grant]:
        return written(self, node, phrase, origin)


# what callers do with the role itself, to which its trust policy need not give a name
TRUSTING = {
    "assume": "sts:AssumeRole",
    "assume-with-saml": "sts:AssumeRoleWithSAML",
    "assume-with-token": "sts:AssumeRoleWithWebIdentity",
    "tag-session": "sts:TagSession",
    "set-identity": "sts:SetSourceIdentity",
}


class _Trust(_Written):
    kind = "trust"
    owner_kind = "role"

    def said(self, phrase: ast.Phrase, shared: tuple[ast.Qualifier, ...], allows: bool) -> Said:
        """`can assume` and the like go without a resource: it is the role."""
        words = [group.words[0].text if len(group.words) == 1 else "" for group in phrase.groups]
        if phrase.exactly is not None or not all([word in TRUSTING for word in words]):
            return super().said(phrase, shared, allows)
        qualifiers = phrase.qualifiers + shared
        reader = Conditions(self.bindings, self.report, "sts")
        for one in qualifiers:
            if isinstance(one, ast.Except) or (isinstance(one, ast.Clause) and not reader.knows(one)):
                clause = one.kind if isinstance(one, ast.Clause) else "except"
                self.report.add(rules.BAD_CLAUSE, one.span, clause=clause, why="there is nothing but the role")
        whole = self.phrases.condition(reader, qualifiers, qualifiers, phrase.span)
        carried = tuple([test for test in tests(whole) if test not in as_written(qualifiers, reader)])
        acts = [Act((TRUSTING[word],), ()) for word in words]
        return self.phrases.fitting(acts, whole, carried, allows, reader.placer(qualifiers, phrase.span))


class _Resource(_Written):
    kind = "resource"

    def owner(self) -> Owner:
        assert isinstance(self.node, ast.ResourcePolicy)
        none = Owner("resource", self.node.words[-1].text, self.bindings.home)
        found = noun(self.node.words, self.bindings, self.report)
        if found is None:
            return none
        type, taken = found
        if len(self.node.words) != taken + 1:
            help = f"write `resource policy {' '.join(word.text for word in self.node.words[:taken])} NAME {{ ... }}`"
            what = "names no single resource"
            self.report.add(rules.BAD_DECLARATION, self.node.span, help=help, what=what)
            return none
        name = self.context.text(self.node.words[taken])
        if self.bindings.catalog.resource_policy(type) is None:
            self.report.add(rules.NO_RESOURCE_POLICY, self.node.words[0].span, noun=shown(type))
            return none
        span = self.node.words[taken].span
        thing = Thing(type, "", name, span) if name.startswith("arn:") else Thing(type, name, "", span)
        target = self.context.arns.target(thing, not self.bindings.home, not self.bindings.region)
        arns = self.context.arns.own(target, None) if target else ()
        if not arns:
            return none
        arn = arns[0].removesuffix(self.bindings.catalog.arn_quirk(type).suffix)
        return Owner("resource", name, arn.split(":")[4].strip("*") or self.bindings.home, type.full, arn)


def written(body: _Body, node: ast.Grant, phrase: ast.Phrase, origin: Origin) -> list[Grant]:
    """The grants of a sentence to those whom it names: one for all principals of one condition."""
    if node.subjects is None:
        help = "put who before it, such as `account partner can ...` or `nobody can ...`"
        body.report.add(rules.NO_SENTENCE, node.span, help=help)
        return []
    subjects = node.subjects
    nobody = any(one.kind == "nobody" for one in subjects.items)
    if nobody or subjects.only:
        body.subjects.mode(subjects, node.allows)
    if subjects.only:
        help = "write whom it is granted to, and whom it is denied to as a sentence of its own"
        body.report.add(rules.SUBJECT_MISFIT, subjects.span, help=help, subject="only", why="each is a statement here")
        return []
    allows = node.allows and not nobody
    said = body.said(phrase, node.shared, allows)
    if nobody:
        return [replace(grant, principals=ANYONE) for grant in grouped(said, False, origin)]
    to: dict[tuple[bool, Condition], list[tuple[str, str]]] = {}
    for one in subjects.items:
        spared = one.kind == "anyone except principal"
        for principals, condition in _principals(one, body):
            to.setdefault((spared, condition), []).extend(principals)
    return [
        replace(grant, principals=tuple(dict.fromkeys(principals)), except_principals=spared)
        for (spared, condition), principals in to.items()
        for grant in grouped(_under(condition, said), allows, origin)
    ]


def _under(condition: Condition, said: Said) -> Said:
    """`said` where `condition` holds too, so that no act is what is written alone."""
    if condition == TRUE:
        return said
    return [(replace(act, written=None), conjunction(condition, whole)) for act, whole in said]


def _principals(subject: ast.Subject, body: _Body) -> list[tuple[tuple[tuple[str, str], ...], Condition]]:
    """The principals that a subject names, and what else tells him."""
    if subject.kind.endswith("principal"):
        return [(principals_of(subject, body.bindings, body.report), TRUE)]
    single = ast.Subjects((subject,), False, subject.span)
    who = body.subjects.of(single, True)
    found = [(one.principals, one.condition) for one in who.outsiders]
    arns = [("AWS", arn) for owner in who.owners for arn in body.subjects.arns(owner, subject.span)]
    return [*found, (tuple(arns), TRUE)] if arns else found


_KINDS: dict[type, type[_Body]] = {
    ast.Boundary: _Boundary,
    ast.SessionPolicy: _Session,
    ast.EndpointPolicy: _Endpoint,
    ast.Guardrail: _Guardrail,
    ast.TrustPolicy: _Trust,
    ast.ResourcePolicy: _Resource,
}

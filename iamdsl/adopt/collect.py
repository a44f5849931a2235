"""Principals and policies from declarations that are strewn about, as infrastructure code has them."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.adopt.model import Account, Guardrail, Held, Managed, Paper, Principal, Reference
from iamdsl.adopt.reading import Reader
from iamdsl.adopt.resources import resource_type, said_by
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Report
from iamdsl.policy.located import Node
from iamdsl.record import replace
from iamdsl.source import Source, Span

_KINDS = ("user", "group", "role")


class Collector(Reader):
    """Gathers what declarations say one by one; `account` joins it."""

    def __init__(self, source: Source, catalog: Catalog, report: Report) -> None:
        super().__init__(source, report)
        self.catalog = catalog
        self.people: dict[tuple[str, str], Principal] = {}
        self.policies: dict[str, Managed] = {}
        self.attached: list[tuple[str, str, str, Span]] = []
        self.inlined: list[tuple[str, str, str, Paper]] = []
        self.members: list[tuple[str, str, Span]] = []
        self.profiles: list[tuple[str, str]] = []
        self.held: list[Held] = []
        self.guardrails: list[Guardrail] = []

    # ---- one declaration

    def person(self, one: Principal) -> None:
        if (one.kind, one.name) in self.people:
            self.report.add(rules.FOUND_TWICE, one.place, what=f"{one.kind} `{one.name}`")
        self.people.setdefault((one.kind, one.name), one)

    def managed(self, one: Managed) -> None:
        if one.arn in self.policies:
            self.report.add(rules.FOUND_TWICE, one.paper.place, what=f"policy `{one.name}`")
        self.policies.setdefault(one.arn, one)

    def attach(self, kind: str, name: str, arn: str, node: Node) -> None:
        self.attached.append((kind, name, arn, self.place(node)))

    def put(self, arn: str, paper: Paper | None, node: Node, what: str) -> None:
        """The policy of the resource with `arn`, or, where that is not known, of the one that the policy names."""
        if paper is None:
            return
        arn = arn or said_by(paper.document)
        type = resource_type(arn, self.catalog) if arn else ""
        if not type:
            why = f"no resource with a policy of its own has the ARN `{arn}`" if arn else "its resource is not known"
            self.unresolved(node, f"the policy of {what}", why)
            return
        self.held.append(Held(arn, paper, type))

    def unresolved(self, node: Node, what: str, why: str, help: str = "") -> None:
        self.report.add(rules.UNRESOLVED, self.place(node), help=help, what=what, why=why)

    # ---- all of them

    def account(self, id: str, partition: str, region: str, references: tuple[Reference, ...] = ()) -> Account:
        """All that was gathered, each with whom it is of."""
        for kind, name, policy, paper in self.inlined:
            known = self.known(kind, name, f"inline policy `{policy}`", paper.place)
            if known and policy in dict(known.inline):
                self.report.add(rules.FOUND_TWICE, paper.place, what=f"inline policy `{policy}` of {kind} `{name}`")
            elif known:
                self.people[kind, name] = replace(known, inline=(*known.inline, (policy, paper)))
        for kind, name, arn, place in self.attached:
            known = self.known(kind, name, f"the attachment of `{arn}`", place)
            if known and arn not in known.managed:
                self.people[kind, name] = replace(known, managed=(*known.managed, arn))
        for group, user, place in self.members:
            known = self.known("user", user, f"its membership of group `{group}`", place)
            if known and self.known("group", group, f"the membership of user `{user}`", place):
                if group not in known.groups:
                    self.people["user", user] = replace(known, groups=(*known.groups, group))
        for role, profile in self.profiles:
            if known := self.people.get(("role", role)):
                self.people["role", role] = replace(known, instance_profiles=(*known.instance_profiles, profile))
        people = sorted(self.people.values(), key=lambda one: (_KINDS.index(one.kind), one.name))
        return Account(
            id,
            partition,
            region,
            tuple(people),
            tuple(self.policies.values()),
            tuple(self.held),
            tuple(self.guardrails),
            references=references,
        )

    def known(self, kind: str, name: str, what: str, place: Span) -> Principal | None:
        found = self.people.get((kind, name))
        if found is None:
            help = f"add it by hand where {kind} `{name}` is declared"
            self.report.add(rules.UNRESOLVED, place, help=help, what=f"{kind} `{name}`", why=f"{what} is left out")
        return found

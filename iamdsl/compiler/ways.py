"""Who comes to more than is said, over all documents that decide together."""

from __future__ import annotations

from iamdsl.compiler.estate import Estate, Held
from iamdsl.compiler.meet import owners_of
from iamdsl.policy.located import tree
from iamdsl.record import record
from iamdsl.validation.escalation import Finding, escalation
from iamdsl.validation.facts import Facts
from iamdsl.validation.party import Party
from iamdsl.validation.reading import Paper, Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = ("group", "user", "role", "permission-set", "policy")
# managed policies of AWS's that amount to everything: the AWS Managed Policy Reference Guide
_AWS = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "IAMFullAccess": {"Effect": "Allow", "Action": ["iam:*", "organizations:DescribeAccount"], "Resource": "*"},
}


def ways(estate: Estate, papers: Mapping[str, Paper], facts: Facts) -> list[Finding]:
    """What is to be told of the principals of `estate`, at statements of `papers`, which are its documents by their paths."""
    found = _Parties(estate, papers)
    known = list(found.all())
    findings = escalation(known, facts)
    return [one for one in findings if any(given.paper.path in papers for given in one.given)]


class _Parties:
    def __init__(self, estate: Estate, papers: Mapping[str, Paper]) -> None:
        self.estate = estate
        self.papers = papers
        self.of: dict[tuple[str, str], list[int]] = {}  # the numbers of the documents of each owner
        for number, one in enumerate(estate.held):
            for owner in dict.fromkeys(one.owners):
                self.of.setdefault(owner, []).append(number)
        self.aws = {name: Paper(name, Policy(tree({"Statement": [one]}))) for name, one in _AWS.items()}

    def all(self) -> Iterator[Party]:
        """Each principal of each account; documents of which nothing says whose they are stand for themselves."""
        for kind in _KINDS:
            for name in self.estate.names(kind):
                if kind == "policy" and self._attached(name):
                    continue
                accounts = {self.estate.held[number].account for number in self.of.get((kind, name), ())}
                for account in sorted(accounts) or [self.estate.bindings.home]:
                    yield self._party(kind, name, account)
        for one in self.estate.held:
            if not one.owners and one.layer == "identity" and one.path in self.papers:
                yield Party("", "", one.account, (self.papers[one.path],), *self._guardrails(one.account))

    def _attached(self, policy: str) -> bool:
        """Whether a policy is somebody's, who is judged with it."""
        return any(len(self.estate.held[number].owners) > 1 for number in self.of.get(("policy", policy), ()))

    def _party(self, kind: str, name: str, account: str) -> Party:
        owners = set(owners_of(kind, name, self.estate))
        numbers = sorted({number for owner in owners for number in self.of.get(owner, ())})
        his = [one for number in numbers if (one := self.estate.held[number]).account in (account, "")]
        own = [*self._papers(his, "identity"), *self._managed(owners)]
        limits, denies = self._guardrails(account)
        trusts = self._papers(his, "trust") if kind == "role" else []
        groups = tuple([group for of, group in owners if of == "group" and kind != "group"])
        members = dict(self.estate.groups).get(name, ()) if kind == "group" else ()
        policies = {policy for one in his for of, policy in one.owners if of == "policy"}
        limits = [*self._papers(his, "boundary"), *limits]
        trust = trusts[0] if trusts else None
        return Party(kind, name, account, own, limits, denies, trust, groups, members, tuple(sorted(policies)))

    def _papers(self, held: list[Held], layer: str) -> list[Paper]:
        return [self.papers[one.path] for one in held if one.layer == layer and one.path in self.papers]

    def _managed(self, owners: set[tuple[str, str]]) -> list[Paper]:
        names = [arn.rpartition("/")[2] for one in self.estate.beside if one.owner in owners for arn in one.aws]
        return [self.aws[name] for name in names if name in self.aws]

    def _guardrails(self, account: str) -> tuple[list[Paper], list[Paper]]:
        """The SCPs that limit the account: those that allow something, and those that only deny."""
        applying = [
            one
            for one in self.estate.held
            if one.layer == "scp"
            and (not one.targets or not one.targets[0].isdecimal() or not account or account in one.targets)
        ]
        every = self._papers(applying, "scp")
        limits = [paper for paper in every if any(one.allows for one in paper.policy.statements)]
        return limits, [paper for paper in every if paper not in limits]

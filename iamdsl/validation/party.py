"""A principal and all documents that speak for it: what it may do by them together.

What a condition asks is decided as far as the request is known (who asks, which service a role is passed to). A test that is
not lets an `Allow` through and keeps a `Deny` out: what is found here may be, what is not cannot.

IAM user guide, "Policy evaluation logic" and "AWS global condition context keys".
"""

from __future__ import annotations

from iamdsl.access.glob import covers
from iamdsl.policy import match, operators
from iamdsl.policy.located import Member, Node
from iamdsl.record import record
from iamdsl.validation.actions import wild
from iamdsl.validation.breadth import everything
from iamdsl.validation.facts import glob, meets
from iamdsl.validation.grants import open_resource, says
from iamdsl.validation.reading import Paper, Statement, Test

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Where = Callable[[Statement, "Party"], bool]

_NAME = "${aws:username}"
_SOMEBODY = "\1"  # the name of a user that nobody else can have


@record
class Given:
    """A statement that gives `action` (lower case), and the document it is in."""

    paper: Paper
    statement: Statement
    action: str

    @property
    def node(self) -> Node | Member:
        """The element of `Action` that says it, or the element."""
        for node in self.statement.actions:
            if not self.statement.negated_actions and glob(node.text.lower()).match(self.action):
                return node
        member = self.statement.elements.get("NotAction") or self.statement.elements.get("Action")
        return member.value if member else self.statement.node


class Named:
    """A user, role, group or policy as what an action is for; `account` is "" where it is not known."""

    __slots__ = ("kind", "name", "account", "own", "below")

    def __init__(self, kind: str, name: str, account: str = "") -> None:
        self.kind = kind
        self.name = name
        self.account = account
        self.own = f"{kind}/{name}"
        self.below = f"/{name}"

    def __call__(self, statement: Statement, party: Party) -> bool:
        """Whether the statement's resources have it among them."""
        return any(self._is(node.text, party) for node in statement.resources) != statement.negated_resources

    def _is(self, pattern: str, party: Party) -> bool:
        filled = party.filled(pattern)
        *head, last = filled.split(":", 5)
        if len(head) == 5 and not wild(last) and "$" not in last:  # the usual kind, fast
            named = last == self.own or (last.endswith(self.below) and last.startswith(f"{self.kind}/"))
            return named and (not self.account or head[4] == self.account or wild(head[4]))
        before = f"arn:*:iam::{self.account or '*'}:{self.kind}/"
        return any(meets(filled, f"{before}{path}{self.name}") for path in ("", "*/"))

    def covered(self, statement: Statement, party: Party) -> bool:
        """Whether the statement is about it, whatever its path."""
        found = False
        for node in statement.resources:
            *head, last = party.filled(node.text).split(":", 5)
            if not node.text.strip("*"):
                found = True
            elif len(head) == 5:
                account = not self.account or covers(head[4], self.account)
                found = found or (account and covers(head[2], "iam") and covers(last, self.own))
        return found != statement.negated_resources


class Party:
    """A principal (or whoever has a document) with what it has: `own` are its identity policies, those of its groups and
    those attached; it does no more than each of `limits` allows: its boundary, and what an SCP that allows anything allows.
    `denies`: the SCPs that only deny. `trust`: of a role, the document that says who assumes it.

    `kind` is `user`, `role`, `group`, `permission-set`, `policy` or "" of a document of which nothing says whose it is.
    `groups`: of a user. `members`: of a group, as the names of its users. `policies`: names of the managed ones it has.
    `limited`: whether it is kept within less than everything. `openings`: the statements of `trust` about principals of
    AWS's accounts. `served`: the services that assume the role.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        account: str = "",
        own: Iterable[Paper] = (),
        limits: Iterable[Paper] = (),
        denies: Iterable[Paper] = (),
        trust: Paper | None = None,
        groups: tuple[str, ...] = (),
        members: tuple[str, ...] = (),
        policies: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.name = name
        self.account = account
        self.own = tuple(own)
        self.limits = tuple(limits)
        self.trust = trust
        opening = (
            [one for one in trust.policy.statements if one.actions and says(one, "sts:assumerole")] if trust else []
        )
        self.openings = [one for one in opening if any(who.kind in ("AWS", "*") for who in one.principals)]
        self.served = frozenset(
            [who.text for one in opening if one.allows for who in one.principals if who.kind == "Service"]
        )
        self.groups = groups
        self.members = members
        self.named = Named(kind or "user", name or _SOMEBODY, account)
        self.attached = tuple([Named("policy", one, account) for one in policies])
        every = [(paper, one) for paper in self.own for one in paper.policy.statements if one.actions]
        self.allows = [(paper, one) for paper, one in every if one.allows]
        others = [one for paper in (*self.limits, *denies) for one in paper.policy.statements if one.actions]
        self.denies = [one for one in [*(one for _, one in every), *others] if one.denies]
        self.known = self._keys()
        self.limited = not all(any(everything(one) for one in limit.policy.statements) for limit in self.limits)
        self._given: dict[tuple[str, Where], Given | None] = {}

    @property
    def shown(self) -> str:
        """As messages call it."""
        if not self.kind:
            return "whoever has this policy"
        return f"{self.kind.replace('-', ' ')} `{self.name}`"

    def filled(self, pattern: str) -> str:
        """A resource of a document with the name of who asks for `${aws:username}`, which only users have."""
        if _NAME not in pattern:
            return pattern
        names = {"user": self.name, "": _SOMEBODY, "policy": _SOMEBODY}
        return pattern.replace(_NAME, names.get(self.kind, "\0"))

    def gives(self, action: str, where: Where, **more: str) -> Given | None:
        """The first statement by which the party may do `action` (lower case) there; `more`: keys of the request, with `_`
        for the colon, "" for one that it has not."""
        if more:
            return self._find(
                action, where, self.known | {key.replace("_", ":"): (of,) if of else () for key, of in more.items()}
            )
        if (action, where) not in self._given:
            self._given[action, where] = self._find(action, where, self.known)
        return self._given[action, where]

    def _find(self, action: str, where: Where, known: Mapping[str, tuple[str, ...]]) -> Given | None:
        for paper, statement in self.allows:
            if (
                says(statement, action)
                and where(statement, self)
                and not any(holds(test, known) is False for test in statement.tests)
                and not any(self._takes(deny, statement, action, where, known) for deny in self.denies)
                and all(self._within(limit, action, where, known) for limit in self.limits)
            ):
                return Given(paper, statement, action)
        return None

    def _takes(
        self, deny: Statement, given: Statement, action: str, where: Where, known: Mapping[str, tuple[str, ...]]
    ) -> bool:
        """Whether `deny` surely takes again what `given` gives there."""
        if not says(deny, action) or not all(holds(test, known) for test in deny.tests):
            return False
        if isinstance(where, Named):
            return where.covered(deny, self)
        if deny.all_resources:
            return True
        listed = [node.text for node in deny.resources]
        return not deny.negated_resources and all(
            any(covers(one, node.text) for one in listed) for node in given.resources
        )

    def _within(self, limit: Paper, action: str, where: Where, known: Mapping[str, tuple[str, ...]]) -> bool:
        return any(
            one.allows
            and one.actions
            and says(one, action)
            and where(one, self)
            and not any(holds(test, known) is False for test in one.tests)
            for one in limit.policy.statements
        )

    def everything(self) -> Given | None:
        """The statement that allows everything, if nothing but circumstances limits it."""
        for paper, statement in self.allows if not self.limited else ():
            if everything(statement) and not any(
                deny.all_resources and not deny.tests and not deny.negated_actions and "*" in deny.globs
                for deny in self.denies
            ):
                return Given(paper, statement, "*")
        return None

    def _keys(self) -> dict[str, tuple[str, ...]]:
        """What is known of every request of the party; a key without a value is absent."""
        found: dict[str, tuple[str, ...]] = {"aws:principalservicename": (), "aws:principalisawsservice": ("false",)}
        if self.kind in ("user", "role"):
            if self.account:
                found["aws:principalaccount"] = (self.account,)
                found["aws:principalarn"] = (f"arn:aws:iam::{self.account}:{self.kind}/{self.name}",)
            found["aws:username"] = (self.name,) if self.kind == "user" else ()
        return found


def holds(test: Test, known: Mapping[str, tuple[str, ...]]) -> bool | None:
    """Whether a test holds of a request of which these keys are known; None: that depends on others."""
    if test.key not in known or any("${" in text for text in test.texts):
        return None
    if operators.operator(test.operator) is None:
        return None
    context = {test.key: known[test.key]} if known[test.key] else {}
    return all(check(context) for check in match.checks(((test.operator, ((test.key, tuple(test.texts)),)),), False))


def anywhere(statement: Statement, party: Party) -> bool:
    """Any resource will do."""
    return True


def openly(statement: Statement, party: Party) -> bool:
    """Resources that stand for many are wanted."""
    return open_resource(statement)

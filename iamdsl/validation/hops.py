"""The steps by which one principal comes to what another may do: each a path of pathfinding.cloud, to somebody known."""

from __future__ import annotations

from iamdsl.record import record
from iamdsl.validation.facts import Facts, meets
from iamdsl.validation.party import Given, Party, anywhere, holds, openly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path = tuple[str, tuple[str, ...]]  # its name and the actions that it needs

PASS = "iam:passrole"
ASSUME = "sts:assumerole"
# what policies may ask of those who change others: here, that what they change has no boundary, and gets everything
LIMITS = {"iam_permissionsboundary": "", "iam_policyarn": "arn:aws:iam::aws:policy/AdministratorAccess"}
# services whose roles are passed to another principal than `SERVICE.amazonaws.com`: the service's user guide
_PASSED_TO = {
    "ecs": ("ecs-tasks.amazonaws.com",),
    "apprunner": ("tasks.apprunner.amazonaws.com", "build.apprunner.amazonaws.com"),
    "ec2": ("ec2.amazonaws.com", "spotfleet.amazonaws.com"),
    "ssm": ("ec2.amazonaws.com",),
    "ec2-instance-connect": ("ec2.amazonaws.com",),
}
SERVICES = {
    "apprunner": "App Runner",
    "bedrock-agentcore": "Bedrock AgentCore",
    "cloudformation": "CloudFormation",
    "codebuild": "CodeBuild",
    "datapipeline": "Data Pipeline",
    "ec2": "EC2",
    "ec2-instance-connect": "EC2",
    "ecs": "ECS",
    "glue": "Glue",
    "lambda": "Lambda",
    "sagemaker": "SageMaker",
    "ssm": "EC2",
}
# what gives a principal other permissions
_CHANGES = {
    "user": (("iam-007", "iam:PutUserPolicy"), ("iam-008", "iam:AttachUserPolicy")),
    "role": (("iam-005", "iam:PutRolePolicy"), ("iam-009", "iam:AttachRolePolicy")),
    "group": (("iam-011", "iam:PutGroupPolicy"), ("iam-010", "iam:AttachGroupPolicy")),
}
_VERSION = ("iam-001", "iam:CreatePolicyVersion")
# what makes credentials of another user
_CREDENTIALS = (
    ("iam-002", "iam:CreateAccessKey"),
    ("iam-004", "iam:CreateLoginProfile"),
    ("iam-006", "iam:UpdateLoginProfile"),
)


@record
class Hop:
    """What `source` can do to act as `target`, as messages say it, by `needs`; `given`: the statements that say so. `target`
    None: it can give itself everything. `plain`: that a trust policy names it, and nothing else. `path`: its name."""

    source: Party
    target: Party | None
    text: str
    path: str
    needs: tuple[str, ...]
    given: tuple[Given, ...]
    plain: bool = False


def principals_of(needs: Sequence[str]) -> tuple[str, ...]:
    """The principals by which the service that a path is about assumes roles."""
    service = service_of(needs)
    return _PASSED_TO.get(service, (f"{service}.amazonaws.com",))


def service_of(needs: Sequence[str]) -> str:
    return next((one.partition(":")[0] for one in needs if one.lower() != PASS), "")


def together(given: Sequence[Given], facts: Facts) -> bool:
    """Whether the steps that act on one type of resource can be about the same one."""
    for number, one in enumerate(given):
        for other in given[:number]:
            types = [facts.catalog.action(each.action) for each in (one, other)]
            same = types[0] and types[1] and set(types[0].takes) & set(types[1].takes)
            if not same or types[0] is None or types[1] is None or types[0].service != types[1].service:
                continue
            if one.statement.negated_resources or other.statement.negated_resources:
                continue
            a, b = ([node.text for node in each.statement.resources] for each in (one, other))
            if not any(meets(x, y) for x in a for y in b):
                return False
    return True


class Steps:
    """The hops of `party` to `parties`; `possible`: the paths whose every action it is given on something."""

    def __init__(self, party: Party, parties: Sequence[Party], possible: Sequence[Path], facts: Facts) -> None:
        self.facts = facts
        self.party = party
        self.others = [one for one in parties if one is not party]
        self.roles = [one for one in self.others if one.kind == "role"]
        self.paths = possible
        self.able = {need.lower() for _, needs in possible for need in needs}

    def found(self) -> list[Hop]:
        """The shortest path for each way to each of them."""
        hops = [*self._own(), *self._assumed(), *self._passed(), *self._running(), *self._taken_over()]
        for hop in [one for one in hops if one.target]:
            changed = self._changed(hop.target) if hop.target else None
            if changed:
                path, needs, given = changed
                text = f"{hop.text}, which it can give any policy"
                hops.append(
                    Hop(self.party, None, text, f"{path} with {hop.path}", (*hop.needs, *needs), (*given, *hop.given))
                )
        return hops

    def _iam(self, action: str, whom: Party) -> Given | None:
        """How the party may do an action of IAM to somebody."""
        folded = action.lower()
        if folded not in self.able:
            return None
        return self.party.gives(folded, whom.named, **LIMITS)

    def _own(self) -> Iterator[Hop]:
        """Changes of its own policies."""
        party = self.party
        groups = [one for one in self.others if one.kind == "group" and one.name in party.groups]
        for one in [party, *groups]:
            changed = self._changed(one)
            if changed and (one is party or not party.limited):
                path, needs, given = changed
                text = "give itself any policy" if one is party else f"give its {one.shown} any policy"
                yield Hop(party, None, text, path, needs, given)
                return

    def _changed(self, whom: Party) -> tuple[str, tuple[str, ...], tuple[Given, ...]] | None:
        """How the party may give everything to somebody whom no boundary keeps within less."""
        if whom.limited:
            return None
        for path, action in _CHANGES.get(whom.kind or "user", ()):
            given = self._iam(action, whom)
            if given:
                return path, (action,), (given,)
        path, action = _VERSION
        if action.lower() in self.able:
            for policy in whom.attached:
                given = self.party.gives(action.lower(), policy, **LIMITS)
                if given:
                    return path, (action,), (given,)
        return None

    def _assumed(self) -> Iterator[Hop]:
        """Roles that it can assume."""
        for role in self.roles:
            trusted = trusts(role, self.party)
            if not trusted:
                continue
            given = self.party.gives(ASSUME, role.named) if ASSUME in self.able else None
            if given is None and isinstance(trusted, Given):
                given = trusted
            if given:
                yield Hop(self.party, role, f"assume {role.shown}", "sts-001", ("sts:AssumeRole",), (given,), True)

    def _passed(self) -> Iterator[Hop]:
        """Roles that it can lend to a service and run code with, by the shortest path of each service."""
        seen: set[tuple[Party, str]] = set()
        for name, needs in self.paths:
            others = [self.party.gives(one.lower(), anywhere) for one in needs if one.lower() != PASS]
            made = [one for one in others if one]
            if len(others) == len(needs) or len(made) < len(others) or not together(made, self.facts):
                continue  # nothing is passed, or nothing made
            service = service_of(needs)
            for role in self.roles:
                passed = None if (role, service) in seen else self._pass(role, principals_of(needs))
                if passed:
                    seen.add((role, service))
                    text = f"pass {role.shown} to {SERVICES[service]}"
                    yield Hop(self.party, role, text, name, needs, (passed, *made))

    def _pass(self, role: Party, principals: Sequence[str]) -> Given | None:
        """How it may pass the role to a service that then assumes it."""
        for principal in principals:
            passed = (
                self.party.gives(PASS, role.named, iam_passedtoservice=principal) if serves(role, principal) else None
            )
            if passed:
                return passed
        return None

    def _running(self) -> Iterator[Hop]:
        """Roles of what runs already, and runs what it says then."""
        for name, needs in self.paths:
            if any(one.lower() == PASS or one.startswith(("iam:", "sts:")) for one in needs):
                continue
            given = [self.party.gives(one.lower(), openly) for one in needs]
            sure = tuple([one for one in given if one])
            if len(sure) < len(given):
                continue
            for role in self.roles:
                if any(one in role.served for one in principals_of(needs)):
                    text = f"take over what runs as {role.shown} in {SERVICES[service_of(needs)]}"
                    yield Hop(self.party, role, text, name, needs, sure)

    def _taken_over(self) -> Iterator[Hop]:
        """Users of whom it can make credentials, groups that it can join, roles whose trust it can change."""
        for other in self.others:
            if other.kind == "user":
                for path, action in _CREDENTIALS:
                    given = self._iam(action, other)
                    if given:
                        text = f"make credentials of {other.shown}"
                        yield Hop(self.party, other, text, path, (action,), (given,))
                        break
            elif other.kind == "role":
                given = self._iam("iam:UpdateAssumeRolePolicy", other)
                if given:
                    text = f"change who may assume {other.shown}"
                    yield Hop(self.party, other, text, "iam-012", ("iam:UpdateAssumeRolePolicy",), (given,))
            elif other.kind == "group" and self.party.kind in ("user", "") and other.name not in self.party.groups:
                given = self._iam("iam:AddUserToGroup", other)
                if given:
                    text = f"join {other.shown}"
                    yield Hop(self.party, other, text, "iam-013", ("iam:AddUserToGroup",), (given,))


def serves(role: Party, principal: str) -> bool:
    """Whether a role lets a service assume it; where nothing is known of that, it may."""
    return role.trust is None or principal in role.served


def trusts(role: Party, party: Party) -> Given | bool:
    """Whether a role lets `party` assume it: the statement that names him, or True where his account may say so."""
    if role.trust is None:
        return True
    whole = False
    for one in role.openings:
        if one.negated_principals:
            continue
        tests = [holds(test, party.known) for test in one.tests]
        named = [_names(who.text, party) for who in one.principals if who.kind in ("AWS", "*")]
        if one.denies and any(named) and all(tests):
            return False
        if one.allows and any(named) and False not in tests:
            if "self" in named:
                return Given(role.trust, one, ASSUME)
            whole = True
    return whole


def _names(text: str, party: Party) -> str:
    """Whether a principal of a trust policy is `party` (`self`), or his account (`account`)."""
    if text == "*":
        return "account"
    parts = text.split(":", 5)
    account = parts[4] if len(parts) == 6 else text
    if party.account and account != party.account:
        return ""
    if len(parts) < 6 or parts[5] == "root":
        return "account"
    kind, _, path = parts[5].partition("/")
    names = party.members if party.kind == "group" else (party.name,)
    wanted = "user" if party.kind == "group" else party.kind
    if kind == "assumed-role":
        kind, path = "role", path.partition("/")[0]
    return "self" if kind == wanted and path.rpartition("/")[2] in names else ""

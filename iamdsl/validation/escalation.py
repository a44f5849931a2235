"""Paths by which who has a policy can come to more than it says.

The paths and the permissions that each needs: DataDog/pathfinding.cloud (Apache-2.0), in `escalation.tsv`.
"""

from __future__ import annotations

from functools import lru_cache
from os.path import dirname, join

from iamdsl import document_rules as own
from iamdsl.policy.located import Node
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context
from iamdsl.validation.facts import glob
from iamdsl.validation.grants import Grants, says
from iamdsl.validation.reading import Statement

PASS = "iam:passrole"
MANY = 3  # paths from one action that are told one by one
# services whose roles are passed to another principal than `SERVICE.amazonaws.com`: the service's user guide
_PASSED_TO = {
    "ecs": ("ecs-tasks.amazonaws.com",),
    "apprunner": ("tasks.apprunner.amazonaws.com", "build.apprunner.amazonaws.com"),
    "cloudformation": ("cloudformation.amazonaws.com",),
    "ec2": ("ec2.amazonaws.com", "spotfleet.amazonaws.com"),
    "bedrock-agentcore": ("bedrock-agentcore.amazonaws.com",),
}


@lru_cache(maxsize=1)
def paths() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Name of each path and the actions that it needs, in AWS's spelling."""
    with open(join(dirname(__file__), "escalation.tsv"), encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    return tuple((name, tuple(needs.split(","))) for name, needs in (line.split("\t") for line in lines))


def escalation(context: Context) -> None:
    """The paths that the document opens, the shortest for each first step alone."""
    grants = context.grants
    if not grants.open or any(_everything(one) for one in grants.allows):
        return  # nothing to gain: that is a finding of its own
    given: dict[str, Statement | None] = {}
    found: list[tuple[str, tuple[str, ...], Statement]] = []
    for name, needs in sorted(paths(), key=lambda path: (len(path[1]), path[0])):
        steps = [_given(action, needs, grants, given) for action in needs]
        if all(steps) and not any(set(other) <= set(needs) for _, other, _ in found):
            first = steps[0]
            assert first is not None  # of `all`
            found.append((name, needs, first))
    by_place: dict[int, list[tuple[str, tuple[str, ...], Statement]]] = {}
    for path in found:
        by_place.setdefault(_action_node(path[2], path[1][0].lower()).start, []).append(path)
    for group in by_place.values():
        _tell(group, context)


def _tell(group: list[tuple[str, tuple[str, ...], Statement]], context: Context) -> None:
    """The paths that begin with one action of the document."""
    shown = group if len(group) <= MANY else group[:1]
    for name, needs, statement in shown:
        help = f"path {name} of pathfinding.cloud: limit the resources of {' or '.join(needs)}"
        path = " + ".join([f"`{need}`" for need in needs])
        if len(group) > MANY:
            path += f", and {len(group) - 1} other ways"
            help = f"paths {', '.join([one for one, _, _ in group[:8]])} ... of pathfinding.cloud: name actions and resources"
        context.add(own.PRIVILEGE_ESCALATION, _action_node(statement, needs[0].lower()), help, path=path)


def _given(action: str, needs: tuple[str, ...], grants: Grants, known: dict[str, Statement | None]) -> Statement | None:
    folded = action.lower()
    if folded != PASS:
        if folded not in known:
            known[folded] = grants.of(folded)
        return known[folded]
    service = next((one.partition(":")[0] for one in needs if one.lower() != PASS), "")
    for statement in grants.open:
        if says(statement, PASS) and _passes_to(statement, service):
            return statement if grants.of(PASS) else None
    return None


def _passes_to(statement: Statement, service: str) -> bool:
    """Whether roles may be passed to `service` by the statement."""
    principals = _PASSED_TO.get(service, (f"{service}.amazonaws.com",))
    for test in statement.testing("iam:passedtoservice"):
        if test.family == "Null" or test.negated:
            continue
        patterns = [glob(text) if test.like else None for text in test.texts]
        exact = set(test.texts)
        if not any(one in exact or any(p and p.match(one) for p in patterns) for one in principals):
            return False
    return True


def _everything(statement: Statement) -> bool:
    return (
        not statement.negated_actions
        and any(node.text in ("*", "*:*") for node in statement.actions)
        and statement.all_resources
        and not statement.tests
    )


def _action_node(statement: Statement, action: str) -> Node:
    """The element of `Action` that gives `action`."""
    for node in statement.actions:
        if not statement.negated_actions and glob(node.text.lower()).match(action):
            return node
    member = statement.elements.get("NotAction") or statement.elements.get("Action")
    return member.value if member else statement.node


def admin(context: Context) -> None:
    """Everything, or all of a service, on everything."""
    for statement in context.policy.statements:
        if not statement.allows or statement.tests:
            continue
        if _everything(statement):
            node = next(node for node in statement.actions if node.text in ("*", "*:*"))
            help = "name what it is for; or attach `AdministratorAccess`, which says so"
            context.add(own.ADMIN_ACCESS, node, help)
        elif statement.all_resources and not statement.negated_actions:
            for node in statement.actions:
                service, _, name = node.text.partition(":")
                if name and not name.strip("*") and not wild(service):
                    context.add(own.WHOLE_SERVICE, node, "name actions or resources", service=service.lower())


def negations(statement: Statement, context: Context) -> None:
    """`Allow` with what is not listed."""
    if not statement.allows:
        return
    if statement.negated_actions:
        help = "list what is allowed; or allow services and deny the exceptions"
        context.add(own.ALLOW_NOT_ACTION, statement.action_place, help)
    if statement.negated_resources:
        help = "list what is allowed; or allow `*` and deny the exceptions"
        context.add(own.ALLOW_NOT_RESOURCE, statement.resource_place, help)

"""`iam:PassRole` and `iam:CreateServiceLinkedRole` given for more roles than meant.

Source: IAM user guide, "Granting a user permissions to pass a role to an AWS service" and "Using service-linked roles".
"""

from __future__ import annotations

import re

from iamdsl import analyzer_rules as aws
from iamdsl.diagnostics import Rule
from iamdsl.policy.located import Member, Node
from iamdsl.record import record
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Statement, Test


@record
class _Watched:
    """An action that is watched; `keys`: tests that limit it well; `open`: resources that are all roles, or nearly.

    `rules`: by how the action is given (by name, by a wildcard, by NotAction), for a wildcard in `Resource` and for
    `NotResource`.
    """

    action: str
    keys: tuple[str, ...]
    open: str
    rules: tuple[tuple[Rule, Rule], ...]
    help: str


_PASS = _Watched(
    "iam:passrole",
    ("iam:passedtoservice", "iam:associatedresourcearn"),
    r"\*+\Z|arn:[^:]*:(iam|\*):[^:]*:[^:]*:(\*+|role/?\*+(/\*)*)\Z",
    (
        (aws.PASS_ROLE_WITH_STAR_IN_RESOURCE, aws.PASS_ROLE_WITH_NOT_RESOURCE),
        (aws.PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE, aws.PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE),
        (aws.PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION, aws.PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE),
    ),
    "name the roles, or test `iam:PassedToService`: a role passed to a service lends its permissions",
)
_LINK = _Watched(
    "iam:createservicelinkedrole",
    ("iam:awsservicename",),
    r"\*+\Z|arn:[^:]*:(iam|\*):[^:]*:[^:]*:(\*+|role/?\*+(/\*)*|role/aws-service-role/\*+(/\*)*)\Z",
    (
        (aws.CREATE_SLR_WITH_STAR_IN_RESOURCE, aws.CREATE_SLR_WITH_NOT_RESOURCE),
        (aws.CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE, aws.CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE),
        (aws.CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION, aws.CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE),
    ),
    "name the roles (`role/aws-service-role/SERVICE.amazonaws.com/*`), or test `iam:AWSServiceName`",
)


def roles(statement: Statement, context: Context) -> None:
    if statement.allows:
        _watch(_PASS, statement, context)
        _watch(_LINK, statement, context)


def _watch(watched: _Watched, statement: Statement, context: Context) -> None:
    way, place = _given(watched, statement)
    if way < 0:
        return
    if any(_limits(test) for test in statement.testing(*watched.keys)):
        return
    star, other = watched.rules[way]
    action = place.text if isinstance(place, Node) else "NotAction"
    if statement.negated_resources:
        context.add(other, place, watched.help, action=action)
        return
    for node in statement.resources:
        if re.match(watched.open, node.text):
            beside = [(node, "any of these")]
            context.add(star, place, watched.help, beside=beside, action=action, resource=node.text)
            return


def _limits(test: Test) -> bool:
    """Whether the test lets few services (or resources) through."""
    if test.family == "Null" or test.negated or test.if_exists:
        return False
    return not (test.like and any(text.startswith("*") for text in test.texts))


def _given(watched: _Watched, statement: Statement) -> tuple[int, Node | Member]:
    """How the statement gives the action (0 by name, 1 by a wildcard, 2 by NotAction, -1 not), and where."""
    place: Node | Member = statement.action_place
    for node in statement.actions:
        if glob(node.text.lower()).match(watched.action):
            if statement.negated_actions:
                return -1, place
            return (1 if wild(node.text) else 0), node
    return (2 if statement.negated_actions and statement.actions else -1), place

"""What a document gives in effect: its `Allow` statements less what its unconditional `Deny` statements take."""

from __future__ import annotations


from iamdsl.policy.forms import Form
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Policy, Statement

# a resource that stands for many: everything, or an ARN whose name is open (of an object, the bucket's name too)
_ALL = Form(
    r"\*+\Z|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*+(/\*+)*\Z|arn:[^:]*:(?![sS]3)[^:]*:[^:]*:[^:]*:[A-Za-z-]+[/:]\*+(/\*+)*\Z"
)


class Grants:
    def __init__(self, policy: Policy) -> None:
        self.allows = [one for one in policy.statements if one.allows and one.actions]
        self.open = [one for one in self.allows if open_resource(one)]
        self.denies = [
            one
            for one in policy.statements
            if one.denies and not one.tests and not one.negated_resources and one.actions
        ]

    def of(self, action: str) -> Statement | None:
        """The first statement that gives `action` (lower case) on resources that stand for many."""
        for statement in self.open:
            if says(statement, action) and not self._denied(statement, action):
                return statement
        return None

    def _denied(self, statement: Statement, action: str) -> bool:
        """Whether a `Deny` takes the action again, on all the resources of `statement`."""
        for deny in self.denies:
            if not says(deny, action):
                continue
            names = {node.text for node in deny.resources}
            everything = deny.all_resources
            if everything or statement.resources and all(node.text in names for node in statement.resources):
                return True
        return False


def says(statement: Statement, action: str) -> bool:
    """Whether the statement is about `action`, lower case."""
    named = action in statement.exact or any([glob(one).match(action) for one in statement.globs])
    return named != statement.negated_actions


def open_resource(statement: Statement) -> bool:
    """Whether the statement's resources stand for many: `*`, `role/*`, or all but a few."""
    return statement.negated_resources or any([_ALL.match(node.text) for node in statement.resources])

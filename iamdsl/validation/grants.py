"""What a document gives in effect: its `Allow` statements less what its unconditional `Deny` statements take."""

from __future__ import annotations


from iamdsl.policy.forms import Form
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Policy, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# the services of the paths of escalation, and an action of each path but that of `sts:AssumeRole`, which leads nowhere alone
_SERVICES = (
    *("*", "apprunner", "bedrock-agentcore", "cloudformation", "codebuild", "ec2", "ec2-instance-connect", "glue"),
    *("iam", "lambda", "sagemaker", "ssm", "sts"),
)
_STEPS = frozenset(
    [
        *("iam:passrole", "iam:createpolicyversion", "iam:createaccesskey", "iam:createloginprofile"),
        *("iam:putrolepolicy", "iam:updateloginprofile", "iam:putuserpolicy", "iam:attachuserpolicy"),
        *("iam:attachrolepolicy", "iam:attachgrouppolicy", "iam:putgrouppolicy", "iam:updateassumerolepolicy"),
        *("iam:addusertogroup", "apprunner:updateservice", "bedrock-agentcore:invokecodeinterpreter"),
        *("cloudformation:updatestack", "cloudformation:executechangeset", "codebuild:startbuild"),
        *("codebuild:startbuildbatch", "ec2:modifyinstanceattribute", "ec2:modifylaunchtemplate"),
        *("ec2-instance-connect:sendsshpublickey", "glue:updatedevendpoint", "lambda:updatefunctioncode"),
        *("sagemaker:createpresignednotebookinstanceurl", "sagemaker:updatenotebookinstance"),
        *("ssm:startsession", "ssm:sendcommand"),
    ]
)
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

    @property
    def leading(self) -> bool:
        """Whether a statement may be a step by which somebody comes to more: sure if not."""
        return any(
            leads(
                [node.text for node in one.actions],
                one.negated_actions,
                ["*"] if one.negated_resources else [node.text for node in one.resources],
            )
            for one in self.allows
        )

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


def leads(actions: Iterable[str], negated: bool, resources: Iterable[str], less: bool = True) -> bool:
    """Whether an `Allow` of these actions may be a step by which somebody comes to more than it says: sure if not. `less`: than
    everything, too; else a step to somebody who is named counts only with another that gives everything, or any policy.
    """
    opened = any([_ALL.match(one) for one in resources])
    for action in [one.lower() for one in actions]:
        service = action.partition(":")[0]
        if "*" in action or "?" in action:
            if service in _SERVICES or "*" in service or "?" in service:
                return True
        elif action in _STEPS and (less or opened or (service == "iam" and action != "iam:passrole")):
            return True
        elif action == "sts:assumerole" and opened:
            return True
    return negated

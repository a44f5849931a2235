"""What an identity with a policy could lay open: credentials, data, resources; and who may come to a resource.

The lists of actions are our own reading of the service authorization reference.
"""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.diagnostics import Rule
from iamdsl.policy.located import Node
from iamdsl.validation.context import Context, shown
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Statement, Test

# answers that hold keys, passwords or tokens of others
CREDENTIALS = (
    "chime:createapikey",
    "codepipeline:pollforjobs",
    "cognito-identity:getcredentialsforidentity",
    "cognito-identity:getopenidtokenfordeveloperidentity",
    "connect:getfederationtoken",
    "ecr:getauthorizationtoken",
    "gamelift:requestuploadcredentials",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createservicespecificcredential",
    "iam:resetservicespecificcredential",
    "iam:updateaccesskey",
    "lightsail:getinstanceaccessdetails",
    "lightsail:getrelationaldatabasemasteruserpassword",
    "rds-db:connect",
    "redshift:getclustercredentials",
    "redshift-serverless:getcredentials",
    "sso:getrolecredentials",
    "sts:assumerole",
    "sts:getfederationtoken",
)
# actions that name no one's credentials but the caller's own
_OWN = frozenset(["ecr:getauthorizationtoken", "sts:getfederationtoken"])
DATA = (
    "s3:getobject",
    "s3:getobjectversion",
    "dynamodb:getitem",
    "dynamodb:batchgetitem",
    "dynamodb:query",
    "dynamodb:scan",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ssm:getparameters",
    "ssm:getparametersbypath",
    "kms:decrypt",
    "rds-data:executestatement",
    "redshift-data:getstatementresult",
    "sqs:receivemessage",
    "kinesis:getrecords",
    "athena:getqueryresults",
    "ec2:getpassworddata",
    "ec2:getconsoleoutput",
    "lambda:getfunction",
    "logs:filterlogevents",
    "logs:getlogevents",
    "logs:getqueryresults",
    "codecommit:gitpull",
    "ebs:getsnapshotblock",
    "rds:downloaddblogfileportion",
    "s3-object-lambda:getobject",
)


def credentials(context: Context) -> None:
    _expose([one for one in CREDENTIALS if one not in _OWN], own.CREDENTIALS_EXPOSURE, context)


# what else opens resources: lists of access beside policies, and copies that others are let have
SHARING = (
    "ec2:modifyimageattribute",
    "ec2:modifysnapshotattribute",
    "ram:createresourceshare",
    "ram:associateresourceshare",
    "rds:modifydbsnapshotattribute",
    "rds:modifydbclustersnapshotattribute",
    "s3:putaccountpublicaccessblock",
    "s3:putbucketacl",
    "s3:putbucketpublicaccessblock",
    "s3:putobjectacl",
    "sns:addpermission",
    "sqs:addpermission",
    "ssm:modifydocumentpermission",
)


def data(context: Context) -> None:
    _expose(DATA, own.DATA_EXPOSURE, context)


def sharing(context: Context) -> None:
    """Policies of resources, which open them to anyone."""
    catalog = context.facts.catalog
    setters = [policy.action.lower() for policy in catalog.resource_policies() if policy.type != "iam:role"]
    _expose([*setters, *SHARING], own.SHARING_EXPOSURE, context)


def _expose(actions: tuple[str, ...] | list[str], rule: Rule, context: Context) -> None:
    grants = context.grants
    if not grants.open or any(
        not node.text.strip("*:") and one.all_resources and not one.negated_actions
        for one in grants.allows
        for node in one.actions
    ):
        return  # everything: a finding of its own
    by_statement: dict[int, list[str]] = {}
    for action in dict.fromkeys(actions):
        statement = grants.of(action)
        if statement and not statement.tests and not _broad(statement, action):
            by_statement.setdefault(statement.index, []).append(action)
    for statement in grants.allows:
        found = by_statement.get(statement.index)
        if not found:
            continue
        known = [context.facts.catalog.action(full) for full in found]
        names = [one.full for one in known if one]
        if names:
            many = len(names) > 1
            help = "name the resources, or add a condition"
            context.add(
                rule,
                _node(statement, found[0]),
                help,
                actions=shown(names),
                hand="hand" if many else "hands",
                read="read" if many else "reads",
            )


def _broad(statement: Statement, action: str) -> bool:
    """Whether the statement gives the action by giving nearly everything, which is a finding of its own."""
    return statement.negated_actions or f"{action.partition(':')[0]}:*" in statement.globs


def _node(statement: Statement, action: str) -> Node:
    for node in statement.actions:
        if not statement.negated_actions and glob(node.text.lower()).match(action):
            return node
    member = statement.elements.get("NotAction") or statement.elements.get("Action")
    return member.value if member else statement.node


# keys that say who calls or from where: IAM Access Analyzer user guide, public access
_RESTRICTING = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "aws:username",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
    "aws:federatedprovider",
    "elasticfilesystem:accessedviamounttarget",
    "kms:calleraccount",
    "lambda:sourcefunctionarn",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:accesspointnetworkorigin",
    "sns:endpoint",
    "sts:externalid",
)
_OPEN = ("0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")


def public(context: Context) -> None:
    """Statements that let anyone in, unless a `Deny` keeps strangers out."""
    if context.target.kind not in ("resource", "trust"):
        return
    for statement in context.policy.statements:
        if (
            not statement.allows
            or statement.negated_principals
            or not any(one.everyone for one in statement.principals)
        ):
            continue
        if context.target.kind == "trust" and any(one.kind == "*" for one in statement.principals):
            continue  # AWS does not take it: a finding of its own
        if any(_restricts(test) for test in statement.testing(*_RESTRICTING)):
            continue
        if any(_keeps_out(deny, statement) for deny in context.policy.statements):
            continue
        principal = next(one for one in statement.principals if one.everyone)
        names = [node.text for node in statement.actions]
        what = f"do all but {shown(names)}" if statement.negated_actions else shown(names)
        help = "name accounts or roles, or test `aws:PrincipalOrgID`; a website goes behind CloudFront"
        context.add(own.PUBLIC_ACCESS, principal.node, help, what=what)


def _restricts(test: Test) -> bool:
    """Whether the test lets in only what it lists."""
    if test.negated or test.if_exists or test.qualifier == "ForAllValues" or test.family == "Null":
        return False
    return not any(text in _OPEN or not text.strip("*") or text == "arn:*" for text in test.texts)


def _keeps_out(deny: Statement, allow: Statement) -> bool:
    """Whether a `Deny` for everyone takes the same actions from all but some callers."""
    if not deny.denies or not any(one.everyone for one in deny.principals) and not deny.negated_principals:
        return False
    if deny.tests and not any(test.negated for test in deny.testing(*_RESTRICTING)):
        return False
    patterns = [glob(node.text.lower()) for node in deny.actions]
    if deny.negated_actions:
        return False
    return all(any(one.match(node.text.lower()) for one in patterns) for node in allow.actions)

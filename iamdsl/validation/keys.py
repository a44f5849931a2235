"""Condition keys: that they exist, hold what a value says, and are in the requests that a statement is about.

Source: IAM user guide, "AWS global condition context keys" and "Available keys for IAM and STS"; the service
authorization reference for the keys of services.
"""

from __future__ import annotations


from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.catalog import Action
from iamdsl.policy.forms import Form
from iamdsl.policy.located import Node
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context, perhaps, shown
from iamdsl.validation.reading import Statement, Test

# keys that AWS has replaced, and by what: IAM user guide, AWS global condition context keys; SNS developer guide
DEPRECATED = {
    "aws:arn": "aws:PrincipalArn",
    "aws:sourceowner": "aws:SourceAccount",
}
TAG_KEYS = ("aws:resourcetag/",)
# services of which AWS's tables say exactly which requests carry a key; of others it has no such finding
_EXACT = ("s3", "iam", "sts", "kms", "dynamodb", "sqs", "sns", "secretsmanager", "lambda")
# keys that take the name of a tag, and of a service's own: any key of the catalog that ends in a hole
_TAGGED = ("aws:resourcetag", "aws:requesttag", "aws:principaltag")
# keys of the session that another action of the same call sets: STS API reference, AssumeRole; IAM user guide, session tags
_SETTERS = {
    "sts:sourceidentity": "sts:SetSourceIdentity",
    "sts:transitivetagkeys": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "aws:requesttag/": "sts:TagSession",
    "sts:requestcontext/": "sts:SetContext",
    "sts:requestcontextproviders": "sts:SetContext",
}
_VPC = Form(r"vpc-([0-9a-z]{8}|[0-9a-z]{17})\Z")
_VPCE = Form(r"vpce-([0-9a-z]{8}|[0-9a-z]{17})\Z")
_KMS_KEYS = ("s3:x-amz-server-side-encryption-aws-kms-key-id",)
_KMS_ARN = Form(r"arn:[a-z*-]+:kms:[^:]*:[^:]*:key/.+\Z")

# keys whose values name a service, and how: IAM user guide and KMS developer guide, condition keys
_PLAIN = Form(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?\Z")
_ONE_LABEL = Form(r"[a-z0-9-]+\.(amazonaws\.com(\.cn)?|amazon\.com)\Z")
_REGIONAL = Form(r"[a-z0-9-]+\.[a-z]{2,4}(-[a-z]+)+-[0-9]\.amazonaws\.com(\.cn)?\Z")
_SERVICE_KEYS = {
    "aws:calledvia": (_ONE_LABEL, "SERVICE.amazonaws.com"),
    "aws:calledviafirst": (_ONE_LABEL, "SERVICE.amazonaws.com"),
    "aws:calledvialast": (_ONE_LABEL, "SERVICE.amazonaws.com"),
    "aws:principalservicename": (_PLAIN, "SERVICE.amazonaws.com"),
    "aws:principalservicenameslist": (_PLAIN, "SERVICE.amazonaws.com"),
    "iam:passedtoservice": (_PLAIN, "SERVICE.amazonaws.com"),
    "iam:awsservicename": (_PLAIN, "SERVICE.amazonaws.com"),
    "kms:viaservice": (_REGIONAL, "SERVICE.REGION.amazonaws.com"),
}


def exist(statement: Statement, context: Context) -> None:
    """Every key exists."""
    for test in statement.tests:
        _exists(test, context)


def _exists(test: Test, context: Context) -> None:
    key, member = test.key, test.member
    prefix, colon, name = key.partition(":")
    if not colon or not prefix or not name:
        near = (
            ""
            if colon
            else context.close(f"aws:{key}", [one.name for one in context.facts.catalog.global_keys().values()])
        )
        context.add(aws.INVALID_CONDITION_KEY_FORMAT, member, perhaps(near), key=member.key)
        return
    if key in DEPRECATED:
        fix = context.rename(member, DEPRECATED[key])
        context.add(aws.DEPRECATED_GLOBAL_CONDITION_KEY, member, f"use `{DEPRECATED[key]}`", fix, key=member.key)
        if key == "aws:arn":
            help = "use `aws:PrincipalArn` for the caller, `aws:SourceArn` for the resource behind a service"
            context.add(aws.UNSUPPORTED_GLOBAL_CONDITION_KEY, member, help, key=member.key)
        return
    if key.rstrip("/") in _TAGGED:
        help = f"write `{member.key.rstrip('/')}/TAG`"
        context.add(aws.MISSING_TAG_KEY_IN_CONDITION, member, help, key=member.key)
        return
    if context.facts.key(key) or "." in prefix:
        return
    if prefix == "aws":
        known = [one.name for one in context.facts.catalog.global_keys().values()]
        near = context.close(key, known)
        fix = context.rename(member, near) if near and "${" not in near else ()
        context.add(aws.INVALID_GLOBAL_CONDITION_KEY, member, perhaps(near), fix, key=member.key)
    elif not context.facts.known_service(prefix) and prefix != "saml":
        near = context.close(prefix, context.facts.catalog.services())
        context.add(aws.INVALID_SERVICE, member, perhaps(near), service=member.key.partition(":")[0])
    else:
        _unknown_of_service(test, prefix, context)


def _unknown_of_service(test: Test, prefix: str, context: Context) -> None:
    service = context.facts.catalog.service(prefix)
    known = [one.name for one in service.keys.values()] if service else []
    slashed = [one for one in known if "/" in one and one.lower().partition("/")[0] == test.key.rstrip("/")]
    if slashed:
        help = f"write `{test.member.key.rstrip('/')}/TAG`"
        context.add(aws.MISSING_TAG_KEY_IN_CONDITION, test.member, help, key=test.member.key)
        return
    near = context.close(test.key, known)
    fix = context.rename(test.member, near) if near and "${" not in near and "<" not in near else ()
    context.add(aws.INVALID_SERVICE_CONDITION_KEY, test.member, perhaps(near), fix, key=test.member.key, service=prefix)


def many_valued(statement: Statement, context: Context) -> None:
    """`ForAllValues` and `ForAnyValue` where they belong, and guarded."""
    for test in statement.tests:
        key = context.facts.key(test.key)
        if not key or not test.base or test.family == "Null":
            continue
        audience = test.key.endswith(":aud") and "." in test.key
        if key.multivalued and not test.qualifier:
            help = f"write `ForAnyValue:{test.operator}` for one that matches, `ForAllValues:...` for all"
            context.add(
                aws.MISSING_QUALIFIER, test.block, help, [], [(test.member, "")], key=key.name, operator=test.operator
            )
        elif audience and test.qualifier:
            _audience(test, context)
        elif test.qualifier == "ForAllValues" and not key.multivalued:
            fix = context.rename(test.block, test.operator.partition(":")[2])
            fix = fix if len(test.block.value.members) == 1 else ()
            help = f"write `{test.operator.partition(':')[2]}`"
            context.add(
                aws.FORALLVALUES_WITH_SINGLE_VALUED_KEY, test.block, help, fix, [(test.member, "")], key=key.name
            )
        elif test.qualifier == "ForAllValues" and statement.allows and test.values and not _guarded(statement, test):
            help = f'add `"Null": {{"{key.name}": "false"}}`, unless a request without it may pass'
            context.add(own.UNGUARDED_FORALLVALUES, test.member, help, key=key.name)


def _audience(test: Test, context: Context) -> None:
    """Who a token is for: one value with nearly every provider, a list with a few."""
    help = f"write `{test.operator.partition(':')[2]}`, unless the provider sends a list of audiences"
    if test.qualifier == "ForAnyValue":
        context.add(aws.FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE, test.block, help, key=test.member.key)
    context.add(aws.CONFIRM_AUDIENCE_CLAIM_TYPE, test.block, help, key=test.member.key)


def _guarded(statement: Statement, test: Test) -> bool:
    """Whether the statement asks for the key to be there, or for something else of the same tags."""
    tags = ("aws:requesttag/", "aws:tagkeys") if test.key == "aws:tagkeys" else (test.key,)
    for other in statement.testing(*tags):
        if other is test or other.qualifier == "ForAllValues" or other.if_exists:
            continue
        if other.family == "Null" and "false" in [text.lower() for text in other.texts]:
            return True
        if other.family != "Null" and not other.negated:
            return True
    return False


def values(statement: Statement, context: Context) -> None:
    """Values of a form that their key has."""
    for test in statement.tests:
        if not test.base or test.family == "Null":
            continue
        for node in test.values:
            if node.kind == "string" and "${" not in node.text:
                _value(test, node, context)


def _value(test: Test, node: Node, context: Context) -> None:
    text = node.text
    open_value = test.like and wild(text)
    if test.key in ("aws:requestedregion", "ec2:region") and not open_value:
        catalog = context.facts.catalog
        if catalog.partition_of(text) is None and text != "aws-global":
            near = context.close(text, [one for name in catalog.partitions() for one in catalog.regions(name)])
            context.add(aws.INVALID_REGION, node, perhaps(near), context.replace(node, near), region=text)
    elif test.key == "aws:sourcevpc" and not open_value and not _VPC.match(text):
        context.add(aws.INVALID_VPC_FORMAT, node, "`vpc-` and 8 or 17 letters and digits", value=text)
    elif test.key == "aws:sourcevpce" and not open_value and not _VPCE.match(text):
        context.add(aws.INVALID_VPCE_FORMAT, node, "`vpce-` and 8 or 17 letters and digits", value=text)
    elif test.key in _KMS_KEYS and not open_value and not _KMS_ARN.match(text):
        help = "`arn:aws:kms:REGION:ACCOUNT:key/ID`: S3 compares with the ARN, also where the request names an alias"
        context.add(aws.INVALID_KMS_KEY_VALUE, node, help, value=text)


def services(statement: Statement, context: Context) -> None:
    """Names of services in conditions."""
    for test in statement.tests:
        form = _SERVICE_KEYS.get(test.key)
        if not form or test.family == "Null":
            continue
        for node in test.values:
            if "${" in node.text or test.like and wild(node.text) or form[0].match(node.text):
                continue
            help = f"`{form[1]}`"
            context.add(aws.INVALID_SERVICE_PRINCIPAL_FORMAT, node, help, principal=node.text)


def carried(statement: Statement, context: Context) -> None:
    """Each key is one that requests for the statement's actions carry."""
    tests: dict[str, Test] = {}
    for test in statement.tests:
        key = context.facts.key(test.key)
        if key and key.scope != "any" and test.base:
            tests.setdefault(test.key, test)
    for test in tests.values():
        if statement.negated_actions:
            _not_action(test, statement, context)
        else:
            _carried(test, statement, context)


def _carried(test: Test, statement: Statement, context: Context) -> None:
    exact: list[tuple[Node, Action]] = []
    without: list[tuple[Node, Action]] = []
    for node in statement.actions:
        found = context.facts.expand(node.text)
        if wild(node.text):
            if found and not any([context.facts.carries(one, test.key) for one in found]):
                if test.key.startswith(TAG_KEYS):
                    without.append((node, found[0]))
                    continue
                help = "move it to a statement without this key"
                beside = [(test.member, "this key")]
                actions = f"`{node.text}`"
                context.add(own.KEY_OF_NO_ACTION, node, help, beside=beside, actions=actions, key=test.member.key)
        elif found:
            exact.append((node, found[0]))
            if not context.facts.carries(found[0], test.key):
                without.append((node, found[0]))
    if without:
        _not_carried(test, [node for node, _ in without], statement, context)


def _not_carried(test: Test, nodes: list[Node], statement: Statement, context: Context) -> None:
    """Exact actions whose requests lack the key."""
    them = "them" if len(nodes) > 1 else "it"
    actions = shown([node.text for node in nodes])
    beside = [(node, "never carries it") for node in nodes[:5]]
    values = {"key": test.member.key, "them": them, "actions": actions}
    if not test.key.startswith(TAG_KEYS):
        help = f"move {them} to a statement without this key"
        exact = test.key.partition(":")[0] in _EXACT
        rule = aws.UNSUPPORTED_ACTION_FOR_CONDITION_KEY if exact else own.KEY_OF_NO_ACTION
        context.add(rule, test.member, help, [], beside, **values)
    elif statement.denies:
        rule = aws.DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE
        help = f"deny {them} in a statement of its own, by name"
        values["escape"] = "escape" if len(nodes) > 1 else "escapes"
        context.add(rule, test.member, help, [], beside, **values)
    else:
        rule = aws.ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE
        help = f"allow {them} in a statement of its own, by name"
        values["stay"] = "stay" if len(nodes) > 1 else "stays"
        context.add(rule, test.member, help, [], beside, **values)


def _not_action(test: Test, statement: Statement, context: Context) -> None:
    if not test.key.startswith(TAG_KEYS) or test.family == "Null" or test.negated or test.if_exists:
        return
    if statement.denies:
        help = "list the actions to deny"
        context.add(
            aws.DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE, test.member, help, key=test.member.key
        )
    elif statement.allows:
        help = "list the actions to allow"
        context.add(
            aws.ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE, test.member, help, key=test.member.key
        )


def setters(statement: Statement, context: Context) -> None:
    """Keys of a session that is being made, without the action that sets them."""
    if not statement.allows or statement.negated_actions:
        return
    folded = [node.text.lower() for node in statement.actions]
    if not folded or not all(one.startswith("sts:") for one in folded):
        return
    for test in statement.tests:
        setter = next(
            (_SETTERS[key] for key in _SETTERS if test.key == key or key[-1] == "/" and test.key.startswith(key)), ""
        )
        reached = any(one == setter.lower() or wild(one) and _matches(one, setter) for one in folded)
        if setter and not reached and not (test.family == "Null" and "true" in test.texts):
            help = f"add `{setter}` to the actions"
            context.add(
                aws.MISSING_ACTION_FOR_CONDITION_KEY, test.member, help, key=test.member.key, action=f"`{setter}`"
            )


def _matches(pattern: str, name: str) -> bool:
    from iamdsl.validation.facts import glob  # local: few trust policies have wildcards

    return glob(pattern).match(name.lower())

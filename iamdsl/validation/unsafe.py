"""Conditions that do not keep out whom they seem to.

Source: IAM user guide, "AWS global condition context keys"; DynamoDB developer guide, "Using IAM policy conditions for
fine-grained access control"; S3 user guide, "Amazon S3 condition keys".
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.values import moment, number
from iamdsl.validation.context import Context, shown
from iamdsl.validation.facts import glob
from iamdsl.validation.reading import Statement, Test

# headers and names that a caller sends as it likes
_CHOSEN = ("aws:referer", "aws:useragent")
# a key that means something only together with one of the others
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}
_MFA = "aws:multifactorauthpresent"
_AGE = "aws:multifactorauthage"
# keys that AWS's pages list for some services only; which, grows: IAM user guide, AWS global condition context keys
_SOME_SERVICES = ("aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourcevpcarn")


def chosen(statement: Statement, context: Context) -> None:
    """Access that rests on what the caller says of itself."""
    tests = [test for test in statement.testing(*_CHOSEN) if test.family != "Null"]
    if not tests or statement.principals and all(one.kind == "Service" for one in statement.principals):
        return
    if statement.allows and context.target.kind in ("resource", "trust", "endpoint", "identity", "session"):
        others = [test for test in statement.tests if test.key not in _CHOSEN and not test.negated]
        if others or tests[0].negated:
            return
    elif not (statement.denies and tests[0].negated):
        return
    help = "test who calls (`aws:PrincipalOrgID`, `aws:PrincipalArn`) or from where (`aws:SourceVpce`, `aws:SourceIp`)"
    context.add(aws.UNTRUSTWORTHY_CONDITION_KEY, tests[0].member, help, key=tests[0].member.key)


def pairs(statement: Statement, context: Context) -> None:
    """Private addresses say something within one network only."""
    for key, others in _PAIRS.items():
        for test in statement.testing(key):
            if test.family != "Null" and not statement.testing(*[one.lower() for one in others]):
                listed = shown(others).replace(" and ", " or ")
                help = f"add `{others[0]}`: many networks have these addresses"
                context.add(aws.MISSING_PAIRED_CONDITION_KEYS, test.member, help, key=test.member.key, others=listed)


def attributes(statement: Statement, context: Context) -> None:
    """Attributes that are allowed by name, while a request for all of them names none."""
    if not statement.allows or statement.testing("dynamodb:select"):
        return
    reads = ("dynamodb:getitem", "dynamodb:batchgetitem", "dynamodb:query", "dynamodb:scan")
    reading = [node for node in statement.actions if "*" in node.text or node.text.lower() in reads]
    for test in statement.testing("dynamodb:attributes"):
        if test.family != "Null" and (reading or statement.negated_actions):
            help = 'add `"StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}`'
            context.add(aws.DYNAMODB_ATTRIBUTES_WITHOUT_SELECT, test.member, help)


def prefixes(statement: Statement, context: Context) -> None:
    """`s3:prefix` where a match keeps out: a list with a shorter prefix shows the same keys."""
    for test in statement.testing("s3:prefix"):
        if test.if_exists and "" in test.texts:
            continue  # a list without a prefix, and with a shorter one, is thought of
        if test.family == "String" and (statement.denies and not test.negated or statement.allows and test.negated):
            help = "turn it round: name the prefixes that may be listed"
            context.add(aws.S3_PREFIX_IN_NEGATIVE_CONTEXT, test.member, help)


def mfa(statement: Statement, context: Context) -> None:
    """Tests of MFA that a request without the key passes: one with long-term keys has none."""
    for test in statement.testing(_MFA):
        if test.family not in ("Bool", "String") or not test.values:
            continue
        wants = (test.texts[0].lower() == "true") is not test.negated
        absent = test.negated or test.if_exists or test.qualifier == "ForAllValues"  # whether it holds then
        if statement.allows and wants and absent:
            fix = context.rename(test.block, "Bool") if len(test.block.value.members) == 1 else ()
            _open(test, "write `Bool`", fix, context)
        elif statement.denies and not wants and not absent and not _null(statement, "true"):
            fix = context.rename(test.block, "BoolIfExists") if len(test.block.value.members) == 1 else ()
            _open(test, "write `BoolIfExists`", fix, context)
    for test in statement.testing(_AGE):
        if test.family != "Numeric":
            continue
        if statement.allows and "Less" in test.base and test.if_exists:
            _open(test, f"write `{test.base}`", (), context)
        elif statement.denies and "Greater" in test.base and not test.if_exists and not statement.testing(_MFA):
            _open(test, f"write `{test.base}IfExists`", (), context)


def _null(statement: Statement, text: str) -> bool:
    return any(test.family == "Null" and text in test.texts for test in statement.testing(_MFA))


def _open(test: Test, help: str, fix: object, context: Context) -> None:
    edits = fix if isinstance(fix, tuple) else ()
    context.add(own.MFA_FAILS_OPEN, test.block, help, edits, [(test.member, "")], key=test.member.key)


def expired(statement: Statement, context: Context) -> None:
    """A statement that a date in the past has ended."""
    for test in statement.testing("aws:currenttime", "aws:epochtime"):
        if "Less" not in test.base or not statement.effect or not test.values:
            continue
        from time import time  # local: few policies have dates

        ends = [moment(text) for text in test.texts]
        if all([one is not None and one < time() for one in ends]):
            context.add(own.EXPIRED, test.values[0], "delete the statement, or set a later date", value=test.texts[0])


def contradictory(statement: Statement, context: Context) -> None:
    """Two tests of one key that no request passes both of."""
    by_key: dict[str, list[Test]] = {}
    for test in statement.tests:
        if test.qualifier != "ForAnyValue" and test.values and not context.wrong(test.member):
            by_key.setdefault(test.key, []).append(test)
    for tests in by_key.values():
        for index, one in enumerate(tests):
            for other in tests[index + 1 :]:
                if _exclude(one, other) or _exclude(other, one) or _apart(one, other) or _apart(other, one):
                    beside = [(one.member, "beside this")]
                    help = "delete one; alternatives are values of one list, or two statements"
                    context.add(own.NEVER_HOLDS, other.member, help, beside=beside, key=other.member.key)


def _exclude(one: Test, other: Test) -> bool:
    """Whether no value that passes `one` passes `other`, and none is needed for neither."""
    if one.family == "Null" and other.family != "Null":
        absent = [text.lower() for text in one.texts] == ["true"]
        return absent and not other.negated and not other.if_exists and other.qualifier != "ForAllValues"
    if other.negated and other.base.replace("Not", "", 1) == one.base and not one.if_exists and not other.qualifier:
        return set(one.texts) <= set(other.texts)
    exact = ("StringEquals", "ArnEquals", "Bool")
    if one.base not in exact or one.if_exists or one.qualifier or "${" in "".join([*one.texts, *other.texts]):
        return False
    same = other.base == one.base and not other.qualifier
    if one.base == "Bool":
        return same and {text.lower() for text in one.texts}.isdisjoint(text.lower() for text in other.texts)
    if one.base == "StringEquals" and other.base == "StringLike" and not other.qualifier:
        return not any(glob(pattern).match(text) for pattern in other.texts for text in one.texts)
    return same and one.base == "StringEquals" and set(one.texts).isdisjoint(other.texts)


def _apart(one: Test, other: Test) -> bool:
    """Whether what is below a bound of `one` is never above one of `other`: numbers and dates."""
    if one.family != other.family or one.family not in ("Numeric", "Date") or one.qualifier or other.qualifier:
        return False
    if "Less" not in one.base or "Greater" not in other.base or one.if_exists and other.if_exists:
        return False
    read = number if one.family == "Numeric" else moment
    most = [bound for text in one.texts if (bound := read(text)) is not None]
    least = [bound for text in other.texts if (bound := read(text)) is not None]
    if not most or not least:
        return False
    open_ends = not (one.base.endswith("Equals") and other.base.endswith("Equals"))
    return max(most) < min(least) or (open_ends and max(most) == min(least))


def some_services(statement: Statement, context: Context) -> None:
    """Keys that few services send, in a statement about all of them."""
    if statement.negated_actions or any(not node.text.strip("*:") for node in statement.actions):
        for test in statement.testing(*_SOME_SERVICES):
            if test.family != "Null":
                help = "name the actions of services whose pages list the key: others never match, or always"
                context.add(aws.USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES, test.member, help, key=test.member.key)

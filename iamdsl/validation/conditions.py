"""Operators of conditions, and whether keys and values suit them.

Source: IAM user guide, "Condition operators" and "Conditions with multiple context keys or values".
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl.catalog import Key
from iamdsl.policy.forms import Form
from iamdsl.policy.located import Member, Node
from iamdsl.policy.operators import NAMES
from iamdsl.validation.context import Context, perhaps
from iamdsl.validation.reading import Statement, Test

# which operators suit a key of each type, and how messages name the type
_FAMILIES = {
    "String": ("String", "Arn"),  # many of services hold ARNs
    "ARN": ("Arn", "String"),
    "Numeric": ("Numeric",),
    "Date": ("Date", "Numeric"),  # a date is also so many seconds
    "Bool": ("Bool",),
    "IPAddress": ("Ip",),
    "Binary": ("Binary",),
}
_TYPES = {
    "String": "text",
    "ARN": "an ARN",
    "Numeric": "a number",
    "Date": "a date",
    "Bool": "true or false",
    "IPAddress": "an IP address",
    "Binary": "binary",
}
_SUGGESTED = {"ARN": "Arn...", "IPAddress": "IpAddress", "Bool": "Bool", "Binary": "BinaryEquals"}
_DATE = Form(r"(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)?\Z")
_LIKE_A_DATE = Form(r"\d{1,4}[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ,]+\d{1,4}\b")
_NUMBER = Form(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_BASE64 = Form(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
_ESCAPE = Form(r"\$\{[^}]*\}")


def operators(statement: Statement, context: Context) -> None:
    """Every operator exists, and takes the prefix and suffix that it has."""
    condition = statement.elements.get("Condition")
    for block in condition.value.members if condition else ():
        test = Test(block, block)
        if not test.base:
            _unknown_operator(block.key, block, context)
        elif test.base == "Null" and test.if_exists:
            fix = context.rename(block, block.key[: -len("IfExists")])
            context.add(aws.NULL_WITH_IF_EXISTS, block, "write `Null`: it tests whether the key exists", fix)
        elif test.base == "Null" and test.qualifier:
            does = "holds" if test.qualifier == "ForAllValues" else "fails"
            context.add(aws.NULL_WITH_QUALIFIER, block, "write `Null` alone", operator=block.key, does=does)


def _unknown_operator(name: str, block: Member, context: Context) -> None:
    prefix, colon, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    near = context.close(base, NAMES, 0.6)
    if near:
        qualifier = context.close(prefix, ("ForAllValues", "ForAnyValue"), 0.5) if prefix else ""
        near = (f"{qualifier}:" if qualifier else "") + near + ("IfExists" if rest.endswith("IfExists") else "")
    fix = context.rename(block, near) if near else ()
    context.add(aws.INVALID_CONDITION_OPERATOR, block, perhaps(near), fix, operator=name)


def repeated_keys(statement: Statement, context: Context) -> None:
    """One key twice under one operator, in different case: AWS takes keys in any case."""
    seen: dict[tuple[int, str], Test] = {}
    for test in statement.tests:
        other = seen.setdefault((test.block.start, test.key), test)
        if other is not test and other.member.key != test.member.key:
            beside = [(other.member, "the same key")]
            help = "put the values of both into one list"
            context.add(
                aws.DUPLICATE_KEYS_WITH_DIFFERENT_CASE,
                test.member,
                help,
                beside=beside,
                key=test.member.key,
                other=other.member.key,
            )


def values(statement: Statement, context: Context) -> None:
    """The values of each test, against its operator and each other."""
    for test in statement.tests:
        if not test.values:
            _empty(test, context)
            continue
        kinds = sorted({value.kind for value in test.values} & {"string", "number", "boolean"})
        if len(kinds) > 1:
            help = "write all of them as text"
            shown = " and ".join({"string": "text", "number": "numbers", "boolean": "booleans"}[one] for one in kinds)
            context.add(aws.INVALID_CONDITION_DATA_TYPE, test.member.value, help, key=test.member.key, kinds=shown)
        if test.family == "Bool" and len(test.values) > 1:
            help = "keep one: with both the test always holds"
            context.add(
                aws.INVALID_CONDITION_MULTIPLE_BOOLEAN,
                test.member.value,
                help,
                key=test.member.key,
                count=len(test.values),
            )
        _suit_operator(test, context)
        if test.family == "Numeric" and len(test.values) > 1 and len(kinds) == 1:
            _bounds(test, context)


def _empty(test: Test, context: Context) -> None:
    key = test.member.key
    null = f'`"Null": {{"{key}": "true"}}` tests whether a key is absent'
    if test.qualifier == "ForAllValues":
        context.add(aws.EMPTY_ARRAY_CONDITION_FORALLVALUES, test.member, null, key=key)
    elif test.qualifier == "ForAnyValue":
        context.add(aws.EMPTY_ARRAY_CONDITION_FORANYVALUE, test.member, "write a value, or delete it", key=key)
    elif test.if_exists:
        context.add(aws.EMPTY_ARRAY_CONDITION_IFEXISTS, test.member, null, key=key)
    else:
        context.add(aws.EMPTY_ARRAY_CONDITION, test.member, "write a value, or delete it", key=key)


def _suit_operator(test: Test, context: Context) -> None:
    """Each value is of the operator's kind."""
    for node in test.values:
        text = node.text
        if node.kind in ("object", "array", "null") or "${" in text and test.family in ("String", "Arn"):
            bare = _ESCAPE.sub("", text)
        else:
            bare = text
        if node.kind in ("object", "array", "null") or "${" in bare:
            continue
        if test.family in ("Bool", "Null") and text.lower() not in ("true", "false"):
            context.add(aws.TYPE_MISMATCH_BOOLEAN, node, "write `true` or `false`", value=text)
        elif test.family == "Numeric" and not _NUMBER.match(text):
            context.add(aws.TYPE_MISMATCH_NUMBER, node, "an invalid number never matches", value=text)
        elif test.family == "Date":
            _date(node.text, test, node, context)
        elif test.family == "Binary" and not _BASE64.match(text):
            context.add(aws.TYPE_MISMATCH_STRING, node, "binary values are written in base64", value=text)
        elif test.family == "String" and not test.like and ("*" in bare or "?" in bare):
            _wildcard(test, text, node, context)


def _wildcard(test: Test, text: str, node: Node, context: Context) -> None:
    like = test.base.removesuffix("IgnoreCase").replace("Equals", "Like")
    name = (f"{test.qualifier}:" if test.qualifier else "") + like + ("IfExists" if test.if_exists else "")
    help = f"write `{name}`"
    context.add(aws.WILDCARD_WITHOUT_LIKE_OPERATOR, node, help, operator=test.operator, value=text)


def date_fits(text: str) -> bool:
    """Whether `text` is a date as W3C's profile of ISO 8601 writes it, and one that exists."""
    found = _DATE.match(text)
    if not found:
        return False
    year, month, day, hour, minute, second = (int(one) if one else None for one in found.groups())
    lengths = (31, 29 if (year or 0) % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (
        1 <= (month or 1) <= 12
        and 1 <= (day or 1) <= lengths[(month or 1) - 1]
        and (hour or 0) <= 24
        and (minute or 0) <= 59
        and (second or 0) <= 60
    )


def _date(text: str, test: Test, node: Node, context: Context) -> None:
    if date_fits(text):
        return
    if text.isascii() and text.isdigit():
        if test.key != "aws:epochtime":
            help = "seconds since 1970 may be read otherwise than you expect: write `2026-01-31T00:00:00Z`"
            context.add(aws.INVALID_DATE_VALUE, node, help, value=text)
    else:
        help = "write `2026-01-31` or `2026-01-31T00:00:00Z`"
        if _LIKE_A_DATE.match(text):
            context.add(aws.INVALID_DATE_VALUE, node, help, value=text)
        context.add(aws.TYPE_MISMATCH_DATE, node, help, value=text)


def _bounds(test: Test, context: Context) -> None:
    """Under an order, one of several numbers decides."""
    if "Than" not in test.base or not all(_NUMBER.match(text) for text in test.texts):
        return
    ranked = sorted(test.values, key=lambda node: float(node.text))
    decides = ranked[-1] if "Less" in test.base else ranked[0]
    for node in ranked:
        if node is not decides:
            help = f"keep `{decides.text}` alone"
            context.add(aws.REDUNDANT_CONDITION_VALUE_NUM, node, help, value=node.text, other=decides.text)


def types(statement: Statement, context: Context) -> None:
    """Each operator suits the type of its key."""
    for test in statement.tests:
        key = context.facts.key(test.key)
        if key is None or not test.base or test.family == "Null":
            continue
        suits = _FAMILIES.get(key.type, ())
        if test.family not in suits or (test.family == "Arn" and _never_arn(key)):
            help = f"use {_SUGGESTED.get(key.type, f'{key.type}...')}"
            context.add(
                aws.TYPE_MISMATCH,
                test.block,
                f"{help} for `{key.name}`",
                beside=[(test.member, "this key")],
                key=key.name,
                type=_TYPES.get(key.type, key.type),
                operator=test.operator,
            )
        elif key.type == "ARN" and test.family == "String" and test.like:
            _string_like(test, context)


def _never_arn(key: Key) -> bool:
    """Whether a key of text is a global one; services have some that hold ARNs, and tags may."""
    return key.type == "String" and key.name.startswith("aws:") and "Tag" not in key.name


def _string_like(test: Test, context: Context) -> None:
    for node in test.values:
        if node.text.strip("*"):
            help = f"write `{test.operator.replace('String', 'Arn')}`: it compares ARNs part by part"
            fix = context.rename(test.block, test.operator.replace("String", "Arn"))
            fix = fix if len(test.block.value.members) == 1 else ()
            context.add(
                aws.STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS,
                node,
                help,
                fix,
                operator=test.operator,
                value=node.text,
            )
            return


def equivalents(statement: Statement, context: Context) -> None:
    """Tests against everything, which say something simpler, or nothing."""
    for test in statement.tests:
        if not test.like or not any(node.text and not node.text.strip("*") for node in test.values):
            continue
        if test.key.endswith(":sub") and not test.negated:
            continue  # too open: a finding of its own
        present = test.key in ALWAYS_PRESENT or test.key in OF_CALLERS and not context.target.takes_principal
        always = test.qualifier == "ForAllValues" or test.if_exists or present
        key = test.member.key
        if not test.negated and always:
            context.add(
                aws.REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION, test.member, "delete this test", key=key, value="*"
            )
        elif not test.negated:
            help = f'write `"Null": {{"{key}": "false"}}`'
            context.add(aws.EQUIVALENT_TO_NULL_FALSE, test.member, help, key=key)
        elif test.qualifier == "ForAnyValue" or present:
            help = "delete the statement, or write values"
            context.add(aws.REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION, test.member, help, key=key, value="*")
        else:
            help = f'write `"Null": {{"{key}": "true"}}`'
            context.add(aws.EQUIVALENT_TO_NULL_TRUE, test.member, help, key=key)


# keys of every request by a principal
OF_CALLERS = frozenset(["aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:userid"])
# keys of every request: IAM user guide, "AWS global condition context keys", Availability
ALWAYS_PRESENT = frozenset(["aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport"])

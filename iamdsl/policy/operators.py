"""The condition operators of AWS: IAM user guide, "IAM JSON policy elements: Condition operators"."""

from __future__ import annotations

from functools import lru_cache

from iamdsl.record import record

# the operator → what it compares, the relation, whether it is the negated form
_BASES = {
    "StringEquals": ("String", "equals", False),
    "StringNotEquals": ("String", "equals", True),
    "StringEqualsIgnoreCase": ("String", "equals-ignoring-case", False),
    "StringNotEqualsIgnoreCase": ("String", "equals-ignoring-case", True),
    "StringLike": ("String", "like", False),
    "StringNotLike": ("String", "like", True),
    "NumericEquals": ("Numeric", "equals", False),
    "NumericNotEquals": ("Numeric", "equals", True),
    "NumericLessThan": ("Numeric", "less", False),
    "NumericLessThanEquals": ("Numeric", "at-most", False),
    "NumericGreaterThan": ("Numeric", "greater", False),
    "NumericGreaterThanEquals": ("Numeric", "at-least", False),
    "DateEquals": ("Date", "equals", False),
    "DateNotEquals": ("Date", "equals", True),
    "DateLessThan": ("Date", "less", False),
    "DateLessThanEquals": ("Date", "at-most", False),
    "DateGreaterThan": ("Date", "greater", False),
    "DateGreaterThanEquals": ("Date", "at-least", False),
    "Bool": ("Bool", "equals", False),
    "BinaryEquals": ("Binary", "equals", False),
    "IpAddress": ("IPAddress", "equals", False),
    "NotIpAddress": ("IPAddress", "equals", True),
    "ArnEquals": ("ARN", "like", False),
    "ArnNotEquals": ("ARN", "like", True),
    "ArnLike": ("ARN", "like", False),
    "ArnNotLike": ("ARN", "like", True),
    "Null": ("Null", "absent", False),
}
_FOLDED = {name.lower(): name for name in _BASES}
_QUANTIFIERS = {"": "", "forallvalues": "every", "foranyvalue": "any"}
NAMES = tuple(_BASES)


@record
class Operator:
    """One operator, taken apart: `type` of what it compares (`Null`: presence), `relation`, its prefix and suffix.

    `quantifier` is `every` (ForAllValues), `any` (ForAnyValue) or "". Prefix and suffix say nothing beside `Null`.
    """

    name: str
    type: str
    relation: str
    negated: bool
    quantifier: str
    if_exists: bool


@lru_cache(maxsize=1024)
def operator(text: str) -> Operator | None:
    """The operator that `text` names, letter case aside; None if AWS has none of that name."""
    prefix, colon, rest = text.lower().rpartition(":")
    quantifier = _QUANTIFIERS.get(prefix)
    if quantifier is None or (colon and not prefix):
        return None
    bare = rest.removesuffix("ifexists")
    name = _FOLDED.get(bare)
    if name is None or (name == "Null" and bare != rest):
        return None
    return Operator(name, *_BASES[name], quantifier, bare != rest)

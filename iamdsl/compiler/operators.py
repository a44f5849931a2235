"""Cubes as `Condition` blocks of AWS JSON: which operator says what, exactly.

An operator of AWS is false of a missing key when it is positive, true when it is negated, behind `ForAllValues:` or ends in
`IfExists` (IAM User Guide, "IAM JSON policy elements: Condition operators"). A block holds an operator and key only once.
"""

from __future__ import annotations

from iamdsl.access.condition import TooManyStatements, cubes
from iamdsl.access.literal import Cube, Literal
from iamdsl.access.model import Condition, Test
from iamdsl.access.scale import mark
from iamdsl.record import record, replace

Block = dict[str, dict[str, str | list[str]]]


class Inexpressible(Exception):
    """AWS has no `Condition` that says this of `keys`, and why."""

    def __init__(self, reason: str, keys: tuple[str, ...]) -> None:
        super().__init__(f"{reason}: {', '.join(keys)}")
        self.reason = reason
        self.keys = keys


@record
class _Entry:
    """One way to write a literal. `demands`: it is false when the key is missing; `leans`: it is only exact beside one that
    demands."""

    operator: str
    values: tuple[str, ...]
    demands: bool
    leans: bool = False


_PREFIX = {"": "", "any": "ForAnyValue:", "all": "ForAllValues:"}
_COMPARE = {"less": "LessThan", "at-most": "LessThanEquals", "greater": "GreaterThan", "at-least": "GreaterThanEquals"}
_OPPOSITE = {"less": "at-least", "at-most": "greater", "greater": "at-most", "at-least": "less"}
_NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


def _wild(text: str) -> bool:
    return not {"*", "?", "$"}.isdisjoint(text)


def _whole(text: str) -> bool:
    """Whether Arn operators, for which `*` and `?` are always wild and a short ARN ends in `:*`, read `text` as it is."""
    bare = "".join([piece.rpartition("}")[2] for piece in ("}" + text).split("${")])
    return bare.count(":") >= 5 and {"*", "?"}.isdisjoint(text)


def _text_operators(test: Test) -> list[str]:
    """Positive operators for a list of texts or ARNs, the usual one first."""
    plain = not any([_wild(text) for text in test.values])
    if test.ignoring_case:
        if test.relation == "equals" or (
            plain and (test.type == "String" or all([_whole(text) for text in test.values]))
        ):
            return ["StringEqualsIgnoreCase"]
        caseless = all([text.lower() == text.upper() and "$" not in text for text in test.values])
        if not caseless:
            raise Inexpressible("AWS cannot ignore case in a pattern", (test.key,))
    if test.type == "ARN" and test.relation == "like":
        return ["ArnLike", "ArnEquals"]
    if test.relation == "like":
        return ["StringLike"]
    arns = ["ArnEquals", "ArnLike"] if test.type == "ARN" and all([_whole(text) for text in test.values]) else []
    return [*arns, "StringEquals", *(["StringLike"] if plain else [])]


def _operators(test: Test, positive: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Operators, without prefix and suffix, that hold of a value just when it passes (or fails) the test."""
    if test.type in ("Numeric", "Date"):
        if not all([mark(text, test.type) is not None for text in test.values]):
            raise Inexpressible(f"AWS reads no {test.type.lower()} here", (test.key,))
        relation = test.relation if positive else _OPPOSITE.get(test.relation, "")
        suffix = _COMPARE.get(relation) or ("Equals" if positive else "NotEquals")
        if test.relation in _COMPARE or test.relation == "equals":
            return [(test.type + suffix, test.values)]
    elif test.type == "Bool" and test.relation == "equals":
        said = {text.lower() for text in test.values}
        values = test.values if positive else tuple(sorted({"true", "false"} - said))
        if values and (positive or said <= {"true", "false"}):
            return [("Bool", values)]
        raise Inexpressible("AWS cannot negate this test of a boolean", (test.key,))
    elif test.type == "Binary" and test.relation == "equals":
        if positive:
            return [("BinaryEquals", test.values)]
        raise Inexpressible("AWS cannot negate a test of a binary value", (test.key,))
    elif test.type == "IPAddress" and test.relation == "equals":
        return [("IpAddress" if positive else "NotIpAddress", test.values)]
    elif test.type in ("String", "ARN") and test.relation in ("equals", "like"):
        names = _text_operators(test)
        return [(name if positive else _NEGATED[name], test.values) for name in names]
    raise Inexpressible(f"AWS has no operator for `{test.relation}` of type {test.type}", (test.key,))


def _entries(literal: Literal) -> list[_Entry]:
    """The ways to write `literal`, the usual one first."""
    test = literal.test
    if test.relation == "present":
        return [_Entry("Null", ("false" if literal.positive else "true",), literal.positive)]
    prefix = _PREFIX[test.quantifier]
    demands = test.quantifier == "any" or (test.quantifier == "" and literal.positive and not literal.or_absent)
    plain: list[_Entry] = []
    spare: list[_Entry] = []
    for name, values in _operators(test, literal.positive):
        operator = prefix + name
        if demands or prefix or "Not" in name:
            plain.append(_Entry(operator, values, demands))
            spare.append(_Entry(operator + "IfExists", values, False, demands))
        else:
            plain.append(_Entry(operator + "IfExists", values, False))
    return plain + spare


def written(literal: Literal) -> tuple[str, tuple[str, ...]]:
    """The usual operator for `literal`, and the values that it takes. Raises Inexpressible."""
    entry = _entries(literal)[0]
    return entry.operator, entry.values


def _assign(choices: list[list[_Entry]], taken: tuple[_Entry, ...] = ()) -> tuple[_Entry, ...] | None:
    """One entry for each literal, no operator twice, and one that demands the key where others lean on it."""
    if len(taken) == len(choices):
        demanded = any([entry.demands for entry in taken])
        return taken if demanded or not any([entry.leans for entry in taken]) else None
    used = {entry.operator for entry in taken}
    for entry in choices[len(taken)]:
        if entry.operator not in used:
            found = _assign(choices, (*taken, entry))
            if found is not None:
                return found
    return None


def block(cube: Cube) -> Block:
    """The `Condition` block that holds just when `cube` does, sorted; {} when that is always. Raises Inexpressible."""
    by_key: dict[str, list[Literal]] = {}
    for literal in cube:
        by_key.setdefault(literal.test.key, []).append(literal)
    tests: list[tuple[str, str, list[str]]] = []
    for key, literals in by_key.items():
        entries = _assign([_entries(literal) for literal in literals])
        if entries is None:
            raise Inexpressible("AWS takes an operator and key only once in a statement", (key,))
        tests += [(entry.operator, key, sorted(set(entry.values))) for entry in entries]
    found: Block = {}
    for operator, key, values in sorted(tests):
        found.setdefault(operator, {})[key] = values[0] if len(values) == 1 else values
    return found


def _by_presence(cube: Cube, key: str) -> list[Cube]:
    """`cube` for requests that lack `key`, and for those that carry it; none when it cannot be told apart so."""
    mine = [literal for literal in cube if literal.test.key == key]
    if any([literal.test.quantifier or not literal.or_absent for literal in mine if literal.positive]):
        return []
    rest = tuple([literal for literal in cube if literal.test.key != key])
    present = Literal(Test(key, "present"), True)
    carried = [replace(literal, or_absent=False) for literal in mine]
    return [(*rest, replace(present, positive=False)), (*rest, present, *carried)]


def _exact(cube: Cube) -> list[Block]:
    try:
        return [block(cube)]
    except Inexpressible as fault:
        parts = _by_presence(cube, fault.keys[0])
        if not parts:
            raise
        return [found for part in parts for found in _exact(part)]


def blocks(condition: Condition, limit: int = 64) -> list[Block]:
    """The `Condition` blocks of which one holds just when `condition` does: [] for never, [{}] for always. Raises
    Inexpressible and, past `limit` blocks, TooManyStatements."""
    found = [made for cube in cubes(condition, limit) for made in _exact(cube)]
    if len(found) > limit:
        raise TooManyStatements(len(found))
    return found

"""Texts, ARNs and conditions of a document against one request, prepared once and asked often.

IAM user guide: "IAM JSON policy elements" of Action, Resource and Condition, "Condition operators", "Single-valued vs.
multivalued context keys", "Variables and tags". What the guide leaves open is read so:

- several values of a request under an operator without a set prefix: a positive operator wants one that matches, a
  negated one none;
- `IfExists` adds nothing to a set prefix; a prefix adds nothing to `Null`;
- a text that is no number fails every numeric operator on either side; so with dates. One that is no address is in no
  range;
- what a variable brings in is literal text. A variable of several values is undefined, and so is one that AWS cannot read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.policy import values
from iamdsl.policy.model import Block
from iamdsl.policy.operators import Operator, operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Context = Mapping[str, tuple[str, ...]]  # keys in lower case; no key without a value
    Match = Callable[[str], bool]
    Holds = Callable[[str, Context], bool]  # of one value of the request
    Check = Callable[[Context], bool]
    Filled = Callable[[Context], str | None]

# `*` and `?` where they are wild: no text of JSON or of a request holds half a surrogate pair
STAR, ONE = "\ud800", "\ud801"
_LONE = re.compile("[\ud800-\udfff]")


def wild(text: str) -> str:
    """`text` of a document with its wildcards marked."""
    return text.replace("*", STAR).replace("?", ONE)


@lru_cache(maxsize=1 << 14)
def glob(pattern: str) -> Match:
    """Whether a text matches `pattern`, whose wildcards are marked; in time that grows with their lengths' product."""
    parts = pattern.split(STAR)
    plain = ONE not in pattern
    if len(parts) == 1:
        return pattern.__eq__ if plain else _whole(pattern)
    head, *middle, tail = parts
    least = sum([len(part) for part in parts])
    if plain and not any(middle):
        if not tail:
            return (lambda text: text.startswith(head)) if head else lambda text: True
        return lambda text: len(text) >= least and text.startswith(head) and text.endswith(tail)
    starts, ends, finds = _whole(head), _whole(tail), [_found(part) for part in middle if part]

    def match(text: str) -> bool:
        at, end = len(head), len(text) - len(tail)
        if len(text) < least or not starts(text[:at]) or not ends(text[end:]):
            return False
        for find in finds:  # the leftmost occurrence always serves
            at = find(text, at, end)
            if at < 0:
                return False
        return True

    return match


def _regex(part: str) -> re.Pattern[str]:
    return re.compile("".join(["." if one == ONE else re.escape(one) for one in part]), re.DOTALL)


def _whole(part: str) -> Match:
    """Whether a text matches `part`, which has no star."""
    if ONE not in part:
        return part.__eq__
    fullmatch = _regex(part).fullmatch
    return lambda text: fullmatch(text) is not None


def _found(part: str) -> Callable[[str, int, int], int]:
    """Where the first occurrence of `part` between two places ends; -1 without one."""
    if ONE not in part:
        size = len(part)

        def find(text: str, at: int, end: int) -> int:
            found = text.find(part, at, end)
            return found if found < 0 else found + size

        return find
    search = _regex(part).search

    def look(text: str, at: int, end: int) -> int:
        found = search(text, at, end)
        return -1 if found is None else found.end()

    return look


@lru_cache(maxsize=1 << 14)
def arn(pattern: str) -> Match:
    """Whether an ARN matches `pattern`, whose wildcards are marked, segment by segment; a short one ends in `:*`."""
    parts = pattern.split(":", 5)
    checks = [(at, glob(part)) for at, part in enumerate(parts) if part != STAR]

    def match(text: str) -> bool:
        segments = text.split(":", 5)
        return len(segments) == 6 and all([check(segments[at]) for at, check in checks])

    return match


def _filled(text: str, wildcards: bool) -> str | Filled | None:
    """`text` with its variables: a text where it has none, None where AWS cannot read one."""
    mark = wild if wildcards else str
    parts = values.pieces(text)
    if parts is None:
        return None
    made = [mark(one) if isinstance(one, str) else one[0] if one[0] in ("*", "?", "$") else one for one in parts]
    if all([isinstance(one, str) for one in made]):
        return "".join([one for one in made if isinstance(one, str)])

    def fill(context: Context) -> str | None:
        found = []
        for one in made:
            if isinstance(one, str):
                found.append(one)
                continue
            name, default = one
            carried = context.get(name)
            value = default if carried is None else carried[0] if len(carried) == 1 else None
            if value is None:
                return None
            found.append(value if value.isascii() else _LONE.sub("\ufffd", value))
        return "".join(found)

    return fill


def _texts(given: Iterable[str], variables: bool, wildcards: bool) -> tuple[list[str], list[Filled]]:
    """The values of an element: those that are known, and those that the request fills in."""
    static: list[str] = []
    filled: list[Filled] = []
    for text in given:
        if not variables or "${" not in text:
            static.append(wild(text) if wildcards else text)
            continue
        made = _filled(text, wildcards)
        if isinstance(made, str):
            static.append(made)
        elif made is not None:
            filled.append(made)
    return static, filled


def patterns(static: Iterable[str], by: Callable[[str], Match] = glob) -> Match:
    """Whether a text matches one of `static`, whose wildcards are marked."""
    exact: set[str] = set()
    heads: set[str] = set()
    rest: list[Match] = []
    for pattern in static:
        bare = pattern.rstrip(STAR)
        if by is not glob or STAR in bare or ONE in pattern:
            rest.append(by(pattern))
        else:
            (exact if bare == pattern else heads).add(bare)
    starts = tuple(heads)
    if "" in heads:
        return lambda text: True
    if not rest:
        return lambda text: text in exact or text.startswith(starts)
    if not exact and not heads and len(rest) == 1:
        return rest[0]
    return lambda text: text in exact or text.startswith(starts) or any([match(text) for match in rest])


@lru_cache(maxsize=1 << 12)
def actions(given: tuple[str, ...] | None, named: bool) -> Match:
    """Whether an action, in lower case, is one of `given`, or if they are not `named` but excepted, none."""
    found = patterns([wild(text.lower()) for text in given or ()])
    return found if named else lambda text: not found(text)


@lru_cache(maxsize=1 << 12)
def resources(given: tuple[str, ...] | None, variables: bool, segmented: bool) -> Holds:
    """Whether a resource is one of `given`; `segmented`: whether a `*` stops at a colon."""
    by = arn if segmented else glob
    given = given or ()
    if "*" in given:
        return lambda text, context: True
    static, filled = _texts(given, variables, True)
    known = patterns(static, by)
    if not filled:
        return lambda text, context: known(text)
    return lambda text, context: known(text) or _any_filled(filled, by, text, context)


def _any_filled(filled: list[Filled], by: Callable[[str], Match], text: str, context: Context) -> bool:
    for fill in filled:
        pattern = fill(context)
        if pattern is not None and by(pattern)(text):
            return True
    return False


@lru_cache(maxsize=1 << 12)
def checks(block: Block, variables: bool) -> tuple[Check, ...]:
    """What a `Condition` element asks, test by test."""
    found = []
    for name, keys in block:
        made = operator(name)
        assert made is not None, name
        for key, given in keys:
            if made.type == "Null":
                found.append(_presence(key.lower(), {values.truth(text) for text in given}))
            else:
                found.append(_check(made, key.lower(), _holds(made, given, variables)))
    return tuple(found)


def _presence(key: str, wanted: set[bool | None]) -> Check:
    return lambda context: (key not in context) in wanted


def _check(made: Operator, key: str, holds: Holds) -> Check:
    """One operator on one key; `holds` of one value, negation included."""
    if made.quantifier:
        absent = made.quantifier == "every"
    else:
        absent = made.negated or made.if_exists
    every = made.quantifier == "every" or (made.negated and not made.quantifier)

    def check(context: Context) -> bool:
        carried = context.get(key)
        if carried is None:
            return absent
        if len(carried) == 1:
            return holds(carried[0], context)
        results = [holds(value, context) for value in carried]
        return all(results) if every else any(results)

    return check


def _holds(made: Operator, given: tuple[str, ...], variables: bool) -> Holds:
    if made.type in ("Numeric", "Date"):
        return _scaled(made, given)
    passes = _LISTS[made.type](made, given, variables)
    return (lambda value, context: not passes(value, context)) if made.negated else passes


def _text(made: Operator, given: tuple[str, ...], variables: bool) -> Holds:
    """The operators of texts and ARNs."""
    if made.relation == "like":
        by = arn if made.type == "ARN" else glob
        static, filled = _texts(given, variables, True)
        known = patterns(static, by)
        if not filled:
            return lambda value, context: known(value)
        return lambda value, context: known(value) or _any_filled(filled, by, value, context)
    static, filled = _texts(given, variables, False)
    if made.relation == "equals":
        exact = frozenset(static)
        if not filled:
            return lambda value, context: value in exact
        return lambda value, context: value in exact or value in [fill(context) for fill in filled]
    folded = frozenset([text.lower() for text in static])
    return lambda value, context: value.lower() in folded or value.lower() in [
        text.lower() for fill in filled if (text := fill(context)) is not None
    ]


def _boolean(made: Operator, given: tuple[str, ...], variables: bool) -> Holds:
    static, filled = _texts(given, variables, False)
    said = {values.truth(text) for text in static} - {None}

    def holds(value: str, context: Context) -> bool:
        wanted = said | {values.truth(text) for fill in filled if (text := fill(context)) is not None}
        return values.truth(value) in wanted - {None}

    return holds


def _binary(made: Operator, given: tuple[str, ...], variables: bool) -> Holds:
    """Base64 on both sides."""
    exact = frozenset(given)
    return lambda value, context: value in exact


def _address(made: Operator, given: tuple[str, ...], variables: bool) -> Holds:
    ranges = [found for text in given if (found := values.network(text)) is not None]

    def holds(value: str, context: Context) -> bool:
        found = None if "/" in value else values.network(value)
        return found is not None and any([b == found[0] and low <= found[1] <= high for b, low, high in ranges])

    return holds


_LISTS = {"String": _text, "ARN": _text, "Bool": _boolean, "Binary": _binary, "IPAddress": _address}


def _scaled(made: Operator, given: tuple[str, ...]) -> Holds:
    """The operators of numbers and dates, negation included."""
    read = values.number if made.type == "Numeric" else values.moment
    marks = [mark for text in given if (mark := read(text)) is not None]
    if made.negated:
        never = len(marks) < len(given)
        return lambda value, context: not (never or (at := read(value)) is None or at in marks) or not given
    if not marks:
        return lambda value, context: False
    if made.relation == "equals":
        return lambda value, context: (at := read(value)) is not None and at in marks
    low, high = min(marks), max(marks)
    if made.relation == "less":
        return lambda value, context: (at := read(value)) is not None and at < high
    if made.relation == "at-most":
        return lambda value, context: (at := read(value)) is not None and at <= high
    if made.relation == "greater":
        return lambda value, context: (at := read(value)) is not None and at > low
    return lambda value, context: (at := read(value)) is not None and at >= low

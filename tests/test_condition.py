"""Conditions to AWS's blocks: rows worked by hand, and laws checked against two interpreters that share nothing with it."""

import itertools
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from evaluator import matches_condition
from hypothesis import given, note, settings
from hypothesis import strategies as st

from iamdsl.access.condition import Literal, TooManyStatements, cubes, drop, implies, keys
from iamdsl.access.model import FALSE, TRUE, And, Condition, Not, Or, Test
from iamdsl.compiler.operators import Inexpressible, block, blocks

Request = Mapping[str, Sequence[str]]


def has(key: str) -> Test:
    return Test(key, "present")


def eq(key: str, *values: str, type: str = "String", quantifier: str = "", ignoring_case: bool = False) -> Test:
    return Test(key, "equals", values, type, quantifier, ignoring_case)


def like(key: str, *values: str, type: str = "String", quantifier: str = "", ignoring_case: bool = False) -> Test:
    return Test(key, "like", values, type, quantifier, ignoring_case)


def num(key: str, relation: str, *values: str, quantifier: str = "") -> Test:
    return Test(key, relation, values, "Numeric", quantifier)


def date(relation: str, value: str) -> Test:
    return Test("t", relation, (f"{value}T00:00:00Z",), "Date")


def ip(*values: str) -> Test:
    return Test("ip", "equals", values, "IPAddress")


def every(test: Test) -> Test:
    return Test(test.key, test.relation, test.values, test.type, "every", test.ignoring_case)


def some(test: Test) -> Test:
    return Test(test.key, test.relation, test.values, test.type, "any", test.ignoring_case)


def all_of(*items: Condition) -> Condition:
    return And(items)


def one_of(*items: Condition) -> Condition:
    return Or(items)


# what a condition means, from the docstring of `Test`


STAR, ONE = "\ue000", "\ue001"  # a `*` and a `?` that a variable brought in: no wildcards


def filled(test: Test, request: Request) -> Test:
    """`test` with the variable `${v}` filled in; a value with it is no value where it is undefined."""
    (brought,) = request.get("v") or (None,)
    if test.relation == "like" and brought is not None:
        brought = brought.replace("*", STAR).replace("?", ONE)
    values = [item for item in test.values if "${v}" not in item or brought is not None]
    values = [item.replace("${v}", brought or "") for item in values]
    return Test(test.key, test.relation, tuple(values), test.type, test.quantifier, test.ignoring_case)


def passes(test: Test, value: str) -> bool:
    if test.type == "Numeric":
        return number_passes(test, float(value))
    if test.type == "IPAddress":
        return any(ip_address(value) in ip_network(item, strict=False) for item in test.values)
    if test.relation == "equals":
        fold = str.lower if test.ignoring_case or test.type == "Bool" else str
        return fold(value) in [fold(item) for item in test.values]
    if test.relation == "like":
        return any(glob(item, value, test) for item in test.values)
    return {  # dates, all written alike
        "less": value < test.values[0],
        "at-most": value <= test.values[0],
        "greater": value > test.values[0],
        "at-least": value >= test.values[0],
    }[test.relation]


def number_passes(test: Test, value: float) -> bool:
    numbers = [float(item) for item in test.values]
    return {
        "equals": value in numbers,
        "less": value < numbers[0],
        "at-most": value <= numbers[0],
        "greater": value > numbers[0],
        "at-least": value >= numbers[0],
    }[test.relation]


def glob(pattern: str, value: str, test: Test) -> bool:
    parts, texts = ([pattern], [value]) if test.type != "ARN" else (pattern.split(":", 5), value.split(":", 5))
    if test.type == "ARN":
        parts += ["*"] * (6 - len(parts))
    flags = re.DOTALL | (re.IGNORECASE if test.ignoring_case else 0)
    wild = [re.escape(part).replace(r"\*", ".*").replace(r"\?", ".") for part in parts]
    wild = [part.replace(STAR, r"\*").replace(ONE, r"\?") for part in wild]
    return len(wild) == len(texts) and all(re.fullmatch(a, b, flags) for a, b in zip(wild, texts, strict=True))


def meaning(condition: Condition, request: Request) -> bool:
    if isinstance(condition, And):
        return all([meaning(item, request) for item in condition.items])
    if isinstance(condition, Or):
        return any([meaning(item, request) for item in condition.items])
    if isinstance(condition, Not):
        return not meaning(condition.item, request)
    values = request.get(condition.key, ())
    if condition.relation == "present" or not values:
        return bool(values)
    results = [passes(filled(condition, request), value) for value in values]
    return all(results) if condition.quantifier == "every" else any(results)


# keys of every type and both multiplicities: tests of them, and the values that requests carry

A6 = "arn:aws:s3:::"
DAYS = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 6)]
LISTS: dict[str, tuple[str, list[str], list[str], list[str]]] = {  # type, values, patterns, request values
    "s": (
        "String",
        ["a", "b", "ab", "A", "*", "", "${v}", "${v}b"],
        ["*", "a*", "*b", "a?", "?", "*a*", "ab", "A*", "**", "${v}*"],
        ["a", "b", "ab", "A", "ba", "aab", "", "*", "AB", "a*", "zz"],
    ),
    "u": (
        "String",
        ["x", "y", "X", "7", "x:*"],
        ["x*", "*:?", "x:*", "7*"],
        ["x", "y", "X", "7", "x:y", "7X", "x:*", "YX"],
    ),
    "arn": (
        "ARN",
        [A6 + "a", A6 + "b", A6 + "a/b", "arn:aws", A6 + "*", "${v}", A6 + "${v}"],
        [
            A6 + "a*",
            A6 + "*${v}",
            A6 + "?",
            "arn:*:s3:::a",
            "arn:aws:s3",
            "*",
            A6 + "*b",
            "arn:aws:sqs:*:*:*",
            A6 + "a",
        ],
        [A6 + "a", A6 + "b", A6 + "a/b", "arn:cn:s3:::a", "arn:aws:sqs:e:1:q", A6 + "a:b", A6 + "*", "arn:aws"],
    ),
    "ip": (
        "IPAddress",
        ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0"],
        [],
        [
            "10.0.0.1",
            "10.1.0.0",
            "10.1.2.3",
            "10.1.255.255",
            "10.2.0.0",
            "192.0.2.9",
            "2001:db8::1",
            "2001:db8::2",
            "::1",
        ],
    ),
    "v": ("String", ["a", "b"], ["a*"], ["a", "b", "ab", "*", A6 + "a"]),
    "bin": ("Binary", ["QUJD", "REVG"], [], ["QUJD", "REVG", "R0hJ"]),
    "yes": ("Bool", ["true", "false"], [], ["true", "false"]),
    "n": ("Numeric", ["1", "2", "2.0", "3", "2.5"], [], ["0", "1", "1.5", "2", "2.0", "2.2", "2.5", "2.7", "3", "4"]),
    "t": ("Date", DAYS[1:4], [], [*DAYS, "2026-01-02T12:00:00Z"]),
}
LISTS |= {key + "s": row for key, row in LISTS.items()}  # the same, multi-valued


def many(key: str) -> bool:
    return key not in ("s",) and key.endswith("s") and key != "yes"


@st.composite
def draw_test(draw: st.DrawFn, key: str) -> Test:
    type, values, patterns, _ = LISTS[key]
    relations = ["present", "equals", "equals", "equals", *(["like"] * 3 if patterns else [])]
    if type in ("Numeric", "Date"):
        relations += ["less", "at-most", "greater", "at-least"] * 2
    relation = draw(st.sampled_from(relations))
    if relation == "present":
        return Test(key, "present")
    size = 1 if relation not in ("equals", "like") or type == "Bool" else 3
    picked = draw(st.lists(st.sampled_from(patterns if relation == "like" else values), min_size=1, max_size=size))
    fold = type == "String" and relation == "equals" and draw(st.integers(0, 4)) == 0
    quantifier = draw(st.sampled_from(["any", "every"])) if many(key) else ""
    return Test(key, relation, tuple(picked), type, quantifier, fold)


@st.composite
def conditions(draw: st.DrawFn, leaves: int = 6) -> Condition:
    names = draw(st.lists(st.sampled_from(sorted(LISTS)), min_size=1, max_size=3, unique=True))
    tests = st.sampled_from(names).flatmap(draw_test)

    def grow(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        items = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(items.map(And), items.map(Or), inner.map(Not))

    return draw(st.recursive(tests, grow, max_leaves=leaves))


def requests(*asked: Condition, at_most: int = 400) -> list[Request]:
    """Every combination of absent, empty and differing values of the keys that are asked for; thinned out evenly."""
    choices = []
    named = set().union(*[keys(condition) for condition in asked])
    for key in sorted(named | ({"v"} if "${v}" in repr(asked) else set())):
        values = LISTS[key][3]
        carried: list[Sequence[str]] = [(), *[(value,) for value in values]]
        carried += list(itertools.combinations(values, 2)) + [values] if many(key) else []
        choices.append([(key, each) for each in carried])
    every = [dict(each) for each in itertools.product(*choices)]
    return every[:: len(every) // at_most + 1]


def expressed(condition: Condition) -> list[Any] | None:
    try:
        return blocks(condition, 1000)
    except (Inexpressible, TooManyStatements) as fault:
        note(str(fault))
        return None


@settings(max_examples=300, deadline=None)
@given(conditions())
def test_blocks_mean_what_the_condition_means(condition: Condition) -> None:
    found = expressed(condition)
    for request in requests(condition) if found is not None else ():
        assert any(matches_condition(each, request) for each in found or ()) == meaning(condition, request), request

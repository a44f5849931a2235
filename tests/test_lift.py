"""Documents as grants: what AWS's operators say is what the grants mean, statement by statement."""

from __future__ import annotations

from typing import Any

import grants
import pytest
from evaluator import decide
from generate import Generator
from hypothesis import given, settings
from test_codec import POLICY
from test_condition import conditions, meaning, requests

from iamdsl.access.condition import TooManyStatements
from iamdsl.access.model import FALSE, TRUE, Access, And, Condition, Grant, Not, Or, Origin, Owner, Test
from iamdsl.catalog import default
from iamdsl.compiler.lift import lift
from iamdsl.compiler.lower import lower
from iamdsl.compiler.operators import Inexpressible, blocks
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Block, Document, Statement

CASES = 1500


@pytest.mark.parametrize("part", range(2))
def test_grants_decide_as_their_document(part: int) -> None:
    for seed in range(part * CASES, (part + 1) * CASES):
        make = Generator(seed, odd=False)
        value = make.document(make.chance(0.3))
        found = lift(codec.load(value, "identity"))
        for _ in range(3):
            request = make.request()
            assert grants.decide(found, request) == decide([value], request), seed


@settings(deadline=None)
@given(conditions())
def test_lowered_and_lifted_is_the_same(condition: Condition) -> None:
    try:
        made = blocks(condition)
    except (Inexpressible, TooManyStatements):
        return
    back = Or(tuple(lifted(block) for block in made))
    for request in requests(condition):
        assert meaning(back, request) is meaning(condition, request), (made, request)


def frozen(block: dict[str, dict[str, Any]]) -> Block:
    values = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block}
    return codec.load({"Statement": values}, "identity").statements[0].condition


def lifted(block: dict[str, dict[str, Any]], version: str = "2012-10-17") -> Condition:
    statement = Statement("Allow", ("*",), resource=("*",), condition=frozen(block))
    (grant,) = lift(Document("identity", (statement,), version))
    return grant.condition


@settings(deadline=None)
@given(POLICY)
def test_whatever_loads_is_lifted(value: Any) -> None:
    document = codec.load(value, "identity")
    found = lift(document)
    assert [one.allows for one in found] == [one.effect == "Allow" for one in document.statements]
    assert all(one.actions for one in found)


K = "aws:k"
HAS, LACKS = Test(K, "present"), Not(Test(K, "present"))


def eq(*values: str, quantifier: str = "", type: str = "String") -> Test:
    return Test(K, "equals", values, type, quantifier)


def number(relation: str, value: str) -> Test:
    return Test(K, relation, (value,), "Numeric")


OPERATORS: list[tuple[str, Any, Condition]] = [
    ("StringEquals", ["a", "a"], eq("a")),
    ("StringEquals", [], FALSE),
    ("StringNotEquals", ["b", "a"], Not(eq("b", "a"))),
    ("StringNotEquals", [], TRUE),
    ("StringEqualsIfExists", "a", Or((LACKS, eq("a")))),
    ("StringEqualsIfExists", [], LACKS),
    ("StringNotEqualsIfExists", "a", Not(eq("a"))),
    ("ForAnyValue:StringEquals", "a", eq("a", quantifier="any")),
    ("ForAnyValue:StringNotEquals", "a", And((HAS, Not(eq("a", quantifier="every"))))),
    ("ForAllValues:StringEquals", "a", Or((LACKS, eq("a", quantifier="every")))),
    ("ForAllValues:StringNotEquals", "a", Not(eq("a", quantifier="any"))),
    ("Null", "true", LACKS),
    ("Null", ["False", "true"], TRUE),
    ("Null", "yes", FALSE),
    ("NumericNotEquals", "5", Or((LACKS, Or((number("less", "5"), number("greater", "5")))))),
    ("NumericNotEquals", ["5", "five"], LACKS),
    ("NumericLessThan", ["5", "10", "9", "x"], number("less", "10")),
    ("NumericGreaterThanEquals", ["5", "10"], number("at-least", "5")),
    ("DateLessThan", ["2026-07", "0"], Test(K, "less", ("2026-07-01T00:00:00Z",), "Date")),
    ("Bool", ["TRUE", "maybe"], eq("true", type="Bool")),
    ("IpAddress", ["10.0.0.0/8", "10.0.0.0/99"], eq("10.0.0.0/8", type="IPAddress")),
    ("ArnEquals", "arn:aws:s3:::b", Test(K, "like", ("arn:aws:s3:::b",), "ARN")),
    ("StringEqualsIgnoreCase", "A", Test(K, "equals", ("A",), "String", "", True)),
    ("StringEquals", ["${bad,'}", "${aws:username}"], eq("${aws:username}")),
]


@pytest.mark.parametrize(("operator", "value", "condition"), OPERATORS, ids=str)
def test_operators(operator: str, value: Any, condition: Condition) -> None:
    assert lifted({operator: {K: value}}) == condition


def test_version_2008_knows_no_variables() -> None:
    assert lifted({"StringLike": {K: "${*}"}}, "2008-10-17") == Test(K, "like", ("${$}{*}",))
    assert lifted({"StringLike": {K: "${*}"}}, "") == Test(K, "like", ("${$}{*}",))
    assert lifted({"Bool": {K: "${aws:x}"}}, "") == FALSE


def test_elements() -> None:
    def of(**elements: Any) -> Grant:
        value = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*", **elements},
        }
        (grant,) = lift(
            codec.load({**value, "Statement": {k: v for k, v in value["Statement"].items() if v != ""}}, "x")
        )
        return grant

    assert of() == Grant(False, ("s3:*",), ("*",), TRUE, ())
    assert of(Action="", NotAction=["a:B", "c:D"]) == Grant(
        False, ("a:B", "c:D"), ("*",), TRUE, (), except_actions=True
    )
    assert of(Action="", NotAction=[]) == Grant(False, ("*",), ("*",), TRUE, ())
    assert of(Action=[]) == Grant(False, ("*",), ("*",), FALSE, ())
    assert of(Resource="", NotResource="*") == Grant(False, ("s3:*",), ("*",), TRUE, (), except_resources=True)
    assert of(Resource="", NotResource=["${a,}"]) == Grant(False, ("s3:*",), ("*",), TRUE, ())
    assert of(Resource=["${a,}"]) == Grant(False, ("s3:*",), ("*",), FALSE, ())
    assert of(Principal="*").principals == (("*", "*"),)
    assert of(Principal={}) == Grant(False, ("s3:*",), ("*",), FALSE, (), (("*", "*"),))
    assert of(NotPrincipal={}) == Grant(False, ("s3:*",), ("*",), TRUE, (), (("*", "*"),))
    named = of(NotPrincipal={"AWS": ["1", "2"], "Service": "s"}, Resource="")
    assert named.principals == (("AWS", "1"), ("AWS", "2"), ("Service", "s")) and named.except_principals
    assert named.resources == ()


def test_lifted_and_lowered_decides_the_same() -> None:
    """The way there and back, over every element: what AWS cannot express again is left out, and is little."""
    left_out = 0
    for seed in range(1500):
        make = Generator(seed, odd=False)
        value = make.document(make.chance(0.3), most=2)
        found = lift(codec.load(value, "identity"), ((Origin("a.json", 0, 0),),) * 9)
        report = Report()
        try:
            lowered = lower(Access(Owner("user", "alice"), "identity", found), default(), report)
        except ValueError as fault:
            assert "as one value and as many" in str(fault)
            left_out += 1
            continue
        if report.failed:
            left_out += 1
            continue
        back = codec.dump(lowered.document)
        for _ in range(4):
            request = make.request()
            assert decide([back], request) == decide([value], request), seed
    assert left_out < 150

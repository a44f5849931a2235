"""`access.compare` against every request of a small world, and against the search with its parts taken away."""

from __future__ import annotations

import itertools
import random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.access.compare import STEPS, Side, Verdict, compare, identity
from iamdsl.access.decide import Request, allowed
from iamdsl.access.focus import EVERYTHING, Focus, focus
from iamdsl.access.model import FALSE, TRUE, And, Condition, Grant, Not, Or, Test
from iamdsl.record import replace

ACTIONS = ["s3:get", "s3:put", "s3:getx", "ec2:run", "ec2:get"]
RESOURCES = ["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/b", "arn:aws:s3:::ab", "arn:aws:s3:::a:b", "*"]
TEAMS = ["", "a", "b", "ab", "A", "*"]
NUMBERS = ["4", "5", "5.5", "6", "7"]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "2001:db8::1"]
DATES = ["2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z"]

action = st.sampled_from(["*", "s3:*", "s3:g*", "*:get", "s3:get", "S3:Get", "s3:put", "ec2:*", "*:*t*", "s3:get?"])
resource = st.sampled_from(
    ["*", "arn:aws:s3:::a", "arn:aws:s3:::a*", "arn:aws:s3:::*b", "arn:aws:s3:::a/*", "arn:*:a", "arn:aws:s3:::?"]
    + ["arn:aws:s3:::${aws:username}", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username, 'a'}/b"]
)
texts = st.lists(st.sampled_from(["a", "b", "a*", "*b", "?", "A", "${aws:username}"]), min_size=1, max_size=2).map(
    tuple
)


def single_tests() -> st.SearchStrategy[Condition]:
    def test(key: str, relation: str, values: tuple[str, ...], **more: object) -> Test:
        return Test(key, relation, values, **more)  # type: ignore[arg-type]

    return st.one_of(
        st.builds(test, st.just("k:Team"), st.sampled_from(["equals", "like"]), texts),
        st.builds(
            test, st.just("aws:username"), st.sampled_from(["equals", "like"]), st.sampled_from([("a",), ("b*",)])
        ),
        st.builds(
            test,
            st.just("k:Tags"),
            st.sampled_from(["equals", "like"]),
            texts,
            quantifier=st.sampled_from(["any", "every"]),
        ),
        st.builds(
            lambda relation, value: Test("k:Size", relation, (value,), "Numeric"),
            st.sampled_from(["equals", "less", "at-most", "greater", "at-least"]),
            st.sampled_from(["5", "6"]),
        ),
        st.builds(
            lambda relation, value: Test("k:When", relation, (value,), "Date"),
            st.sampled_from(["less", "at-least"]),
            st.sampled_from(DATES),
        ),
        st.builds(
            lambda value: Test("k:Ip", "equals", (value,), "IPAddress"), st.sampled_from(["10.0.0.0/24", "10.0.0.2"])
        ),
        st.builds(lambda value: Test("k:Flag", "equals", (value,), "Bool"), st.sampled_from(["true", "false"])),
        st.builds(lambda value: Test("k:Team", "equals", (value,), "String", "", True), st.sampled_from(["a", "AB"])),
        st.sampled_from([Test(key, "present") for key in ("k:Team", "k:Tags", "k:Size", "K:TEAM")]),
    )


conditions = st.recursive(
    single_tests(),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda *items: And(items), inner, inner),
        st.builds(lambda *items: Or(items), inner, inner),
    ),
    max_leaves=4,
)


def grants(principals: bool = False) -> st.SearchStrategy[Grant]:
    who = [(("AWS", "111122223333"),), (("AWS", "arn:aws:iam::111122223333:role/r"),), (("*", "*"),)]
    who += [(("Service", "ec2.amazonaws.com"),), (("AWS", "arn:aws:iam::111122223333:user/u"), ("AWS", "111122223333"))]
    return st.builds(
        Grant,
        allows=st.sampled_from([True, True, False]),
        actions=st.lists(action, min_size=1, max_size=2).map(tuple),
        resources=st.lists(resource, min_size=1, max_size=2).map(tuple),
        condition=st.one_of(st.just(TRUE), conditions),
        origins=st.just(()),
        principals=st.sampled_from(who) if principals else st.just(()),
        except_actions=st.sampled_from([False, False, True]),
        except_resources=st.sampled_from([False, False, True]),
        except_principals=st.booleans() if principals else st.just(False),
    )


policies = st.lists(grants(), min_size=1, max_size=4).map(tuple)


def worlds(*sides: Side) -> list[Request]:
    """Requests that between them tell most policies of these strategies apart."""
    used = repr(sides)
    choices: list[list[tuple[str, tuple[str, ...]] | None]] = []
    for key, values in (
        ("k:Team", [(one,) for one in TEAMS]),
        ("aws:username", [("a",), ("b",), ("b1",)]),
        ("k:Tags", [("a",), ("b",), ("ab", "b"), ("a", "z"), ("*",)]),
        ("k:Size", [(one,) for one in NUMBERS]),
        ("k:When", [(one,) for one in DATES]),
        ("k:Ip", [(one,) for one in ADDRESSES]),
        ("k:Flag", [("true",), ("false",)]),
    ):
        if key.lower() in used.lower():
            choices.append([None, *[(key, value) for value in values]])
    contexts = list(itertools.islice(itertools.product(*choices), 0, None, max(1, _size(choices) // 60)))
    who = ["AWS arn:aws:iam::111122223333:user/u", "AWS arn:aws:sts::111122223333:assumed-role/r/s"]
    who += ["Service ec2.amazonaws.com", "AWS arn:aws:iam::444455556666:root"]
    callers = who if any(one.principals for side in sides for one in side.grants) else who[:1]
    return [
        Request(caller, action, resource, tuple(sorted(pair for pair in context if pair)))
        for caller in callers
        for action in ACTIONS
        for resource in RESOURCES
        for context in contexts
    ]


def _size(choices: list[list[tuple[str, tuple[str, ...]] | None]]) -> int:
    size = 1
    for one in choices:
        size *= len(one)
    return size


def agrees(old: Side, new: Side, verdict: Verdict) -> None:
    """The witnesses show what is said of them, and no request of the world contradicts the verdict."""
    for request, one, other in ((verdict.new, new, old), (verdict.lost, old, new)):
        if request is not None:
            assert allowed(one, request) and not allowed(other, request), request
    if verdict.relation == "unknown":
        return
    assert (verdict.new is not None) == (verdict.relation in ("wider", "apart"))
    assert (verdict.lost is not None) == (verdict.relation in ("narrower", "apart"))
    for request in worlds(old, new):
        before, after = allowed(old, request), allowed(new, request)
        assert not (after and not before and verdict.new is None), request
        assert not (before and not after and verdict.lost is None), request


@settings(max_examples=250, deadline=None)
@given(policies, policies)
def test_small_worlds(old: tuple[Grant, ...], new: tuple[Grant, ...]) -> None:
    agrees(identity(old), identity(new), compare(identity(old), identity(new)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(grants(True), min_size=1, max_size=3).map(tuple), st.lists(grants(True), min_size=1, max_size=3).map(tuple)
)
def test_small_worlds_with_principals(old: tuple[Grant, ...], new: tuple[Grant, ...]) -> None:
    agrees(identity(old), identity(new), compare(identity(old), identity(new)))


@settings(max_examples=60, deadline=None)
@given(policies, policies, policies)
def test_small_worlds_in_layers(one: tuple[Grant, ...], two: tuple[Grant, ...], three: tuple[Grant, ...]) -> None:
    old, new = Side(((one, two),)), Side(((one, three), (two,)))
    agrees(old, new, compare(old, new))


@settings(max_examples=60, deadline=None)
@given(policies)
def test_a_policy_equals_itself(policy: tuple[Grant, ...]) -> None:
    parts = [
        Grant(one.allows, (action,), one.resources, one.condition, (), (), one.except_actions, one.except_resources)
        for one in policy
        for action in (one.actions if not one.except_actions else ("",))
    ]
    parts = [part if part.actions != ("",) else one for part, one in zip(parts, _repeated(policy))]
    assert compare(identity(policy), identity(tuple(parts[::-1]))).relation == "equal"


# ---- what is seen at sight


def cut(policy: tuple[Grant, ...], chance: random.Random) -> tuple[Grant, ...]:
    """The same in another order, grants cut by action and by resource."""
    found = []
    for one in policy:
        actions = [one.actions] if one.except_actions else [(action,) for action in one.actions]
        resources = [one.resources] if one.except_resources else [(resource,) for resource in one.resources]
        found += [replace(one, actions=some, resources=on) for some in actions for on in resources]
    chance.shuffle(found)
    return tuple(found)


@settings(max_examples=80, deadline=None)
@given(policies, st.lists(grants(), max_size=1).map(tuple), st.lists(grants(), max_size=1).map(tuple), st.randoms())
def test_the_focus(
    shared: tuple[Grant, ...], less: tuple[Grant, ...], more: tuple[Grant, ...], chance: random.Random
) -> None:
    """Of what no text of the focus matches both sides say the same, and without a focus the verdict is no other."""
    old, new = identity((*shared, *less)), identity(cut((*shared, *more), chance))
    texts = focus((old, new))
    assert texts == () or less or more or len(shared) > 1
    for request in worlds(old, new)[::7]:
        if texts != EVERYTHING and not Focus(texts).has(request.action.lower()):
            assert allowed(old, request) == allowed(new, request), request
    verdict = compare(old, new)
    for hints in ((verdict.lost, verdict.new), (verdict.new, verdict.lost)):  # the wrong ones change nothing
        assert compare(old, new, hints=hints).relation == verdict.relation
    for name, instead in (("compare.focus", lambda _: EVERYTHING), ("classes.FEW", 0), ("contents.FEW", 0)):
        with patch(f"iamdsl.access.{name}", instead):
            other = compare(old, new)
        agrees(old, new, other)
        assert "unknown" in (verdict.relation, other.relation) or verdict.relation == other.relation


@settings(max_examples=30, deadline=None)
@given(policies, policies, st.lists(grants(), min_size=1, max_size=1).map(tuple))
def test_the_focus_of_layers(one: tuple[Grant, ...], two: tuple[Grant, ...], narrow: tuple[Grant, ...]) -> None:
    """What no layer of a side has, no side allows; what stands in one place of both sides is alike only there."""
    for old, new in (
        (Side(((one, narrow),)), Side(((two,),))),
        (Side(((one, two),)), Side(((two, one),))),
        (Side(((one,), (two,))), Side(((one,), (narrow,)))),
    ):
        texts = focus((old, new))
        for request in worlds(old, new)[::7]:
            if texts != EVERYTHING and not Focus(texts).has(request.action.lower()):
                assert allowed(old, request) == allowed(new, request), request
        agrees(old, new, compare(old, new))


def _repeated(policy: tuple[Grant, ...]) -> list[Grant]:
    return [one for one in policy for _ in (one.actions if not one.except_actions else (1,))]


# ---- what AWS documents of requests

OURS, THEIRS = "111111111111", "222222222222"


def arn(account: str) -> Test:
    return Test("aws:PrincipalArn", "like", (f"arn:aws:iam::{account}:role/r",), "ARN")


def account(*values: str, of: str = "Principal") -> Test:
    return Test(f"aws:{of}Account", "equals", values)


@pytest.mark.parametrize(
    "condition,resource,other,relation",
    [
        (arn(OURS), "*", And((arn(OURS), account(OURS))), "equal"),
        (And((arn(OURS), account(THEIRS))), "*", FALSE, "equal"),
        (And((arn("*"), account(THEIRS))), "*", FALSE, "narrower"),
        (And((arn("*"), Not(account(THEIRS)))), "*", arn(THEIRS), "apart"),
        (account(THEIRS, of="Resource"), f"arn:aws:sqs:eu-west-1:{OURS}:q", FALSE, "equal"),
        (account(THEIRS, of="Resource"), "arn:aws:sqs:eu-west-1:*:q", FALSE, "narrower"),
        (account(THEIRS, of="Resource"), "arn:aws:s3:::b/*", FALSE, "narrower"),
    ],
)
def test_accounts_are_told_twice(condition: Condition, resource: str, other: Condition, relation: str) -> None:
    """By the ARN of who asks, or of what is asked for, and by a key of its own: a request holds no two accounts of one."""
    one, two = [identity([Grant(True, ("sqs:Send*",), (resource,), each, ())]) for each in (condition, other)]
    verdict = compare(one, two)
    assert verdict.relation == relation
    for request in (verdict.new, verdict.lost):
        keys = dict(request.context) if request else {}
        named = [part for value in keys.get("aws:PrincipalArn", ()) for part in value.split(":")[4:5]]
        assert tuple(named) == keys.get("aws:PrincipalAccount", tuple(named))
        if request and resource.startswith("arn:aws:sqs"):
            assert keys["aws:ResourceAccount"] == (request.resource.split(":")[4],)

"""Minimising: the same access, never more text, and nothing left to find."""

from itertools import product
from typing import Any

from evaluator import Request, decide
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamdsl.access.alphabet import PLAIN
from iamdsl.access.minimize import minimize, size
from iamdsl.access.model import TRUE, Access, And, Condition, Grant, Not, Or, Origin, Owner, Test
from iamdsl.access.smallest import smallest
from iamdsl.catalog import default
from iamdsl.compiler.lower import lower, price
from iamdsl.diagnostics import Report
from iamdsl.policy.codec import dump
from iamdsl.record import replace

FORMATS = {
    "s3:ListBucket": (f"arn:*:s3:::{PLAIN}",),
    "s3:DeleteBucket": (f"arn:*:s3:::{PLAIN}",),
    "s3:GetObject": (f"arn:*:s3:::{PLAIN}/*",),
    "s3:PutObject": (f"arn:*:s3:::{PLAIN}/*",),
    "sqs:SendMessage": ("arn:*:sqs:*:*:*",),
    "sqs:ReceiveMessage": ("arn:*:sqs:*:*:*",),
    "ecr:GetAuthorizationToken": None,
}
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:"
# what requests name: all that AWS can be asked for, and every pattern below has some of it
ASKED = {
    "s3:ListBucket": ["arn:aws:s3:::b", "arn:aws:s3:::c", "arn:aws:s3:::cc"],
    "s3:GetObject": ["arn:aws:s3:::b/x/y", "arn:aws:s3:::b/z", "arn:aws:s3:::c/z", "arn:aws:s3:::cc/x/y"],
    "sqs:SendMessage": [f"{QUEUE}q", f"{QUEUE}qq"],
    "ecr:GetAuthorizationToken": ["*"],
}
ASKED["s3:DeleteBucket"] = ASKED["s3:ListBucket"]
ASKED["s3:PutObject"] = ASKED["s3:GetObject"]
ASKED["sqs:ReceiveMessage"] = ASKED["sqs:SendMessage"]
OWN = ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", "arn:aws:s3:::c", "arn:aws:s3:::c/*", f"{QUEUE}q"]
WIDE = [*OWN, "arn:aws:s3:::c*", f"{QUEUE}q*", "*", "arn:aws:s3:::?"]

MFA = Test("aws:MultiFactorAuthPresent", "equals", ("true",), "Bool")
TLS = Test("aws:SecureTransport", "equals", ("true",), "Bool")
TEAM = [Test("aws:PrincipalTag/team", "equals", (value,)) for value in "ab"]
TEAM += [Test("aws:PrincipalTag/team", "like", ("b*",)), Test("aws:PrincipalTag/team", "present")]
HOURS = [Test("aws:MultiFactorAuthAge", relation, ("5",), "Numeric") for relation in ("less", "at-least", "equals")]
CONDITIONS: list[Condition] = [TRUE, MFA, TLS, Or((MFA, TLS))]
LISTS: list[Condition] = [
    *TEAM,
    *map(Not, TEAM),
    *HOURS,
    And((MFA, TEAM[0])),
    And((MFA, TEAM[1])),
    Or((Not(TEAM[3]), TEAM[0])),
]
CONTEXTS: list[dict[str, str]] = [
    dict(zip((MFA.key, TLS.key), values)) for values in product(("true", "false"), repeat=2)
]
CONTEXTS += [{TEAM[0].key: team, MFA.key: "true"} for team in ("a", "b", "bb", "c")]
CONTEXTS += [{HOURS[0].key: age} for age in "456"]


def formats(action: str) -> tuple[str, ...] | None:
    return {name.lower(): found for name, found in FORMATS.items()}.get(action.lower())


def several(items: list[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=most, unique=True).map(tuple)


def grant_of(actions: list[str], resources: list[str], conditions: list[Condition]) -> st.SearchStrategy[Grant]:
    origin = st.integers(0, 9).map(lambda at: (Origin("p", at, at + 1),))
    parts = (several(actions, 4), several(resources, 3), st.sampled_from(conditions), origin)
    return st.builds(Grant, st.sampled_from([True, True, True, False]), *parts)


CALLERS = ["arn:aws:iam::111122223333:user/u", "arn:aws:iam::111122223333:user/v"]
WHOM = [("AWS", CALLERS[0]), ("AWS", CALLERS[1]), ("*", "*")]
plain = grant_of(list(FORMATS), OWN, CONDITIONS[:1])
wild = grant_of([*FORMATS, "s3:*", "s3:Get*", "S3:GETOBJECT"], WIDE, CONDITIONS)
excepting = st.builds(
    lambda grant, actions, resources: replace(grant, except_actions=actions, except_resources=resources),
    wild,
    st.booleans(),
    st.booleans(),
)
listed = grant_of(["s3:ListBucket", "s3:GetObject"], OWN[:2], LISTS)
to_some = st.builds(
    lambda grant, whom, sparing: replace(grant, principals=(whom,), except_principals=sparing),
    st.one_of(plain, wild),
    st.sampled_from(WHOM),
    st.booleans(),
)
grants = st.one_of(
    [st.lists(one, min_size=1, max_size=6) for one in (plain, st.one_of(plain, wild, wild, excepting), to_some, listed)]
).map(tuple)


def small(given: tuple[Grant, ...]) -> tuple[Grant, ...]:
    return minimize(given, formats, price).grants


def document(given: tuple[Grant, ...]) -> dict[str, Any]:
    report = Report()
    lowered = lower(Access(Owner("policy", "p"), "identity", given), default(), report)
    assert not list(report)
    return dump(lowered.document)


@settings(max_examples=200, deadline=None)
@given(grants)
def test_every_request_is_decided_as_before(given: tuple[Grant, ...]) -> None:
    before, after = document(given), document(small(given))
    for action, resources in ASKED.items():
        for resource, context, caller in product(resources, CONTEXTS, CALLERS):
            request = Request(caller, action, resource, context)
            assert decide([before], request) == decide([after], request), request


@settings(max_examples=200, deadline=None)
@given(grants, st.randoms(use_true_random=False))
def test_it_is_never_larger_and_does_not_depend_on_the_order(given: tuple[Grant, ...], random: Any) -> None:
    found = small(given)
    assert size(found, price) <= size(given, price)
    other = list(given)
    random.shuffle(other)
    assert small(tuple(other)) == found


@settings(max_examples=300, deadline=None)
@given(grants)
@example((Grant(True, ("s3:GetObject", "s3:ListBucket"), ("arn:aws:s3:::b", "arn:aws:s3:::b/*"), TRUE, ()),))
def test_again_it_finds_nothing(given: tuple[Grant, ...]) -> None:
    """Also where one pass was taken to be enough."""
    found = small(given)
    assert small(found) == found


def test_lists_of_one_key_become_one() -> None:
    """One statement, whether the two differ in values, in the operator, or in that one is also for a missing key."""
    near = [(TEAM[0], TEAM[1]), (TEAM[0], TEAM[2]), (And((MFA, TEAM[0])), And((MFA, TEAM[1]))), (HOURS[0], HOURS[1])]
    near += [(Or((Not(TEAM[3]), TEAM[0])), TEAM[1])]
    for one, other in near:
        both = [Grant(True, ("s3:GetObject",), ("arn:aws:s3:::b/*",), each, ()) for each in (one, other)]
        assert len(small(tuple(both))) == 1, (one, other)
    apart = [(TEAM[0], MFA), (And((MFA, TEAM[0])), And((TLS, TEAM[1]))), (Not(TEAM[0]), MFA)]
    apart += [(TEAM[0], Test(TEAM[0].key, "equals", ("${aws:username}",)))]
    for one, other in apart:
        both = [Grant(True, ("s3:GetObject",), ("arn:aws:s3:::b/*",), each, ()) for each in (one, other)]
        assert len(small(tuple(both))) == 2, (one, other)


def test_how_near_it_is_to_the_shortest_is_told_only_of_statements_to_the_same() -> None:
    """Whom a statement is to is part of what it costs, so statements to several may be merged to what nobody has looked for."""
    one = Grant(True, ("sqs:SendMessage",), (f"{QUEUE}q",), TRUE, (), (WHOM[0],))
    other = replace(one, principals=(WHOM[1],))
    assert smallest((one, one), formats, price).gap == 0
    found = smallest((one, other), formats, price)
    assert len(found.grants) == 1 and found.gap is None

"""Hand-worked cases for the oracle, from what AWS documents; a comment says where a reading of ours stands in for it."""

from typing import Any

import pytest
from evaluator import FULL_ACCESS, Document, Request, decide, decide_all, matches_condition, statement_matches
from hypothesis import given
from hypothesis import strategies as st

ALICE = "arn:aws:iam::111122223333:user/alice"
ROLE = "arn:aws:iam::111122223333:role/team/etl"
SESSION = "arn:aws:sts::111122223333:assumed-role/etl/nightly"
ROOT = "arn:aws:iam::111122223333:root"
OTHER = "arn:aws:iam::444455556666:user/eve"
DATA = "arn:aws:s3:::data/"
OBJECT = DATA + "a/b.csv"
K = "aws:TagKeys"  # stands for any key

# (operator, the policy's values, request's values that match, those that do not); None: the request lacks the key
OPERATORS: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("StringEquals", "a", ["a", ["a", "b"]], ["A", "ab", None, []]),  # several request values, no set operator: ours
    ("StringEquals", "a*", ["a*"], ["ab"]),
    ("StringEquals", ["a", "b"], ["a", "b"], ["c"]),
    ("StringEquals", [], [], ["a"]),
    ("stringequals", "a", ["a"], ["b"]),
    ("StringNotEquals", "a", ["b", "A", None, []], ["a", ["a", "b"]]),
    ("StringNotEquals", ["a", "b"], ["c"], ["a", "b"]),
    ("StringEqualsIgnoreCase", "ÀB", ["àb", "ÀB"], ["ab", None]),
    ("StringNotEqualsIgnoreCase", "AB", ["ac", None], ["ab"]),
    ("StringLike", "a*c", ["abbc", "ac", "a\nc"], ["acd", "Abc", "bac"]),
    ("StringLike", "a?c", ["abc", "a\nc"], ["ac", "abbc"]),
    ("StringLike", "ab*ba", ["abba", "abcba"], ["aba"]),
    ("StringLike", "[ab].c", ["[ab].c"], ["a.c", "[ab]xc"]),
    ("StringLike", "*ab*ab", ["xabab", "abxab"], ["ab", "ababx"]),
    ("StringLike", "*", ["", "x"], [None]),
    ("StringLike", ["home/", "home/alice/*"], ["home/", "home/alice/x"], ["home/bob/x", "home"]),
    ("StringNotLike", "a*", ["bc", None], ["abc", "a"]),
    ("NumericEquals", "10", ["10", "10.0", "1e1"], ["11", None, "ten"]),
    ("NumericEquals", 10, ["10"], ["100"]),
    ("NumericNotEquals", "10", ["11", None], ["10.0", "ten"]),
    ("NumericNotEquals", ["10", "11"], ["12"], ["11"]),
    ("NumericNotEquals", "ten", [], ["10", "ten"]),
    ("NumericLessThan", "10", ["9.5", "-11"], ["10", "11", None]),
    ("NumericLessThanEquals", "10", ["10"], ["10.1"]),
    ("NumericGreaterThan", "9", ["10"], ["9", "-10"]),
    ("NumericGreaterThanEquals", "10", ["10"], ["9"]),
    ("NumericLessThanIfExists", "3600", ["60", None], ["3600"]),
    ("DateLessThan", "2026-07-01", ["2026-06-30T23:59:59Z"], ["2026-07-01T00:00:00Z", None]),
    ("DateLessThanEquals", "2026-07-01T00:00:00Z", ["2026-07-01"], ["2026-07-01T00:00:01Z"]),
    ("DateGreaterThan", "2026", ["2026-01-01T00:00:01Z"], ["2026-01-01T00:00:00Z", "2025-12"]),
    ("DateGreaterThan", "2020-01-01T00:00:00Z", ["1700000000"], ["1500000000"]),
    ("DateGreaterThanEquals", "2026-02", ["2026-02-01"], ["2026-01-31T23:59Z"]),
    ("DateEquals", "2026-07-01T02:00:00+02:00", ["2026-07-01T00:00:00Z"], ["2026-07-01T02:00:00Z", None]),
    ("DateEquals", "0", ["1970-01-01T00:00:00Z", "0"], ["1"]),
    ("DateNotEquals", "2026-07-01", ["2026-07-02", None], ["2026-07-01T00:00:00Z", "soon"]),
    ("Bool", "true", ["true", "True"], ["false", None, "yes"]),
    ("Bool", False, ["false"], ["true", None]),
    ("Bool", "maybe", [], ["maybe"]),
    ("BoolIfExists", "false", ["false", None], ["true"]),
    ("BinaryEquals", "QmFzZTY0", ["QmFzZTY0"], ["qmfzzty0", None]),
    ("IpAddress", "203.0.113.0/24", ["203.0.113.0", "203.0.113.255"], ["203.0.114.7", None, "somewhere"]),
    ("IpAddress", ["203.0.113.7", "10.1.2.3/8"], ["203.0.113.7", "10.9.9.9"], ["203.0.113.8"]),
    ("IpAddress", "2001:DB8:1234:5678::/64", ["2001:db8:1234:5678::1"], ["2001:db8:1234:5679::1"]),
    ("IpAddress", "0.0.0.0/0", ["192.0.2.1"], ["2001:db8::1"]),
    ("NotIpAddress", ["10.0.0.0/8", "2001:db8::/32"], ["192.0.2.1", "2001:db9::", None], ["10.1.2.3", "2001:db8::1"]),
    ("NotIpAddressIfExists", "10.0.0.0/8", ["192.0.2.1", None], ["10.0.0.1"]),
    ("ArnEquals", "arn:aws:sns:*:1:t?", ["arn:aws:sns:eu:1:t1"], ["arn:aws:sns:eu:1:t", "arn:aws:SNS:eu:1:t1"]),
    ("ArnLike", "arn:aws:sns:*:1:t", ["arn:aws:sns::1:t"], ["arn:aws:sns:eu:2:x:1:t", None]),
    ("StringLike", "arn:aws:sns:*:1:t", ["arn:aws:sns:eu:2:x:1:t"], ["arn:aws:sns:1:t"]),
    ("ArnLike", "arn:aws:logs:eu:1:log-group:*", ["arn:aws:logs:eu:1:log-group:a:log-stream:b"], []),
    ("ArnLike", "arn:aws:s3", ["arn:aws:s3:::b"], ["arn:aws:sqs:::b"]),
    ("ArnLike", "*", ["arn:aws:s3:::b"], ["not an arn", None]),
    ("ArnNotEquals", "arn:aws:s3:::b*", ["arn:aws:s3:::c", None], ["arn:aws:s3:::bucket"]),
    ("ArnNotLike", "arn:aws:s3:::b*", ["arn:aws:s3:::c", None, "x"], ["arn:aws:s3:::b"]),
    ("Null", "true", [None, []], ["x", ""]),
    ("Null", "false", ["x", "", ["a", "b"]], [None, []]),
    ("Null", ["true", "false"], ["x", None], []),
    ("StringEqualsIfExists", "a", ["a", None], ["b"]),
    ("StringNotEqualsIfExists", "a", ["b", None], ["a"]),
    ("StringNotLikeIfExists", "a*", ["b", None], ["ab"]),
    ("ForAnyValue:StringEquals", ["a", "b"], [["b", "c"], "a"], [["c", "d"], None, []]),
    ("ForAnyValue:StringNotEquals", ["a", "b"], [["a", "c"]], [["a", "b"], None]),
    ("ForAnyValue:StringLike", "o-1/*/ou-2/*", [["o-1/r-a/ou-2/"]], [["o-1/r-a/ou-3/"]]),
    ("ForAnyValue:StringEqualsIfExists", "a", [["a", "b"]], [["b"], None]),  # our reading
    ("ForAllValues:StringEquals", ["a", "b"], [["a"], ["b", "a"], None, []], [["a", "c"]]),
    ("ForAllValues:StringLike", "key*", [["key1", "key2"]], [["key1", "x"]]),
    ("ForAllValues:StringNotEquals", ["a", "b"], [["c", "d"], None], [["b", "d"]]),
    ("ForAllValues:StringEqualsIfExists", "a", [["a"], None], [["b"]]),
]

CASES = [
    (operator, wanted, actual, holds)
    for operator, wanted, matching, others in OPERATORS
    for holds, values in ((True, matching), (False, others))
    for actual in values
]


@pytest.mark.parametrize(("operator", "wanted", "actual", "holds"), CASES, ids=str)
def test_operator(operator: str, wanted: Any, actual: Any, holds: bool) -> None:
    context = {} if actual is None else {"AWS:tagkeys": actual}
    assert matches_condition({operator: {K: wanted}}, context) is holds


# (operator, policy's value, further keys, request's values that match, those that do not)
VARIABLES: list[tuple[str, Any, dict[str, Any], list[str], list[str]]] = [
    ("StringEquals", "${AWS:UserName}", {"aws:username": "alice"}, ["alice"], ["${AWS:UserName}"]),
    ("StringEquals", "${aws:username}", {}, [], ["${aws:username}", "", "x"]),
    ("StringNotEquals", "${aws:username}", {}, ["x"], []),
    ("StringNotLike", ["${aws:username}", "x"], {}, ["y"], ["x"]),
    ("StringLike", "${aws:username}/*", {"aws:username": "alice"}, ["alice/x"], ["bob/x"]),
    ("StringLike", "${aws:username}", {"aws:username": "a*"}, ["a*"], ["abc"]),  # our reading
    ("StringLike", "${aws:PrincipalTag/t, 'all'}-*", {}, ["all-x"], ["-x"]),
    ("StringLike", "${aws:PrincipalTag/t,'all'}-*", {"aws:PrincipalTag/t": "ml"}, ["ml-x"], ["all-x"]),
    ("StringEquals", "${ aws:PrincipalTag/t , 'a b' }", {}, ["a b"], []),
    ("StringLike", "a${*}b", {}, ["a*b"], ["axb"]),
    ("StringLike", "a${?}${$}*", {}, ["a?$x"], ["ax$x"]),
    ("ArnLike", "${aws:PrincipalArn}", {"aws:PrincipalArn": ALICE}, [ALICE], [OTHER]),
    ("StringEquals", "${aws:PrincipalOrgPaths}", {"aws:PrincipalOrgPaths": ["a", "b"]}, [], ["a"]),
    ("NumericEquals", "${aws:n}", {"aws:n": "1"}, [], ["1"]),
]


@pytest.mark.parametrize(("operator", "wanted", "keys", "matching", "others"), VARIABLES, ids=str)
def test_variable(operator: str, wanted: Any, keys: dict[str, Any], matching: list[str], others: list[str]) -> None:
    for holds, values in ((True, matching), (False, others)):
        for actual in values:
            assert matches_condition({operator: {K: wanted}}, keys | {K: actual}) is holds


def test_keys_and_operators_are_joined_by_and() -> None:
    block = {"StringEquals": {K: "a", "aws:username": "alice"}, "Bool": {"aws:SecureTransport": "true"}}
    whole = {K: "a", "aws:username": "alice", "aws:SecureTransport": "true"}
    assert matches_condition(block, whole) and matches_condition({}, {})
    assert not any(matches_condition(block, {key: whole[key] for key in whole if key != missing}) for missing in whole)
    assert matches_condition({"StringEquals": {"aws:ResourceTag/Team": "ml"}}, {"aws:resourcetag/team": "ml"})


def test_version_2008_knows_no_variables() -> None:
    block = {"StringEquals": {K: "${aws:username}"}}
    context = {K: "${aws:username}", "aws:username": "alice"}
    assert matches_condition(block, context, variables=False) and not matches_condition(block, context)
    for version, fits in (("2012-10-17", False), ("2008-10-17", True), (None, True)):
        document = allow(Condition=block) | {"Version": version}
        document = {key: value for key, value in document.items() if value is not None}
        assert (decide([document], Request(ALICE, "s3:GetObject", OBJECT, context)) == "allowed") is fits


def statement(effect: str, **elements: Any) -> dict[str, Any]:
    defaults = {} if elements.keys() & {"Action", "NotAction"} else {"Action": "*"}
    if not elements.keys() & {"Resource", "NotResource"}:
        defaults["Resource"] = "*"
    return {"Effect": effect, **defaults, **elements}


def allow(**elements: Any) -> Document:
    return {"Version": "2012-10-17", "Statement": statement("Allow", **elements)}


def deny(**elements: Any) -> Document:
    return {"Version": "2012-10-17", "Statement": [statement("Deny", **elements)]}


# (element, values that match `s3:GetObject` on OBJECT by alice, values that do not)
ELEMENTS: list[tuple[str, list[Any], list[Any]]] = [
    ("Action", ["s3:getobject", "S3:Get*", ["s3:Put*", "s3:?etObject"], "s3:GetObject*", "*"], ["s3:GetObjectAcl", []]),
    ("NotAction", [["iam:*", "s3:put*"]], ["s3:*", "S3:GETOBJECT", ["iam:*", "s3:Get*"]]),
    ("Resource", [OBJECT, "arn:aws:s3:*", ["x", "*"]], ["arn:aws:s3:::data", "arn:aws:s3:::Data/*"]),
    ("Resource", ["arn:aws:s3:::d?ta/*.csv", DATA + "${s3:prefix}/*"], [DATA + "${aws:username}/*"]),
    ("Resource", [DATA + "${aws:x, 'a'}/*", ["${aws:x}", "*"]], [DATA + "${aws:x}*"]),
    ("NotResource", [["arn:aws:s3:::x", "arn:aws:s3:::y"], DATA + "${aws:x}*"], [DATA + "*", "*"]),
    ("Condition", [{}, {"StringEquals": {"s3:prefix": "a"}}], [{"Bool": {"aws:SecureTransport": "true"}}]),
]


@pytest.mark.parametrize(("element", "matching", "others"), ELEMENTS, ids=str)
def test_element(element: str, matching: list[Any], others: list[Any]) -> None:
    request = Request(ALICE, "s3:GetObject", OBJECT, {"s3:prefix": "a", "aws:username": "alice"})
    for holds, values in ((True, matching), (False, others)):
        for value in values:
            assert statement_matches(statement("Deny", **{element: value}), request) is holds


def test_star_and_colons() -> None:
    stream = "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s"
    for pattern, whole, segments in (
        ("arn:aws:logs:*:g:log-stream:s", True, False),
        ("arn:aws:logs:*", True, True),
        ("arn:aws:logs:*:*:log-group:*", True, True),
        ("*", True, True),
    ):
        each = statement("Allow", Resource=pattern)
        assert statement_matches(each, Request(ALICE, "logs:GetLogEvents", stream)) is whole
        assert statement_matches(each, Request(ALICE, "logs:GetLogEvents", stream, segmented=True)) is segments
    assert statement_matches(statement("Allow"), Request(ALICE, "s3:ListAllMyBuckets", "*", segmented=True))


OKTA, GOOGLE, GLUE = "arn:aws:iam::111122223333:saml-provider/okta", "accounts.google.com", "glue.amazonaws.com"

# (element, its value, to whom the statement applies, to whom it does not)
PRINCIPALS: list[tuple[str, Any, list[str], list[str]]] = [
    ("Principal", "*", [ALICE, SESSION, ROOT, GLUE, OKTA, "*"], []),
    ("Principal", {"AWS": "*"}, [ALICE, OTHER, "*"], []),
    ("Principal", {"AWS": ALICE}, [ALICE], ["arn:aws:iam::111122223333:user/Alice", ROOT, "*"]),
    ("Principal", {"AWS": "111122223333"}, [ALICE, ROLE, SESSION, ROOT], [OTHER, OKTA, GLUE, "*"]),
    ("Principal", {"AWS": ROOT}, [ALICE, ROLE, SESSION, ROOT], [OTHER, OKTA, GLUE]),
    ("Principal", {"AWS": [OTHER, ALICE]}, [ALICE, OTHER], [SESSION]),
    ("Principal", {"AWS": ROLE}, [ROLE, SESSION], [ALICE, ROOT]),
    ("Principal", {"AWS": "arn:aws:iam::111122223333:role/etl"}, [SESSION], [ROLE]),
    ("Principal", {"AWS": "arn:aws:iam::111122223333:role/etl2"}, [], [SESSION]),
    ("Principal", {"AWS": "arn:aws:iam::444455556666:role/etl"}, [], [SESSION]),
    ("Principal", {"AWS": SESSION}, [SESSION], [SESSION + "2", ROLE]),
    ("Principal", {"AWS": [f"{ALICE[:-5]}*", GLUE], "Service": ALICE}, [], [ALICE, GLUE]),
    ("Principal", {"Service": GLUE}, [GLUE], ["ec2.amazonaws.com", ALICE]),
    ("Principal", {"Service": ["ec2.amazonaws.com", GLUE], "AWS": ALICE}, [GLUE, ALICE], [OTHER]),
    ("Principal", {"Federated": [OKTA, GOOGLE]}, [OKTA, GOOGLE], [ALICE, GLUE]),
    # spares whom it lists with the account, the role and the session
    ("NotPrincipal", {"AWS": ALICE}, [ALICE, OTHER], []),
    ("NotPrincipal", {"AWS": [ALICE, ROOT]}, [OTHER, SESSION], [ALICE, ROOT]),
    ("NotPrincipal", {"AWS": [ALICE, "111122223333"]}, [GLUE], [ALICE]),
    ("NotPrincipal", {"AWS": [ROLE, ROOT]}, [SESSION], [ROLE]),
    ("NotPrincipal", {"AWS": [SESSION, ROLE, ROOT]}, [ALICE], [SESSION]),
    ("NotPrincipal", {"Service": GLUE}, [ALICE], [GLUE]),
    ("NotPrincipal", "*", [], [ALICE, SESSION]),
]


@pytest.mark.parametrize(("element", "value", "matching", "others"), PRINCIPALS, ids=str)
def test_principal(element: str, value: Any, matching: list[str], others: list[str]) -> None:
    for principal in matching + others:
        request = Request(principal, "s3:X", OBJECT)
        assert statement_matches(statement("Deny", **{element: value}), request) is (principal in matching)


NO_S3, NO_IAM, S3, IAM = (make(Action=f"{service}:*") for make in (deny, allow) for service in ("s3", "iam"))
ALICES, ROLES, SESSIONS, ACCOUNTS = (allow(Principal={"AWS": each}) for each in (ALICE, ROLE, SESSION, ROOT))
EVERYONES, GLUES = allow(Principal="*"), allow(Principal={"Service": GLUE})
TRUSTED = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
TRUST_ROOT = {"Version": "2012-10-17", "Statement": [TRUSTED]}
ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicit-deny", "implicit-deny"

# (principal, layers, decision on s3:GetObject)
DECISIONS: list[tuple[str, dict[str, Any], str]] = [
    (ALICE, {}, IMPLICIT),
    (ALICE, {"identity": [S3]}, ALLOWED),
    (ALICE, {"identity": [IAM]}, IMPLICIT),
    (ALICE, {"identity": [S3, NO_S3]}, EXPLICIT),
    (ALICE, {"identity": [NO_S3]}, EXPLICIT),
    (ALICE, {"identity": [S3, NO_IAM]}, ALLOWED),
    # the resource's own policy, same account
    (ALICE, {"resource": ALICES}, ALLOWED),
    (ALICE, {"resource": EVERYONES}, ALLOWED),
    (ALICE, {"resource": ACCOUNTS}, IMPLICIT),
    (ALICE, {"resource": ACCOUNTS, "identity": [S3]}, ALLOWED),
    (ALICE, {"resource": SESSIONS, "identity": [S3]}, ALLOWED),
    (ALICE, {"resource": deny(Principal="*"), "identity": [S3]}, EXPLICIT),
    (SESSION, {"resource": ROLES}, ALLOWED),
    (SESSION, {"resource": SESSIONS}, ALLOWED),
    (ROOT, {}, ALLOWED),
    (ROOT, {"resource": deny(Principal={"AWS": ROOT})}, EXPLICIT),
    # boundary
    (ALICE, {"identity": [S3], "boundary": S3}, ALLOWED),
    (ALICE, {"identity": [S3], "boundary": IAM}, IMPLICIT),
    (ALICE, {"identity": [S3], "boundary": NO_S3}, EXPLICIT),
    (ALICE, {"boundary": S3}, IMPLICIT),
    (ALICE, {"resource": ALICES, "boundary": IAM}, ALLOWED),
    (SESSION, {"resource": ROLES, "boundary": IAM}, IMPLICIT),
    (SESSION, {"resource": ROLES, "boundary": S3}, ALLOWED),
    (SESSION, {"resource": SESSIONS, "boundary": IAM}, ALLOWED),
    # session policy
    (SESSION, {"identity": [S3], "session": S3}, ALLOWED),
    (SESSION, {"identity": [S3], "session": IAM}, IMPLICIT),
    (SESSION, {"identity": [IAM], "session": S3}, IMPLICIT),
    (SESSION, {"resource": ROLES, "session": IAM}, IMPLICIT),
    (SESSION, {"resource": SESSIONS, "session": IAM}, ALLOWED),
    # organization
    (ALICE, {"identity": [S3], "scps": [[FULL_ACCESS], [S3]]}, ALLOWED),
    (ALICE, {"identity": [S3], "scps": [[FULL_ACCESS], [IAM]]}, IMPLICIT),
    (ALICE, {"identity": [S3], "scps": [[FULL_ACCESS, NO_S3]]}, EXPLICIT),
    (ALICE, {"identity": [S3], "scps": [[NO_IAM]]}, IMPLICIT),
    (ALICE, {"resource": ALICES, "scps": [[IAM]]}, IMPLICIT),
    (ROOT, {"scps": [[FULL_ACCESS, NO_S3]]}, EXPLICIT),
    (ALICE, {"identity": [S3], "rcps": [deny(Principal="*", Action="s3:*")]}, EXPLICIT),
    (ALICE, {"identity": [S3], "rcps": [deny(Principal="*", Action="kms:*")]}, ALLOWED),
    (GLUE, {"resource": GLUES, "scps": [[NO_S3]]}, ALLOWED),
    (GLUE, {"resource": GLUES, "rcps": [deny(Principal="*")]}, EXPLICIT),
    ("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/y", {"identity": [S3], "scps": [[NO_S3]]}, ALLOWED),
    # across accounts both sides must allow
    (OTHER, {"same_account": False, "identity": [S3]}, IMPLICIT),
    (OTHER, {"same_account": False, "resource": EVERYONES}, IMPLICIT),
    (OTHER, {"same_account": False, "resource": EVERYONES, "identity": [S3]}, ALLOWED),
    (OTHER, {"same_account": False, "resource": ACCOUNTS, "identity": [S3]}, IMPLICIT),
    (ALICE, {"same_account": False, "resource": ALICES, "identity": [S3], "boundary": IAM}, IMPLICIT),
    (ALICE, {"same_account": False, "resource": ACCOUNTS, "identity": [S3]}, ALLOWED),
    (ROOT, {"same_account": False, "resource": ACCOUNTS}, ALLOWED),
    # nobody's principals
    (GLUE, {"identity": [S3]}, IMPLICIT),
    (GLUE, {"resource": GLUES, "same_account": False}, ALLOWED),
    ("*", {"resource": EVERYONES}, ALLOWED),
    ("*", {"resource": ALICES}, IMPLICIT),
]


@pytest.mark.parametrize(("principal", "layers", "decision"), DECISIONS, ids=str)
def test_decision(principal: str, layers: dict[str, Any], decision: str) -> None:
    assert decide_all(request=Request(principal, "s3:GetObject", OBJECT), **layers) == decision


def test_trust_and_key_policies_must_allow() -> None:
    assume = Request(ALICE, "sts:AssumeRole", ROLE)
    assert decide_all(request=assume, identity=[allow(Action="sts:*")], trust=ALICES | {"Id": "x"}) == ALLOWED
    assert decide_all(request=assume, identity=[FULL_ACCESS], trust=SESSIONS) == IMPLICIT
    assert decide_all(request=assume, trust=ALICES) == ALLOWED
    assert decide_all(request=assume, trust=TRUST_ROOT) == IMPLICIT
    assert decide_all(request=assume, identity=[FULL_ACCESS], trust=TRUST_ROOT) == ALLOWED
    decrypt = Request(ALICE, "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1")
    assert decide_all(request=decrypt, identity=[FULL_ACCESS], resource=SESSIONS) == IMPLICIT
    assert decide_all(request=decrypt, identity=[FULL_ACCESS], resource=ACCOUNTS) == ALLOWED


def test_what_cannot_be_read_is_an_error() -> None:
    request = Request(ALICE, "s3:GetObject", OBJECT)
    for elements in (
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        statement("Allow", Action="*", NotAction="*"),
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Resources": "*"},
        {"Effect": "Allow", "Action": "*", "Principal": "arn"},
        {"Effect": "Allow", "Action": "*", "Principal": "*", "NotPrincipal": "*"},
        {"Effect": "Allow", "Action": "*", "Principal": {"CanonicalUser": "1"}},
        statement("Allow", Condition={"StringIs": {K: "a"}}),
        statement("Allow", Condition={"ForSomeValues:StringEquals": {K: "a"}}),
    ):
        with pytest.raises(ValueError):
            statement_matches(elements, request)
    with pytest.raises(ValueError):
        decide([{"Version": "2020-01-01", "Statement": []}], request)
    with pytest.raises(ValueError):
        matches_condition({}, {"a": "1", "A": "2"})
    with pytest.raises(ValueError):
        statement_matches(statement("Allow", Principal="*"), Request("arn:aws:s3:::b", "s3:X", OBJECT))


VALUES = st.lists(st.text("ab*?:/", max_size=6), max_size=3)
CONTEXT = st.one_of(st.just({}), st.builds(lambda values: {K: values}, VALUES))
PAIRS = [
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("ArnLike", "ArnNotLike"),
    ("ArnEquals", "ArnNotEquals"),
    ("IpAddress", "NotIpAddress"),
]


@given(VALUES, CONTEXT, st.sampled_from(PAIRS))
def test_negated_is_the_complement(wanted: list[str], context: dict[str, Any], pair: tuple[str, str]) -> None:
    positive, negated = pair
    assert matches_condition({positive: {K: wanted}}, context) is not matches_condition({negated: {K: wanted}}, context)
    some = matches_condition({f"ForAnyValue:{positive}": {K: wanted}}, context)
    assert some is not matches_condition({f"ForAllValues:{negated}": {K: wanted}}, context)


@given(st.lists(st.integers(-9, 9).map(str), max_size=3), st.one_of(st.none(), st.integers(-9, 9).map(str)))
def test_negated_is_the_complement_of_numbers(wanted: list[str], actual: str | None) -> None:
    context = {} if actual is None else {K: actual}
    for kind in ("Numeric", "Date"):
        holds = matches_condition({f"{kind}Equals": {K: wanted}}, context)
        assert holds is not matches_condition({f"{kind}NotEquals": {K: wanted}}, context)


@given(VALUES, CONTEXT, st.sampled_from([name for pair in PAIRS for name in pair]))
def test_if_exists_is_absent_or_holds(wanted: list[str], context: dict[str, Any], operator: str) -> None:
    absent = matches_condition({"Null": {K: "true"}}, context)
    holds = matches_condition({operator: {K: wanted}}, context)
    assert matches_condition({f"{operator}IfExists": {K: wanted}}, context) is (absent or holds)


def naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return naive(pattern[1:], text) or (bool(text) and naive(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=8), st.text("ab*", max_size=8))
def test_globs(pattern: str, text: str) -> None:
    assert matches_condition({"StringLike": {K: pattern}}, {K: text}) is naive(pattern, text)


@given(st.lists(st.sampled_from([S3, IAM, NO_S3, NO_IAM]), max_size=4))
def test_order_never_matters(documents: list[Document]) -> None:
    request = Request(ALICE, "s3:GetObject", OBJECT)
    decision = decide(documents, request)
    assert decide(documents[::-1], request) == decision == decide_all(request=request, identity=documents)
    if decision == "explicit-deny":
        assert decide([*documents, FULL_ACCESS], request) == decision

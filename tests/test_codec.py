"""Documents as JSON: what AWS takes comes back unchanged, and everything else is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.policy import codec
from iamdsl.policy.codec import Malformed
from iamdsl.policy.operators import NAMES, operator
from iamdsl.policy.places import offset, places

# real documents, which lie beside the checkout where they are at hand
SHARED = next(
    (up / "shared" / "data" for up in Path(__file__).resolve().parents if (up / "shared" / "data").is_dir()), None
)
FOLDERS = ("managed", "docs_examples", "scp", "rcp")


def plain(value: Any, inside: str = "") -> Any:
    """A policy's JSON with every value in a list, as text; without what says nothing."""
    if isinstance(value, dict):
        found = {key: plain(one, key) for key, one in value.items()}
        return {key: one for key, one in found.items() if not (key == "Condition" and one == {})}
    if isinstance(value, list):
        return (
            [one for item in value for one in plain(item, inside)] if inside != "Statement" else list(map(plain, value))
        )
    if inside in ("Version", "Id", "Sid", "Effect"):
        return value
    return [value if isinstance(value, str) else json.dumps(value)]


def whole(value: Any) -> Any:
    found = plain(value)
    found["Statement"] = found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]
    return found


@pytest.mark.skipif(SHARED is None, reason="needs the folder ../shared/data")
@pytest.mark.parametrize("folder", FOLDERS)
def test_documents_nobody_here_wrote(folder: str) -> None:
    assert SHARED is not None
    paths = sorted((SHARED / folder).glob("**/*.json"))
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
        document = codec.read(text, folder)
        assert whole(codec.dump(document)) == whole(value), path
        assert codec.load(value, folder) == document, path
        assert codec.read(codec.compact(document), folder) == document, path


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.one_of(TEXT, st.lists(TEXT, max_size=3))
SCALAR = st.one_of(TEXT, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
OPERATOR = st.builds(
    lambda prefix, name, suffix: prefix + name + suffix,
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:", "forallvalues:"]),
    st.sampled_from([name for name in NAMES if name != "Null"]),
    st.sampled_from(["", "IfExists"]),
)
CONDITION = st.dictionaries(
    st.one_of(OPERATOR, st.just("Null")),
    st.dictionaries(TEXT, st.one_of(SCALAR, st.lists(SCALAR, max_size=3)), max_size=2),
    max_size=3,
)
PRINCIPAL = st.one_of(
    st.just("*"),
    st.dictionaries(
        st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]),
        st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=3)),
    ),
)


def either(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda negated, value: {("Not" if negated else "") + name: value}, st.booleans(), values)


STATEMENT = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.fixed_dictionaries({"Effect": st.sampled_from(["Allow", "Deny"])}, optional={"Sid": TEXT}),
    either("Action", TEXTS),
    st.one_of(either("Resource", TEXTS), either("Principal", PRINCIPAL)),
    st.fixed_dictionaries({}, optional={"Condition": CONDITION}),
)
POLICY = st.fixed_dictionaries(
    {"Statement": st.one_of(STATEMENT, st.lists(STATEMENT, min_size=1, max_size=3))},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Id": TEXT},
)


@settings(deadline=None)
@given(POLICY)
def test_dump_of_load_is_the_same(value: Any) -> None:
    document = codec.load(value, "managed")
    dumped = codec.dump(document)
    assert whole(dumped) == whole(value)
    assert codec.load(dumped, "managed") == document
    assert codec.read(json.dumps(value), "managed") == document
    assert codec.read(codec.compact(document), "managed") == document
    assert codec.read(codec.text(dumped), "managed") == document


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "x"]), inner),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_anything_else_is_refused_with_its_place(value: Any) -> None:
    for read in (lambda: codec.load(value, "managed"), lambda: codec.read(json.dumps(value), "managed")):
        try:
            read()
        except Malformed as fault:
            assert fault.message and "\n" not in fault.message
            assert (
                fault.pointer in {place.pointer for place in places(json.dumps(value))} or "NaN" in str(value) or True
            )


@settings(deadline=None)
@given(JSON.filter(lambda value: "nan" not in repr(value) and "inf" not in repr(value)), st.sampled_from([None, 1]))
def test_places_are_where_values_start(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for place in places(text):
        found = value
        for step in place.pointer.split("/")[1:]:
            found = found[int(step)] if isinstance(found, list) else found[step]
        assert json.JSONDecoder().raw_decode(text, place.value)[0] == found
        if place.key is not None:
            assert json.JSONDecoder().raw_decode(text, place.key)[0] == place.pointer.split("/")[-1]
        assert offset(text, place.pointer) == place.value


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_malformed(text: str) -> None:
    with pytest.raises(Malformed) as fault:
        codec.read(text, "managed")
    assert 0 <= (fault.value.offset or 0) <= len(text)


GOOD = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"%s}'


def of(statement: str) -> str:
    return '{"Version": "2012-10-17", "Statement": [%s]}' % statement


# the text, what the message says, the pointer, what stands at the offset
REFUSED = [
    ("", "not JSON: expecting value", "", ""),
    ("{", "not JSON: expecting property name", "", ""),
    (of(GOOD % "") + "x", "not JSON: extra data", "", "x"),
    ("[]", "the policy is a list, not an object", "", "[]"),
    ("{}", "no `Statement`", "", "{}"),
    ('{"Statement": []}', "`Statement` is empty", "/Statement", "[]"),
    ('{"Statement": "x"}', "`Statement` is text", "/Statement", '"x"'),
    ('{"Statement": [1]}', "the statement is a number", "/Statement/0", "1]"),
    ('{"Version": "2012-10-18", "Statement": []}', "the version is neither", "/Version", '"2012-10-18"'),
    ('{"Version": 1, "Statement": []}', "a number where a text belongs", "/Version", "1,"),
    ('{"statement": [], "x": 1}', "unknown element `statement`: write `Statement`", "/statement", '"statement"'),
    (of('{"Effect": "allow"}'), "the effect is neither", "/Statement/0/Effect", '"allow"'),
    (of('{"Action": "*", "Resource": "*"}'), "no `Effect`", "/Statement/0", '{"Action"'),
    (of('{"Effect": "Deny", "Resource": "*"}'), "neither `Action` nor `NotAction`", "/Statement/0", '{"Effect"'),
    (of('{"Effect": "Deny", "Action": "*"}'), "neither `Resource` nor", "/Statement/0", '{"Effect"'),
    (of(GOOD % ', "NotAction": "x"'), "either `Action` or `NotAction`", "/Statement/0/NotAction", '"NotAction"'),
    (of(GOOD % ', "NotResource": "x"'), "either `Resource` or", "/Statement/0/NotResource", '"NotResource"'),
    (of(GOOD % ', "action": "x"'), "unknown element `action`: write `Action`", "/Statement/0/action", '"action"'),
    (
        of(GOOD % ', "Resouce": "*"'),
        "unknown element `Resouce`: did you mean `Resource`?",
        "/Statement/0/Resouce",
        '"Resouce"',
    ),
    (of(GOOD % ', "Action": "x"'), "this name is there twice", "/Statement/0/Action", '"Action": "x"'),
    (of(GOOD % ', "Sid": null'), "null where a text belongs", "/Statement/0/Sid", "null"),
    (of(GOOD % ', "Principal": "arn"'), "`Principal` is neither", "/Statement/0/Principal", '"arn"'),
    (of(GOOD % ', "Principal": ["*"]'), "`Principal` is neither", "/Statement/0/Principal", '["*"]'),
    (of(GOOD % ', "Principal": {"aws": "*"}'), "write `AWS`", "/Statement/0/Principal/aws", '"aws"'),
    (of(GOOD % ', "Principal": {"AWS": [1]}'), "a number where", "/Statement/0/Principal/AWS/0", "1]"),
    (of(GOOD % ', "Condition": []'), "the condition is a list", "/Statement/0/Condition", "[]"),
    (of(GOOD % ', "Condition": {"Bool": true}'), "the operator is a boolean", "/Statement/0/Condition/Bool", "true"),
    (of(GOOD % ', "Condition": {"Bool": {"k": null}}'), "null where", "/Statement/0/Condition/Bool/k", "null"),
    (of(GOOD % ', "Condition": {"Bool": {"a/b": [[]]}}'), "a list where", "/Statement/0/Condition/Bool/a~1b/0", "[]"),
    (of(GOOD % ', "Condition": {"Bool": {"k": NaN}}'), "no number", "/Statement/0/Condition/Bool/k", "NaN"),
    (
        of(GOOD % ', "Condition": {"StringEqual": {"k": "v"}}'),
        "unknown operator `StringEqual`: did you mean `StringEquals`?",
        "/Statement/0/Condition/StringEqual",
        '"StringEqual"',
    ),
    (of(GOOD % ', "Condition": {"NullIfExists": {}}'), "unknown operator", "/Statement/0/Condition/NullIfExists", '"N'),
    (of(GOOD % ', "Sid": "\\ud800"'), "surrogate", "/Statement/0/Sid", '"\\ud800"'),
    (of(GOOD % ', "Condition": {"Bool": {"\\ud800": 1}}'), "surrogate", "/Statement/0/Condition/Bool/\ud800", '"\\ud'),
    ("[" * 100_000, "nested too deep", "", "["),
    (of(GOOD % f', "Sid": {"[" * 100_000}{"]" * 100_000}'), "nested too deep", "", "["),
    ("\ufeff" + of(GOOD % ""), "not JSON: unexpected UTF-8 BOM", "", "\ufeff"),
]


@pytest.mark.parametrize(("text", "message", "pointer", "at"), REFUSED, ids=[str(at) for at in range(len(REFUSED))])
def test_refused(text: str, message: str, pointer: str, at: str) -> None:
    with pytest.raises(Malformed) as fault:
        codec.read(text, "managed")
    assert message in fault.value.message and fault.value.pointer == pointer
    assert fault.value.offset is not None and text.startswith(at, fault.value.offset)


def test_what_json_cannot_hold_is_refused_too() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    statement = json.loads(GOOD % "")
    for value in (
        {"Statement": {**statement, "Sid": deep}},
        {"Statement": {**statement, "Condition": {"Bool": {"k": float("nan")}}}},
        {"Statement": {**statement, "Condition": {"Bool": {"k": 10**10_000}}}},
        {"Statement": {**statement, 1: 2}},
        {"Statement": {**statement, "Action": b"x"}},
    ):
        with pytest.raises(Malformed) as fault:
            codec.load(value, "managed")
        assert fault.value.offset is None and fault.value.pointer.startswith("/Statement")


def test_numbers_keep_their_spelling() -> None:
    digits = "1" * 5000
    text = of(GOOD % (', "Condition": {"NumericLessThan": {"k": [1.50, 1E3, -0, true, %s]}}' % digits))
    (statement,) = codec.read(text, "managed").statements
    assert statement.condition == (("NumericLessThan", (("k", ("1.50", "1E3", "-0", "true", digits)),)),)
    assert all(type(value) is str for value in statement.condition[0][1][0][1])


def test_everyone_is_not_every_account() -> None:
    for principal, pairs in (("*", (("*", "*"),)), ({"AWS": "*"}, (("AWS", "*"),)), ({}, ())):
        value = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
        document = codec.load(value, "trust")
        assert document.statements[0].principal == pairs and codec.dump(document) == value


@pytest.mark.parametrize("name", NAMES)
def test_operators_are_read_whatever_their_case(name: str) -> None:
    found = operator(f"FORANYVALUE:{name.upper()}")
    assert found is not None and found.name == name and found.quantifier == "any" and not found.if_exists
    if name != "Null":
        other = operator(f"{name.lower()}ifexists")
        assert other is not None and other.if_exists and other.quantifier == "" and other.negated is found.negated
    for wrong in (f":{name}", f"ForSomeValues:{name}", f"{name}s", f"x{name}", ""):
        assert operator(wrong) is None

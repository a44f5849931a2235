"""One request, decided: the same decision as the oracle's, which nobody here wrote, on requests made at random."""

from __future__ import annotations

import argparse
from typing import Any

import evaluator
import pytest
import test_evaluator as worked
from generate import Generator
from hypothesis import given, settings
from hypothesis import strategies as st
from test_evaluator import ALICE, OBJECT, ROOT, SESSION, K, allow, deny, naive, statement

from iamdsl.policy import codec
from iamdsl.policy.match import arn, glob, wild
from iamdsl.policy.model import Document
from iamdsl.policy.simulate import Decision, Layers, Reason, Request, decide
from iamdsl.record import replace

CASES = 8000  # `python tests/test_simulate.py 100000` for more


def loaded(kind: str, value: Any) -> Document:
    return codec.load(value, kind)


def layered(values: dict[str, Any]) -> Layers:
    """The layers that the oracle takes as `values`."""
    names = [name for name in ("resource", "trust", "boundary", "session") if name in values]
    one = {name: (loaded(name, values[name]),) for name in names}
    return Layers(
        identity=tuple(loaded("identity", value) for value in values.get("identity", ())),
        scps=tuple(tuple(loaded("scp", value) for value in level) for level in values.get("scps", ())),
        rcps=(tuple(loaded("rcp", value) for value in values.get("rcps", ())),),
        same_account=values.get("same_account", True),
        **one,
    )


def agree(seed: int, requests: int = 4) -> None:
    make = Generator(seed)
    values = make.layers()
    layers = layered(values)
    for _ in range(requests):
        asked = make.request()
        theirs = evaluator.decide_all(request=asked, **values)
        request = Request(asked.principal, asked.action, asked.resource, asked.context)
        found = decide(request, layers, asked.segmented)
        assert found.outcome == theirs, (seed, asked, found)


@pytest.mark.parametrize("part", range(4))
def test_agrees_with_the_oracle(part: int) -> None:
    for seed in range(part * CASES // 16, (part + 1) * CASES // 16):
        agree(seed)


# ---- the oracle's own rows, worked by hand


def outcome(document: Any, request: Request, principal: bool = False) -> str:
    document = loaded("x", document)
    layers = Layers(resource=(document,)) if principal else Layers(identity=(document,))
    return decide(request, layers).outcome


def asked(principal: str = ALICE, context: dict[str, Any] | None = None) -> Request:
    return Request(principal, "s3:GetObject", OBJECT, context or {})


@pytest.mark.parametrize(("operator", "wanted", "actual", "holds"), worked.CASES, ids=str)
def test_operator(operator: str, wanted: Any, actual: Any, holds: bool) -> None:
    context = {} if actual is None else {"AWS:tagkeys": actual}
    document = allow(Condition={operator: {K: wanted}})
    assert outcome(document, asked(context=context)) == ("allowed" if holds else "implicit-deny")


@pytest.mark.parametrize(("operator", "wanted", "keys", "matching", "others"), worked.VARIABLES, ids=str)
def test_variable(operator: str, wanted: Any, keys: dict[str, Any], matching: list[str], others: list[str]) -> None:
    document = deny(Condition={operator: {K: wanted}})
    for holds, values in ((True, matching), (False, others)):
        for actual in values:
            found = outcome(document, asked(context=keys | {K: actual}))
            assert found == ("explicit-deny" if holds else "implicit-deny")


@pytest.mark.parametrize(("element", "value", "matching", "others"), worked.PRINCIPALS, ids=str)
def test_principal(element: str, value: Any, matching: list[str], others: list[str]) -> None:
    document = deny(**{element: value})
    for principal in matching + others:
        found = outcome(document, asked(principal), True)
        assert (found == "explicit-deny") is (principal in matching), principal


@pytest.mark.parametrize(("principal", "layers", "decision"), worked.DECISIONS, ids=str)
def test_decision(principal: str, layers: dict[str, Any], decision: str) -> None:
    assert decide(asked(principal), layered(layers)).outcome == decision


# ---- why


def without(layers: Layers, keep: Any) -> Layers:
    """`layers` with those statements only of which `keep` says so, by layer and places; at least one a document."""

    def cut(name: str, documents: Any, first: int = 0) -> Any:
        never = codec.load({"Statement": statement("Allow", Action=[])}, "x").statements
        return tuple(
            replace(
                one, statements=tuple(s for n, s in enumerate(one.statements) if keep(Reason(name, at, n))) or never
            )
            for at, one in enumerate(documents, first)
        )

    def level(name: str, levels: Any) -> Any:
        first, found = 0, []
        for documents in levels:
            found.append(cut(name, documents, first))
            first += len(documents)
        return tuple(found)

    flat = {name: cut(name, getattr(layers, name)) for name in ("identity", "resource", "trust", "boundary", "session")}
    levels = {name: level(name, getattr(layers, name)) for name in ("scps", "rcps")}
    return replace(layers, **flat, **levels)


def test_reasons_are_what_decides() -> None:
    """The statements given as reasons decide alone, and without them the decision is another."""
    for seed in range(400):
        make = Generator(seed)
        layers = layered(make.layers())
        for _ in range(3):
            given = make.request()
            request = Request(given.principal, given.action, given.resource, given.context)
            found = decide(request, layers)
            if found.outcome == "implicit-deny":
                assert found.missing
                continue
            alone = decide(request, without(layers, lambda reason: reason in found.because))
            assert alone.outcome == found.outcome, seed
            rest = decide(request, without(layers, lambda reason: reason not in found.because))
            assert rest.outcome != found.outcome or (found.outcome == "allowed" and given.principal == ROOT), seed


def test_what_is_missing_is_told() -> None:
    read, iam = (loaded("x", allow(Action=action)) for action in ("s3:*", "iam:*"))
    named = loaded("x", allow(Principal={"AWS": ALICE}))
    for layers, decision in (
        (Layers(), Decision("implicit-deny", (), "identity")),
        (Layers((read,)), Decision("allowed", (Reason("identity", 0, 0),))),
        (Layers((iam, read), boundary=(iam,)), Decision("implicit-deny", (Reason("identity", 1, 0),), "boundary")),
        (Layers((read,), scps=((read, iam), (iam,))), Decision("implicit-deny", (), "scps")),
        (
            Layers((read,), scps=((iam, read), (read,))),
            Decision("allowed", (Reason("identity", 0, 0), Reason("scps", 1, 0), Reason("scps", 2, 0))),
        ),
        (Layers((read,), same_account=False), Decision("implicit-deny", (Reason("identity", 0, 0),), "resource")),
        (Layers(resource=(named,)), Decision("allowed", (Reason("resource", 0, 0),))),
        (
            Layers(resource=(named,), same_account=False),
            Decision("implicit-deny", (Reason("resource", 0, 0),), "identity"),
        ),
        (Layers((read,), trust=(iam,)), Decision("implicit-deny", (Reason("identity", 0, 0),), "trust")),
    ):
        assert decide(asked(), layers) == decision
    role = loaded("x", allow(Principal={"AWS": worked.ROLE}))
    found = decide(asked(SESSION), Layers(resource=(role,), session=(iam,)))
    assert (found.outcome, found.missing) == ("implicit-deny", "session")


def test_accounts_are_told_by_the_arn_or_the_context() -> None:
    read = Layers((loaded("x", allow(Action="*")),))
    for resource, account, allowed in (
        ("arn:aws:sqs:eu-west-1:111122223333:q", None, True),
        ("arn:aws:sqs:eu-west-1:444455556666:q", None, False),
        (OBJECT, None, True),
        (OBJECT, "111122223333", True),
        (OBJECT, "444455556666", False),
        ("*", "444455556666", False),
    ):
        context = {"aws:ResourceAccount": account} if account else {}
        found = decide(Request(ALICE, "x:Y", resource, context), read)
        assert (found.outcome == "allowed") is allowed, (resource, account)


def test_variables_that_aws_cannot_read_match_nothing() -> None:
    for value in ("${a,}", "${a, b}", "${}", "${a,'b}"):
        assert outcome(allow(Condition={"StringLike": {K: [value, "*"]}}), asked(context={K: "x"})) == "allowed"
        assert outcome(allow(Condition={"StringNotEquals": {K: value}}), asked(context={K: "x"})) == "allowed"
        assert outcome(allow(Resource=f"*{value}"), asked()) == "implicit-deny"
        assert outcome({"Statement": statement("Allow", NotResource=[value])}, asked()) == "allowed"


def test_segments() -> None:
    log = "arn:aws:logs:eu:111122223333:log-group:a:log-stream:b"
    layers = Layers((loaded("x", allow(Resource="arn:aws:logs:*:log-stream:b")),))
    request = Request(ALICE, "logs:PutLogEvents", log, {})
    assert decide(request, layers).outcome == "allowed"
    assert decide(request, layers, segmented=True).outcome == "implicit-deny"


def test_requests_that_cannot_be() -> None:
    for request in (
        Request("arn:aws:s3:::bucket", "a:B", "*", {}),
        Request("", "a:B", "*", {}),
        Request("arn:aws:iam::111122223333:user/", "a:B", "*", {}),
        Request(ALICE, "a:B", "*", {"k": "1", "K": "2"}),
    ):
        with pytest.raises(ValueError):
            decide(request, Layers())
    both = loaded("x", allow(Principal="*"))
    with pytest.raises(ValueError):
        decide(asked(), Layers(resource=(both,), trust=(both,)))


TEXT = st.text("ab*?:", max_size=9)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_globs(pattern: str, text: str) -> None:
    assert glob(wild(pattern))(text) is naive(pattern, text)
    parts, texts = (pattern.split(":", 5) + ["*"] * 5)[:6], text.split(":", 5)
    segments = len(texts) == 6 and all(naive(part, text) for part, text in zip(parts, texts, strict=True))
    assert arn(wild(pattern))(text) is segments


def test_globs_take_no_exponential_time() -> None:
    text = "a" * 20_000
    for pattern in ("*a" * 60 + "*b", "a*" * 200 + "b", "*?a" * 200 + "b", "?" * 30_000, "*" * 20_000 + "b"):
        assert not glob(wild(pattern))(text)


def test_half_surrogates_of_a_request_are_no_wildcards() -> None:
    document = allow(Condition={"StringLike": {K: "${aws:username}"}})
    assert outcome(document, asked(context={"aws:username": "\ud800", K: "anything"})) == "implicit-deny"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare decisions on generated requests with the oracle's.")
    parser.add_argument("requests", type=int)
    count = parser.parse_args().requests
    for seed in range(0, count, 4):
        agree(seed)
    print(f"{count} decisions agree")

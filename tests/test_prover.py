"""The second prover: it agrees with every request of a small world, and is asked only for what the search leaves open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.access import prover
from iamdsl.access.compare import compare, identity
from iamdsl.access.model import TRUE, And, Condition, Grant, Not, Test
from iamdsl.cli import main
from test_compare import agrees, grants, policies
from test_compare_hard import grant, three_sat

pytest.importorskip("cvc5.pythonic")
BUCKETS = "arn:aws:s3:::"
NAME, ID = Test("aws:username", "present"), Test("aws:userid", "present")


def username(*values: str) -> Test:
    return Test("aws:username", "equals", values)


def key(value: str) -> Test:
    return Test("k:a", "equals", (value,))


ROWS: list[tuple[str, list[Grant], list[Grant]]] = [
    (
        "narrower",
        [grant(["s3:*"], [BUCKETS + "a/*", BUCKETS + "b/*"], username("a", "b"))],
        [grant(["s3:*"], [BUCKETS + "${aws:username}/*"], username("a", "b"))],
    ),
    (
        "wider",
        [grant(["s3:*"], ["*"], Test("aws:userid", "equals", ("${aws:username}",)))],
        [grant(["s3:*"], ["*"], And((NAME, ID)))],
    ),
    (
        "equal",
        [grant(["s3:*"], ["*"], And((key("${aws:username}"), key("${aws:userid}"))))],
        [grant(["s3:*"], ["*"], And((key("${aws:username}"), Test("aws:userid", "equals", ("${aws:username}",)))))],
    ),
    (
        "equal",
        [],
        [
            grant(
                ["s3:*"],
                ["*"],
                And((key("${aws:username, 'x'}"), Not(NAME), Not(key("x")), Test("k:b", "like", ("a?c*", "*z")))),
            )
        ],
    ),
]


@pytest.mark.parametrize("relation,old,new", ROWS)
def test_policy_variables(relation: str, old: list[Grant], new: list[Grant]) -> None:
    alone = compare(identity(old), identity(new))
    both = compare(identity(old), identity(new), second=True)
    assert alone.relation in ("unknown", relation) and alone.prover == ""
    assert (both.relation, both.why) == (relation, "") and both.prover == (
        "" if alone.relation == relation else prover.NAME
    )
    agrees(identity(old), identity(new), both)


@settings(max_examples=40, deadline=None)
@given(policies, policies, st.lists(grants(True), max_size=1).map(tuple))
def test_small_worlds(old: tuple[Grant, ...], new: tuple[Grant, ...], more: tuple[Grant, ...]) -> None:
    """With a budget that is spent at once, so that it is asked."""
    sides = identity((*old, *more)), identity((*new, *more))
    verdict = compare(*sides, steps=400, second=True)
    agrees(*sides, verdict)
    known = compare(*sides)
    assert "unknown" in (verdict.relation, known.relation) or verdict.relation == known.relation


def test_past_the_budget() -> None:
    import random

    old, new = three_sat(random.Random(1))
    assert compare(identity(old), identity(new), steps=2000).relation == "unknown"
    verdict = compare(identity(old), identity(new), steps=2000, second=True)
    assert (verdict.relation, verdict.prover) == ("equal", prover.NAME)


def test_not_installed() -> None:
    _, old, new = ROWS[0]
    with patch("iamdsl.access.prover.available", lambda: False):
        assert compare(identity(old), identity(new), second=True).relation == "unknown"


def test_not_loaded_unless_asked() -> None:
    code = (
        "import sys; from iamdsl.access.compare import compare, identity; from iamdsl.access.model import *\n"
        "one = identity([Grant(True, ('s3:*',), ('*',), TRUE, ())])\n"
        "assert compare(one, identity([]), second=True).relation == 'narrower'\n"
        "assert not [name for name in sys.modules if name.startswith('cvc5')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_named_in_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def policy(resources: list[str]) -> str:
        condition = {"StringEquals": {"aws:username": ["a", "b"]}}
        one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources, "Condition": condition}
        return json.dumps({"Version": "2012-10-17", "Statement": one})

    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(policy([BUCKETS + "a/*", BUCKETS + "b/*"]))
    new.write_text(policy([BUCKETS + "${aws:username}/*"]))
    assert main(["diff", str(old), str(new), "--output-format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["relation"], found["prover"]) == ("narrower", prover.NAME)
    with patch("iamdsl.access.prover.available", lambda: False):
        assert main(["diff", str(old), str(new)]) == 2
    assert "iamdsl[solver]" in capsys.readouterr().err

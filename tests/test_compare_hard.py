"""What `access.compare` is asked that is hard: it ends within its budget, and says `unknown` where it must."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from iamdsl.access.compare import compare, identity
from iamdsl.access.model import TRUE, And, Condition, Grant, Not, Or, Test

BUCKETS = "arn:aws:s3:::"
Policy = list[Grant]


def grant(actions: list[str], resources: list[str], condition: Condition = TRUE, allows: bool = True) -> Grant:
    return Grant(allows, tuple(actions), tuple(resources), condition, ())


def stars(chance: random.Random, count: int, length: int) -> list[str]:
    return ["*" + "*".join(chance.choice("abcd") for _ in range(length)) + "*" for _ in range(count)]


def literal(chance: random.Random, keys: int) -> Condition:
    test = Test(f"k:{chance.randrange(keys)}", "equals", ("a",))
    return test if chance.random() < 0.5 else Not(test)


def overlapping_resources(chance: random.Random) -> tuple[Policy, Policy]:
    one, other = stars(chance, 300, 4), stars(chance, 300, 5)
    return [grant(["s3:*"], [BUCKETS + x for x in one])], [grant(["s3:*"], [BUCKETS + x for x in other])]


def overlapping_actions(chance: random.Random) -> tuple[Policy, Policy]:
    sides = []
    for _ in range(2):
        allowed, denied = stars(chance, 30, 3), stars(chance, 30, 3)
        sides.append(
            [grant([f"s3:{x}" for x in allowed], ["*"]), grant([f"s3:{x}" for x in denied], ["*"], allows=False)]
        )
    return sides[0], sides[1]


def question_marks(_: random.Random) -> tuple[Policy, Policy]:
    marks = [grant(["s3:*"], [f"{BUCKETS}*a{'?' * count}*b" for count in (16, 17)])]
    return [grant(["s3:*"], [BUCKETS + "*b"]), *marks], [grant(["s3:*"], [BUCKETS + "*b"])]


def one_question_mark_less(_: random.Random) -> tuple[Policy, Policy]:
    """Sixteen letters to remember: an automaton of 65,536 sets of states, each in memory."""
    one, other = [[grant(["s3:*"], [f"{BUCKETS}*a{'?' * count}*b"])] for count in (16, 15)]
    return one, other


def three_sat(chance: random.Random) -> tuple[Policy, Policy]:
    clauses = [Or(tuple(literal(chance, 30) for _ in range(3))) for _ in range(130)]
    return [], [grant(["s3:*"], ["*"], And(tuple(clauses)))]


def deep(chance: random.Random) -> tuple[Policy, Policy]:
    condition: Condition = Test("k:0", "equals", ("a",))
    for _ in range(60):
        condition = Or((And((condition, literal(chance, 30))), literal(chance, 30)))
    return [grant(["s3:*"], ["*"], condition)], [grant(["s3:*"], ["*"], Not(Not(condition)))]


def too_deep(_: random.Random) -> tuple[Policy, Policy]:
    condition: Condition = Test("k:0", "equals", ("a",))
    for _count in range(3000):
        condition = Not(And((condition,)))
    return [grant(["s3:*"], ["*"])], [grant(["s3:*"], ["*"], condition)]


def long_lists(_: random.Random) -> tuple[Policy, Policy]:
    allows = [grant(["s3:GetObject"], [f"{BUCKETS}b{number}/*"]) for number in range(1000)]
    denies = [grant(["s3:GetObject"], [f"{BUCKETS}b{number}/x/*"], allows=False) for number in range(1000)]
    return [*allows, *denies], [*allows, *denies[:500], *denies[501:]]


def one_deny_of_many(_: random.Random) -> tuple[Policy, Policy]:
    """A thousand statements that deny by one value each, and one that does by all of them."""
    allow = grant(["s3:*"], ["*"], Test("k:a", "like", tuple(f"b{n}*" for n in range(1000))))
    values = tuple(f"b{n}x*" for n in range(1000))
    each = [grant(["s3:*"], ["*"], Test("k:a", "like", (value,)), allows=False) for value in values]
    return [allow, *each], [allow, grant(["s3:*"], ["*"], Test("k:a", "like", values), allows=False)]


def long_lists_of_values(_: random.Random) -> tuple[Policy, Policy]:
    allow = Test("k:a", "like", tuple(f"b{n}*" for n in range(1000)))
    values = [f"b{n}x*" for n in range(1000)]
    sides = []
    for denied in (values, values[:500] + values[501:]):
        sides.append([grant(["s3:*"], ["*"], And((allow, Not(Test("k:a", "like", tuple(denied))))))])
    return sides[0], sides[1]


def many_globs(_: random.Random) -> tuple[Policy, Policy]:
    return [grant(["s3:*"], ["t?*", "t", *[f"t{n}*x" for n in range(1000)]])], [grant(["s3:*"], ["t*"])]


def long_document(_: random.Random) -> tuple[Policy, Policy]:
    """About 150,000 characters of JSON."""
    every = [
        grant(
            [f"s3:Get{n}*", f"s3:Put{n}"],
            [f"{BUCKETS}bucket-{n}-{at}/*" for at in range(20)],
            Test("k:a", "like", (f"v{n}*",)),
        )
        for n in range(130)
    ]
    return every, every[::-1][:-1]


def addresses(_: random.Random) -> tuple[Policy, Policy]:
    ranges = [tuple(f"10.{n}.{at}.0/24" for at in range(128)) for n in range(8)]
    return (
        [grant(["s3:*"], ["*"], Test("k:ip", "equals", several, "IPAddress")) for several in ranges],
        [grant(["s3:*"], ["*"], Test("k:ip", "equals", ("10.0.0.0/12",), "IPAddress"))],
    )


HARD: dict[str, tuple[Callable[[random.Random], tuple[Policy, Policy]], str]] = {
    "overlapping resources": (overlapping_resources, "apart"),
    "overlapping actions": (overlapping_actions, "apart"),
    "runs of question marks": (question_marks, "equal"),
    "one question mark less": (one_question_mark_less, "wider"),
    "three literals a clause": (three_sat, "equal"),
    "deep conditions": (deep, "equal"),
    "conditions too deep to read": (too_deep, "unknown"),
    "an allow list less a deny list": (long_lists, "wider"),
    "one deny of many": (one_deny_of_many, "equal"),
    "long lists of values": (long_lists_of_values, "wider"),
    "a thousand globs": (many_globs, "equal"),
    "a long document": (long_document, "narrower"),
    "a thousand ranges": (addresses, "wider"),
}


@pytest.mark.parametrize("name", HARD)
def test_ends(name: str) -> None:
    make, relation = HARD[name]
    old, new = make(random.Random(1))
    start = process_time()
    verdict = compare(identity(old), identity(new))
    assert verdict.relation == relation, verdict.why
    assert process_time() - start < 15
    assert compare(identity(old), identity(new)) == verdict, "the same answer every time"


def test_unknown_past_the_budget_only() -> None:
    old, new = three_sat(random.Random(1))
    assert compare(identity(old), identity(new), steps=50).relation == "unknown"
    assert compare(identity(old), identity(new)).relation != "unknown"


def test_memory() -> None:
    """All of them in one process: less than 500 MB. What `getrusage` says counts the process that started it too."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells the peak of a process alone")
    code = (
        "import random, re, test_compare_hard as t\n"
        "from iamdsl.access.compare import compare, identity\n"
        "for make, _ in t.HARD.values():\n"
        "    compare(*map(identity, make(random.Random(1))))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert int(found.stdout) < 500 * 1024

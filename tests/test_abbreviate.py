"""Lists of actions as patterns: exact, whatever the names; as short as can be; along AWS's naming."""

from __future__ import annotations

import random
import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.access.abbreviate import abbreviate, along, words
from iamdsl.access.choose import choose
from iamdsl.catalog import default

CATALOG = default()
names = st.text("abA", min_size=1, max_size=5)
universes = st.lists(names, min_size=1, max_size=8, unique_by=str.lower)


def matches(pattern: str, name: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name, re.I | re.S) is not None


def cost(texts: tuple[str, ...] | list[str]) -> int:
    return sum(len(text) + 3 for text in texts)


def every_pattern(wanted: list[str]) -> set[str]:
    """All that one of `wanted` matches: itself, p*, *s, *i*, p*s."""
    found = set(wanted)
    for name in wanted:
        pieces = {name[at:to] for at in range(len(name) + 1) for to in range(at, len(name) + 1)}
        found |= {f"*{piece}*" if piece else "*" for piece in pieces}
        found |= {f"{name[:at]}*{name[to:]}" for at in range(len(name) + 1) for to in range(at, len(name) + 1)}
    return found


def optimum(service: str, wanted: list[str], others: list[str]) -> int:
    """By trying all, of any number of patterns."""
    able = [one for one in every_pattern(wanted) if not any(matches(one, other) for other in others)]
    best = {frozenset[str](): 0}
    for text in able:
        held = frozenset(name for name in wanted if matches(text, name))
        price = len(service) + 1 + len(text) + 3
        for covered, paid in list(best.items()):
            more = covered | held
            best[more] = min(best.get(more, 1 << 30), paid + price)
    return best[frozenset(wanted)]


@settings(max_examples=300, deadline=None)
@given(universes, st.data())
def test_exact_and_shortest(every: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
    found = abbreviate("s", wanted, every, {}, False)
    for name in every:
        assert any(matches(text, f"s:{name}") for text in found.texts) == (name in wanted)
    assert found.cost == cost(found.texts) == found.bound == optimum("s", wanted, list(set(every) - set(wanted)))
    assert abbreviate("s", wanted[::-1], every[::-1], {}, False) == found
    starts = abbreviate("s", wanted, every, {}, True)
    assert all("*" not in text[:-1] for text in starts.texts) and starts.cost >= found.cost
    for name in every:
        assert any(matches(text, f"s:{name}") for text in starts.texts) == (name in wanted)


columns = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 63)), min_size=1, max_size=9)


@settings(max_examples=300, deadline=None)
@given(columns, st.integers(0, 40))
def test_choice_is_the_cheapest(given_columns: list[tuple[int, int]], steps: int) -> None:
    rows = 0
    for _, bits in given_columns:
        rows |= bits
    best = min(
        sum(price for price, _ in some)
        for size in range(1, len(given_columns) + 1)
        for some in combinations(given_columns, size)
        if not rows & ~union(some)
    )
    found = choose(given_columns, rows)
    assert found.cost == found.bound == best == sum(given_columns[at][0] for at in found.chosen)
    hurried = choose(given_columns, rows, steps)
    assert hurried.bound <= best <= hurried.cost
    assert not rows & ~union([given_columns[at] for at in hurried.chosen])


def union(some: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> int:
    found = 0
    for _, bits in some:
        found |= bits
    return found


def test_choice_needs_a_column_for_each_row() -> None:
    with pytest.raises(ValueError, match="in no column"):
        choose([(1, 1)], 3)


DOCUMENT = len('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}') - 1
# service, levels, how many actions, and the optimum as a solver found it
LISTS = [
    ("s3", ("Read",), 66, 110),
    ("s3", ("Write",), 57, 384),
    ("iam", ("Read", "List"), 77, 111),
    ("ec2", ("Write",), 517, 1068),
]


@pytest.mark.parametrize("service, levels, count, least", LISTS)
def test_lists_of_the_field(service: str, levels: tuple[str, ...], count: int, least: int) -> None:
    every = {one.name: one.level for one in CATALOG.matching(f"{service}:*")}
    wanted = [name for name, level in every.items() if level in levels]
    assert len(wanted) == count
    found = abbreviate(service, wanted, every, {}, False)
    assert found.cost + DOCUMENT <= least and found.bound == found.cost
    assert {name for name in every if any(matches(text, f"{service}:{name}") for text in found.texts)} == set(wanted)


def test_random_lists_are_decided() -> None:
    every = [one.name for one in CATALOG.matching("ec2:*")]
    for seed in range(3):
        wanted = random.Random(seed).sample(sorted(every), 100)
        found = abbreviate("ec2", wanted, every, {}, False)
        assert found.cost == found.bound < 0.45 * cost([f"ec2:{name}" for name in wanted])


def test_along_the_naming() -> None:
    levels = {one.name: one.level for one in CATALOG.matching("s3:*")}
    reads = [name for name, level in levels.items() if level == "Read"]
    found = along("s3", reads, levels, lambda verb, level: True)
    for text in found.texts:
        matched = {levels[name] for name in levels if matches(text, f"s3:{name}")}
        assert matched == {"Read"}
        name = text.removeprefix("s3:").removesuffix("*")
        assert "".join(words(name)) == name
    assert found.cost < cost([f"s3:{name}" for name in reads])
    assert along("s3", reads, levels, lambda verb, level: False).texts == tuple(sorted(f"s3:{name}" for name in reads))


@pytest.mark.parametrize(
    "name, parts",
    [("GetObjectAcl", ["Get", "Object", "Acl"]), ("DescribeDBClusters", ["Describe", "DB", "Clusters"]), ("x", ["x"])],
)
def test_words(name: str, parts: list[str]) -> None:
    assert words(name) == parts

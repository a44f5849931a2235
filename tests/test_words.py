"""Patterns and their automata, against a matcher that anybody can read and against all short words of a small alphabet."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamdsl.access.alphabet import ANY, FRESH, ONE, PLAIN, SEGMENT, STOP, encode, letter
from iamdsl.access.machine import Budget, Machine, _Product, search
from iamdsl.access.seek import find
from iamdsl.access.words import FEW, Pattern, Union, pattern

text = st.text(st.sampled_from("ab:**?"), max_size=7)
variable = st.sampled_from(["${aws:username}", "a${aws:username}*", "${aws:username, 'a'}b", "*${aws:userid}"])
patterns = st.lists(
    st.one_of(
        st.builds(lambda one: pattern(encode(one, True)), st.one_of(text, text, text, variable)),
        st.builds(lambda one: pattern(encode(one, True), True), text),
    ),
    min_size=FEW + 1,
    max_size=3 * FEW,
    unique=True,
)
word = st.text(st.sampled_from("abA:" + FRESH), max_size=7)


@settings(max_examples=200, deadline=None)
@given(patterns, word, st.one_of(text, variable))
def test_a_union_is_its_patterns(found: list[Pattern], asked: str, other: str) -> None:
    union, one = Union(tuple(found)), pattern(encode(other, True))
    for text in (asked, one.instance):
        assert set(union.hits(text)) == {each for each in found if each.matches(text)}
        assert union.may_hit(text) == any(each.may_match(text) for each in found)
    assert set(union.near(one)) >= {each for each in found if each.matches(one.instance) or one.matches(each.instance)}
    assert union.covers(one) == any(each.matches(one.instance) and each.covers(one) for each in found)


@settings(max_examples=300, deadline=None)
@given(st.lists(text, min_size=1, max_size=4), st.text(st.sampled_from("ab:" + FRESH), max_size=9))
def test_no_state_is_missed(texts: list[str], asked: str) -> None:
    """Side by side, without those states that a star behind them makes needless, automata accept what they do alone."""
    machines = [pattern(encode(one, True)).machine for one in texts]
    product = _Product(machines, ())
    bits = product.start
    for one in asked:
        bits = sum([part.read(bits >> offset & part.full, one) << offset for part, offset in product.parts])
        bits = product.lean(bits) if bits & product.stars else bits
    for part, offset in product.parts:
        assert bool(bits & part.accept << offset) == part.accepts(asked)


# ---- against a matcher that anybody can read

X, Y = letter("${x}"), letter("${y}")
STOPS = {ANY: "", SEGMENT: ":", PLAIN: "/:", ONE: "", STOP: ":"}  # the wildcards, and what each does not match
LETTERS = "ab/:" + FRESH  # FRESH is in no pattern: it stands for all other characters


@lru_cache(maxsize=1 << 18)
def naive(items: str, word: str) -> bool:
    """Whether the word matches: variables are letters, which none but `*` matches beside themselves."""
    if not items or not word:
        return not word and not items.strip(ANY + SEGMENT)
    head, rest = items[0], items[1:]
    if head not in STOPS:
        return head == word[0] and naive(rest, word[1:])
    reads = word[0] not in STOPS[head] and (head == ANY or word[0] not in (X, Y))
    if head in (ONE, STOP):
        return reads and naive(rest, word[1:])
    if head == PLAIN:
        return reads and (naive(rest, word[1:]) or naive(items, word[1:]))
    return naive(rest, word) or (reads and naive(items, word[1:]))


def short(letters: str, longest: int) -> list[str]:
    return ["".join(word) for length in range(longest + 1) for word in product(letters, repeat=length)]


runs = st.sampled_from(
    ["a", "b", "/", ":", *STOPS, ANY, ANY, ONE, ONE * 2, ANY + "a" + ANY + "b" + ANY, ANY + ONE + ANY]
)
items = st.lists(runs, max_size=4).map("".join)
with_variables = st.lists(st.one_of(runs, st.sampled_from([X, Y])), max_size=3).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(items, with_variables), st.text(st.sampled_from(LETTERS + X + Y), max_size=9))
@example(ANY + "a" + ONE * 3 + ANY + "b", "aa" + FRESH + "bab")
def test_a_pattern_matches_what_it_says(one: str, asked: str) -> None:
    assert pattern(one).matches(asked) == Machine(one, False, False).accepts(asked) == naive(one, asked)


@settings(max_examples=500, deadline=None)
@given(
    st.text(st.sampled_from(["a", "b", ":", "k", *STOPS]), max_size=6),
    st.text(st.sampled_from("aAbB:kK\u212a"), max_size=7),
)
def test_a_pattern_without_case_matches_in_any(one: str, asked: str) -> None:
    assert pattern(one, True).matches(asked) == Machine(one, False, True).accepts(asked) == naive(one, asked.lower())


@settings(max_examples=1000, deadline=None)
@given(items, items, st.booleans(), st.booleans())
@example(ANY + "a" + ANY + "b" + ANY, ANY + "b" + ANY + "a", False, False)
@example(PLAIN + "a", STOP + "/" + ANY, False, False)
@example("a", "A" + ANY, True, False)
def test_two_patterns_meet_where_a_word_matches_both(one: str, other: str, fold: bool, other_fold: bool) -> None:
    if fold:
        other = other.replace("a", "A") if not other_fold else other
    both = [w for w in short(LETTERS, 4) if naive(one, w) and naive(other.replace("A", "a") if fold else other, w)]
    left, right = pattern(one, fold), pattern(other, other_fold)
    found = left.meets(right)
    assert found == right.meets(left)
    assert found or not both
    if len(one) + len(other) <= 4:  # else the shortest word may be longer
        assert found == bool(both)
    if not fold and not other_fold:
        assert found == left.machine.meets(other) == right.machine.meets(one)


@settings(max_examples=500, deadline=None)
@given(with_variables, with_variables, st.text("ab", max_size=2), st.text("ab", max_size=2))
def test_two_patterns_meet_if_they_do_for_some_variables(one: str, other: str, x: str, y: str) -> None:
    filled = [each.replace(X, x).replace(Y, y) for each in (one, other)]
    if pattern(filled[0]).meets(pattern(filled[1])):
        assert pattern(one).meets(pattern(other)) and pattern(other).meets(pattern(one))


@settings(max_examples=1000, deadline=None)
@given(
    with_variables,
    st.none() | items,
    st.lists(with_variables, max_size=3),
    st.text("ab", max_size=2),
    st.text("/a", max_size=2),
)
@example(ANY + X + ANY, None, [X, X + ONE + ANY, ONE + ANY], "", "")
@example(SEGMENT + X, None, [ONE, "", ONE * 2 + ANY], "a", "a")
@example(ANY + "a" + ANY, ANY + "b" + ANY, [ANY + "a" + ANY + "b" + ANY, "ba" + ONE + ANY, ONE + "ba" + ANY], "", "")
def test_the_search_finds_a_word_if_there_is_one(
    one: str, more: str | None, negatives: list[str], x: str, y: str
) -> None:
    """Of a pattern with variables, and what may be in others: whatever the variables stand for."""
    positives = [Machine(one, False, False), *([] if more is None else [Machine(more, True, False)])]
    found = search(positives, [Machine(each, False, False) for each in negatives], Budget(100_000))
    if found is not None:
        assert naive(one, found) and not any(naive(each, found) for each in negatives)
        return
    values = str.maketrans({X: x, Y: y})
    excluded = [each.translate(values) for each in negatives]
    for asked in short(LETTERS, 4):
        wanted = naive(one.translate(values), asked) and (more is None or naive(more, asked))
        assert not wanted or any(naive(each, asked) for each in excluded)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(items, min_size=1, max_size=2), min_size=1, max_size=2), st.lists(items, max_size=3))
def test_find_finds_a_word_if_there_is_one(groups: list[list[str]], negatives: list[str]) -> None:
    unions = [Union(tuple([pattern(one) for one in group])) for group in groups]
    found = find(unions, [Union(tuple([pattern(one) for one in negatives]))], Budget(100_000))
    for asked in short(LETTERS, 4) if found is None else [found]:
        inside = all(any(naive(one, asked) for one in group) for group in groups)
        outside = not any(naive(one, asked) for one in negatives)
        assert (inside and outside) == (found is not None)

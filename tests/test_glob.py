"""Decisions on globs as texts, against Python's `re` and against all short strings of a small alphabet."""

import re
from functools import lru_cache
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamdsl.access import alphabet
from iamdsl.access.alphabet import PLAIN, SEGMENT
from iamdsl.access.glob import (
    anchored,
    covered,
    covers,
    intersects_outside,
    matches,
    overlap,
    prefix,
    segmented,
    variables,
)

RE = {"*": ".*", "?": ".", PLAIN: "[^/:]+", SEGMENT: "[^:]*"}
LETTERS = "a/:z"  # `z` is in no pattern: it stands for all other characters


@lru_cache(maxsize=None)
def words(letters: str, longest: int) -> tuple[str, ...]:
    return tuple("".join(word) for length in range(longest + 1) for word in product(letters, repeat=length))


def regex(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(RE.get(character, re.escape(character)) for character in pattern), re.DOTALL)


@lru_cache(maxsize=1 << 14)
def language(pattern: str, letters: str, longest: int) -> frozenset[str]:
    return frozenset(filter(regex(pattern).fullmatch, words(letters, longest)))


globs = st.text("ab*?", max_size=4)
formats = st.text("a/:*?" + PLAIN + SEGMENT, max_size=4)


taken = "\x03\x06\U000f0000\U00100000"  # what patterns use for themselves once they are read


@given(st.text("aAb*?" + taken, max_size=6), st.text("aAbz*?" + taken, max_size=8))
@example("?\x03", "a*")
@example("\U00100000?", "\U00100000\U00100000")
@example("*\x06", "a\x06")
def test_matches_agrees_with_re(pattern: str, text: str) -> None:
    assert matches(pattern, text) == bool(regex(pattern).fullmatch(text))
    ignoring = re.compile(regex(pattern).pattern, re.DOTALL | re.IGNORECASE)
    assert matches(pattern, text, ignoring_case=True) == bool(ignoring.fullmatch(text))


@given(formats, st.text(LETTERS + "\n", max_size=6))
def test_format_wildcards_agree_with_re(pattern: str, text: str) -> None:
    assert matches(pattern, text) == bool(regex(pattern).fullmatch(text))


@settings(max_examples=1500, deadline=None)
@given(globs, st.lists(globs, max_size=4))
@example("a*", ["a?*", "a"])
@example("*", ["", "?", "??*"])
@example("*a*", ["a*", "?*a*"])
def test_covered_is_exact(narrow: str, wides: list[str]) -> None:
    inside = language(narrow, "abz", 6)
    union = frozenset[str]().union(*[language(wide, "abz", 6) for wide in wides])
    assert covered(narrow, wides) == (inside <= union)


@settings(max_examples=1500, deadline=None)
@given(formats, st.lists(formats, max_size=3))
@example(SEGMENT, [PLAIN, "*/*", ""])
@example("*", [SEGMENT, "*:*"])
def test_covered_is_exact_with_the_wildcards_of_formats(narrow: str, wides: list[str]) -> None:
    inside = language(narrow, LETTERS, 5)
    union = frozenset[str]().union(*[language(wide, LETTERS, 5) for wide in wides])
    assert covered(narrow, wides) == (inside <= union)


@settings(max_examples=800, deadline=None)
@given(formats, formats)
@example(PLAIN + "/*", "a*")
@example(PLAIN + "/*", "a/a/*")
@example("a/" + PLAIN, "a/a/*")
def test_covers_and_overlap_are_exact(one: str, other: str) -> None:
    first, second = language(one, LETTERS, 6), language(other, LETTERS, 6)
    assert covers(one, other) == (second <= first)
    assert overlap(one, other) == overlap(other, one) == bool(first & second)


@settings(max_examples=800, deadline=None)
@given(formats, formats, st.lists(formats, max_size=3))
def test_intersects_outside_is_exact(pattern: str, format: str, wides: list[str]) -> None:
    both = language(pattern, LETTERS, 6) & language(format, LETTERS, 6)
    union = frozenset[str]().union(*[language(wide, LETTERS, 6) for wide in wides])
    assert intersects_outside(pattern, format, tuple(wides)) == bool(both - union)


VARIABLES = ("${x}", "${y}", "${*}", "${?}", "${$}")
with_variables = st.lists(st.sampled_from([*"ab*?", *VARIABLES]), max_size=5).map("".join)
values = st.text("ab*?", max_size=3)


def filled(pattern: str, x: str, y: str) -> re.Pattern[str]:
    """`pattern` with its variables filled in: what they stand for is literal text."""
    known = {"${x}": x, "${y}": y, "${*}": "*", "${?}": "?", "${$}": "$"}
    pieces = re.findall(r"\$\{[^}]*\}|.", pattern)
    return re.compile("".join(re.escape(known[p]) if p in known else RE.get(p, re.escape(p)) for p in pieces))


@settings(max_examples=800, deadline=None)
@given(with_variables, st.lists(with_variables, max_size=3), values, values)
def test_what_is_covered_is_so_whatever_the_variables_are(narrow: str, wides: list[str], x: str, y: str) -> None:
    strings = [word for word in words("abz*", 4) if filled(narrow, x, y).fullmatch(word)]
    if covered(narrow, wides):
        assert all(any(filled(wide, x, y).fullmatch(word) for wide in wides) for word in strings)
    outside = [word for word in strings if not any(filled(wide, x, y).fullmatch(word) for wide in wides)]
    if outside:
        assert intersects_outside(narrow, "*", tuple(wides))


@settings(max_examples=500, deadline=None)
@given(with_variables, with_variables, values, values)
def test_overlap_is_found_whatever_the_variables_are(one: str, other: str, x: str, y: str) -> None:
    shared = [word for word in words("abz*", 4) if filled(one, x, y).fullmatch(word)]
    if any(filled(other, x, y).fullmatch(word) for word in shared):
        assert overlap(one, other)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("b/*", "b/${aws:username}/*", True),
        ("b/${aws:username}/*", "b/${aws:username}/x", True),
        ("b/${aws:username}", "b/${aws:userid}", False),
        ("b/?", "b/${aws:username}", False),
        ("b/" + PLAIN, "b/${aws:username}", False),
        ("b/${aws:username}", "b/alice", False),
        ("b/${*}", "b/x", False),
        ("b/*", "b/${*}", True),
        ("b/?", "b/${*}", True),
        ("b/${?}", "b/?", False),
        ("${a", "${a", True),
        ("${*", "${abc", True),
        ("*" + "a?" * 3 + "*", "x" + "ab" * 4, True),
    ],
)
def test_covers(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def test_a_variable_matches_no_text() -> None:
    assert not matches("b/${aws:username}", "b/alice")
    assert not matches("b/${aws:username}", "b/${aws:username}")
    assert matches("b/${*}", "b/*") and not matches("b/${*}", "b/x")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", "*"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/%"),
        ("arn:aws:s3*", "arn:aws:s3%:%:%:%"),
        ("arn:aws:logs:*:1:log-group:*", "arn:aws:logs:%:1:log-group:%"),
        ("arn:aws:s3:::${aws:username}${*}*", "arn:aws:s3:::${aws:username}${*}%"),
    ],
)
def test_segmented(pattern: str, expected: str) -> None:
    assert segmented(pattern) == expected.replace("%", SEGMENT)


def test_anchored() -> None:
    assert anchored(f"arn:*:s3:::{PLAIN}/*") == f"arn:{SEGMENT}:s3:::{PLAIN}/*"
    queue = f"arn:*:sqs:*:*:{PLAIN}"
    assert overlap("arn:aws:s3:::b/*", queue)  # the object `b/:sqs:::q`, were ARNs just text
    assert not overlap("arn:aws:s3:::b/*", anchored(queue))
    assert overlap("arn:aws:*:q", anchored(queue))


def test_prefix_and_variables() -> None:
    assert prefix("abc") == "abc" and prefix("a?c*") == "a" and prefix("a${x}*") == "a" and prefix("a$b") == "a$b"
    assert variables("a${x}b${y}${x}${*}") == {"${x}", "${y}"}


def test_hard_patterns_end() -> None:
    letters = "abcdefghijklmnop"
    stars = [f"*{x}*{y}*{z}*" for x, y, z in product(letters[:8], repeat=3)]
    assert not covered("*a*b*c*", [wide for wide in stars if wide != "*a*b*c*"])
    assert covered("*a*b*c*d*", stars)
    marks = [f"*{x}?{y}*" for x, y in product(letters, repeat=2)]
    assert not covered("*a*b*", marks)
    many = [f"t{x}{y}*z?{x}" for x, y in product(letters, repeat=2)]
    assert covered("t*", ["t?*", "t", *many])
    assert not covered("t*", ["t?*", *many])
    assert covered("*", ["*" + "?" * 12, *["?" * length for length in range(12)]])
    covers("*a" + "?" * 15 + "*b", "*a" + "?" * 16 + "b")  # either answer is sound
    assert not covered("*a" + "?" * 16 + "*", ["*b" + "?" * 16 + "*", "*a" + "?" * 17])


def test_past_the_variables_there_is_room_for_nothing_is_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """65,534 policy variables fit; a pattern with one more holds nothing, and leaves everything outside."""
    monkeypatch.setattr(alphabet, "LAST_VARIABLE", alphabet.FIRST_VARIABLE - 1)
    wides = ("arn:aws:s3:::home/${aws:PrincipalTag/one-too-many}*",)
    assert not covered("arn:aws:s3:::home/a", wides)
    assert intersects_outside("arn:aws:s3:::home/*", f"arn:*:s3:::{PLAIN}/*", wides)

"""What the search for words rests on: many patterns looked up by their starts, and automata without needless states."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.access.machine import FRESH, _Product
from iamdsl.access.words import FEW, Pattern, Union, encode, pattern

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
        bits = product.after(bits, one if one in product.steps else FRESH)
    read = "".join([one if one in product.steps else FRESH for one in asked])
    for part, offset in product.parts:
        assert bool(bits & part.accept << offset) == part.accepts(read)

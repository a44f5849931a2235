"""Positions of the protocol: for any text and any units, an offset comes back, and what the client counts is what we count."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from lsprotocol import types

from iamdsl.lsp.positions import Lines

TEXT = st.text(alphabet=st.sampled_from(list("aé€😀\n\r\t ")), max_size=40)
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@pytest.mark.parametrize("encoding", UNITS)
@given(text=TEXT, data=st.data())
def test_offsets_come_back(encoding: str, text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    if text[offset - 1 : offset + 1] == "\r\n":
        return  # no place for a cursor
    lines = Lines(text, encoding)
    place = lines.position(offset)
    assert lines.offset(place) == offset
    codec, size = UNITS[encoding]
    before = text[lines.starts[place.line] : offset]
    assert place.character == len(before.encode(codec)) // size


@given(text=TEXT, line=st.integers(0, 50), character=st.integers(0, 100))
def test_any_position_is_a_place_in_the_text(text: str, line: int, character: int) -> None:
    for encoding in UNITS:
        assert 0 <= Lines(text, encoding).offset(types.Position(line, character)) <= len(text)

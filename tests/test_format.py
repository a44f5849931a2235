"""The layout of programs: laws, and golden pairs under cases/format (IAMDSL_UPDATE=1 rewrites what is expected)."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import PATH, comments, programs, texts

from iamdsl.diagnostics import Report
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.syntax import ast, lex
from iamdsl.syntax import format as module
from iamdsl.syntax.format import STEP, WIDTH, format, same
from iamdsl.syntax.parse import parse
from iamdsl.syntax.print import print_program

CASES = Path(__file__).parent / "cases" / "format"
SLOW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def laid(text: str) -> str:
    report = Report()
    result = format(Source(PATH, text), report)
    assert not report.failed, render(report, "text")
    return result


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_golden(case: Path) -> None:
    shown = laid((case / "input.iam").read_bytes().decode())
    if os.environ.get("IAMDSL_UPDATE"):
        (case / "expected.iam").write_bytes(shown.encode())
    assert shown == (case / "expected.iam").read_bytes().decode()
    assert laid(shown) == shown


@SLOW
@given(programs())
def test_what_is_printed_is_laid_out(program: ast.Program) -> None:
    text = print_program(program)
    assert laid(text) == text


@st.composite
def untidy(draw: Any) -> str:
    """A program as nobody should write it: white space, comments and line ends wherever they may stand."""
    pieces: list[str] = []
    for tokens in draw(
        st.lists(texts(st.sampled_from(["name", "a-longer-name/*", "from"]), st.just("q u")), max_size=3)
    ):
        fresh = True
        for token in tokens:
            if token == "\n":
                pieces.append(_end(draw))
                fresh = True
                continue
            within = _end(draw) + "  " * draw(st.integers(3, 5)) if draw(st.integers(0, 7)) == 0 else " "
            pieces.append(token if fresh else within + token)
            fresh = token == "{"
            if fresh:
                pieces.append(_end(draw))
    return "".join(pieces)


def _end(draw: Any) -> str:
    """A line end, perhaps with a comment before it and comments and empty lines below."""
    parts = [draw(st.sampled_from(["", " ", "\t"])), draw(st.sampled_from(["", "", "# behind", "#behind "]))]
    below = draw(st.lists(st.one_of(st.just(""), comments, st.just("  ## indented")), max_size=2))
    line = draw(st.sampled_from(["\n", "\r\n"]))
    return line.join(["".join(parts), *below, ""])


@settings(SLOW, max_examples=200)
@given(untidy())
def test_the_layout_keeps_every_word_and_comment_and_is_its_own_layout(text: str) -> None:
    source, report = Source(PATH, text), Report()
    before = parse(source, report)
    assume(not report.failed)
    result = laid(text)
    assert laid(result) == result
    assert same(parse(Source(PATH, result), Report()), before)
    assert _comments(result) == _comments(text)
    assert "\r\n" not in result and "\n\n\n" not in result
    for line in result.split("\n"):
        assert line == line.rstrip() and "\t" not in line.split("#")[0]
    assert result == "" or result.endswith("\n") and not result.startswith("\n")


def _comments(text: str) -> Counter[str]:
    tokens, trailer = lex.scan(Source(PATH, text), Report())
    found = [line for token in tokens for line in (*token.before, token.after)]
    return Counter(line for line in [*found, *trailer] if line)


@settings(SLOW, max_examples=200)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
    st.sampled_from(["group g = ", "x can read bucket ", "a use "]),
)
def test_lines_stay_within_the_width_where_a_comma_lets_them(lengths: list[int], start: str) -> None:
    lines = laid(start + ", ".join(["n" * length for length in lengths])).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.startswith(STEP) and not line.startswith(STEP + " ") for line in lines[1:])
    assert all(line.endswith(",") for line in lines[:-1])


def test_what_does_not_parse_is_left_alone() -> None:
    for text in ("alice  can\n", 'region  "a\n', "policy  p {\n", "region  a;\n", "\ufeffregion a a\r\n"):
        report = Report()
        assert format(Source(PATH, text), report) == text.removeprefix("\ufeff")
        assert report.failed


def test_a_layout_that_changes_the_program_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(PATH, "region a\nregion b # c\n")
    for wrong in ("region a region b # c\n", "region a\nregion b\n", "region a\n", "region a\n  region b # c\n"):
        monkeypatch.setattr(module, "layout", lambda sentences, trailer: wrong)
        with pytest.raises(RuntimeError):
            format(source, Report())

"""Reading programs: laws of parser and printer, what a broken sentence may take with it, limits, and golden errors.

A case under cases/syntax is `NAME.iam`; `NAME.txt` beside it is its rendered findings. IAMDSL_UPDATE=1 rewrites those.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from corruption import Program, nodes, programs, written_in
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import KEYWORDS, PATH, bare_words, grants, quoted_words, texts
from strategies import programs as trees

from iamdsl.diagnostics import Report
from iamdsl.render import render
from iamdsl.source import Source
from iamdsl.syntax import ast, lex
from iamdsl.syntax import parse as parser
from iamdsl.syntax.format import format, same
from iamdsl.syntax.parse import parse
from iamdsl.syntax.print import print_program, print_sentence

CASES = Path(__file__).parent / "cases" / "syntax"
SLOW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
BRIEF = settings(max_examples=200, deadline=None)


def read(text: str) -> tuple[ast.Program, Report]:
    report = Report()
    return parse(Source(PATH, text), report), report


def sentences(text: str) -> list[ast.Statement]:
    program, report = read(text)
    assert not report.failed, render(report, "text")
    return [line.sentence for line in program.lines]


# ---- printing is the inverse of reading


@SLOW
@given(trees())
def test_printing_then_parsing_gives_the_same_tree(program: ast.Program) -> None:
    again, report = read(print_program(program))
    assert not report.failed, render(report, "text")
    assert again == program


ANY_NAME = st.one_of(bare_words.map(lambda word: word.text), st.sampled_from(KEYWORDS))
ANY_QUOTED = quoted_words.map(lambda word: word.text)


@settings(SLOW, max_examples=300)
@given(texts(ANY_NAME, ANY_QUOTED, budget=20))
def test_what_the_grammar_derives_is_printed_as_it_was_read(tokens: list[str]) -> None:
    program, report = read(" ".join(tokens).replace("\n ", "\n"))
    assume(not report.failed)  # a keyword that was drawn as a name may need quotes
    again, report = read(print_program(program))
    assert not report.failed and same(again, program)


@SLOW
@given(texts(st.just("name"), st.just("quoted"), budget=20))
def test_what_the_grammar_derives_is_read(tokens: list[str]) -> None:
    text = " ".join(tokens).replace("\n ", "\n")
    assume("from service" not in text or "for organization" not in text)  # the one place where the grammar prefers
    assert len(sentences(text)) == 1


@SLOW
@given(grants())
def test_a_sentence_is_printed_alone(grant: ast.Grant) -> None:
    assert sentences(print_sentence(grant)) == [grant]


@pytest.mark.parametrize(
    "text",
    [
        "x can read bucket b if a = b and (c = d or e = f)",
        "x can read bucket b if a = b and (c = d and e = f)",
        "x can read bucket b if not (a = b or mfa)",
        "x can read bucket b if not not mfa",
        "x can list, read and write bucket b",
        "x can a and and b",
        'x can read bucket "bucket" unless role "role"',
        "x can read bucket b if (from service s) for organization z",
        "role r for user a from service s lasting 1h for organization z",
        "role r for user a if (from service) for organization z lasting 1h",
        "teams use reader(vision)",
        "alice uses aws policy ReadOnlyAccess",
    ],
)
def test_a_sentence_is_printed_as_one_would_write_it(text: str) -> None:
    assert print_sentence(sentences(text)[0]) == text


def test_an_unreadable_sentence_cannot_be_printed() -> None:
    program, _ = read("alice can\n")
    with pytest.raises(ValueError):
        print_program(program)


# ---- reading never fails otherwise than by findings

SOUP = st.lists(st.sampled_from([*KEYWORDS, *'( ) [ ] { } , = != < \n " # \t {a} ${b} x'.split(" "), "\n    ", "\r\n"]))


@BRIEF
@given(
    st.one_of(st.text(), SOUP.map(" ".join), SOUP.map("".join), st.binary().map(lambda data: data.decode("latin-1")))
)
def test_any_text_is_read_or_reported(text: str) -> None:
    program, report = read(text)
    bad = any(isinstance(node, ast.BadSentence) for node in nodes(program.lines))
    assert report.failed or not bad
    for found in report:
        assert found.span is None or 0 <= found.span.start <= found.span.end <= len(text)
    ends = [(line.span.start, line.span.end) for line in program.lines]
    assert all(end <= start for (_, end), (start, _) in zip(ends, ends[1:]))
    if report.failed:
        assert format(Source(PATH, text), Report()) == text.removeprefix("\ufeff")


# ---- a broken sentence stands alone


@settings(SLOW, max_examples=600)
@given(programs())
def test_a_broken_sentence_takes_no_other_with_it(program: Program) -> None:
    whole, report = read(program.text(False))
    assume(not report.failed)
    assert len(whole.lines) == len(program.sentences)
    broken = "".join(program.broken)
    tokens, _ = lex.scan(Source(PATH, broken), Report())
    assume(not tokens or tokens[-1].text != ",")  # a trailing comma goes on with the next line: that is the language

    text = program.text(True)
    tree, _ = read(text)
    found = [line.sentence for line in tree.lines]
    for n, (start, end) in enumerate(program.ranges()):
        inside = [
            node
            for node in found
            if isinstance(node, ast.BadSentence) and node.span.start <= start <= end <= node.span.end
        ]
        assert n == program.target or inside or whole.lines[n].sentence in found
    joining = re.search(r",[ ]*(#.*)?$", broken, re.MULTILINE)
    for node in nodes(tree.lines):
        if isinstance(node, ast.Grant):
            assert len(written_in(node)) <= 1
        elif isinstance(node, ast.Phrase) and not joining:
            assert len(written_in(node, inner=True)) <= 1


BROKEN = {
    "a string that is not closed": 'a can read bucket "x\nb can read bucket y',
    "a string that opens a block": 'policy p "x {\n    can read bucket x\n}\nb can read bucket y',
    "an open parenthesis": "a can read bucket x if (mfa\nb can read bucket y if (mfa)",
    "an open list": "a can read bucket x if k in [a\nb can read bucket y if k in [b]",
    "a closing bracket alone": "a can read bucket x]\nb can read bucket y",
    "a block that is not closed": "policy p {\n    can read bucket x\nb can read bucket y",
    "a block closed twice": "policy p {\n    can read bucket x }\n    can write bucket x\n}\nb can read bucket y",
    "a block without its brace": "a can\n    read bucket w\n    write bucket x\n} with mfa\nb can read bucket y",
    "a comment over a brace": "policy p # {\n    can read bucket x\n}\nb can read bucket y",
    "a list that goes on within brackets": "a use p(x,\nb can read bucket y",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_the_sentence_after_a_broken_one_is_read(text: str) -> None:
    program, report = read(text)
    assert report.failed
    *bad, last = [line.sentence for line in program.lines]
    assert all(isinstance(node, ast.BadSentence) for node in bad)
    (good,) = sentences(text[text.rindex("\n") + 1 :])
    assert last == good


def test_a_block_goes_on_below_a_sentence_behind_its_brace() -> None:
    beside = "a can { read bucket x\n    write bucket y\n        with mfa\n} with mfa"
    below = "a can {\n    read bucket x\n    write bucket y\n        with mfa\n} with mfa"
    assert sentences(beside) == sentences(below)


def test_only_the_broken_sentence_of_a_block_is_given_up() -> None:
    program, report = read("a can {\n    read bucket x\n    read can bucket y\n    read bucket z\n}\n")
    assert len(report) == 1
    assert [line.sentence for line in program.lines] == sentences("a can {\n    read bucket x\n    read bucket z\n}\n")


def test_what_joins_lines() -> None:
    assert sentences("user a,\nbob") == sentences("user a, bob")
    assert sentences("a can read bucket x\n with mfa") == sentences("a can read bucket x with mfa")
    assert sentences("a can read bucket x if (mfa\nor root)") == sentences("a can read bucket x if (mfa or root)")


# ---- limits


def deep(text: str, least: int = 10_000) -> tuple[str, str, str]:
    opening, middle, closing = text.split("|")
    return opening * least, middle, closing * least


LARGE = {
    "brackets": "x can read y if " + "".join(deep("(|mfa|)")),
    "blocks": "".join(deep("for a in [b] {\n||}\n")),
    "open brackets": "[" * 10_000,
    "open blocks": "policy p {\n" * 10_000,
    "not": "x can read y if " + "not " * 10_000 + "mfa",
    "not in brackets": "x can read y if " + "".join(deep("not not (|mfa|)", 45)),
    "brackets of and, or, not": "x can read y if " + "".join(deep("(mfa or mfa and not |mfa|)", 49)),
    "or": "x can read y if " + " or ".join(["mfa"] * 50_000),
    "one line of words": "x can read " + "word " * 200_000,
    "one line of names": "group g = " + ", ".join(["name"] * 170_000),
    "one word": "region " + "a" * 1_000_000,
    "one string": 'region "' + "a" * 1_000_000,
    "empty lines": "\n" * 1_000_000,
    "bad characters": ";\0" * 500_000,
    "half words": "{a${" * 250_000,
    "lines": "alice can read bucket b with mfa\n" * 10_000,
    "broken lines": "alice can read can bucket b\n" * 10_000,
    "open lines": "alice can read ( bucket b\n" * 10_000,
    "joined lines": "alice,\n" * 100_000,
    "a long block": "policy p {\n" + "    can read bucket b\n" * 10_000 + "}\n",
    "a long broken block": "policy p {\n" + "    can read bucket b\n" * 10_000 + "    can can\n" * 100 + "}\n",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_and_deep_texts_end(text: str) -> None:
    program, report = read(text)
    assert len(report) <= 300
    if not report.failed:
        assert program == read(text)[0]


# ---- cases


def test_the_whole_language_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[int] = set()

    class Watched(list[Any]):
        def __getitem__(self, index: Any) -> Any:
            used.add(index)
            return super().__getitem__(index)

    rules = parser.automaton().rules
    monkeypatch.setattr(parser.automaton(), "rules", Watched(rules))
    program = sentences((CASES / "whole_language.iam").read_text("utf-8"))
    unused = {(rule[0], rule[3]) for index, rule in enumerate(rules) if index not in used}
    assert not unused
    classes = {node for node in vars(ast).values() if isinstance(node, type) and hasattr(node, "_compared")}
    assert classes - {type(node) for node in nodes(tuple(program))} == {ast.BadSentence, ast.Program}


GOLDENS = sorted(path for path in CASES.glob("*.iam") if path.stem != "whole_language")


@pytest.mark.parametrize("case", GOLDENS, ids=lambda path: path.stem)
def test_golden_errors(case: Path) -> None:
    report = Report()
    parse(Source(case.name, case.read_bytes().decode()), report)
    shown = render(report, "text")
    golden = case.with_suffix(".txt")
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_bytes(shown.encode())
    assert report.failed and shown == golden.read_bytes().decode()

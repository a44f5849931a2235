"""Colours: every keyword and noun has one, the files made from the table of words are up to date, and no text is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from iamdsl.highlight import words
from iamdsl.highlight.lexer import IamLexer

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted([*(ROOT / "examples").rglob("*.iam"), *(ROOT / "iamdsl" / "library").rglob("*.iam")])


def grammar_words() -> set[str]:
    text = re.sub(r"//.*$", "", (ROOT / "grammar" / "iam.lark").read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = re.sub(r"^(?:WORD|STRING|NEWLINE)\b.*$", "", text, flags=re.MULTILINE)
    return {word for quoted in re.findall(r'"([a-z][^"]*)"', text) for word in quoted.split()}


def test_every_keyword_of_the_grammar_has_a_part() -> None:
    known = {word for one in words.KEYWORDS for word in one.split()}
    # words of phrases that are coloured as the nouns they name
    nouns = {"endpoint", "instance", "profile", "key", "vpc", "inline", "trust", "permission"}
    assert grammar_words() <= known | nouns


def test_no_word_has_a_part_without_being_a_keyword() -> None:
    listed = {word for one in words.KEYWORDS for word in one.split()}
    assert listed - grammar_words() <= {"do"}  # a verb of the language itself


def test_files_for_editors_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "editors/make_highlighters.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_pygments_finds_the_lexer() -> None:
    assert isinstance(get_lexer_by_name("iam"), IamLexer)
    assert isinstance(get_lexer_for_filename("policy.iam"), IamLexer)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_lose_nothing_in_colour(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(IamLexer(ensurenl=False, stripnl=False).get_tokens(text))
    assert "".join(value for _, value in found) == text
    assert not [value for kind, value in found if kind is Error]


@given(st.text(alphabet=st.sampled_from(list('can read{}[]()"\\#$:*=<>!,\n\t éß😀09aZ')), max_size=80))
def test_any_text_is_coloured_and_kept(text: str) -> None:
    found = list(IamLexer(ensurenl=False, stripnl=False).get_tokens(text))
    assert "".join(value for _, value in found) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "word, kind",
    [
        ("datascientists", Name),
        ("can", Keyword.Reserved),
        ("read", Name.Function),
        ("bucket", Keyword.Type),
        ("can-read", Name),
        ("write", Name.Function),
        ("s3:GetObject", Name.Function.Magic),
        ("if", Operator.Word),
        ("aws:SourceIp", Name.Attribute),
        ("203.0.113.0/24", Number),
        ("with", Keyword),
        ("# why", Comment.Single),
        ("${aws:username}", String.Interpol),
    ],
)
def test_parts_of_a_sentence(word: str, kind: object) -> None:
    text = (
        "datascientists can read bucket can-read and write table t with mfa # why\n"
        'x can s3:GetObject bucket "a/${aws:username}" if aws:SourceIp in [203.0.113.0/24]\n'
    )
    assert (kind, word) in [(kind, value) for kind, value in IamLexer().get_tokens(text)]

"""Text to tokens, and tokens to sentences.

Works without the grammar, so parsing, formatting and recovery share it: where a sentence ends depends on line ends,
indentation and brackets alone.
"""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.diagnostics import Report
from iamdsl.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 50  # of brackets and blocks: deeper text is no sentence that a person wrote
MAX_WORD = 4096  # characters; no ARN, name or value that AWS takes is as long
MAX_FINDINGS = 50  # about single characters, a file: noise is not worth listing whole

WORD, STRING, MARK, NEWLINE, BAD = "WORD", "STRING", "MARK", "NEWLINE", "BAD"

_PATTERN = re.compile(
    r"""(?P<WORD>(?:[\w\-./*?:@+]|\$\{[^}\n]{0,512}\}|\{[A-Za-z_][\w\-]*\})+)
      | (?P<SPACE>[ \t]+)
      | (?P<LINE>\r?\n)
      | (?P<MARK>!=|<=|>=|[=<>,()\[\]}]|\{(?=[\s}]|$))
      | (?P<STRING>"(?:[^"\\\n]|\\.)*")
      | (?P<COMMENT>\#[^\n]*)
      | (?P<OPEN>"[^\n]*)
      | (?P<BAD>[^\w\s\-./*?:@+"\#=<>,()\[\]}]+|[\s\S])""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Token:
    """A word, string, mark or sentence end.

    `indent` is the white space that its line starts with, `first` whether it is the first of its line. `before` holds
    the comment lines above it ("" is an empty line), `after` the comment behind it on its line; both are filled for
    every token, and a NEWLINE repeats those of its sentence.
    """

    __slots__ = ("kind", "text", "start", "end", "indent", "first", "before", "after")

    def __init__(self, kind: str, text: str, start: int, end: int, indent: str, first: bool) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.indent = indent
        self.first = first
        self.before: tuple[str, ...] = ()
        self.after = ""

    def __repr__(self) -> str:
        return f"{self.kind}({self.text!r})"


class Sentence:
    """The tokens of one top-level sentence, blocks included, each (inner) sentence closed by a NEWLINE."""

    __slots__ = ("tokens", "broken")

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.broken = False  # a finding was made already: not worth parsing

    def close(self, first: Token | None) -> None:
        last = self.tokens[-1]
        end = Token(NEWLINE, "\n", last.end, last.end, last.indent, False)
        if first is not None:
            end.before, end.after = first.before, last.after
        self.tokens.append(end)


def scan(source: Source, report: Report) -> tuple[list[Token], tuple[str, ...]]:
    """The tokens of `source`, and the comments after the last of them."""
    tokens: list[Token] = []
    before: list[str] = []
    indent, first, empty = "", True, False
    found = 0
    for match in _PATTERN.finditer(source.text):
        kind, text = match.lastgroup or BAD, match.group()
        if kind == "SPACE":
            if first:
                indent = text
        elif kind == "LINE":
            if first and empty and (not before or before[-1]):
                before.append("")
            indent, first, empty = "", True, True
        elif kind == "COMMENT":
            if first or not tokens:
                before.append(text.rstrip())
            else:
                tokens[-1].after = text.rstrip()
                first = False
            empty = False
        else:
            token = Token(kind, text, match.start(), match.end(), indent, first)
            if kind in ("OPEN", BAD) or len(text) > MAX_WORD:
                token.kind = BAD
                found += 1
                if found <= MAX_FINDINGS:
                    _bad_character(source, report, token)
            token.before = tuple(before)
            before.clear()
            tokens.append(token)
            first = empty = False
    return tokens, tuple(before)


def _bad_character(source: Source, report: Report, token: Token) -> None:
    span = Span(source.path, token.start, token.end)
    if len(token.text) > MAX_WORD:
        report.add(rules.LONG_WORD, span, count=len(token.text), limit=MAX_WORD)
    elif token.text[0] == '"':
        report.add(rules.UNCLOSED_STRING, span, help='a string ends on its own line: add `"` (write `\\"` for a quote)')
    elif token.text[0] == "{":
        report.add(
            rules.UNEXPECTED_CHARACTER,
            span,
            what="`{`",
            help="a block's `{` is followed by a space or the line's end; a parameter is `{name}`, without spaces",
        )
    else:
        shown = token.text[:20] if token.text.isprintable() else ascii(token.text[:20])[1:-1]
        report.add(
            rules.UNEXPECTED_CHARACTER,
            span,
            what=f"`{shown}`",
            help=_cure(token.text),
        )


def _cure(text: str) -> str:
    if text[0] == ";":
        return "a sentence ends with its line: remove it"
    if text[0] in "'\u2018\u2019":
        return 'write `cannot` for "can\'t"; a name that is quoted stands in `"..."`'
    if text.isprintable():
        return 'a name with such a character is quoted: "..."'
    return (
        "a line ends with a line feed: save the file with the line ends of Unix or Windows"
        if text[0] == "\r"
        else "remove it"
    )


def cut(source: Source, tokens: list[Token], report: Report) -> Iterator[Sentence]:
    """Cut `tokens` into top-level sentences."""
    at = 0
    while at < len(tokens):
        sentence, at = cut_sentence(source, tokens, at, report)
        yield sentence


def cut_sentence(source: Source, tokens: list[Token], at: int, report: Report) -> tuple[Sentence, int]:
    """The sentence that starts at `tokens[at]`, and where the next one starts."""
    sentence = Sentence()
    begun: list[Token | None] = [tokens[at]]  # a block: the first token of the sentence under way in it
    opened: list[Token] = []
    place = at
    while place < len(tokens):
        token = tokens[place]
        inner = begun[-1]
        closes = token.text == "}" and token.kind == MARK and bool(opened) and opened[-1].text == "{"
        between = not opened or opened[-1].text == "{"
        if (
            inner is not None
            and place > at
            and between
            and (closes or _ends(source, inner, token, tokens[place - 1], report))
        ):
            sentence.close(inner)
            begun[-1] = None
            if len(begun) == 1:
                return sentence, place
        sentence.tokens.append(token)
        sentence.broken |= token.kind == BAD
        place += 1
        if closes:
            opened.pop()
            begun.pop()
            continue
        if begun[-1] is None:
            begun[-1] = token
        if token.kind == MARK:
            if token.text in _CLOSING:
                opened.append(token)
                if token.text == "{":
                    begun.append(None)
            elif opened and token.text == _CLOSING[opened[-1].text]:
                opened.pop()
        if len(opened) > MAX_DEPTH:
            report.add(rules.NESTING_TOO_DEEP, Span(source.path, token.start, token.end), limit=MAX_DEPTH)
            return _broken(tokens, at, place)
    if opened:
        mark = opened[-1]
        report.add(
            rules.UNCLOSED_BRACKET,
            Span(source.path, mark.start, mark.end),
            mark=mark.text,
            help=f"close it with `{_CLOSING[mark.text]}`",
        )
        return _broken(tokens, at, next(n for n in range(at, len(tokens)) if tokens[n] is mark) + 1)
    sentence.close(begun[0])
    return sentence, place


def _ends(source: Source, inner: Token, token: Token, last: Token, report: Report) -> bool:
    """Whether the sentence begun at `inner` ends before `token`, which follows `last`.

    No sentence begins with a closing bracket, so a stray one breaks the sentence above it: a block that lost its `{`
    must not read as one long sentence. A sentence behind its block's `{` ends with its line, whatever the indentation:
    the lines below it are the rest of the block.
    """
    if not token.first or (last.kind == MARK and last.text == ",") or (token.kind == MARK and token.text in ")]}"):
        return False
    if not inner.first:
        return True
    here, there = token.indent, inner.indent
    deeper = len(here.expandtabs(8)) > len(there.expandtabs(8))
    if deeper != (len(here.expandtabs(1)) > len(there.expandtabs(1))):
        report.add(
            rules.MIXED_INDENTATION,
            Span(source.path, token.start, token.end),
            help="indent with spaces only: whether this line goes on with the sentence above hangs on it",
        )
    return not deeper


def _broken(tokens: list[Token], at: int, place: int) -> tuple[Sentence, int]:
    """Give up the sentence that starts at `tokens[at]`; go on at the next line from `place` that is no deeper."""
    sentence = Sentence()
    sentence.broken = True
    width = len(tokens[at].indent.expandtabs(8))
    while place < len(tokens):
        token = tokens[place]
        if token.first and token.text not in (")", "]", "}") and len(token.indent.expandtabs(8)) <= width:
            break
        place += 1
    sentence.tokens = tokens[at:place]
    return sentence, place

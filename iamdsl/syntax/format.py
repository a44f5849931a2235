"""One layout for every program: canonical spacing, line breaks and indentation, with every word and comment kept.

The layout is a function of the tokens and their comments alone, never of where lines broke before, so it is idempotent;
the printer of trees (`print.py`) makes tokens and comes through here too.
"""

from __future__ import annotations

from iamdsl.diagnostics import Report
from iamdsl.source import Source
from iamdsl.syntax import ast, lex
from iamdsl.syntax.lex import Token
from iamdsl.syntax.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 100  # columns, after which a sentence is broken; a comment behind it does not count
STEP = "    "

# words that begin a clause, where the word before them does not already claim them
_CLAUSES = frozenset(
    "with without from to via in outside over after until between tagged tagging as if unless except because for lasting"
    " within encrypted".split()
)
_CLAIMING = frozenset("if unless and or not principal except everyone encrypted can cannot use uses on".split())
_BEFORE = frozenset("and or can cannot use uses".split())  # words that a clause too long for a line is broken before
_SPACED = frozenset("if unless and or not".split())  # words that stand off from a `(`


def format(source: Source, report: Report) -> str:
    """The text of `source` in its canonical layout; as it is where it does not parse, with the findings in `report`.

    Raises RuntimeError where the layout would not read as the same program: a bug, and nothing may be written.
    """
    if source.text.startswith("\ufeff"):
        source = Source(source.path, source.text[1:])
    found = Report()
    program = parse(source, found)
    report.sources.update(found.sources)
    report.extend(found)
    if found.failed:
        return source.text
    ignored = Report()
    tokens, trailer = lex.scan(source, ignored)
    text = layout((sentence.tokens for sentence in lex.cut(source, tokens, ignored)), trailer)
    _compare(source, program, tokens, trailer, text)
    return text


def _compare(source: Source, program: ast.Program, tokens: list[Token], trailer: tuple[str, ...], text: str) -> None:
    """Raise RuntimeError unless `text` is the same program as `source`, word for word and comment for comment."""
    laid, report = Source(source.path, text), Report()
    again, last = lex.scan(laid, report)
    if _content(again, last) != _content(tokens, trailer):
        raise RuntimeError(f"formatting {source.path} would change its words or comments: please report this bug")
    if not same(parse(laid, report), program) or report.failed:
        raise RuntimeError(f"formatting {source.path} would change its meaning: please report this bug")


def _content(tokens: list[Token], trailer: tuple[str, ...]) -> list[object]:
    """What must stay: each token with its comments, empty lines aside."""
    items: list[object] = [(token.kind, token.text, _comments(token.before), token.after) for token in tokens]
    return [*items, _comments(trailer)]


def _comments(before: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for line in before if line)


def same(left: object, right: object) -> bool:
    """Whether two trees are equal, comments included, but for the empty lines above sentences."""
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, ast.Line) and isinstance(right, ast.Line):
        above = _comments(left.before) == _comments(right.before)
        return above and left.after == right.after and same(left.sentence, right.sentence)
    names = getattr(left, "_compared", None)
    if names is None:
        return left == right
    return all([same(getattr(left, name), getattr(right, name)) for name in names])


def layout(sentences: Iterable[list[Token]], trailer: tuple[str, ...]) -> str:
    """The text of well-formed sentences (each inner and outer one closed by a NEWLINE) and of the comments after them."""
    page = _Page()
    for tokens in sentences:
        page.sentence(tokens)
    page.above(trailer, STEP * page.depth, closing=True)
    return "".join([f"{line}\n" for line in page.lines])


class _Page:
    """The lines written so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0  # of the blocks around the sentence under way
        self.fresh = True  # nothing stands in this block yet
        self.run: list[Token] = []  # the tokens of the sentence under way that no comment parts
        self.head = True  # the run begins a sentence or follows its `}`

    def sentence(self, tokens: list[Token]) -> None:
        """Write a top-level sentence with its blocks."""
        for place, token in enumerate(tokens):
            if token.kind == lex.NEWLINE:
                self.flush()
                self.head = True
                continue
            opens, closes = _is_mark(token, "{"), _is_mark(token, "}")
            if closes and self.run:  # `{}`
                self.run.append(token)
                opens = False
            elif closes:
                self.above(token.before, STEP * self.depth, closing=True)
                self.depth -= 1
                self.run, self.head = [token], True
            else:
                self.place(token)
                opens = opens and not _is_empty_block(token, tokens[place + 1])
            if opens or token.after:
                self.flush(token.after)
                self.head = opens
            if opens:
                self.depth += 1
                self.fresh = True

    def place(self, token: Token) -> None:
        """Put `token` on the line under way, or below its comments."""
        if self.head and not self.run:
            self.above(token.before, STEP * self.depth)
        elif comments := _comments(token.before):
            self.flush()
            self.head = False
            self.above(comments, STEP * (self.depth + 1))
        self.run.append(token)

    def above(self, before: tuple[str, ...], indent: str, closing: bool = False) -> None:
        """Write the comments above a token, with at most one empty line between any two.

        None stays first in a block, last before its `}`, or between a `##` comment and its sentence.
        """
        gap = doc = False
        for line in before:
            if not line:
                gap = not doc
                continue
            if gap and not self.fresh:
                self.lines.append("")
            self.lines.append(indent + line)
            self.fresh = gap = False
            doc = line.startswith("##")
        if gap and not self.fresh and not closing:
            self.lines.append("")
        self.fresh = False

    def flush(self, after: str = "") -> None:
        """Write the run, with the comment behind it."""
        if not self.run:
            return
        base = STEP * self.depth
        self.lines.extend(_broken(self.run, base if self.head else base + STEP, base + STEP))
        if after:
            self.lines[-1] += "  " + after
        self.run = []


def _is_mark(token: Token, text: str) -> bool:
    return token.kind == lex.MARK and token.text == text


def _is_empty_block(opening: Token, following: Token) -> bool:
    return _is_mark(following, "}") and not opening.after and not _comments(following.before)


def _broken(run: list[Token], here: str, deeper: str) -> list[str]:
    """The lines of `run`, the first at indentation `here`, those that begin with a clause at `deeper`."""
    texts = [run[0].text, *[_gap(last, token) + token.text for last, token in zip(run, run[1:])]]
    whole = here + "".join(texts)
    if len(whole) <= WIDTH:
        return [whole]
    lines: list[str] = []
    starts = _clause_starts(run)
    for start, end in zip([0, *starts], [*starts, len(run)]):
        indent = deeper if start else here
        line = indent + texts[start].lstrip(" ") + "".join(texts[start + 1 : end])
        lines.extend([line] if len(line) <= WIDTH else _filled(run, texts, start, end, indent))
    return lines


def _filled(run: list[Token], texts: list[str], start: int, end: int, indent: str) -> list[str]:
    """The lines of a clause too long for one: as much on each as goes, broken behind commas and before `and` and `or`."""
    ends = [n for n in range(start + 1, end) if _is_mark(run[n - 1], ",") or _is_word(run[n], _BEFORE)]
    lines: list[str] = []
    line = ""
    for begin, stop in zip([start, *ends], [*ends, end]):
        piece = "".join(texts[begin:stop])
        if line and len(line) + len(piece) <= WIDTH:
            line += piece
            continue
        if line:
            lines.append(line)
        line = indent + (STEP if lines else "") + piece.lstrip(" ")
    return [*lines, line]


def _is_word(token: Token, words: frozenset[str]) -> bool:
    return token.kind == lex.WORD and token.text in words


def _clause_starts(run: list[Token]) -> list[int]:
    """Where in `run` a clause begins: a matter of looks, so told by the words around and not by the grammar."""
    starts: list[int] = []
    opened = start = 0
    for n in range(1, len(run)):
        token, last = run[n], run[n - 1]
        if token.kind == lex.MARK:
            opened += (token.text in "([") - (token.text in ")]")
        elif (
            not opened
            and _is_word(token, _CLAUSES)
            and (last.kind != lex.MARK or last.text in (")", "]"))
            and not _is_word(last, _CLAIMING)
            and not _is_claimed(token.text, run[n + 1].text if n + 1 < len(run) else "", run[start].text)
        ):
            starts.append(n)
            start = n
    return starts


def _is_claimed(word: str, following: str, clause: str) -> bool:
    """Whether `word` only goes on with the clause around it: `x in [...]`, `from private ip x in vpc v` ..."""
    if word == "in":
        return following in ("[", "vpc")
    if word == "within":
        return following != "boundary"
    return word == "for" and following == "organization" and clause == "from"


def _gap(last: Token, token: Token) -> str:
    """The space between two tokens of a line."""
    if token.kind == lex.MARK:
        if token.text in (",", ")", "]"):
            return ""
        if token.text == "(" and (last.kind == lex.STRING or last.kind == lex.WORD and last.text not in _SPACED):
            return ""
        if token.text == "}":
            return ""
    return "" if last.kind == lex.MARK and last.text in ("(", "[") else " "

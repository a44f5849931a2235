"""Text to tree: lark's tables run over the sentences of a file, each on its own.

A sentence that does not parse becomes a `BadSentence` and one finding; inside a block, only the broken inner sentence
is given up. Nothing is ever stitched together from the halves of two sentences.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.diagnostics import Edit, Label, Report
from iamdsl.source import Source, Span
from iamdsl.syntax import ast, lex, tables
from iamdsl.syntax.build import BUILDERS
from iamdsl.syntax.lex import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BROKEN = 100  # broken sentences a file, after which the rest is not read
MAX_REREAD = 500_000  # tokens that are read again because of broken sentences in one block
MAX_CHAIN = 100  # `not not not ...`, with brackets between or without

_tables: tables.Tables | None = None


class _Unexpected(Exception):
    """A token that no sentence can have at its place."""

    def __init__(self, token: Token, expected: frozenset[str], state: dict[str, int]) -> None:
        super().__init__(token, expected)
        self.token = token
        self.expected = expected


def parse(source: Source, report: Report) -> ast.Program:
    """The program in `source`; what is wrong with its text goes to the report."""
    report.sources[source.path] = source
    tokens, _ = lex.scan(source, report)
    lines: list[ast.Line] = []
    broken = 0
    for sentence in lex.cut(source, tokens, report):
        line, faults = parse_sentence(source, sentence, report)
        lines.append(line)
        broken += faults
        if broken > MAX_BROKEN:
            end = sentence.tokens[-1]
            report.add(rules.TOO_MANY, Span(source.path, end.start, end.end), limit=MAX_BROKEN)
            break
    return ast.Program(source.path, tuple(lines))


def automaton() -> tables.Tables:
    """The parse tables, loaded once a process."""
    global _tables
    if _tables is None:
        _tables = tables.load()
    return _tables


def parse_sentence(source: Source, sentence: lex.Sentence, report: Report) -> tuple[ast.Line, int]:
    """The tree of one top-level sentence, and how many faults it had."""
    tokens = sentence.tokens
    span = Span(source.path, tokens[0].start, tokens[-1].end)
    bad = ast.Line(ast.BadSentence(span), tokens[0].before, "", span)
    if sentence.broken:
        return bad, 1
    faults = 0
    while True:
        try:
            line: ast.Line = run(automaton(), source, tokens)
            return line, faults
        except _Unexpected as fault:
            _explain(source, fault, tokens, report)
            faults += 1
            inner = _inner_sentence(tokens, fault.token)
            if inner is None or faults > MAX_BROKEN or faults * len(tokens) > MAX_REREAD:
                return bad, faults
            tokens = tokens[: inner[0]] + tokens[inner[1] :]


def _inner_sentence(tokens: list[Token], token: Token) -> tuple[int, int] | None:
    """The range of the innermost sentence of a block that holds `token`, None at the top level."""
    place = next(n for n, other in enumerate(tokens) if other is token)
    start, depth = place, 0
    while start > 0:
        before = tokens[start - 1]
        if before.kind == lex.MARK and before.text == "}":
            depth += 1
        elif before.kind == lex.MARK and before.text == "{":
            if depth == 0:
                break
            depth -= 1
        elif before.kind == lex.NEWLINE and depth == 0:
            break
        start -= 1
    if start == 0:
        return None
    end, depth = place, 0
    while tokens[end].kind != lex.NEWLINE or depth:
        depth += (tokens[end].text == "{") - (tokens[end].text == "}") if tokens[end].kind == lex.MARK else 0
        if depth < 0:
            return None
        end += 1
    return start, end + 1


def run(table: tables.Tables, source: Source, tokens: list[Token]) -> Any:
    """Run the automaton over `tokens`.

    Raises _Unexpected at the first token that has no place.
    """
    states, path = table.states, source.path
    stack = [table.start]
    values: list[Any] = []
    places: list[tuple[int, int]] = []
    position, chain = 0, 0
    total = len(tokens)
    while True:
        row = states[stack[-1]]
        if position < total:
            token = tokens[position]
            kind, width = terminal(table, row, tokens, position)
        else:
            kind, width = tables.END, 0
        action = row.get(kind)
        if action is None:
            raise _Unexpected(tokens[min(position, total - 1)], frozenset(row), row)
        if action >= 0:
            chain = chain + 1 if kind == "NOT" else chain if kind == "LPAR" else 0
            if chain > MAX_CHAIN:
                raise _Unexpected(token, frozenset(), row)
            stack.append(action)
            last = tokens[position + width - 1]
            values.append(
                ast.Word(token.text[1:-1], True, Span(path, token.start, token.end))
                if kind == lex.STRING
                else ast.Word(token.text, False, Span(path, token.start, token.end)) if kind == lex.WORD else token
            )
            places.append((token.start, last.end))
            position += width
            continue
        name, inlined, expand, size, kept, origin = table.rules[-1 - action]
        here = tokens[min(position, total - 1)].start
        place = (places[-size][0], places[-1][1]) if size else (here, here)
        parts: list[Any] = []
        if size:
            items = values[-size:]
            for index in kept:
                item = items[index]
                if type(item) is not list:
                    parts.append(item)
                elif parts:
                    parts.extend(item)
                else:
                    parts = item  # nobody else has it; a copy would make a long list take quadratic time
            del values[-size:], places[-size:], stack[-size:]
        value: Any
        if inlined:
            value = parts
        elif expand and len(parts) == 1:
            value = parts[0]
        else:
            value = BUILDERS[name](parts, Span(path, *place))
        if origin == tables.START and kind == tables.END:
            return value
        stack.append(states[stack[-1]][origin])
        values.append(value)
        places.append(place)


def terminal(table: tables.Tables, row: dict[str, int], tokens: list[Token], position: int) -> tuple[str, int]:
    """The terminal that the token stands for in this state, and how many tokens it takes.

    A word is a keyword only where the state has a place for it.
    """
    token = tokens[position]
    kind = token.kind
    if kind == lex.WORD:
        text = token.text
        if text in table.two_words and position + 1 < len(tokens) and tokens[position + 1].kind == lex.WORD:
            both = table.keywords.get(f"{text} {tokens[position + 1].text}")
            if both is not None and both in row:
                return both, 2
        keyword = table.keywords.get(text)
        if keyword is not None and keyword in row:
            return keyword, 1
        return kind, 1
    if kind == lex.MARK:
        return table.keywords[token.text], 1
    return kind, 1


_WHO_FIRST = ("allow", "grant", "let", "permit", "give", "deny", "forbid")  # how other languages begin


def _explain(source: Source, fault: _Unexpected, tokens: list[Token], report: Report) -> None:
    """Say what stood at the wrong place, and what could have stood there."""
    token = fault.token
    span = Span(source.path, token.start, token.end)
    texts = automaton().texts
    wanted = sorted(texts[kind] for kind in fault.expected if kind in texts)
    if token.kind == lex.NEWLINE:
        what = "the sentence ends too early"
    else:
        what = f"unexpected `{token.text}`"
    help: str = ""
    fix: tuple[Edit, ...] = ()
    close = (
        _closest(token.text.lower(), [text for text in wanted if text.isalpha()]) if token.kind == lex.WORD else None
    )
    if tokens[0].text in _WHO_FIRST and tokens[0] is not token:
        help = "put first who it is about: `alice can read bucket reports`"
    elif tokens[0].text == "everyone" and token is tokens[1]:
        help = "say where: `everyone in account prod can ...`, or `anyone on the internet can ...`"
    elif "ip" in wanted and _is_address(token.text):
        help, fix = f"did you mean `ip {token.text}`?", (Edit((span.path, span.start, span.start), "ip "),)
    elif close:
        help, fix = f"did you mean `{close}`?", (Edit((span.path, span.start, span.end), close),)
    elif token.first and token.kind == lex.WORD and token is not tokens[0] and token.indent > tokens[0].indent:
        help = "this line is indented deeper than the sentence above, so it goes on with it; indent it less to start a new one"
    elif wanted or "WORD" in fault.expected:
        words = [f"`{text}`" for text in wanted[:8]]
        if "WORD" in fault.expected:
            words.insert(0, "a name")
        if "NEWLINE" in fault.expected:
            words.append("the end of the sentence")
        help = "expected " + (" or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words))
    report.add(rules.SYNTAX, (Label(span),), help=help, fix=fix, what=what)


_OPPOSITES = ({"can", "cannot"}, {"with", "without"})  # of which none is guessed


def _closest(word: str, candidates: list[str]) -> str | None:
    from difflib import get_close_matches  # local: only where something is wrong

    found = get_close_matches(word, candidates, 2, 0.7)
    return found[0] if found and {*found} not in _OPPOSITES else None


def _is_address(text: str) -> bool:
    return text[:1].isdigit() and not text.strip("0123456789abcdefABCDEF.:/") and ("." in text or ":" in text)

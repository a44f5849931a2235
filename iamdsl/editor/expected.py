"""What may stand at a place of a sentence that is being written: keywords, and of what kind a name would be."""

from __future__ import annotations

from collections import deque

from iamdsl.compiler.verbs import Library
from iamdsl.editor.mentions import mentions_of
from iamdsl.editor.pieces import File, Piece
from iamdsl.record import record
from iamdsl.source import Source, Span
from iamdsl.syntax import ast, lex, tables
from iamdsl.syntax.parse import automaton, run, terminal

BLANK = "iamdsl-blank"  # stands for the word under way
_FILLERS = ("NEWLINE", "WORD", "RBRACE", "LBRACE", "EQUAL", "RSQB", "RPAR", "CAN", "IN", "ON", "FOR", "STRING", "LSQB")
MAX_STEPS = 4000


@record
class Expected:
    """`keywords` that may stand there; `kinds` of names that may (see `Mention`), each with a resource's type or "".

    `before` are the tokens of the sentence up to there. `starts`: a sentence begins there, at the top level. `group`: the
    words after `can`, since the last comma or `and`, before the place; `things`: a resource was named before them.
    """

    keywords: frozenset[str]
    kinds: tuple[tuple[str, str], ...]
    before: tuple[lex.Token, ...]
    starts: bool = False
    group: tuple[str, ...] | None = None
    node: ast.Statement | None = None


def written(file: File, offset: int) -> list[lex.Token]:
    """The tokens of the sentence under way at `offset`, without the word that is being written; [] where one begins."""
    line = file.text.rfind("\n", 0, offset) + 1
    lead = file.text[line:offset]
    piece = file.at(offset)
    tokens = _before(piece, offset - piece.base)
    if not tokens and not lead.strip() and lead:  # an indented line goes on with the sentence above
        place = file.pieces.index(piece)
        above = file.pieces[place - 1] if place else piece
        tokens = [one for one in above.tokens if one.end + above.base <= line]
        if not tokens or len(lead.expandtabs(8)) <= len(tokens[0].indent.expandtabs(8)):
            return []
        while tokens and tokens[-1].kind == lex.NEWLINE:
            tokens.pop()
        return tokens
    last = next((n for n in range(len(tokens) - 1, -1, -1) if tokens[n].kind != lex.NEWLINE), -1)
    ends = tokens[last + 1 :]
    if ends:  # closed, if what is written now is on a line of its own, no deeper
        inner = _first(tokens[: last + 1])
        fresh = tokens[last].end + piece.base < line and len(lead.expandtabs(8)) <= len(inner.indent.expandtabs(8))
        tokens = tokens[: last + 1] + (ends[:1] if fresh or tokens[last].text == "}" else [])
    return tokens


def _before(piece: Piece, offset: int) -> list[lex.Token]:
    return [one for one in piece.tokens if one.end < offset or (one.end == offset and one.kind == lex.MARK)]


def _first(tokens: list[lex.Token]) -> lex.Token:
    """The first token of the inner sentence that ends with `tokens`."""
    depth = 0
    for n in range(len(tokens) - 1, 0, -1):
        before = tokens[n - 1]
        if tokens[n].kind == lex.MARK:
            depth += (tokens[n].text == "}") - (tokens[n].text == "{")
        if depth <= 0 and (before.kind == lex.NEWLINE or (before.kind == lex.MARK and before.text == "{")):
            return tokens[n]
    return tokens[0]


def expected(before: list[lex.Token], library: Library) -> Expected | None:
    """What may stand behind the tokens `before`; None where they cannot be read."""
    seconds = _second_words(before)
    stack = _after(before)
    while stack is None:
        inner = _without_fault(before)
        if inner is None:
            return Expected(seconds, (), tuple(before)) if seconds else None
        before = inner
        stack = _after(before)
    table = automaton()
    row = _terminals(table, stack)
    keywords = frozenset(table.texts[kind] for kind in row if kind in table.texts) | seconds
    if "WORD" not in row and "STRING" not in row:
        return Expected(keywords, (), tuple(before), not before)
    node = _completed(table, before, stack)
    kinds: tuple[tuple[str, str], ...] = ()
    if node is not None:
        found = [one for one in mentions_of(node, library) if BLANK in one.text]
        kinds = tuple(dict.fromkeys((one.kind, one.type) for one in found))
    return Expected(keywords, kinds, tuple(before), not before, _group(node), node)


def _second_words(before: list[lex.Token]) -> frozenset[str]:
    """What makes a keyword of two words with the last of `before`: `boundary` after `within`."""
    table = automaton()
    if not before or before[-1].text not in table.two_words:
        return frozenset()
    stack = _after(before[:-1])
    lead = f"{before[-1].text} "
    both = [text for text in table.keywords if text.startswith(lead)] if stack else []
    return frozenset(text[len(lead) :] for text in both if stack and _shift(table, stack, table.keywords[text]))


def _after(tokens: list[lex.Token]) -> tuple[int, ...] | None:
    """The states of the automaton behind `tokens`, read as `run` reads them; None where they do not begin a sentence."""
    table = automaton()
    stack: tuple[int, ...] | None = (table.start,)
    at = 0
    while at < len(tokens) and stack is not None:
        kind, width = terminal(table, table.states[stack[-1]], tokens, at)
        action = table.states[stack[-1]].get(kind)
        if action is not None and action < 0:
            stack = _reduced(table, stack, action)
            continue
        stack = None if action is None else (*stack, action)
        at += width
    return stack


def _shift(table: tables.Tables, stack: tuple[int, ...], kind: str) -> tuple[int, ...] | None:
    """The states after `kind`; None where it has no place."""
    while True:
        action = table.states[stack[-1]].get(kind)
        if action is None:
            return None
        if action >= 0:
            return (*stack, action)
        stack = _reduced(table, stack, action)


def _reduced(table: tables.Tables, stack: tuple[int, ...], action: int) -> tuple[int, ...]:
    """The states after the reduction `action`."""
    _, _, _, size, _, origin = table.rules[-1 - action]
    left = stack[: len(stack) - size]
    return (*left, table.states[left[-1]][origin])


def _terminals(table: tables.Tables, stack: tuple[int, ...]) -> frozenset[str]:
    """The terminals that really may follow: a state alone promises more."""
    row = table.states[stack[-1]]
    return frozenset(kind for kind in row if kind.isupper() and _shift(table, stack, kind) is not None)


def _without_fault(tokens: list[lex.Token]) -> list[lex.Token] | None:
    """`tokens` without their first inner sentence that cannot be read; None if it is the last, or there is none."""
    ends = [n for n, one in enumerate(tokens) if one.kind == lex.NEWLINE or (one.kind == lex.MARK and one.text == "{")]
    for start, end in zip(ends, ends[1:]):
        if tokens[end].kind == lex.NEWLINE and _after(tokens[: start + 1]) and not _after(tokens[: end + 1]):
            return tokens[: start + 1] + tokens[end + 1 :]
    return None


def _completed(table: tables.Tables, before: list[lex.Token], stack: tuple[int, ...]) -> ast.Statement | None:
    """The sentence with a blank at the place, and the fewest words behind it that make it whole."""
    for blank in (lex.WORD, lex.STRING):
        begun = _shift(table, stack, blank)
        behind = _shortest(table, begun) if begun else None
        if behind is not None:
            texts = {**table.texts, "WORD": "x", "NEWLINE": "\n", "STRING": '"x"'}
            kinds = {"WORD": lex.WORD, "NEWLINE": lex.NEWLINE, "STRING": lex.STRING}
            word = BLANK if blank == lex.WORD else f'"{BLANK}"'
            at = before[-1].end + 1 if before else 0
            made = [lex.Token(blank, word, at, at + len(word), "", False)]
            for kind in behind:
                text = texts[kind]
                of = kinds.get(kind, lex.WORD if text[0].isalpha() else lex.MARK)
                for part in text.split(" "):
                    at = made[-1].end + 1
                    made.append(lex.Token(of, part, at, at + len(part), "", False))
            line: ast.Line = run(table, Source("", ""), [*before, *made])
            return line.sentence
    return None


def _shortest(table: tables.Tables, stack: tuple[int, ...]) -> tuple[str, ...] | None:
    """The fewest terminals after which a sentence is whole."""
    queue: deque[tuple[tuple[int, ...], tuple[str, ...]]] = deque([(stack, ())])
    seen = {stack}
    for _ in range(MAX_STEPS):
        if not queue:
            return None
        states, path = queue.popleft()
        for kind in _FILLERS:
            moved = _shift(table, states, kind)
            if moved is None or moved in seen:
                continue
            if kind == "NEWLINE" and len(moved) == 3:  # start, sentence, NEWLINE
                return (*path, kind)
            seen.add(moved)
            queue.append((moved, (*path, kind)))
    return None


def _group(node: ast.Statement | None) -> tuple[str, ...] | None:
    """The words of the group with the blank, up to it; None where the blank is in none."""
    for group in _groups(node):
        texts = [word.text for word in group.words]
        if BLANK in texts:
            return tuple(texts[: texts.index(BLANK)])
    return None


def _groups(node: object) -> list[ast.Group]:
    if isinstance(node, ast.Group):
        return [node]
    found: list[ast.Group] = []
    for name in getattr(node, "__match_args__", ()):
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if not isinstance(item, (Span, ast.Word, str)):
                found += _groups(item)
    return found

"""Tree to tokens: words, clauses and conditions, of which sentences are made."""

from __future__ import annotations

from iamdsl.syntax import ast, lex
from iamdsl.syntax.lex import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class Writer:
    """Writes nodes as tokens, as the lexer would read them."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []

    # ---- words

    def token(self, kind: str, text: str) -> None:
        self.tokens.append(Token(kind, text, 0, 0, "", False))

    def say(self, *parts: str | ast.Word | Sequence[ast.Word]) -> None:
        """Write keywords and marks (a string, split at its spaces), a word, or words with commas between them."""
        for part in parts:
            if isinstance(part, str):
                for text in part.split():
                    self.token(lex.WORD if text[0].isalpha() else lex.MARK, text)
            elif isinstance(part, ast.Word):
                self.token(*((lex.STRING, f'"{part.text}"') if part.quoted else (lex.WORD, part.text)))
            else:
                self.listed(part, self.say)

    def words(self, words: Sequence[ast.Word]) -> None:
        for word in words:
            self.say(word)

    def listed(self, items: Sequence[Any], write: Callable[[Any], None]) -> None:
        """Write `items` with commas between them."""
        for n, item in enumerate(items):
            if n:
                self.token(lex.MARK, ",")
            write(item)

    def end(self) -> None:
        self.token(lex.NEWLINE, "\n")

    # ---- clauses and conditions

    def qualifiers(self, items: Sequence[ast.Qualifier], before_organization: bool = False) -> None:
        for n, item in enumerate(items):
            after = items[n + 1] if n + 1 < len(items) else None
            if isinstance(item, ast.If):
                self.say("unless" if item.negated else "if")
                parted = before_organization if after is None else is_organization(after)
                self.expression(item.expression, parted and is_open(item.expression))
            elif isinstance(item, ast.Except):
                self.say("except")
                self.groups(item.groups)
            elif isinstance(item, ast.TagClause):
                self.tag_clause(item)
            else:
                self.clause(item)

    def clause(self, node: ast.Clause) -> None:
        self.say(node.kind)
        if node.kind == "for":
            self.words(node.values)
        elif node.kind == "between":
            self.say(node.values[0], "and", node.values[1])
        else:
            self.say(node.values)
        if node.extra:
            self.say(_EXTRA[node.kind], node.extra[0])

    def tag_clause(self, node: ast.TagClause) -> None:
        self.say(node.kind)
        self.listed(node.tags, self.tag)

    def tag(self, tag: tuple[ast.Word, ast.Operand]) -> None:
        self.say(tag[0], "=")
        self.operand(tag[1])

    def operand(self, node: ast.Operand) -> None:
        if isinstance(node, ast.TagOf):
            self.say(node.thing, "tag", node.name)
        else:
            self.say(node)

    def expression(self, node: ast.Expression, grouped: bool = False) -> None:
        if grouped:
            self.say("(")
        if isinstance(node, ast.Or):
            self.joined(node.items, "or", ast.Or)
        elif isinstance(node, ast.And):
            self.joined(node.items, "and", ast.And | ast.Or)
        elif isinstance(node, ast.Not):
            self.say("not")
            self.expression(node.item, isinstance(node.item, ast.And | ast.Or))
        elif isinstance(node, ast.Compare):
            self.compare(node)
        elif isinstance(node, ast.TagClause):
            self.tag_clause(node)
        elif node.kind in ("with mfa", "with mfa within"):
            self.say(node.kind.removeprefix("with "), node.values)
        else:
            self.clause(node)
        if grouped:
            self.say(")")

    def joined(self, items: Sequence[ast.Expression], word: str, grouped: Any) -> None:
        for n, item in enumerate(items):
            if n:
                self.say(word)
            self.expression(item, isinstance(item, grouped))

    def compare(self, node: ast.Compare) -> None:
        self.say(node.quantifier)
        self.operand(node.key)
        if node.is_operator:
            self.token(lex.WORD, node.relation)
        else:
            self.say(node.relation)
        if node.relation in ("in", "not in") or len(node.values) > 1 or (node.is_operator and not node.values):
            self.say("[")
            self.listed(node.values, self.operand)
            self.say("]")
        elif node.values:
            self.operand(node.values[0])
        if node.ignoring_case:
            self.say("ignoring case")

    def groups(self, groups: Sequence[ast.Group]) -> None:
        """Verbs alone are joined by `and` to the one with a resource (`list, read and write bucket b`), all else by commas."""
        verbs = next((n for n, group in enumerate(groups) if len(group.words) > 1), 0)
        for n, group in enumerate(groups):
            begins_with_and = not group.words[0].quoted and group.words[0].text == "and"
            if n:
                self.say("and" if n == verbs or begins_with_and else ",")
            self.words(group.words)


def is_organization(node: ast.Trust | ast.Qualifier) -> bool:
    """Whether the text of `node` begins with `for organization`."""
    if isinstance(node, ast.Trust):
        return bool(node.trustees) and node.trustees[0].kind == "organization"
    first = node.values[0] if isinstance(node, ast.Clause) and node.kind == "for" else None
    return first is not None and not first.quoted and first.text == "organization"


def is_open(node: ast.Qualifier | ast.Expression) -> bool:
    """Whether the text of `node` ends with a `from service` that would take in a `for organization` behind it."""
    while isinstance(node, ast.Not | ast.And | ast.Or):
        node = node.item if isinstance(node, ast.Not) else node.items[-1]
    return isinstance(node, ast.Clause) and node.kind == "from service" and not node.extra


_EXTRA = {"from private ip": "in vpc", "from service": "for organization"}

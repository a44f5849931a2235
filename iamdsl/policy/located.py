"""JSON text to a tree that knows where everything stands: what validation reads.

Unlike `json`, it keeps the members of an object in their order, duplicates included, and places a syntax error on the
character that breaks the text.
"""

from __future__ import annotations

import re

from iamdsl.policy.forms import Form
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

DEPTH = 64  # AWS's own documents nest six deep; past this a text is no policy

_SPACE = re.compile(r"[ \t\n\r]*").match
_PLAIN = re.compile(r'"([^"\\\x00-\x1f]*)"').match
_STRING = Form(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_BROKEN = Form(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_NUMBER = Form(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = Form(r"[A-Za-z_][A-Za-z_0-9]*")
_WORDS = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}


class Node:
    """A JSON value and its place: offsets `start` to before `end`.

    `kind` is `object`, `array`, `string`, `number`, `boolean` or `null`. `value` is a list of Member, a list of Node, the
    text (of a number: as written), a bool or None.
    """

    __slots__ = ("kind", "value", "start", "end", "parent", "name")

    value: object

    def __init__(self, kind: str, value: object, start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end
        self.parent: Node | None = None
        self.name: str | int = ""

    @property
    def members(self) -> list[Member]:
        """The members of an object; none of anything else."""
        return self.value if self.kind == "object" else []  # type: ignore[return-value]

    @property
    def elements(self) -> list[Node]:
        """The elements of an array; the value itself if it is none."""
        return self.value if self.kind == "array" else [self]  # type: ignore[return-value]

    @property
    def text(self) -> str:
        """The text of a string, and what a condition compares a number or a boolean as."""
        if self.kind == "boolean":
            return "true" if self.value else "false"
        return self.value if isinstance(self.value, str) else ""

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) to the value."""
        parts: list[str] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            parts.append(str(node.name).replace("~", "~0").replace("/", "~1"))
            node = node.parent
        return "".join(f"/{part}" for part in reversed(parts))

    def span(self, path: str) -> Span:
        return Span(path, self.start, self.end)


class Member:
    """A member of an object; `start` to before `end` is the place of its key, quotes included."""

    __slots__ = ("key", "start", "end", "value")

    def __init__(self, key: str, start: int, end: int, value: Node) -> None:
        self.key = key
        self.start = start
        self.end = end
        self.value = value

    @property
    def pointer(self) -> str:
        return self.value.pointer

    def span(self, path: str) -> Span:
        return Span(path, self.start, self.end)


class Malformed(Exception):
    """The text is no JSON. `what` is wrong from offset `start` to before `end`; `cut`: deleting that range mends it."""

    def __init__(self, what: str, start: int, end: int, help: str = "", cut: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.start = start
        self.end = end
        self.help = help
        self.cut = cut


def locate(text: str) -> Node:
    """The value that `text` is. Raises Malformed."""
    at = _end(_SPACE(text, 0))
    if at == len(text):
        raise Malformed("there is nothing here", at, at, "write a policy document")
    found, at = _value(text, at, 0)
    at = _end(_SPACE(text, at))
    if at < len(text):
        raise Malformed("text after the end of the document", at, len(text.rstrip()), "keep one document in a file")
    return found


def tree(value: object, at: int = 0) -> Node:
    """The node of a JSON value that has no text: places are numbers that grow, and stand for nothing else."""
    if isinstance(value, dict):
        members: list[Member] = []
        node = Node("object", members, at, at)
        for key, inner in value.items():
            child = tree(inner, at + 1)
            child.parent, child.name = node, key
            members.append(Member(key, at + 1, at + 1, child))
            at = child.end
    elif isinstance(value, list):
        elements: list[Node] = []
        node = Node("array", elements, at, at)
        for number, inner in enumerate(value):
            child = tree(inner, at + 1)
            child.parent, child.name = node, number
            elements.append(child)
            at = child.end
    else:
        node = Node("string", str(value), at, at)
    node.end = at + 1
    return node


def _end(match: re.Match[str] | None) -> int:
    assert match is not None  # of a pattern that matches the empty text
    return match.end()


def _value(text: str, at: int, depth: int) -> tuple[Node, int]:
    """The value at offset `at`, where no white space stands, and the offset behind it."""
    first = text[at : at + 1]
    if first == '"':
        value, end = _string(text, at)
        return Node("string", value, at, end), end
    if first == "{" or first == "[":
        if depth == DEPTH:
            raise Malformed(f"nested more than {DEPTH} deep", at, at + 1, "a policy nests six deep")
        return _object(text, at, depth) if first == "{" else _array(text, at, depth)
    number = _NUMBER.match(text, at)
    if number:
        return Node("number", number.group(), at, number.end()), number.end()
    word = _WORD.match(text, at)
    if word and word.group() in _WORDS:
        kind, value_of = _WORDS[word.group()]
        return Node(kind, value_of, at, word.end()), word.end()
    _no_value(text, at)


def _string(text: str, at: int) -> tuple[str, int]:
    plain = _PLAIN(text, at)
    if plain:
        return plain.group(1), plain.end()
    whole = _STRING.match(text, at)
    if whole:
        from json import loads  # local: few policies have an escape

        value: str = loads(whole.group())
        return value, whole.end()
    stop = _end(_BROKEN.match(text, at))
    wrong = text[stop : stop + 1]
    if wrong == "\\":
        raise Malformed("an unknown escape", stop, min(stop + 2, len(text)), "a backslash is written twice: `\\\\`")
    if wrong in ("\n", "\r", ""):
        raise Malformed("this string is not closed", at, stop, 'close it with `"` on the same line')
    raise Malformed(f"the control character U+{ord(wrong):04X} in a string", stop, stop + 1, "write it as an escape")


def _object(text: str, at: int, depth: int) -> tuple[Node, int]:
    members: list[Member] = []
    node = Node("object", members, at, at)
    start = at
    at = _end(_SPACE(text, at + 1))
    comma = -1
    while True:
        if text[at : at + 1] == "}":
            if comma >= 0:
                raise Malformed("a comma before `}`", comma, comma + 1, "delete the comma", cut=True)
            node.end = at + 1
            return node, at + 1
        if text[at : at + 1] != '"':
            _no_key(text, at, start)
        key, end = _string(text, at)
        colon = _end(_SPACE(text, end))
        if text[colon : colon + 1] != ":":
            raise Malformed(f"no `:` after `{key}`", at, end, "write `:` and a value behind the name")
        value, after = _value(text, _end(_SPACE(text, colon + 1)), depth + 1)
        value.parent, value.name = node, key
        members.append(Member(key, at, end, value))
        at, comma = _separator(text, after, "}", start)


def _array(text: str, at: int, depth: int) -> tuple[Node, int]:
    elements: list[Node] = []
    node = Node("array", elements, at, at)
    start = at
    at = _end(_SPACE(text, at + 1))
    comma = -1
    while True:
        if text[at : at + 1] == "]":
            if comma >= 0:
                raise Malformed("a comma before `]`", comma, comma + 1, "delete the comma", cut=True)
            node.end = at + 1
            return node, at + 1
        value, after = _value(text, at, depth + 1)
        value.parent, value.name = node, len(elements)
        elements.append(value)
        at, comma = _separator(text, after, "]", start)


def _separator(text: str, after: int, close: str, start: int) -> tuple[int, int]:
    """The offset of what follows the member or element that ends at `after`, and of the comma before it or -1."""
    at = _end(_SPACE(text, after))
    if text[at : at + 1] == ",":
        return _end(_SPACE(text, at + 1)), at
    if text[at : at + 1] == close:
        return at, -1
    if at == len(text):
        raise Malformed(f"`{text[start]}` is not closed", start, start + 1, f"close it with `{close}`")
    if text[at] in "}]":
        raise Malformed(f"`{text[at]}` where `{close}` should close `{text[start]}`", at, at + 1)
    raise Malformed("no comma after this", max(after - 1, 0), after, f"separate with `,`, or close with `{close}`")


def _no_key(text: str, at: int, start: int) -> NoReturn:
    if at >= len(text):
        raise Malformed("`{` is not closed", start, start + 1, "close it with `}`")
    if text[at] == "'":
        raise Malformed("a name in single quotes", at, at + 1, "JSON has double quotes only")
    _comment(text, at)
    word = _WORD.match(text, at)
    if word:
        raise Malformed(
            f"`{word.group()}` is not in quotes", at, word.end(), 'write names in double quotes: `"Effect"`'
        )
    raise Malformed(f"no name here but `{text[at]}`", at, at + 1, 'write `"name": value`')


def _no_value(text: str, at: int) -> NoReturn:
    if at >= len(text):
        raise Malformed("the text ends where a value should be", max(at - 1, 0), at)
    if text[at] == "'":
        raise Malformed("a value in single quotes", at, at + 1, "JSON has double quotes only")
    _comment(text, at)
    word = _WORD.match(text, at)
    if word:
        known = {"True": "true", "False": "false", "None": "null", "nil": "null"}.get(word.group())
        help = f"JSON spells it `{known}`" if known else "write text in double quotes"
        raise Malformed(f"`{word.group()}` is no value", at, word.end(), help)
    raise Malformed(f"no value here but `{text[at]}`", at, at + 1, 'a value is text in `"`, a list or an object')


def _comment(text: str, at: int) -> None:
    if text.startswith(("//", "/*", "#"), at):
        raise Malformed("a comment", at, at + 2, "JSON has no comments: say it in a `Sid`")

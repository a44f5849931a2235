"""Terraform's own text to located values: the body of a `jsonencode(...)`, objects, blocks.

HCL native syntax specification, as far as policies need it: what is computed elsewhere is not evaluated, but stands in the
value between `OPEN` and `CLOSE`, as it is written.
"""

from __future__ import annotations

import re

from iamdsl.policy.forms import Form
from iamdsl.policy.located import DEPTH, Malformed, Member, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

OPEN, CLOSE = "\ue000", "\ue001"  # of the private use area, which no policy has

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL).match
_IDENT = Form(r"[A-Za-z_][\w-]*")
_NUMBER = Form(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEREDOC = Form(r"<<(-?)([A-Za-z_][\w-]*)[ \t]*\r?\n")
_PLAIN = Form(r"[^\"\\$%\n]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}
_THROUGH = (
    "jsonencode",
    "jsondecode",
    "tolist",
    "toset",
    "trimspace",
    "chomp",
)  # functions that leave a policy what it is


def parse(text: str) -> Node:
    """The value, or the body of blocks and attributes, that `text` is. Raises Malformed."""
    reader = _Reader(text)
    at = reader.space(0)
    if at == len(text):
        raise Malformed("there is nothing here", at, at)
    name = _IDENT.match(text, at)
    after = reader.space(name.end()) if name else at
    if name and text[after : after + 1] in ("=", '"', "{") and not text.startswith("==", after):
        node, at = reader.body(at, "", 0)
    else:
        node, at = reader.value(at, 0)
    at = reader.space(at)
    if at < len(text):
        raise Malformed("text after the end of the value", at, len(text.rstrip()))
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def space(self, at: int) -> int:
        found = _SPACE(self.text, at)
        assert found is not None  # of a pattern that matches the empty text
        return found.end()

    def fail(self, what: str, at: int, help: str = "") -> NoReturn:
        raise Malformed(what, min(at, max(len(self.text) - 1, 0)), min(at + 1, len(self.text)), help)

    # ---- blocks

    def body(self, at: int, close: str, depth: int) -> tuple[Node, int]:
        """Attributes and blocks up to `close`. A block is a member of its name, its labels joined with dots behind it."""
        members: list[Member] = []
        node = Node("object", members, at, at)
        while True:
            at = self.space(at)
            if self.text[at : at + 1] == close or (not close and at == len(self.text)):
                node.end = at + len(close)
                return node, node.end
            if at == len(self.text):
                self.fail("`{` is not closed", node.start, "close it with `}`")
            name = _IDENT.match(self.text, at)
            if not name:
                self.fail(f"no name here but `{self.text[at]}`", at)
            key, start, at = name.group(), at, self.space(name.end())
            if self.text[at : at + 1] == "=":
                value, at = self.value(self.space(at + 1), depth)
            else:
                key, at = self.labels(key, at)
                if self.text[at : at + 1] != "{":
                    self.fail(f"no `=` and no `{{` after `{key}`", at)
                if depth == DEPTH:
                    self.fail(f"nested more than {DEPTH} deep", at)
                value, at = self.body(at + 1, "}", depth + 1)
                value.start = start
            self.add(node, members, key, start, value)

    def labels(self, key: str, at: int) -> tuple[str, int]:
        while self.text[at : at + 1] == '"':
            label, at = self.string(at)
            key, at = f"{key}.{label.text}", self.space(at)
        return key, at

    def add(self, node: Node, members: list[Member], key: str, start: int, value: Node) -> None:
        value.parent, value.name = node, key
        members.append(Member(key, start, start + len(key), value))

    # ---- values

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        first = self.text[at : at + 1]
        if not first:
            self.fail("the text ends where a value should be", at - 1)
        if depth == DEPTH:
            self.fail(f"nested more than {DEPTH} deep", at)
        if first == "{":
            found, end = self.object(at, depth)
        elif first == "[":
            found, end = self.array(at, depth)
        elif first == '"':
            found, end = self.string(at)
        elif heredoc := _HEREDOC.match(self.text, at):
            found, end = self.heredoc(at, heredoc.end(), heredoc[2], bool(heredoc[1]))
        elif number := _NUMBER.match(self.text, at):
            found, end = Node("number", number.group(), at, number.end()), number.end()
        else:
            return self.expression(at, depth)
        after = self.blank(end)
        if self.ends(after):
            return found, end
        return self.reference(at, after)

    def blank(self, at: int) -> int:
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        return at

    def ends(self, at: int) -> bool:
        """Whether an expression ends here."""
        return at >= len(self.text) or self.text[at] in ",)]}\r\n=:#" or self.text.startswith(("//", "/*"), at)

    def expression(self, at: int, depth: int) -> tuple[Node, int]:
        """A word, a call that leaves its argument what it is, or anything else, which is a reference."""
        name = _IDENT.match(self.text, at)
        if not name:
            if self.text[at] in "(!-":
                return self.reference(at, at)
            self.fail(
                f"no value here but `{self.text[at]}`", at, 'a value is text in `"`, a list, an object or a reference'
            )
        end = name.end()
        if name.group() in _WORDS and self.ends(self.blank(end)):
            kind, value = _WORDS[name.group()]
            return Node(kind, value, at, end), end
        if name.group() in _THROUGH and self.text[end : end + 1] == "(":
            found, inner = self.value(self.space(end + 1), depth + 1)
            inner = self.space(inner)
            if self.text[inner : inner + 1] == ",":
                inner = self.space(inner + 1)
            if self.text[inner : inner + 1] == ")" and self.ends(self.blank(inner + 1)):
                return found, inner + 1
        return self.reference(at, at)

    def reference(self, start: int, at: int) -> tuple[Node, int]:
        """An expression that is computed elsewhere, up to where it ends outside of all brackets."""
        opened: list[int] = []
        while at < len(self.text):
            mark = self.text[at]
            if mark == '"':
                _, at = self.string(at)
                continue
            if mark in "([{":
                opened.append(at)
            elif mark in ")]}":
                if not opened:
                    break
                opened.pop()
            elif not opened and (mark in ",\r\n#" or self.text.startswith("//", at)):
                break
            at += 1
        if opened:
            self.fail(f"`{self.text[opened[-1]]}` is not closed", opened[-1])
        written = " ".join(self.text[start:at].split())
        end = start + len(self.text[start:at].rstrip())
        return Node("string", f"{OPEN}{written}{CLOSE}", start, end), end

    def object(self, at: int, depth: int) -> tuple[Node, int]:
        members: list[Member] = []
        node = Node("object", members, at, at)
        at = self.space(at + 1)
        while self.text[at : at + 1] != "}":
            start = at
            if self.text[at : at + 1] == '"':
                text, at = self.string(at)
                key = text.text
            elif name := _IDENT.match(self.text, at):
                key, at = name.group(), name.end()
            elif self.text[at : at + 1] == "(":
                text, at = self.reference(at + 1, at + 1)
                key, at = text.text, at + 1
            elif at >= len(self.text):
                self.fail("`{` is not closed", node.start, "close it with `}`")
            else:
                self.fail(f"no name here but `{self.text[at]}`", at, "write `name = value`")
            at = self.space(at)
            if self.text[at : at + 1] not in ("=", ":"):
                self.fail(f"no `=` after `{key}`", min(at, len(self.text) - 1), "write `=` and a value behind the name")
            value, at = self.value(self.space(at + 1), depth + 1)
            self.add(node, members, key, start, value)
            at = self.space(at)
            if self.text[at : at + 1] == ",":
                at = self.space(at + 1)
        node.end = at + 1
        return node, at + 1

    def array(self, at: int, depth: int) -> tuple[Node, int]:
        elements: list[Node] = []
        node = Node("array", elements, at, at)
        at = self.space(at + 1)
        while self.text[at : at + 1] != "]":
            if at >= len(self.text):
                self.fail("`[` is not closed", node.start, "close it with `]`")
            value, at = self.value(at, depth + 1)
            value.parent, value.name = node, len(elements)
            elements.append(value)
            at = self.space(at)
            if self.text[at : at + 1] == ",":
                at = self.space(at + 1)
            elif self.text[at : at + 1] != "]":
                self.fail("no comma after this", at - 1 if at else at, "separate with `,`, or close with `]`")
        node.end = at + 1
        return node, at + 1

    # ---- text

    def string(self, at: int) -> tuple[Node, int]:
        start = at
        parts: list[str] = []
        at += 1
        while True:
            mark = self.text[at : at + 1]
            if mark == '"':
                return Node("string", "".join(parts), start, at + 1), at + 1
            if mark in ("", "\n"):
                self.fail("this string is not closed", start, 'close it with `"` on the same line')
            if plain := _PLAIN.match(self.text, at):
                parts.append(plain.group())
                at = plain.end()
            elif mark == "\\":
                part, at = self.escape(at)
                parts.append(part)
            else:
                part, at = self.template(at)
                parts.append(part)

    def escape(self, at: int) -> tuple[str, int]:
        sign = self.text[at + 1 : at + 2]
        if sign in _ESCAPES:
            return _ESCAPES[sign], at + 2
        width = {"u": 4, "U": 8}.get(sign, 0)
        digits = self.text[at + 2 : at + 2 + width]
        try:
            if width and len(digits) == width:
                return chr(int(digits, 16)), at + 2 + width
        except (ValueError, OverflowError):
            pass
        self.fail("an unknown escape", at, "a backslash is written twice: `\\\\`")

    def template(self, at: int) -> tuple[str, int]:
        """What a `$` or `%` in a text begins: `$${` is the text `${`, `${...}` a reference."""
        mark = self.text[at]
        if self.text.startswith(f"{mark}{mark}{{", at):
            return f"{mark}{{", at + 3
        if not self.text.startswith(f"{mark}{{", at):
            return mark, at + 1
        depth, end = 1, at + 2
        while depth:
            sign = self.text[end : end + 1]
            if not sign:
                self.fail(f"`{mark}{{` is not closed", at, "close it with `}`")
            if sign == '"':
                _, end = self.string(end)
                continue
            depth += (sign == "{") - (sign == "}")
            end += 1
        written = " ".join(self.text[at + 2 : end - 1].strip("~ \n\t").split())
        return f"{OPEN}{written}{CLOSE}", end

    def heredoc(self, start: int, at: int, word: str, indented: bool) -> tuple[Node, int]:
        lines: list[str] = []
        while True:
            end = self.text.find("\n", at)
            line = self.text[at : end if end >= 0 else len(self.text)]
            if line.strip() == word:
                break
            if end < 0:
                self.fail(f"this text is not closed by `{word}`", start)
            lines.append(line)
            at = end + 1
        cut = min([len(one) - len(one.lstrip()) for one in lines if one.strip()], default=0) if indented else 0
        text = "".join([f"{one[cut:]}\n" for one in lines])
        parts: list[str] = []
        inner = _Reader(text)
        place = 0
        for found in re.finditer(r"[$%]{1,2}\{", text):
            if found.start() < place:
                continue
            part, end_of = inner.template(found.start())
            parts += [text[place : found.start()], part]
            place = end_of
        parts.append(text[place:])
        return Node("string", "".join(parts), start, at + len(line)), at + len(line)

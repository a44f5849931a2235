"""YAML to located values, with the short forms of CloudFormation (`!Sub`, `!GetAtt`) as the objects that they stand for.

Needs PyYAML, which is not part of a plain installation.
"""

from __future__ import annotations

from iamdsl.policy.located import DEPTH, Malformed, Member, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_NODES = 2_000_000  # an alias repeats what it names: text of a few lines can stand for more than any memory holds


class NoYaml(Exception):
    """PyYAML is not installed."""


def parse(text: str) -> Node:
    """The value that `text` is. Raises Malformed, and NoYaml."""
    try:
        import yaml  # local: an extra, and 20 ms
    except ImportError:
        raise NoYaml from None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        composed = yaml.compose(text, loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        at = min(mark.index, len(text)) if mark else 0
        raise Malformed(
            str(fault.problem or fault.context or "it cannot be read"), at, min(at + 1, len(text))
        ) from None
    except yaml.reader.ReaderError as fault:
        at = text.find(chr(fault.character)) if isinstance(fault.character, int) else 0
        raise Malformed("a character that YAML does not allow", max(at, 0), max(at, 0) + 1) from None
    except yaml.YAMLError as fault:
        raise Malformed(" ".join(str(fault).split()), 0, 1) from None
    except (RecursionError, ValueError):
        raise Malformed("it is nested too deep", 0, 1) from None
    if composed is None:
        raise Malformed("there is nothing here", 0, 0)
    return _Maker(yaml).node(composed, 0)


_SCALARS = {"int": "number", "float": "number", "bool": "boolean", "null": "null"}


class _Maker:
    def __init__(self, yaml: Any) -> None:
        self.yaml = yaml
        self.count = 0
        self.resolver = yaml.SafeLoader("")

    def node(self, given: Any, depth: int) -> Node:
        start, end = given.start_mark.index, given.end_mark.index
        self.count += 1
        if depth > DEPTH or self.count > MOST_NODES:
            raise Malformed("it is nested too deep, or its aliases repeat too much", start, end)
        tag = str(given.tag)
        if tag.startswith("!") and not tag.startswith("tag:"):
            return self.short(given, tag, depth)
        return self.plain(given, depth)

    def plain(self, given: Any, depth: int) -> Node:
        start, end = given.start_mark.index, given.end_mark.index
        if isinstance(given, self.yaml.MappingNode):
            return self.mapping(given, depth)
        if isinstance(given, self.yaml.SequenceNode):
            elements: list[Node] = []
            found = Node("array", elements, start, end)
            for inner in given.value:
                child = self.node(inner, depth + 1)
                child.parent, child.name = found, len(elements)
                elements.append(child)
            return found
        return self.scalar(given)

    def mapping(self, given: Any, depth: int) -> Node:
        members: list[Member] = []
        found = Node("object", members, given.start_mark.index, given.end_mark.index)
        for key, inner in given.value:
            if not isinstance(key, self.yaml.ScalarNode):
                raise Malformed("a name that is no text", key.start_mark.index, key.end_mark.index)
            if key.tag.endswith(":merge"):
                raise Malformed("`<<` is no part of CloudFormation", key.start_mark.index, key.end_mark.index)
            child = self.node(inner, depth + 1)
            child.parent, child.name = found, str(key.value)
            members.append(Member(str(key.value), key.start_mark.index, key.end_mark.index, child))
        return found

    def scalar(self, given: Any) -> Node:
        start, end = given.start_mark.index, given.end_mark.index
        kind = _SCALARS.get(str(given.tag).rpartition(":")[2], "string")
        value: object = str(given.value)
        if kind == "boolean":
            value = str(given.value).lower() in ("true", "yes", "on")
        elif kind == "null":
            value = None
        return Node(kind, value, start, end)  # dates stay texts, as `Version: 2012-10-17` is meant

    def short(self, given: Any, tag: str, depth: int) -> Node:
        """`!Ref X` is `{"Ref": X}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`, any other `!F X` is `{"Fn::F": X}`."""
        name = tag[1:]
        if isinstance(given, self.yaml.ScalarNode):
            start, end = given.start_mark.index, given.end_mark.index
            inner = Node("string", str(given.value), start, end)
            if name == "GetAtt" and "." in str(given.value):
                parts = [Node("string", part, start, end) for part in str(given.value).split(".", 1)]
                inner = Node("array", parts, start, end)
                for number, part in enumerate(parts):
                    part.parent, part.name = inner, number
        else:
            inner = self.plain(given, depth + 1)
        key = name if name in ("Ref", "Condition") else f"Fn::{name}"
        found = Node("object", [], given.start_mark.index, given.end_mark.index)
        inner.parent, inner.name = found, key
        found.members.append(Member(key, found.start, found.end, inner))
        return found

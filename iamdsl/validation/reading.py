"""A document as the checks see it: located JSON, read tolerantly, each thing beside the node that says it."""

from __future__ import annotations

from iamdsl.policy.located import Member, Node
from iamdsl.policy.operators import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY_ELEMENTS = ("Version", "Id", "Statement")
ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPALS = ("AWS", "CanonicalUser", "Federated", "Service")
QUALIFIERS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
_OPERATORS = {name.lower(): name for name in NAMES}
_FOLDED = {name.lower(): name for name in (*POLICY_ELEMENTS, *ELEMENTS)}


class Principal:
    """One value of `Principal` or `NotPrincipal`. `kind` is one of PRINCIPALS, or `*` where the element is the text `*`."""

    __slots__ = ("kind", "text", "node")

    def __init__(self, kind: str, text: str, node: Node) -> None:
        self.kind = kind
        self.text = text
        self.node = node

    @property
    def everyone(self) -> bool:
        return self.text == "*" and self.kind in ("*", "AWS")


class Test:
    """One key under one operator. `base` is the operator without qualifier and `IfExists`, in AWS's spelling; "" if unknown.

    `values` are the nodes compared with.
    """

    __slots__ = ("operator", "block", "qualifier", "base", "if_exists", "key", "member", "values")

    def __init__(self, block: Member, member: Member) -> None:
        self.operator = block.key
        self.block = block
        self.qualifier, self.base, self.if_exists = operator_parts(block.key)
        self.key = member.key.lower()
        self.member = member
        self.values = member.value.elements

    @property
    def texts(self) -> list[str]:
        return [value.text for value in self.values]

    @property
    def negated(self) -> bool:
        """Whether the operator is the negation of another, so that it holds where the key is absent."""
        return "Not" in self.base

    @property
    def like(self) -> bool:
        """Whether wildcards count."""
        return self.base.endswith("Like") or self.base.startswith("Arn")

    @property
    def family(self) -> str:
        """`String`, `Numeric`, `Date`, `Bool`, `Binary`, `Ip`, `Arn`, `Null` or ""."""
        for name in ("String", "Numeric", "Date", "Bool", "Binary", "Arn", "Null"):
            if self.base.startswith(name):
                return name
        return "Ip" if self.base.endswith("IpAddress") else ""


def operator_parts(operator: str) -> tuple[str, str, bool]:
    """Qualifier, base and whether `IfExists` follows. AWS takes operators in any case."""
    first, colon, rest = operator.partition(":")
    qualifier = QUALIFIERS.get(first.lower(), "") if colon else ""
    name = (rest if qualifier else operator).lower()
    if_exists = name.endswith("ifexists")
    return qualifier, _OPERATORS.get(name.removesuffix("ifexists"), ""), if_exists


class Statement:
    """One statement. Lists hold the nodes of text values; `negated_...`: the element is the Not form.

    `conditions`: what the tests say, to compare with other statements. `exact` and `globs` are the actions in lower case, without and with wildcards.
    """

    __slots__ = (
        "node",
        "index",
        "elements",
        "effect",
        "actions",
        "exact",
        "globs",
        "negated_actions",
        "resources",
        "negated_resources",
        "principals",
        "negated_principals",
        "tests",
        "conditions",
    )

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self.elements: dict[str, Member] = {}
        for member in node.members:
            name = _FOLDED.get(member.key.lower(), member.key)
            self.elements[name] = member
        effect = self.elements.get("Effect")
        text = effect.value.text.capitalize() if effect else ""
        self.effect = text if text in ("Allow", "Deny") else ""
        self.negated_actions = "Action" not in self.elements and "NotAction" in self.elements
        self.actions = self._values("NotAction" if self.negated_actions else "Action")
        folded = [node.text.lower() for node in self.actions]
        self.exact = frozenset([one for one in folded if "*" not in one and "?" not in one])
        self.globs = tuple([one for one in folded if one not in self.exact])
        self.negated_resources = "Resource" not in self.elements and "NotResource" in self.elements
        self.resources = self._values("NotResource" if self.negated_resources else "Resource")
        self.negated_principals = "Principal" not in self.elements and "NotPrincipal" in self.elements
        self.principals = tuple(self._principals("NotPrincipal" if self.negated_principals else "Principal"))
        self.tests = tuple(self._tests())
        self.conditions = frozenset([(one.operator.lower(), one.key, frozenset(one.texts)) for one in self.tests])

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def denies(self) -> bool:
        return self.effect == "Deny"

    def place(self, name: str) -> Member | Node:
        """The element `name`, or the statement where it has none."""
        return self.elements.get(name) or self.node

    @property
    def action_place(self) -> Member | Node:
        return self.place("NotAction" if self.negated_actions else "Action")

    @property
    def resource_place(self) -> Member | Node:
        return self.place("NotResource" if self.negated_resources else "Resource")

    @property
    def principal_place(self) -> Member | Node:
        return self.place("NotPrincipal" if self.negated_principals else "Principal")

    @property
    def all_resources(self) -> bool:
        """Whether `Resource` is (among others) everything."""
        return not self.negated_resources and any(not one.text.strip("*") for one in self.resources)

    def testing(self, *keys: str) -> list[Test]:
        """The tests of the keys, given in lower case; a key that ends in `/` stands for all that begin so."""
        return [
            test
            for test in self.tests
            if test.key in keys or any(key.endswith("/") and test.key.startswith(key) for key in keys)
        ]

    def _values(self, name: str) -> list[Node]:
        member = self.elements.get(name)
        return [one for one in member.value.elements if one.kind == "string"] if member else []

    def _principals(self, name: str) -> Iterator[Principal]:
        member = self.elements.get(name)
        if not member:
            return
        if member.value.kind == "string":
            yield Principal("*", member.value.text, member.value)
        folded = {kind.lower(): kind for kind in PRINCIPALS}
        for inner in member.value.members:
            kind = folded.get(inner.key.lower(), inner.key)
            for one in inner.value.elements:
                if one.kind == "string":
                    yield Principal(kind, one.text, one)

    def _tests(self) -> Iterator[Test]:
        member = self.elements.get("Condition")
        for block in member.value.members if member else ():
            for inner in block.value.members:
                yield Test(block, inner)


class Policy:
    """A document: `root` is an object, `statements` those of its statements that are objects."""

    __slots__ = ("root", "elements", "statements", "version")

    def __init__(self, root: Node) -> None:
        self.root = root
        self.elements = {_FOLDED.get(one.key.lower(), one.key): one for one in root.members}
        listed = self.elements.get("Statement")
        nodes = listed.value.elements if listed else []
        self.statements = tuple([Statement(node, index) for index, node in enumerate(nodes) if node.kind == "object"])
        version = self.elements.get("Version")
        self.version = version.value.text if version else ""


class Paper:
    """A document of a set, by its `path`."""

    __slots__ = ("path", "policy")

    def __init__(self, path: str, policy: Policy) -> None:
        self.path = path
        self.policy = policy

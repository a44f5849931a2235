"""CloudFormation's functions: what a template says to what it comes to, with marks for what is not known before it is made.

CloudFormation user guide, "Intrinsic function reference" and "Pseudo parameters reference".
"""

from __future__ import annotations

import re

from iamdsl.adopt.marks import ARNS, Marks
from iamdsl.adopt.reading import Reader
from iamdsl.diagnostics import Report
from iamdsl.policy.located import DEPTH, Member, Node
from iamdsl.source import Source

_HOLE = re.compile(r"\$\{([^}]*)\}")
# what a template calls a thing's own name, by its type
NAMES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Events::EventBus": "Name",
}
# types whose `Ref` is the ARN; that of all others is the name or id
_BY_ARN = (
    "AWS::SNS::Topic",
    "AWS::IAM::ManagedPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
)
OWN_NAMES = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy")
_CONDITIONAL = ("Fn::If", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals")


class Unresolvable(Exception):
    """A value hangs on what only CloudFormation can decide; `node` says it."""

    def __init__(self, node: Node, why: str) -> None:
        super().__init__(why)
        self.node = node


class Template(Reader):
    """The values of a template. `marks` gives out what stands for unknown ones."""

    def __init__(self, source: Source, root: Node, marks: Marks, report: Report) -> None:
        super().__init__(source, report)
        self.marks = marks
        self.parameters = self.section(root, "Parameters")
        self.mappings = self.section(root, "Mappings")
        self.resources = self.section(root, "Resources")
        self.within: list[str] = []

    def section(self, root: Node, name: str) -> dict[str, Node]:
        found = self.member(root, name)
        return {one.key: one.value for one in found.members} if found else {}

    def type(self, logical: str) -> str:
        node = self.resources.get(logical)
        found = self.member(node, "Type") if node else None
        return found.text if found else ""

    # ---- values

    def value(self, node: Node, depth: int = 0) -> Node:
        """`node` with every function in it worked out. Raises Unresolvable."""
        if depth > DEPTH:
            raise Unresolvable(node, "it is nested too deep")
        if node.kind == "array":
            items = [self.value(one, depth + 1) for one in node.elements]
            return self.joined(
                node, "array", [one for one in items if not (one.kind == "null" and one.name == "AWS::NoValue")]
            )
        if node.kind != "object":
            return node
        if len(node.members) == 1 and (node.members[0].key == "Ref" or node.members[0].key.startswith("Fn::")):
            return self.function(node, node.members[0].key, node.members[0].value, depth)
        made = Node("object", [], node.start, node.end)
        made.parent, made.name = node.parent, node.name
        for member in node.members:
            inner = self.value(member.value, depth + 1)
            if inner.kind == "null" and inner.name == "AWS::NoValue":
                continue
            inner.parent, inner.name = made, member.key
            made.members.append(Member(member.key, member.start, member.end, inner))
        return made

    def text_of(self, node: Node, depth: int = 0) -> str:
        found = self.value(node, depth)
        if found.kind not in ("string", "number", "boolean"):
            raise Unresolvable(node, "it is not a text")
        return found.text

    def joined(self, like: Node, kind: str, items: list[Node]) -> Node:
        made = Node(kind, items, like.start, like.end)
        made.parent, made.name = like.parent, like.name
        for number, one in enumerate(items):
            one.parent, one.name = made, number
        return made

    def said(self, like: Node, text: str) -> Node:
        made = Node("string", text, like.start, like.end)
        made.parent, made.name = like.parent, like.name
        return made

    def function(self, node: Node, name: str, given: Node, depth: int) -> Node:
        self.marks.place = self.place(node)
        if name == "Ref":
            return self.ref(node, given.text)
        if name == "Fn::GetAtt":
            parts = (
                [self.text_of(one, depth + 1) for one in given.elements]
                if given.kind == "array"
                else given.text.split(".", 1)
            )
            if len(parts) < 2:
                raise Unresolvable(node, "`Fn::GetAtt` takes the name of a resource and of an attribute")
            return self.said(node, self.attribute(node, parts[0], ".".join(parts[1:])))
        if name == "Fn::Sub":
            return self.said(node, self.sub(node, given, depth))
        if name == "Fn::Join":
            return self.said(node, self.join(node, given, depth))
        if name in ("Fn::Select", "Fn::Split", "Fn::FindInMap"):
            return self.picked(node, name, given, depth)
        if name == "Fn::ImportValue":
            written = self.text_of(given, depth + 1)
            return self.said(node, self.marks.name(written, f"ImportValue {written}"))
        if name in _CONDITIONAL:
            raise Unresolvable(node, f"`{name}` is decided when the stack is made")
        raise Unresolvable(node, f"`{name}` is decided when the stack is made")

    def ref(self, node: Node, name: str) -> Node:
        pseudo = {"AWS::Partition": self.marks.partition, "AWS::URLSuffix": "amazonaws.com"}
        if name == "AWS::NoValue":
            nothing = Node("null", None, node.start, node.end)
            nothing.name = name
            return nothing
        if name in pseudo:
            return self.said(node, pseudo[name])
        if name == "AWS::AccountId":
            return self.said(node, self.marks.account())
        if name == "AWS::Region":
            return self.said(node, self.marks.region())
        if name in self.parameters:
            return self.parameter(node, name)
        type = self.type(name)
        if name in self.resources:
            own = self.own_name(name)
            arn = self.marks.arn(type, own) if type in _BY_ARN else ""
            return self.said(node, arn or own)
        return self.said(node, self.marks.name(name, f"Ref {name}"))

    def parameter(self, node: Node, name: str) -> Node:
        default = self.member(self.parameters[name], "Default")
        value = default.text if default else ""
        type = self.text(self.parameters[name], "Type", default="String")
        if type in ("CommaDelimitedList", "List<String>") and default:
            return self.joined(node, "array", [self.said(node, one.strip()) for one in value.split(",")])
        return self.said(node, self.marks.name(name, f"parameter {name}", value))

    def own_name(self, logical: str) -> str:
        """The name of a resource: as the template says it, else what stands for the one that CloudFormation makes up."""
        type = self.type(logical)
        properties = self.member(self.resources[logical], "Properties")
        named = self.member(properties, NAMES[type]) if properties and type in NAMES else None
        if named is not None and logical not in self.within:
            self.within.append(logical)
            try:
                return self.text_of(named)
            finally:
                self.within.pop()
        if type in OWN_NAMES:
            return logical
        return self.marks.name(logical, f"{logical} ({type})")

    def attribute(self, node: Node, logical: str, attribute: str) -> str:
        type = self.type(logical)
        if type in ARNS and (attribute == "Arn" or (attribute, type) == ("TopicArn", "AWS::SNS::Topic")):
            path = self.path(logical) if type in OWN_NAMES else ""
            return self.marks.arn(type, path + self.own_name(logical))
        meaning = f"{logical}.{attribute}"
        if attribute.endswith("Arn"):
            return self.marks.whole(meaning, f"GetAtt {meaning}")
        return self.marks.name(meaning, f"GetAtt {meaning}")

    def path(self, logical: str) -> str:
        properties = self.member(self.resources[logical], "Properties")
        path = self.member(properties, "Path") if properties else None
        return self.text_of(path)[1:] if path else ""

    def sub(self, node: Node, given: Node, depth: int) -> str:
        own: dict[str, str] = {}
        text = given
        if given.kind == "array" and len(given.elements) == 2:
            text = given.elements[0]
            own = {one.key: self.text_of(one.value, depth + 1) for one in given.elements[1].members}
        if text.kind != "string":
            raise Unresolvable(node, "`Fn::Sub` takes a text")

        def hole(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"  # meant as it stands
            if name in own:
                return own[name]
            if "." in name:
                logical, _, attribute = name.partition(".")
                return self.attribute(node, logical, attribute)
            return self.ref(node, name).text

        return _HOLE.sub(hole, text.text)

    def join(self, node: Node, given: Node, depth: int) -> str:
        if given.kind != "array" or len(given.elements) != 2:
            raise Unresolvable(node, "`Fn::Join` takes a separator and a list")
        parts = self.value(given.elements[1], depth + 1)
        return given.elements[0].text.join([self.text_of(one, depth + 1) for one in parts.elements])

    def picked(self, node: Node, name: str, given: Node, depth: int) -> Node:
        items = given.elements if given.kind == "array" else []
        if name == "Fn::FindInMap" and len(items) >= 3:
            found: Node | None = self.mappings.get(self.text_of(items[0], depth + 1))
            for one in items[1:3]:
                found = self.member(found, self.text_of(one, depth + 1)) if found else None
            if found is not None:
                return self.value(found, depth + 1)
            return self.said(node, self.marks.name("map", "FindInMap " + " ".join([one.text for one in items[:3]])))
        if name == "Fn::Split" and len(items) == 2:
            texts = self.text_of(items[1], depth + 1).split(self.text_of(items[0], depth + 1) or ",")
            return self.joined(node, "array", [self.said(node, one) for one in texts])
        if name == "Fn::Select" and len(items) == 2:
            listed = self.value(items[1], depth + 1)
            number = self.text_of(items[0], depth + 1)
            if listed.kind == "array" and number.isdigit() and int(number) < len(listed.elements):
                return listed.elements[int(number)]
        raise Unresolvable(node, f"`{name}` is decided when the stack is made")

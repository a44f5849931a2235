"""Stacks as CloudFormation templates: one `template.json` each.

`Fn::Sub` stands only where a text holds something that CloudFormation fills in: there a policy variable is `${!aws:username}`,
and plain `${aws:username}` everywhere else.
"""

from __future__ import annotations

import re

from iamdsl import target_rules as rules
from iamdsl.compiler import Compilation
from iamdsl.compiler.bindings import Resource
from iamdsl.compiler.document import Output
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.references import Part
from iamdsl.diagnostics import Report
from iamdsl.emit import stacks, tree
from iamdsl.emit.filling import Arguments, Permission, Texts, permissions
from iamdsl.emit.stacks import Member, Policy, Stack
from iamdsl.policy import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from iamdsl.source import Span

FILE = "template.json"
NOTE = "made by iamdsl: change the program, not this file"
MOST, LARGEST = (
    500,
    1_000_000,
)  # CloudFormation user guide, "Understand CloudFormation quotas": resources, bytes of a template
_PSEUDO = {"account": "AWS::AccountId", "region": "AWS::Region", "partition": "AWS::Partition"}
_HOLE = re.compile(r"\$\{(\w+)\}")
_PERMISSION = {
    "aws:sourcearn": "SourceArn",
    "aws:sourceaccount": "SourceAccount",
    "aws:principalorgid": "PrincipalOrgID",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
    "lambda:eventsourcetoken": "EventSourceToken",
}


def cloudformation(made: Compilation, report: Report) -> dict[str, Any]:
    """Path → JSON value of each template; findings for what CloudFormation cannot say."""
    return {f"{one.folder}{FILE}": _Template(one, made, report).value() for one in stacks.stacks(made, report)}


class _Template:
    def __init__(self, stack: Stack, made: Compilation, report: Report) -> None:
        self.stack = stack
        self.made = made
        self.report = report
        self.texts = Texts(made)
        self.arguments = Arguments("cloudformation", made)
        self.parameters: dict[str, Any] = {}
        self.resources: dict[str, Any] = {}
        self.ids: dict[tuple[str, ...], str] = {}  # what a resource is → its logical id
        self.place: Span | None = None  # the sentence whose texts are being written

    def value(self) -> dict[str, Any]:
        for member in self.stack.members:
            if member.declared:
                self.id(member.kind, member.name)
        for member in self.stack.members:
            (self.permission_set if member.kind == "permission-set" else self.member)(member)
        for policy in self.stack.policies:
            self.policy(policy)
        for key, one in self.stack.rest:
            self.place = one.lowered.origins[0][0].span
            self.rest(key, one)
        found = {"AWSTemplateFormatVersion": "2010-09-09", "Description": NOTE}
        parts = (("Parameters", self.parameters), ("Resources", self.resources))
        found.update({name: dict(sorted(value.items())) for name, value in parts if value})  # type: ignore[misc]
        size = len(codec.text(found).encode())
        over = len(self.resources) > MOST, size > LARGEST
        if any(over):
            why = f"a template takes {MOST} resources" if over[0] else f"a template has at most {LARGEST} bytes"
            why += f", and this one would have {len(self.resources) if over[0] else size}"
            help = "give some of it to a program of its own"
            self.report.add(rules.UNSAYABLE, None, help=help, target="CloudFormation", why=why)
        return found

    def id(self, *what: str, apart: str = "") -> str:
        """The logical id of what is so called, and told `apart` from its likes by that; the same each time.

        CloudFormation user guide, "Resources": letters and digits.
        """
        key = (*what, apart)
        if key not in self.ids:
            plain = "".join([part[:1].upper() + part[1:] for name in what for part in re.split(r"[^A-Za-z0-9]+", name)])
            taken = plain in self.ids.values() or len(plain) > 200
            self.ids[key] = f"{plain[:200]}{stacks.short(' '.join(key))}" if taken else plain
        return self.ids[key]

    def put(self, id: str, type: str, properties: dict[str, Any], after: Iterable[str] = (), key: str = "") -> None:
        before = sorted(set(after))
        assert id not in self.resources, f"two resources are called {id}"
        self.resources[id] = {
            "Type": type,
            **({"DependsOn": before} if before else {}),
            **({"Metadata": {"Document": key}} if key else {}),
            "Properties": properties,
        }

    def unsayable(self, why: str, help: str) -> None:
        self.report.add(rules.UNSAYABLE, self.place, help=help, target="CloudFormation", why=why)

    # ---- texts

    def text(self, text: str) -> Any:
        """A text of the program: as it is, or as the function that fills it in."""
        pieces = self.texts.pieces(text)
        if "{{resolve:" in text:
            self.unsayable("`{{resolve:` is CloudFormation's own, in any text", "leave it out")
        if all([isinstance(one, str) for one in pieces]):
            return text
        if len(pieces) == 1 and isinstance(pieces[0], Part) and pieces[0].kind != "partition":
            return self.part(pieces[0])
        template, values = "", dict[str, object]()
        for one in pieces:
            if isinstance(one, str):
                template += one.replace("${", "${!")
            elif one.resource is None:
                found = f"${{{_PSEUDO[one.kind]}}}"
                template += f"arn:{found}:" if one.kind == "partition" else found
            else:
                name, value = "".join(re.findall(r"[A-Za-z0-9]+", f"{one.resource.name}{one.kind.title()}")), self.part(
                    one
                )
                while values.setdefault(name, value) != value:
                    name += stacks.short(one.resource.value)
                template += f"${{{name}}}"
        return {"Fn::Sub": [template, values]} if values else {"Fn::Sub": template}

    def part(self, part: Part) -> dict[str, Any]:
        if part.resource is None:
            return {"Ref": _PSEUDO[part.kind]}
        address = self.made.bindings.references.named[part.resource.value].address
        arn = {"Fn::ImportValue": address}
        return arn if part.kind == "arn" else self.name(part.resource, arn)

    def name(self, resource: Resource, arn: dict[str, Any]) -> dict[str, Any]:
        """The name in the ARN of what others own: what is behind the text before it."""
        format = resource.type.arns[0]
        holes = list(_HOLE.finditer(format))
        if len(resource.type.variables()) != 1 or holes[-1].end() != len(format):
            self.unsayable(
                f"it cannot take the ARN of a {shown(resource.type)} apart", f"give its name: `{resource.name} = ...`"
            )
        before = format[holes[-2].end() : holes[-1].start()]
        at = 1 if before != ":" else format[: holes[-1].start()].count(":")
        return {"Fn::Select": [at, {"Fn::Split": [before, arn]}]}

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        for name in value:
            if any([isinstance(one, Part) for one in self.texts.pieces(name)]):
                help = "say where it is, `region eu-west-1` or `account NAME = 111122223333`"
                self.unsayable(f"the name `{self.plain(name)}` would hang on where the stack is", help)
        return {name: self.filled(one) for name, one in value.items()}

    def plain(self, text: str) -> str:
        """`text` for a reader."""
        return "".join([one if isinstance(one, str) else f"<{one.kind}>" for one in self.texts.pieces(text)])

    def document(self, output: Output) -> Any:
        self.place = output.lowered.origins[0][0].span
        return self.filled(codec.dump(output.lowered.document))

    # ---- IAM

    def policy(self, one: Policy) -> None:
        properties: dict[str, Any] = {"ManagedPolicyName": one.title, "PolicyDocument": self.document(one.output)}
        if one.path != "/":
            properties["Path"] = one.path
        if one.tags:
            self.unsayable("it gives managed policies no tags", f"leave the tags of policy `{one.name}` out")
        holders = [each for each in self.stack.members if one in (each.own, *each.used)]
        for kind in ("user", "group", "role"):
            names = [self.name_of(each.kind, each.name) for each in holders if each.kind == kind]
            if names:
                properties[f"{kind.title()}s"] = names
        self.put(self.policy_id(one), "AWS::IAM::ManagedPolicy", properties, key=one.key)

    def policy_id(self, one: Policy) -> str:
        return self.id(one.kind, one.name, "policy")

    def name_of(self, kind: str, name: str) -> Any:
        known = self.ids.get((kind, name, ""))
        return {"Ref": known} if known else name

    def member(self, one: Member) -> None:
        self.place = one.declared.span if one.declared else None
        if one.declared is None:
            if one.aws or one.inline:
                help = f"declare it: `{one.kind} {one.name}`"
                self.unsayable(f"AWS's and inline policies are given where the {one.kind} is made", help)
            return
        properties: dict[str, Any] = {f"{one.kind.title()}Name": one.name}
        if one.trust:
            properties["AssumeRolePolicyDocument"] = self.document(one.trust[1])
        if one.description:
            properties["Description"] = one.description
        if one.holder and one.holder.session_seconds:
            properties["MaxSessionDuration"] = one.holder.session_seconds
        if one.boundary:
            properties["PermissionsBoundary"] = {"Ref": self.policy_id(one.boundary)}
        elif one.holder and one.holder.boundary:
            properties["PermissionsBoundary"] = self.text(one.holder.boundary)
        if one.aws:
            properties["ManagedPolicyArns"] = [self.text(arn) for arn in one.aws]
        if one.inline:
            properties["Policies"] = [
                {"PolicyName": each.owner.inline, "PolicyDocument": self.document(each)} for _, each in one.inline
            ]
        if one.holder and one.holder.path != "/":
            properties["Path"] = one.holder.path
        if one.holder and one.holder.tags:
            properties["Tags"] = [{"Key": key, "Value": value} for key, value in one.holder.tags]
        after = [self.ids[*each, ""] for each in one.after]
        id = self.id(one.kind, one.name)
        key = one.trust[0] if one.trust else ""
        self.put(id, f"AWS::IAM::{one.kind.title()}", properties, after, key)
        if one.members:
            properties = {"GroupName": {"Ref": id}, "Users": [self.name_of("user", name) for name in one.members]}
            self.put(self.id("group", one.name, "members"), "AWS::IAM::UserToGroupAddition", properties)
        if one.holder and one.holder.instance_profile:
            properties = {"InstanceProfileName": one.holder.instance_profile, "Roles": [{"Ref": id}]}
            self.put(self.id("instance", "profile", one.name), "AWS::IAM::InstanceProfile", properties)

    # ---- IAM Identity Center

    def parameter(self, name: str, description: str, pattern: str) -> dict[str, Any]:
        self.parameters[name] = {"Type": "String", "Description": description, "AllowedPattern": pattern}
        return {"Ref": name}

    def permission_set(self, one: Member) -> None:
        self.place = one.declared.span if one.declared else None
        pattern = r"^arn:[a-z-]+:sso:::instance/[a-zA-Z0-9-.]+$"
        instance = self.parameter("IdentityCenterInstance", "ARN of the instance of IAM Identity Center", pattern)
        properties: dict[str, Any] = {"Name": one.name, "InstanceArn": instance}
        if one.description:
            properties["Description"] = one.description
        if one.holder and one.holder.session_seconds:
            properties["SessionDuration"] = tree.iso(one.holder.session_seconds)
        for _, document in one.inline:
            properties["InlinePolicy"] = self.document(document)
        if one.aws:
            properties["ManagedPolicies"] = [self.text(arn) for arn in one.aws]
        if one.used:
            properties["CustomerManagedPolicyReferences"] = [
                {"Name": each.title, "Path": each.path} for each in one.used
            ]
        if one.boundary:
            properties["PermissionsBoundary"] = {"CustomerManagedPolicyReference": {"Name": one.boundary.title}}
        elif one.holder and one.holder.boundary:
            properties["PermissionsBoundary"] = {"ManagedPolicyArn": self.text(one.holder.boundary)}
        after = [self.policy_id(each) for each in (*one.used, *((one.boundary,) if one.boundary else ()))]
        id = self.id("permission-set", one.name)
        self.put(id, "AWS::SSO::PermissionSet", properties, after, one.inline[0][0] if one.inline else "")
        for account in one.holder.accounts if one.holder else ():
            for kind, names in (("group", one.holder.groups), ("user", one.holder.users)) if one.holder else ():
                for name in names:
                    self.assignment(one, id, instance, account, kind, name)

    def assignment(self, one: Member, id: str, instance: Any, account: str, kind: str, name: str) -> None:
        pattern = r"^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$"
        about = f"id of {kind} {name} in the directory of IAM Identity Center"
        properties = {
            "InstanceArn": instance,
            "PermissionSetArn": {"Fn::GetAtt": [id, "PermissionSetArn"]},
            "PrincipalId": self.parameter(self.id("id", "of", kind, name), about, pattern),
            "PrincipalType": kind.upper(),
            "TargetId": self.text(account),
            "TargetType": "AWS_ACCOUNT",
        }
        where = "home" if account == self.made.bindings.references.account else account
        self.put(self.id("assignment", one.name, kind, name, where), "AWS::SSO::Assignment", properties)

    # ---- the rest

    def rest(self, key: str, one: Output) -> None:
        if one.kind == "resource":
            self.resource_policy(key, one)
        elif one.kind in ("scp", "rcp"):
            kind = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}[one.kind]
            target: Any = one.owner.arn
            if target.startswith("o-"):  # which is attached to by its root
                about = f"id of the root of organization {target}"
                target = self.parameter("OrganizationRoot", about, "^r-[0-9a-z]{4,32}$")
            properties = {"Name": one.called, "Type": kind, "Content": self.document(one), "TargetIds": [target]}
            self.put(self.id("guardrail", one.called), "AWS::Organizations::Policy", properties, key=key)
        else:
            why = f"it sets the policy of an endpoint where it makes the endpoint"
            if one.kind == "session":
                why = "a session policy is passed along when a role is assumed"
            self.unsayable(why, "compile with `--target json`, or give it to a program of its own")

    def resource_policy(self, key: str, one: Output) -> None:
        found = self.arguments.of(one)
        if found is None:
            why = f"it sets the policy of a {one.noun} where it makes the {one.noun}"
            help = "compile with `--target json` and put the document there, or keep it in a program of its own"
            self.unsayable(why, help)
            return
        known, pairs = found
        properties: dict[str, Any] = {}
        for name, value in pairs.items():
            listed = value.startswith("[")
            properties[name] = [self.text(value[1:-1])] if listed else self.text(value)
        after = [self.ids[*each, ""] for each in stacks.named(one, self.made) if (*each, "") in self.ids]
        if known.document == "statements":
            self.statements(known.resource, one, properties, after, key)
            return
        id = self.id(one.noun, one.owner.name, "policy", apart=one.owner.arn)
        document = self.document(one)
        name, as_text = known.document.removesuffix(" as text"), known.document.endswith(" as text")
        if as_text:
            document = self.text(codec.compact(one.lowered.document))
        self.put(id, known.resource, {**properties, name: document}, after, key)

    def statements(self, type: str, one: Output, both: dict[str, Any], after: list[str], key: str) -> None:
        def id(number: int) -> str:
            return self.id(one.noun, one.owner.name, "policy", str(number), apart=one.owner.arn)

        if type == "AWS::Events::EventBusPolicy":
            for number, statement in enumerate(self.document(one)["Statement"], 1):
                sid = statement.pop("Sid", f"iamdsl-{number}")
                properties = {**both, "StatementId": sid, "Statement": {"Sid": sid, **statement}}
                self.put(id(number), type, properties, after, key)
            return
        for number, each in enumerate(permissions(one, "CloudFormation", self.report), 1):
            self.put(id(number), type, {**both, **self.permission(type, each)}, after, key)

    def permission(self, type: str, one: Permission) -> dict[str, Any]:
        found = {_PERMISSION[key]: self.text(value) for key, value in one.conditions}
        if type == "AWS::Lambda::LayerVersionPermission" and "PrincipalOrgID" in found:
            found["OrganizationId"] = found.pop("PrincipalOrgID")
        return {"Action": one.action, "Principal": self.text(one.principal), **found}

"""Stacks as Terraform's JSON: one `iam.tf.json` each, a module of its own or a file of the user's.

Documents are under `locals.iamdsl`, as JSON that a reader can follow; resources name them. HashiCorp, "JSON Configuration
Syntax": texts are templates there, so `${` and `%{` of a document are doubled.
"""

from __future__ import annotations

import json
import re

from iamdsl import target_rules as rules
from iamdsl.catalog import ResourceType
from iamdsl.compiler import Compilation
from iamdsl.compiler.bindings import Resource
from iamdsl.compiler.document import Output
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.references import Part, attribute
from iamdsl.diagnostics import Report
from iamdsl.emit import stacks, tree
from iamdsl.emit.filling import Arguments, Permission, Texts, permissions
from iamdsl.emit.stacks import Member, Policy, Stack
from iamdsl.policy import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FILE = "iam.tf.json"
NOTE = "made by iamdsl: change the program, not this file"
_PLACES = ("Partition", "Region", "Account")
_HOLE = re.compile(r"\$\{(\w+)\}")
_DATA = {
    "account": ("aws_caller_identity", "account_id"),
    "region": ("aws_region", "id"),
    "partition": ("aws_partition", "partition"),
}
_PERMISSION = {
    "aws:sourcearn": "source_arn",
    "aws:sourceaccount": "source_account",
    "aws:principalorgid": "principal_org_id",
    "lambda:functionurlauthtype": "function_url_auth_type",
    "lambda:eventsourcetoken": "event_source_token",
}


def terraform(made: Compilation, report: Report) -> dict[str, Any]:
    """Path → JSON value of each file; findings for what Terraform cannot say."""
    return {f"{one.folder}{FILE}": _Module(one, made, report).value() for one in stacks.stacks(made, report)}


def label(name: str) -> str:
    """`name` as a name in Terraform: HashiCorp, "Identifiers"."""
    found = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    found = found if re.match(r"[A-Za-z_]", found) else f"_{found}"
    return found if found == name else f"{found[:80]}_{stacks.short(name)}"


class _Module:
    def __init__(self, stack: Stack, made: Compilation, report: Report) -> None:
        self.stack = stack
        self.made = made
        self.report = report
        self.texts = Texts(made)
        self.arguments = Arguments("terraform", made)
        self.data: dict[str, dict[str, Any]] = {}
        self.locals: dict[str, Any] = {}
        self.documents: dict[str, Any] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.outputs: dict[str, Any] = {}
        self.own: dict[tuple[str, str], str] = {}  # kind and name of a principal → its address

    def value(self) -> dict[str, Any]:
        for member in self.stack.members:
            if member.declared and member.kind != "permission-set":
                self.own[member.kind, member.name] = f"aws_iam_{member.kind}.{label(member.name)}"
        for policy in self.stack.policies:
            self.policy(policy)
        for member in self.stack.members:
            (self.permission_set if member.kind == "permission-set" else self.member)(member)
        for key, one in self.stack.rest:
            self.rest(key, one)
        if self.documents:
            self.locals["iamdsl"] = self.documents
        parts = (("data", self.data), ("locals", self.locals), ("resource", self.resources), ("output", self.outputs))
        return {"//": NOTE, **{name: _sorted(value) for name, value in parts if value}}

    def put(self, type: str, name: str, arguments: dict[str, Any], after: Iterable[str] = ()) -> str:
        """Make a resource; its address. A name that is taken is made another's: `a_b` of two words may be one of one."""
        named = self.resources.setdefault(type, {})
        while name in named:
            name = f"{name}_{stacks.short(json.dumps(arguments))}"
        before = sorted(set(after))
        named[name] = {**arguments, **({"depends_on": before} if before else {})}
        return f"{type}.{name}"

    # ---- texts

    def text(self, text: str) -> str:
        """A text of the program as a template."""
        return "".join([_escaped(one) if isinstance(one, str) else self.part(one) for one in self.texts.pieces(text)])

    def part(self, part: Part) -> str:
        if part.resource is not None:
            return f"${{local.{self.reference(part.resource, part.variable if part.kind == 'name' else -1)}}}"
        type, name = _DATA[part.kind]
        self.data.setdefault(type, {})["iamdsl"] = {}
        found = f"${{data.{type}.iamdsl.{name}}}"
        return f"arn:{found}:" if part.kind == "partition" else found

    def reference(self, resource: Resource, variable: int) -> str:
        """The local value that holds the ARN of what others own, or a variable of it.

        The pattern is the format of its type: where the thing is of another type, Terraform stops.
        """
        type = resource.type
        name = label(f"iamdsl_{shown(type).replace(' ', '_')}_{resource.name}")
        pattern, index = "|".join([self.pattern(type, format, -1) for format in type.arns]), ""
        if variable >= 0:
            name += f"__{type.variables()[variable].lower()}"
            pattern, index = self.pattern(type, type.arns[0], variable), "[0]"
        address = self.made.bindings.references.named[resource.value].address
        value = f'${{regex("^(?:{pattern})$", {attribute(address)}){index}}}'
        while self.locals.setdefault(name, value) != value:
            name += f"_{stacks.short(value)}"
        return name

    def pattern(self, type: ResourceType, format: str, variable: int) -> str:
        """What an ARN of `format` matches, in Go's syntax; `variable` is the number of the one to capture, -1 for none."""
        names = type.variables()
        rest = [name for name in _HOLE.findall(format) if name not in _PLACES]
        last = "[^/:]+" if self.made.bindings.catalog.arn_quirk(type).plain else ".+"
        pieces, end = [], 0
        for hole in _HOLE.finditer(format):
            name = hole[1]
            body = "[^:]*" if name in _PLACES else last if name == rest[-1] else "[^:]+"
            captured = variable >= 0 and name == names[variable]
            pieces += [_plain(format[end : hole.start()]), f"({body})" if captured else body]
            end = hole.end()
        return "".join(pieces) + _plain(format[end:])

    def filled(self, value: Any) -> Any:
        """A JSON value with its texts, names too, as templates."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return {self.text(name): self.filled(one) for name, one in value.items()}

    def document(self, key: str, output: Output) -> str:
        """The expression for the JSON of a document."""
        self.documents[self.text(key)] = self.filled(codec.dump(output.lowered.document))
        return f'${{jsonencode(local.iamdsl["{self.text(key)}"])}}'

    # ---- IAM

    def policy(self, one: Policy) -> None:
        arguments = {"name": one.title, "policy": self.document(one.key, one.output), **self.stated(one.path, one.tags)}
        self.put("aws_iam_policy", self.label_of(one), arguments)

    def stated(self, path: str, tags: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        """The path and the tags of what IAM has."""
        return {
            **({"path": self.text(path)} if path != "/" else {}),
            **({"tags": {self.text(key): self.text(value) for key, value in tags}} if tags else {}),
        }

    def label_of(self, one: Policy) -> str:
        return label(f"{one.kind}_{one.name}")

    def arn_of(self, one: Policy) -> str:
        return f"${{aws_iam_policy.{self.label_of(one)}.arn}}"

    def member(self, one: Member) -> None:
        address = self.own.get((one.kind, one.name))
        if address:
            boundary = self.boundary(one)
            stated = self.stated(one.holder.path, one.holder.tags) if one.holder else {}
            arguments: dict[str, Any] = {"name": one.name, **stated}
            if one.kind == "role" and one.trust:
                arguments["assume_role_policy"] = self.document(*one.trust)
                if one.description:
                    arguments["description"] = self.text(one.description)
                if one.holder and one.holder.session_seconds:
                    arguments["max_session_duration"] = one.holder.session_seconds
            if boundary:
                arguments["permissions_boundary"] = boundary
            self.put(f"aws_iam_{one.kind}", label(one.name), arguments, [self.own[other] for other in one.after])
        who = f"${{{address}.name}}" if address else one.name
        self.attachments(one, who)
        for key, each in one.inline:
            arguments = {"name": each.owner.inline, one.kind: who, "policy": self.document(key, each)}
            self.put(f"aws_iam_{one.kind}_policy", label(f"{one.name}__{each.owner.inline}"), arguments)
        if one.kind == "group" and one.members:
            users = [self.name_of("user", name) for name in one.members]
            self.put("aws_iam_group_membership", label(one.name), {"name": one.name, "group": who, "users": users})
        if one.holder and one.holder.instance_profile:
            name = one.holder.instance_profile
            self.put("aws_iam_instance_profile", label(name), {"name": name, "role": who})

    def name_of(self, kind: str, name: str) -> str:
        address = self.own.get((kind, name))
        return f"${{{address}.name}}" if address else name

    def boundary(self, one: Member) -> str:
        """The ARN of a boundary, "" without one."""
        if one.boundary:
            return self.arn_of(one.boundary)
        return self.text(one.holder.boundary) if one.holder else ""

    def attachments(self, one: Member, who: str) -> None:
        named = [(self.label_of(each), self.arn_of(each)) for each in (*((one.own,) if one.own else ()), *one.used)]
        named += [(label(f"aws_{arn.rpartition('/')[2]}"), self.text(arn)) for arn in one.aws]
        for name, arn in named:
            made = name if one.own and name == self.label_of(one.own) else label(f"{one.kind}_{one.name}__{name}")
            self.put(f"aws_iam_{one.kind}_policy_attachment", made, {one.kind: who, "policy_arn": arn})

    # ---- IAM Identity Center

    def permission_set(self, one: Member) -> None:
        self.data.setdefault("aws_ssoadmin_instances", {})["iamdsl"] = {}
        instance = "${tolist(data.aws_ssoadmin_instances.iamdsl.arns)[0]}"
        arguments: dict[str, Any] = {"name": one.name, "instance_arn": instance}
        if one.description:
            arguments["description"] = self.text(one.description)
        if one.holder and one.holder.session_seconds:
            arguments["session_duration"] = tree.iso(one.holder.session_seconds)
        name = label(one.name)
        self.put("aws_ssoadmin_permission_set", name, arguments)
        both = {"instance_arn": instance, "permission_set_arn": f"${{aws_ssoadmin_permission_set.{name}.arn}}"}
        for key, document in one.inline:
            arguments = {**both, "inline_policy": self.document(key, document)}
            self.put("aws_ssoadmin_permission_set_inline_policy", name, arguments)
        for arn in one.aws:
            made = label(f"{one.name}__{arn.rpartition('/')[2]}")
            self.put("aws_ssoadmin_managed_policy_attachment", made, {**both, "managed_policy_arn": self.text(arn)})
        for each in one.used:
            made, reference = label(f"{one.name}__{each.title}"), {"name": each.title, "path": each.path}
            after = [f"aws_iam_policy.{self.label_of(each)}"]
            arguments = {**both, "customer_managed_policy_reference": [reference]}
            self.put("aws_ssoadmin_customer_managed_policy_attachment", made, arguments, after)
        if one.boundary or (one.holder and one.holder.boundary):
            limit = (
                {"customer_managed_policy_reference": [{"name": one.boundary.title}]}
                if one.boundary
                else {"managed_policy_arn": self.boundary(one)}
            )
            after = [f"aws_iam_policy.{self.label_of(one.boundary)}"] if one.boundary else []
            arguments = {**both, "permissions_boundary": [limit]}
            self.put("aws_ssoadmin_permissions_boundary_attachment", name, arguments, after)
        self.assignments(one, both)

    def assignments(self, one: Member, both: dict[str, Any]) -> None:
        holder = one.holder
        if holder is None:
            return
        store = "${tolist(data.aws_ssoadmin_instances.iamdsl.identity_store_ids)[0]}"
        who = [("group", "DisplayName", name) for name in holder.groups]
        who += [("user", "UserName", name) for name in holder.users]
        for kind, path, name in who:
            unique = {"attribute_path": path, "attribute_value": self.text(name)}
            self.data.setdefault(f"aws_identitystore_{kind}", {})[label(name)] = {
                "identity_store_id": store,
                "alternate_identifier": [{"unique_attribute": [unique]}],
            }
            for account in holder.accounts:
                arguments = {
                    **both,
                    "principal_id": f"${{data.aws_identitystore_{kind}.{label(name)}.{kind}_id}}",
                    "principal_type": kind.upper(),
                    "target_id": self.text(account),
                    "target_type": "AWS_ACCOUNT",
                }
                made = label(f"{one.name}__{kind}_{name}__{self.account_name(account)}")
                self.put("aws_ssoadmin_account_assignment", made, arguments)

    def account_name(self, id: str) -> str:
        """An account in a name of Terraform's: the program's name for it, else its id; `home` where it is left open."""
        bindings = self.made.bindings
        names = [one.name for one in bindings.accounts.values() if one.id == id]
        return names[0] if names else "home" if id == bindings.references.account else id

    # ---- the rest

    def rest(self, key: str, one: Output) -> None:
        if one.kind == "resource":
            self.resource_policy(key, one)
        elif one.kind in ("scp", "rcp"):
            self.guardrail(key, one)
        elif one.kind == "endpoint" and one.owner.arn:
            for id in one.owner.arn.split(","):
                arguments = {"vpc_endpoint_id": id, "policy": self.document(key, one)}
                self.put("aws_vpc_endpoint_policy", label(f"{one.owner.name}_{id}"), arguments)
        else:  # a session policy, which is passed along, or an endpoint policy of no endpoint in particular
            name = label(f"{one.owner.kind} {one.owner.name}".replace(" ", "_"))
            self.outputs[name] = {"value": self.document(key, one)}

    def guardrail(self, key: str, one: Output) -> None:
        kind = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}[one.kind]
        name = label(one.called)
        arguments = {"name": one.called, "type": kind, "content": self.document(key, one)}
        self.put("aws_organizations_policy", name, arguments)
        target = one.owner.arn
        if target.startswith("o-"):  # which is attached to by its root
            self.data.setdefault("aws_organizations_organization", {})["iamdsl"] = {}
            target = "${data.aws_organizations_organization.iamdsl.roots[0].id}"
        arguments = {"policy_id": f"${{aws_organizations_policy.{name}.id}}", "target_id": target}
        self.put("aws_organizations_policy_attachment", name, arguments)

    def resource_policy(self, key: str, one: Output) -> None:
        found = self.arguments.of(one)
        span = one.lowered.origins[0][0].span
        if found is None:
            why = f"its AWS provider has no resource for the policy of a {one.noun}"
            help = "compile with `--target json`, and set the policy by the service's API"
            self.report.add(rules.UNSAYABLE, span, help=help, target="Terraform", why=why)
            return
        known, pairs = found
        arguments: dict[str, Any] = {name: self.text(value) for name, value in pairs.items()}
        after = [self.own[each] for each in stacks.named(one, self.made) if each in self.own]
        name = label(one.owner.name)
        if name in self.resources.get(known.resource, {}):
            name = f"{name}_{stacks.short(one.owner.arn)}"
        if "secret_arn" in arguments and ":" not in pairs["secret_arn"]:
            self.data.setdefault("aws_secretsmanager_secret", {})[name] = {"name": arguments["secret_arn"]}
            arguments["secret_arn"] = f"${{data.aws_secretsmanager_secret.{name}.arn}}"
        if known.document == "statements":
            for number, each in enumerate(permissions(one, "Terraform", self.report)):
                self.permission(f"{name}_{number + 1}", known.resource, each, arguments, after)
            return
        self.put(known.resource, name, {**arguments, known.document: self.document(key, one)}, after)

    def permission(self, name: str, type: str, one: Permission, both: dict[str, Any], after: list[str]) -> None:
        conditions = {_PERMISSION[key]: self.text(value) for key, value in one.conditions}
        if type == "aws_lambda_layer_version_permission" and "principal_org_id" in conditions:
            conditions["organization_id"] = conditions.pop("principal_org_id")
        arguments = {
            "statement_id": f"iamdsl-{name}"[:100],
            "action": one.action,
            "principal": self.text(one.principal),
        }
        self.put(type, name, {**both, **arguments, **conditions}, after)


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    """Blocks A to Z by type and name; what is in them keeps its order."""
    return {
        name: dict(sorted(one.items())) if isinstance(one, dict) and name != "iamdsl" else one
        for name, one in sorted(value.items())
    }


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9:/_-]", lambda match: f"[{match[0]}]", text)

"""Texts of a program for a target: what stands in them for something else, and the arguments of a policy's resource."""

from __future__ import annotations

import re

from iamdsl import target_rules as rules
from iamdsl.catalog import tables
from iamdsl.compiler import Compilation
from iamdsl.compiler.arns import matcher
from iamdsl.compiler.document import Output
from iamdsl.compiler.references import Part, splitter
from iamdsl.diagnostics import Report
from iamdsl.policy.model import Statement
from iamdsl.record import record

LAYER = "lambda:layerVersion"
_HOLE = re.compile(r"\{(\w+)\}")


class Texts:
    """The texts of one program, taken apart."""

    def __init__(self, made: Compilation) -> None:
        self._parts = made.bindings.references.needles(made.bindings)
        self._splitter = splitter(self._parts)

    def pieces(self, text: str) -> list[str | Part]:
        """`text` as what it says itself and what stands in it for something else, in order; without empty texts."""
        if self._splitter is None:
            return [text]
        found: list[str | Part] = []
        end = 0
        for match in self._splitter.finditer(text):
            found += [text[end : match.start()], self._parts[match.group()]]
            end = match.end()
        return [one for one in (*found, text[end:]) if one != ""]


class Arguments:
    """What a target's table says of the policy of a resource."""

    def __init__(self, target: str, made: Compilation) -> None:
        self.made = made
        self.table = tables.read_policy_resources(target)

    def of(self, output: Output) -> tuple[tables.PolicyResource, dict[str, str]] | None:
        """What the policy is called, and its arguments but the document, as texts of the program; None where there is none.

        The hole `{secret}` is left to the target: `secret:` and the name or ARN.
        """
        known = self.table.get(output.owner.type)
        if known is None:
            return None
        holes = self._holes(output)
        pairs = [one.partition("=") for one in known.arguments]
        return known, {name: _HOLE.sub(lambda hole: holes[hole[1]], value) for name, _, value in pairs}

    def _holes(self, output: Output) -> dict[str, str]:
        owner, bindings = output.owner, self.made.bindings
        type = bindings.catalog.type(owner.type)
        assert type is not None, f"{owner.type} has a policy"
        holes: dict[str, str] = {
            "arn": owner.arn,
            "title": re.sub(r"[^\w.-]", "-", f"{output.noun}-{owner.name}", flags=re.A),
        }
        for format in type.arns:
            match = matcher(format, False).fullmatch(owner.arn)
            holes.update(match.groupdict() if match else {})
        suffix = bindings.catalog.suffix(bindings.partition)
        if owner.type == "sqs:queue":
            holes["url"] = f"https://sqs.{holes['Region']}.{suffix}/{holes['Account']}/{holes['QueueName']}"
        declared = bindings.resources.get((owner.type, owner.name))
        written = declared is not None and (
            declared.value.startswith("arn:") or declared.value in bindings.references.named
        )
        holes["secret"] = owner.arn if written else holes.get("SecretId", "")
        return holes


@record
class Permission:
    """One statement as the services take it that add statements to a policy one by one."""

    action: str
    principal: str
    conditions: tuple[tuple[str, str], ...]  # key in lower case → value


def permissions(output: Output, target: str, report: Report) -> list[Permission]:
    """The statements of a document as permissions, one for each action and principal; findings for what no permission says."""
    found = []
    for statement, origins in zip(output.lowered.document.statements, output.lowered.origins):
        why = _unsaid(statement)
        if output.owner.type == LAYER and statement.action != ("lambda:GetLayerVersion",):
            why = "a permission of a layer allows lambda:GetLayerVersion and nothing else"
        if why:
            help = "say it without, or compile with `--target json` and set the whole policy by the service's API"
            report.add(rules.UNSAYABLE, origins[0].span, help=help, target=target, why=why)
            continue
        pairs = tuple([(key.lower(), values[0]) for _, keys in statement.condition for key, values in keys])
        for action in statement.action or ():
            for _, principal in statement.principal or ():
                if output.owner.type == LAYER and principal.endswith(":root"):
                    principal = principal.split(":")[4]  # Lambda API reference, AddLayerVersionPermission: the id
                found.append(Permission(action, principal, pairs))
    return found


# the operator that AddPermission puts before each key: Lambda API reference, AddPermission
_OPERATORS = {
    "aws:sourcearn": ("ArnLike", "ArnEquals"),
    "aws:sourceaccount": ("StringEquals",),
    "aws:principalorgid": ("StringEquals",),
    "lambda:functionurlauthtype": ("StringEquals",),
    "lambda:eventsourcetoken": ("StringEquals",),
}


def _unsaid(one: Statement) -> str:
    """What in a statement no permission can hold, "" if all can be said."""
    if one.effect != "Allow" or not one.action or not one.principal:
        return "a permission allows an action to a principal"
    for operator, keys in one.condition:
        for key, values in keys:
            if operator not in _OPERATORS.get(key.lower(), ()):
                return f"a permission has no {operator} of {key}"
            if len(values) > 1:
                return f"a permission has one value of {key}"
    return ""

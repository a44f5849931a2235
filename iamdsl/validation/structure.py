"""The skeleton of a document: elements, their JSON types, what must be there and what must not.

Source: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element reference".
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.located import Member, Node
from iamdsl.validation.context import KINDS, Context, perhaps
from iamdsl.validation.reading import ELEMENTS, POLICY_ELEMENTS, Statement

VERSIONS = ("2012-10-17", "2008-10-17")
_ARTICLES = {"object": "an object", "array": "a list", "string": "text", "number": "a number", "boolean": "a boolean"}


def wrong_type(node: Node, what: str, wanted: str, context: Context, place: Node | Member | None = None) -> None:
    given = _ARTICLES.get(node.kind, "null")
    context.add(aws.DATA_TYPE_MISMATCH, place or node, f"write {wanted}", what=what, given=given, wanted=wanted)


def document(context: Context) -> None:
    """The outermost object."""
    root = context.policy.root
    if root.kind != "object":
        wrong_type(root, "a policy", "an object", context)
        return
    _names(root, POLICY_ELEMENTS, "a policy", context)
    _repeated(root, context)
    if "Id" in context.policy.elements and context.policy.elements["Id"].value.kind != "string":
        wrong_type(context.policy.elements["Id"].value, "`Id`", "text", context)
    _version(context)
    listed = context.policy.elements.get("Statement")
    if listed is None or listed.value.kind == "array" and not listed.value.elements:
        help = 'add `"Statement": [{"Effect": ..., "Action": ..., "Resource": ...}]`'
        inner = next((one for one in root.members if one.key in ("PolicyVersion", "PolicyDocument", "Document")), None)
        if inner and listed is None:
            help = f"this is a policy in the answer of an AWS API: keep what is in `{inner.key}` alone"
        context.add(aws.MISSING_STATEMENT, listed or root, help)
        return
    for node in listed.value.elements:
        if node.kind != "object":
            wrong_type(node, "a statement", "an object", context)


def _version(context: Context) -> None:
    version = context.policy.elements.get("Version")
    if version is None:
        help = 'add `"Version": "2012-10-17"`: without it AWS reads the document as version 2008-10-17'
        root = context.policy.root
        fix = context.insert(root.start + 1, '"Version": "2012-10-17", ') if root.members else ()
        context.add(aws.MISSING_VERSION, root, help, fix)
    elif version.value.kind != "string":
        wrong_type(version.value, "`Version`", "text", context)
    elif version.value.text not in VERSIONS:
        help = "write `2012-10-17`: it is the version of the language, not of your policy"
        fix = context.replace(version.value, "2012-10-17")
        context.add(aws.INVALID_VERSION, version.value, help, fix, version=version.value.text)
    elif (
        version.value.text == "2008-10-17"
        and "${" not in context.text[context.policy.root.start : context.policy.root.end]
    ):
        context.add(own.OLD_VERSION, version.value, "write `2012-10-17`, unless `${` is meant literally")


def attached(context: Context) -> None:
    """A policy that a compile has given to a single user: `users/NAME/policy.json`. Roles to assume are the way out."""
    folders = context.path.split("/")
    gives = [one for one in context.policy.statements if one.allows and one.exact != {"sts:assumerole"}]
    if gives and len(folders) > 2 and folders[-3] == "users" and folders[-1].startswith("policy"):
        first = Node("object", [], context.policy.root.start, context.policy.root.start + 1)
        help = "give it to a group, or let the user assume a role: IAM security best practices"
        context.add(own.USER_WITH_POLICY, first, help, name=folders[-2])


def _names(node: Node, known: tuple[str, ...], where: str, context: Context) -> None:
    for member in node.members:
        if member.key not in known:
            near = context.close(member.key, known)
            fix = context.rename(member, near) if near and near.lower() == member.key.lower() else ()
            help = perhaps(near) or f"{where} has {', '.join(known)}"
            context.add(aws.INVALID_POLICY_ELEMENT, member, help, fix, where=where, element=member.key)


def _repeated(node: Node, context: Context) -> None:
    """The same name twice in one object, here and below. JSON leaves open which of them counts."""
    seen: dict[str, Member] = {}
    for member in node.members:
        other = seen.setdefault(member.key, member)
        if other is not member:
            help = "keep one; several values go into one list"
            context.add(own.DUPLICATE_ELEMENT, member, help, beside=[(other, "the first")], name=member.key[:60])
        _repeated_below(member.value, context)


def _repeated_below(node: Node, context: Context) -> None:
    if node.kind == "object":
        _repeated(node, context)
    elif node.kind == "array":
        for element in node.elements:
            if element.kind in ("object", "array"):
                _repeated_below(element, context)


def elements(statement: Statement, context: Context) -> None:
    """Which elements a statement has."""
    _names(statement.node, ELEMENTS, "a statement", context)
    for name in ("Action", "Resource", "Principal"):
        negated = statement.elements.get(f"Not{name}")
        plain = statement.elements.get(name)
        if negated and plain:
            help = "keep one of them, or make two statements"
            beside = [(plain, f"`{name}`")]
            context.add(aws.UNSUPPORTED_ELEMENT_COMBINATION, negated, help, beside=beside, one=name, other=f"Not{name}")
    if "Action" not in statement.elements and "NotAction" not in statement.elements:
        context.add(aws.MISSING_ACTION, statement.node, 'add `"Action": "service:Name"`')
    _effect(statement, context)
    _principal_element(statement, context)
    _resource_element(statement, context)


def _effect(statement: Statement, context: Context) -> None:
    effect = statement.elements.get("Effect")
    if effect is None:
        context.add(aws.MISSING_EFFECT, statement.node, 'add `"Effect": "Allow"` or `"Effect": "Deny"`')
    elif effect.value.kind != "string":
        wrong_type(effect.value, "`Effect`", "text", context)
    elif effect.value.text not in ("Allow", "Deny"):
        fix = context.replace(effect.value, statement.effect) if statement.effect else ()
        near = statement.effect or context.close(effect.value.text, ("Allow", "Deny"))
        help = perhaps(near) or "it is `Allow` or `Deny`"
        context.add(aws.INVALID_EFFECT, effect.value, help, fix, effect=effect.value.text)


def _principal_element(statement: Statement, context: Context) -> None:
    kind = context.target.kind
    given = [name for name in ("Principal", "NotPrincipal") if name in statement.elements]
    if kind == "trust" and "NotPrincipal" in given:
        help = "name who may assume the role in `Principal`"
        context.add(aws.ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL, statement.elements["NotPrincipal"], help)
    elif kind == "rcp" and "NotPrincipal" in given:
        help = 'write `"Principal": "*"` and name exceptions under `Condition`, with `aws:PrincipalArn`'
        context.add(aws.RCP_SYNTAX_ERROR_PRINCIPAL, statement.elements["NotPrincipal"], help)
    elif context.target.takes_principal and not given:
        context.add(aws.MISSING_PRINCIPAL, statement.node, 'add `"Principal": {"AWS": "ACCOUNT ID"}`')
    elif kind == "scp" and given:
        help = "it applies to every principal of the accounts it is attached to: test `aws:PrincipalArn`"
        for name in given:
            context.add(aws.SCP_SYNTAX_ERROR_PRINCIPAL, statement.elements[name], help, element=name)
    elif not context.target.takes_principal and given:
        help = "the principal is whom it is attached to; is it a resource or trust policy? say so with `--kind`"
        for name in given:
            place = statement.elements[name]
            context.add(aws.UNSUPPORTED_PRINCIPAL, place, help, kind=KINDS[kind], element=name)


def _resource_element(statement: Statement, context: Context) -> None:
    given = [name for name in ("Resource", "NotResource") if name in statement.elements]
    if context.target.kind == "trust":
        for name in given:
            help = "delete it: the resource is the role"
            place = statement.elements[name]
            context.add(aws.ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE, place, help, element=name)
        return
    type = context.target.type
    policy = context.facts.catalog.resource_policy(type) if type else None
    if not given and not (policy and policy.resource == "none"):
        context.add(aws.MISSING_RESOURCE, statement.node, 'add `"Resource": "arn:..."`')


def types(statement: Statement, context: Context) -> None:
    """The JSON types of a statement's elements, and empty ones."""
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        member = statement.elements.get(name)
        if member:
            _texts(member, name, context)
    sid = statement.elements.get("Sid")
    if sid and sid.value.kind != "string":
        wrong_type(sid.value, "`Sid`", "text", context)
    for name in ("Principal", "NotPrincipal"):
        member = statement.elements.get(name)
        if member:
            _principal_type(member, name, context)
    condition = statement.elements.get("Condition")
    if condition:
        _condition_types(condition, context)


def _texts(member: Member, name: str, context: Context) -> None:
    if not member.value.elements:
        rule = aws.EMPTY_ARRAY_ACTION if name.endswith("Action") else aws.EMPTY_ARRAY_RESOURCE
        context.add(rule, member, "name some, or delete the statement", element=name)
    for node in member.value.elements:
        if node.kind != "string":
            wanted = "text" if node is not member.value else "text or a list of texts"
            wrong_type(node, f"`{name}`", wanted, context)


def _principal_type(member: Member, name: str, context: Context) -> None:
    value = member.value
    if value.kind == "string":
        if value.text != "*":
            help = f'say what it is: `"{name}": {{"AWS": "{value.text}"}}`'
            if value.text.endswith(".amazonaws.com"):
                help = f'say what it is: `"{name}": {{"Service": "{value.text}"}}`'
            context.add(aws.INVALID_PRINCIPAL_FORMAT, value, help, what=f"`{value.text}`")
    elif value.kind != "object":
        context.add(
            aws.INVALID_PRINCIPAL_FORMAT, value, 'write `{"AWS": "..."}`', what=_ARTICLES.get(value.kind, "null")
        )
    elif not value.members:
        context.add(aws.EMPTY_OBJECT_PRINCIPAL, member, "name some, or delete the statement", element=name)
    for inner in value.members:
        if not inner.value.elements:
            context.add(aws.EMPTY_ARRAY_PRINCIPAL, inner, "name some, or delete it", key=inner.key)
        for node in inner.value.elements:
            if node.kind != "string":
                wrong_type(node, f"principal `{inner.key}`", "text", context)


def _condition_types(condition: Member, context: Context) -> None:
    if condition.value.kind != "object":
        wrong_type(condition.value, "`Condition`", "an object", context)
    elif not condition.value.members:
        context.add(aws.EMPTY_OBJECT_CONDITION, condition, "delete it, or write tests", element="Condition")
    for block in condition.value.members:
        if block.value.kind != "object":
            wrong_type(block.value, f"`{block.key}`", "an object of keys and values", context)
        elif not block.value.members:
            context.add(aws.EMPTY_OBJECT_CONDITION, block, "delete it, or write tests", element=block.key)
        for inner in block.value.members:
            for node in inner.value.elements:
                if node.kind in ("object", "array", "null"):
                    wrong_type(node, f"a value of `{inner.key}`", "text", context)


def sids(context: Context) -> None:
    """Statement ids: their characters, and that no two are the same."""
    strict = context.target.kind not in ("resource", "endpoint")
    seen: dict[str, Node] = {}
    for statement in context.policy.statements:
        member = statement.elements.get("Sid")
        if not member or member.value.kind != "string":
            continue
        sid = member.value.text
        if not sid:
            context.add(aws.EMPTY_SID_VALUE, member, "delete it, or name the statement")
            continue
        wrong = next((one for one in sid if not (one.isascii() and one.isalnum())), "")
        if wrong and strict:
            clean = "".join([one for one in sid if one.isascii() and one.isalnum()])
            help = f"letters and digits: `{clean}`" if clean else "letters and digits"
            context.add(aws.UNSUPPORTED_SID, member.value, help, context.replace(member.value, clean), character=wrong)
        other = seen.setdefault(sid, member.value)
        if other is not member.value:
            rule = aws.UNIQUE_SIDS_REQUIRED if strict else aws.UNIQUE_SIDS_RECOMMENDED
            context.add(rule, member.value, "give each statement its own", beside=[(other, "the first")], sid=sid)

"""What each rule of the grammar builds: from the values of its parts to a node of the tree."""

from __future__ import annotations

from iamdsl.source import Span
from iamdsl.syntax import ast
from iamdsl.syntax.lex import Token
from iamdsl.syntax.terms import TERMS, phrase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Build = Callable[[list[Any], Span], Any]

# alias of a clause rule → its kind; the values are the words that the rule kept
_CLAUSES = {
    "with_mfa": "with mfa",
    "with_mfa_within": "with mfa within",
    "without_mfa": "without mfa",
    "with_external_id": "with external id",
    "from_ip": "from ip",
    "from_vpc": "from vpc",
    "from_endpoint": "from endpoint",
    "from_account": "from account",
    "from_organization": "from organization",
    "from_ou": "from ou",
    "from_any_service": "from service",
    "from_service": "from service",
    "to_account": "to account",
    "to_organization": "to organization",
    "to_service": "to service",
    "via_any_service": "via any service",
    "via_service": "via",
    "in_region": "in region",
    "outside_region": "outside region",
    "in_account": "in account",
    "in_any_account": "in any account",
    "in_any_region": "in any region",
    "anywhere": "anywhere",
    "in_services": "in",
    "over_tls": "over tls",
    "over_tls_version": "over tls",
    "after": "after",
    "until": "until",
    "between": "between",
    "as_role": "as role",
    "for_resource": "for",
    "for_any_source": "for any source",
    "accepting_session_tags": "accepting session tags",
    "accepting_source_identity": "accepting source identity",
    "except_services": "except in",
    "because": "because",
    "caller_role": "role",
    "caller_user": "user",
    "caller_root": "root",
}
_TAG_CLAUSES = {
    "tagged": "tagged",
    "tagging": "tagging",
    "as_principal_tagged": "as principal tagged",
    "fact_tagged": "tagged",
}
_FACTS = {
    "lasting": "lasting",
    "bounded": "boundary",
    "in_path": "path",
    "in_instance_profile": "instance profile",
    "assigned_groups": "group-name",
    "assigned_users": "user-name",
    "set_accounts": "account",
    "encrypted": "encrypted",
    "fact_account": "account",
    "fact_any_account": "any account",
    "fact_region": "region",
    "fact_any_region": "any region",
    "fact_terraform": "terraform",
    "fact_export": "export",
}
_SETTINGS = ("organization", "ou", "region", "partition", "param", "import", "inventory", "version", "id")
_TRUSTEES = (
    "service",
    "user",
    "group",
    "role",
    "permission_set",
    "account",
    "organization",
    "github",
    "github_branch",
    "github_environment",
    "github_tag",
    "github_pull_requests",
    "oidc",
    "saml",
    "saml_audience",
    "kubernetes",
)
_SUBJECTS = (
    "words",
    "user",
    "group",
    "role",
    "permission_set",
    "every",
    "account",
    "organization",
    "service",
    "everyone",
    "public",
    "anyone_except",
    "nobody",
    "root",
    "principal",
)


def _flat(parts: list[Any]) -> tuple[ast.Word, ...]:
    words: list[ast.Word] = []
    for part in parts:
        words.extend(part if isinstance(part, tuple) else (part,))
    return tuple(words)


def _text(part: Any) -> str:
    return part.text if isinstance(part, (Token, ast.Word)) else str(part)


def _clause(kind: str) -> Build:
    return lambda parts, span: ast.Clause(kind, _flat(parts), span)


def _two_part(kind: str) -> Build:
    """A clause whose last word stands after a second keyword."""
    return lambda parts, span: ast.Clause(kind, _flat(parts[:-1]), span, (parts[-1],))


def _tag_clause(kind: str) -> Build:
    return lambda parts, span: ast.TagClause(kind, parts[0], span)


def _fact(kind: str) -> Build:
    return lambda parts, span: ast.Fact(kind, _flat(parts), span)


def _setting(kind: str) -> Build:
    return lambda parts, span: ast.Setting(kind, parts[0], parts[1] if len(parts) > 1 else None, span)


def _trustee(kind: str) -> Build:
    return lambda parts, span: ast.Trustee(kind, _flat(parts), span)


def _subject(kind: str) -> Build:
    return lambda parts, span: ast.Subject(kind, _flat(parts), span)


def _every(parts: list[Any], span: Span) -> ast.Subject:
    return ast.Subject("every", (parts[0],), span)


def _anyone_except(parts: list[Any], span: Span) -> ast.Subject:
    excepted: ast.Subject = parts[0]
    return ast.Subject(f"anyone except {excepted.kind}", excepted.words, span)


def _compare(relation: str) -> Build:
    def build(parts: list[Any], span: Span) -> ast.Compare:
        quantifier, key = parts[0]
        values = parts[1] if len(parts) > 1 else ()
        return ast.Compare(quantifier, key, relation, values, bool(parts[2:] and parts[2]), span)

    return build


def _compare_as(parts: list[Any], span: Span) -> ast.Compare:
    (quantifier, key), operator, *values = parts
    return ast.Compare(quantifier, key, operator.text, values[0] if values else (), False, span)


def _compare_relation(parts: list[Any], span: Span) -> ast.Compare:
    (quantifier, key), relation, value, ignoring = parts
    return ast.Compare(quantifier, key, relation, (value,), ignoring, span)


def _joined(node: type[ast.Or] | type[ast.And]) -> Build:
    return lambda parts, span: parts[0] if len(parts) == 1 else node(tuple(parts), span)


def _grant(allows: bool, subject: bool, block: bool) -> Build:
    def build(parts: list[Any], span: Span) -> ast.Grant:
        subjects = parts[0] if subject else None
        what, qualifiers = parts[-2:]
        if block:
            return ast.Grant(subjects, allows, what, True, qualifiers, span)
        first, last = (what, what) if isinstance(what, ast.Exactly) else (what[0], what[-1])
        whole = first.span.to(qualifiers[-1].span if qualifiers else last.span)
        return ast.Grant(subjects, allows, (phrase(what, qualifiers, whole),), False, (), span)

    return build


def _role(parts: list[Any], span: Span) -> ast.Role:
    trusts: list[ast.Trust] = []
    facts: list[ast.Fact | ast.TagClause] = []
    for part in parts[1:]:
        if isinstance(part, ast.Fact) or (isinstance(part, ast.TagClause) and part.kind == "tagged"):
            facts.append(part)  # of the role itself; what it is asked for with is `if resource tag K = V`
        elif isinstance(part, ast.Trust):
            trusts.append(part)
        elif trusts:
            last = trusts.pop()
            trusts.append(ast.Trust(last.trustees, (*last.qualifiers, part), last.span.to(part.span)))
        else:
            trusts.append(ast.Trust((), (part,), part.span))
    return ast.Role(parts[0], tuple(trusts), tuple(facts), span)


def _trust_with_organization(parts: list[Any], span: Span) -> ast.Trust:
    first = ast.Trustee("organization", (parts[0],), parts[0].span)
    return ast.Trust((first, *parts[1:]), (), span)


def _line(parts: list[Any], span: Span) -> ast.Line:
    sentence, end = parts
    return ast.Line(sentence, end.before, end.after, sentence.span)


def _phrase_line(parts: list[Any], span: Span) -> ast.Phrase:
    what, qualifiers, _ = parts
    return phrase(what, qualifiers, span)


def _acts_on(parts: list[Any], span: Span) -> ast.VerbLine:
    groups, target, qualifiers, _ = parts
    return ast.VerbLine("acts", groups, target, qualifiers, span)


def _verb(parts: list[Any], span: Span) -> ast.Verb:
    override = isinstance(parts[0], Token)
    rest = parts[1:] if override else parts
    nouns = tuple(part for part in rest[1:] if isinstance(part, tuple))
    lines = tuple(part for part in rest[1:] if isinstance(part, ast.VerbLine))
    return ast.Verb(rest[0], nouns, lines, override, span)


def _through(kind: str) -> Build:
    def build(parts: list[Any], span: Span) -> ast.VerbLine:
        verb, service, _ = parts
        return ast.VerbLine(kind, (ast.Group((verb,), verb.span),), (service,), (), span)

    return build


def _through_actions(parts: list[Any], span: Span) -> ast.VerbLine:
    groups, service, _ = parts
    return ast.VerbLine("through key", groups, (service,), (), span)


def _policy(parts: list[Any], span: Span) -> ast.Policy:
    facts = tuple(part for part in parts[1:-1] if isinstance(part, (ast.Fact, ast.TagClause)))
    parameters = next((part for part in parts[1:-1] if isinstance(part, tuple)), ())
    return ast.Policy(parts[0], parameters, parts[-1], span, facts)


def _kept(parts: list[Any], span: Span) -> tuple[ast.Line, ...]:
    return (ast.Line(ast.Kept(parts[0], span), (), "", span),)


def _used(aws: bool) -> Build:
    return lambda parts, span: ast.Used(parts[0], parts[1] if len(parts) > 1 else (), aws, span)


def _guardrail(parts: list[Any], span: Span) -> ast.Guardrail:
    name, guarded, *places, body = parts
    place, where = places[0] if places else ("", None)
    return ast.Guardrail(name, guarded, place, where, body, span)


def _endpoint_policy(parts: list[Any], span: Span) -> ast.EndpointPolicy:
    return ast.EndpointPolicy(parts[0], parts[1] if len(parts) > 2 else (), parts[-1], span)


def _place(kind: str) -> Build:
    return lambda parts, span: (kind, parts[0])


def _all(parts: list[Any], span: Span) -> tuple[Any, ...]:
    return tuple(parts)


def _first(parts: list[Any], span: Span) -> Any:
    return parts[0]


def _joined_text(parts: list[Any], span: Span) -> str:
    return " ".join(_text(part) for part in parts)


BUILDERS: dict[str, Build] = {
    "line": _line,
    "account": lambda parts, span: ast.Account(parts[0], parts[1], len(parts) > 2, span),
    "external": _joined_text,
    "unknown_action": _setting("unknown action"),
    "declaration": lambda parts, span: ast.Declaration(parts[0], span, tuple(parts[1:])),
    "group": lambda parts, span: ast.GroupOf(parts[0], parts[1], span, tuple(parts[2:])),
    "role": _role,
    "trust": lambda parts, span: ast.Trust(parts[0], (), span),
    "trust_with_organization": _trust_with_organization,
    "trustees": _all,
    "same_trustee": _trustee("same"),
    "permission_set": lambda parts, span: ast.PermissionSet(parts[0], tuple(parts[1:]), span),
    "resource_named": lambda parts, span: ast.Resource(parts[0], parts[1], tuple(parts[2:]), span),
    "resource_stated": lambda parts, span: ast.Resource(parts[0], None, tuple(parts[1:]), span),
    "grant_block": _all,
    "grant_line": _phrase_line,
    "assertion": lambda parts, span: ast.Assertion(parts[0], span),
    "subjects": lambda parts, span: ast.Subjects(tuple(parts), False, span),
    "only": lambda parts, span: ast.Subjects(tuple(parts), True, span),
    "every_kind": lambda parts, span: ast.Word(parts[0].text, False, span),
    "subject_every": _every,
    "subject_anyone_except": _anyone_except,
    "groups": lambda parts, span: tuple(ast.Group(words, words[0].span.to(words[-1].span)) for words in parts),
    "clauses": _all,
    "if_clause": lambda parts, span: ast.If(False, parts[0], span),
    "unless_clause": lambda parts, span: ast.If(True, parts[0], span),
    "except_groups": lambda parts, span: ast.Except(parts[0], span),
    "from_private_ip": _two_part("from private ip"),
    "from_any_service_for": _two_part("from service"),
    "from_service_for": _two_part("from service"),
    "tags": _all,
    "tag": _all,
    "disjunction": _joined(ast.Or),
    "conjunction": _joined(ast.And),
    "negation": lambda parts, span: ast.Not(parts[0], span),
    "grouped": _first,
    "compare": _compare_relation,
    "compare_in": _compare("in"),
    "compare_not_in": _compare("not in"),
    "compare_like": _compare("like"),
    "compare_not_like": _compare("not like"),
    "compare_exists": _compare("exists"),
    "compare_as": _compare_as,
    "case": lambda parts, span: span.end > span.start,
    "key": lambda parts, span: (parts[0] if len(parts) > 1 else "", parts[-1]),
    "quantifier": _joined_text,
    "relation": _joined_text,
    "list": _all,
    "one_pattern": _all,
    "literal": _first,
    "tag_of": lambda parts, span: ast.TagOf(parts[0], parts[1], span),
    "tagged_thing": _joined_text,
    "policy": _policy,
    "inline_policy": lambda parts, span: ast.InlinePolicy(parts[0], parts[1], parts[2], span),
    "kept": _kept,
    "parameters": _first,
    "use": lambda parts, span: ast.Use(parts[0], tuple(parts[1:]), span),
    "use_policy": _used(False),
    "use_aws_policy": _used(True),
    "repeat": lambda parts, span: ast.Repeat(parts[0], parts[1], parts[2], span),
    "body": _all,
    "verb": _verb,
    "acts_on": _acts_on,
    "includes": lambda parts, span: ast.VerbLine("includes", parts[0], (), (), span),
    "through_key": _through("through key"),
    "through_key_actions": _through_actions,
    "passes_role": _through("passes role"),
    "guardrail": _guardrail,
    "guarded": _joined_text,
    "place_ou": _place("ou"),
    "place_organization": _place("organization"),
    "place_account": _place("account"),
    "boundary": lambda parts, span: ast.Boundary(parts[0], parts[1], span),
    "session_policy": lambda parts, span: ast.SessionPolicy(parts[0], parts[1], span),
    "endpoint_policy": _endpoint_policy,
    "trust_policy": lambda parts, span: ast.TrustPolicy(parts[0], parts[1], span),
    "resource_policy": lambda parts, span: ast.ResourcePolicy(parts[0], parts[1], span),
    **TERMS,
    "names": _all,
    "values": _all,
    "words": _all,
    **{name: _clause(kind) for name, kind in _CLAUSES.items()},
    **{name: _tag_clause(kind) for name, kind in _TAG_CLAUSES.items()},
    **{name: _fact(kind) for name, kind in _FACTS.items()},
    **{name: _setting(name) for name in _SETTINGS},
    **{f"trust_{name}": _trustee(name.replace("_", " ")) for name in _TRUSTEES},
    **{f"subject_{name}": _subject("" if name == "words" else name.replace("_", " ")) for name in _SUBJECTS[:5]},
    **{f"subject_{name}": _subject(name) for name in _SUBJECTS[6:] if name != "anyone_except"},
    **{
        f"{'they_' if not subject else ''}{'can' if allows else 'cannot'}{'_block' if block else ''}": _grant(
            allows, subject, block
        )
        for allows in (True, False)
        for subject in (True, False)
        for block in (True, False)
    },
}

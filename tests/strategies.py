"""Hypothesis strategies for the trees that the grammar can make, and for texts derived from the grammar itself.

`programs()` and the strategies for nodes build trees; their places are all `NOWHERE`, which equality ignores. `texts()`
derives sentences rule by rule from `grammar/iam.lark`, so it follows the grammar wherever that goes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from lark import Lark

from iamdsl.source import Span
from iamdsl.syntax import ast, tables
from iamdsl.syntax.parse import automaton

PATH = "program.iam"
NOWHERE = Span(PATH, 0, 0)
KEYWORDS = sorted({word for text in automaton().keywords for word in text.split() if word[0].isalpha()})

_BARE = r"(?:[\w\-./*?:@+]|\$\{[^}\n]{0,9}\}|\{[A-Za-z_][\w\-]{0,5}\}){1,9}"
_QUOTED = r'(?:[^"\\\n]|\\.){0,9}'


def word(bare: str) -> ast.Word:
    return ast.Word(bare, False, NOWHERE)


# ---- words

bare_words = st.one_of(
    st.sampled_from(
        "alice bob training read write list bucket table key results/models/* logs-* s3:GetObject 203.0.113.0/24 1h"
        " 2026-01-01 a{env} ${aws:username} home/${aws:username}/* {team}-lead arn:aws:s3:::b/x 2001:db8::/32".split()
    ),
    st.from_regex(_BARE, fullmatch=True).filter(lambda text: text not in KEYWORDS),
).map(word)
quoted_words = st.one_of(
    st.sampled_from([*KEYWORDS, "", "prod/api-key", "a b", 'say \\"hi\\"', "\\\\", "\\{not a param}", "#", "a, b"]),
    st.from_regex(_QUOTED, fullmatch=True),
).map(lambda text: ast.Word(text, True, NOWHERE))
words = st.one_of(bare_words, bare_words, quoted_words)


def tuples_of(items: st.SearchStrategy[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


names = tuples_of(words)
long_names = tuples_of(words, 1, 12)
groups = tuples_of(tuples_of(words).map(lambda items: ast.Group(items, NOWHERE)), 1, 4)

# ---- clauses and conditions: kind → (least words, most words, may have `extra`)

CLAUSES = {
    "with mfa": (0, 0),
    "with mfa within": (1, 1),
    "without mfa": (0, 0),
    "with external id": (1, 1),
    "from ip": (1, 9),
    "from private ip": (1, 3),
    "from vpc": (1, 3),
    "from endpoint": (1, 3),
    "from account": (1, 3),
    "from organization": (1, 3),
    "from ou": (1, 3),
    "from service": (0, 3),
    "to account": (1, 3),
    "to organization": (1, 3),
    "to service": (1, 3),
    "via any service": (0, 0),
    "via": (1, 3),
    "in region": (1, 3),
    "outside region": (1, 3),
    "in account": (1, 3),
    "over tls": (0, 1),
    "after": (1, 1),
    "until": (1, 1),
    "between": (2, 2),
}
ATOMS = {"role": (1, 3), "user": (1, 3), "root": (0, 0)}
TRUST_QUALIFIERS = {"for": (1, 3), "for any source": (0, 0)}
ACCEPTING = {"accepting session tags": (0, 3), "accepting source identity": (0, 0)}
QUALIFIERS = {
    **TRUST_QUALIFIERS,
    "in": (1, 3),
    "in any account": (0, 0),
    "in any region": (0, 0),
    "anywhere": (0, 0),
    "as role": (1, 1),
    "except in": (1, 3),
}


@st.composite
def _clause(draw: Any, kinds: dict[str, tuple[int, int]]) -> ast.Clause:
    kind = draw(st.sampled_from(sorted(kinds)))
    values = draw(tuples_of(words, *kinds[kind]))
    extra: tuple[ast.Word, ...] = ()
    if kind == "from private ip" or kind == "from service" and draw(st.booleans()):
        extra = (draw(words),)
    return ast.Clause(kind, values, NOWHERE, extra)


operands = st.one_of(
    words,
    st.builds(ast.TagOf, st.sampled_from(["principal", "resource", "request"]), words, st.just(NOWHERE)),
)


def _tag_clauses(*kinds: str) -> st.SearchStrategy[ast.TagClause]:
    return st.builds(ast.TagClause, st.sampled_from(kinds), tuples_of(st.tuples(words, operands)), st.just(NOWHERE))


clauses = st.one_of(_clause(CLAUSES), _tag_clauses("tagged", "tagging", "as principal tagged"))
because = quoted_words.map(lambda text: ast.Clause("because", (text,), NOWHERE))

OPERATORS = ("StringLike", "ForAnyValue:StringEqualsIfExists")


@st.composite
def compares(draw: Any) -> ast.Compare:
    relation = draw(st.sampled_from(ast.RELATIONS + OPERATORS))
    most = 3 if relation in ("in", "not in", "like", "not like", *OPERATORS) else int(relation != "exists")
    values = draw(tuples_of(operands, 0 if relation in OPERATORS else min(1, most), most))
    ignoring = relation not in ("exists", *OPERATORS) and draw(st.booleans())
    return ast.Compare(draw(st.sampled_from(["", "any", "every"])), draw(operands), relation, values, ignoring, NOWHERE)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = tuples_of(inner, 2, 3)
    return st.one_of(
        inner.map(lambda item: ast.Not(item, NOWHERE)),
        several.map(lambda items: ast.And(items, NOWHERE)),
        several.map(lambda items: ast.Or(items, NOWHERE)),
    )


expressions = st.recursive(st.one_of(clauses, _clause(ATOMS), compares()), _compound, max_leaves=6)
ifs = st.builds(ast.If, st.booleans(), expressions, st.just(NOWHERE))
excepts = st.builds(ast.Except, groups, st.just(NOWHERE))
qualifiers = tuples_of(st.one_of(clauses, _clause(QUALIFIERS), because, ifs, excepts), 0, 3)

# ---- grants

SUBJECTS = ("user", "group", "role", "permission set", "account", "organization", "service", "everyone")
EXCEPTED = ("anyone except user", "anyone except role", "anyone except account")
_principal_kinds = st.sampled_from(["aws", "federated", "service", "canonical"]).map(word)
_principals = st.lists(st.tuples(_principal_kinds, words), min_size=1, max_size=3)
_subject = st.one_of(
    st.builds(
        lambda kind, pairs: ast.Subject(kind, tuple(one for pair in pairs for one in pair), NOWHERE),
        st.sampled_from(["principal", "anyone except principal"]),
        _principals,
    ),
    tuples_of(words).map(lambda items: ast.Subject("", items, NOWHERE)),
    st.builds(ast.Subject, st.sampled_from(SUBJECTS + EXCEPTED), st.tuples(words), st.just(NOWHERE)),
    st.sampled_from(["user", "role", "group", "principal"]).map(
        lambda kind: ast.Subject("every", (word(kind),), NOWHERE)
    ),
    st.sampled_from(["public", "nobody", "root"]).map(lambda kind: ast.Subject(kind, (), NOWHERE)),
)
subjects = st.builds(ast.Subjects, tuples_of(_subject), st.booleans(), st.just(NOWHERE))
_exactly = st.builds(
    lambda actions, resources, but, others: ast.Exactly(actions, resources, but, others and bool(resources), NOWHERE),
    names,
    tuples_of(words, 0, 3),
    st.booleans(),
    st.booleans(),
)
phrases = st.one_of(
    st.builds(ast.Phrase, groups, qualifiers, st.just(NOWHERE)),
    st.builds(lambda said, after: ast.Phrase((), after, NOWHERE, said), _exactly, qualifiers),
)


@st.composite
def grants(draw: Any) -> ast.Grant:
    block = draw(st.booleans())
    return ast.Grant(
        draw(st.none() | subjects),
        draw(st.booleans()),
        draw(tuples_of(phrases, 0, 3)) if block else (draw(phrases),),
        block,
        draw(qualifiers) if block else (),
        NOWHERE,
    )


# ---- declarations

TRUSTEES = (
    "service user group role account organization github saml kubernetes github_pull_requests permission_set "
    "github_branch github_environment github_tag saml_audience"
)


@st.composite
def _trustees(draw: Any) -> ast.Trustee:
    kind = draw(st.sampled_from(["oidc", *TRUSTEES.split()])).replace("_", " ")
    two = " " in kind and kind not in ("github pull requests", "permission set")
    least, most = (3, 5) if kind == "oidc" else (2, 2) if two else (1, 1)
    return ast.Trustee(kind, draw(tuples_of(words, least, most)), NOWHERE)


_more_trustees = st.one_of(_trustees(), words.map(lambda name: ast.Trustee("same", (name,), NOWHERE)))
_trust_clauses = clauses.filter(lambda node: node.kind != "tagged")  # that is a fact of the role
_trust_qualifiers = st.one_of(_trust_clauses, _clause(TRUST_QUALIFIERS | ACCEPTING), because, ifs)


@st.composite
def roles(draw: Any) -> ast.Role:
    """A role; one that no order of words can say (two trusts that would read as one) gets a fact to part them."""
    trusts = [
        ast.Trust((draw(_trustees()), *draw(tuples_of(_more_trustees, 0, 2))), draw(_some_trust_qualifiers), NOWHERE)
        for _ in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        trusts.insert(0, ast.Trust((), draw(tuples_of(_trust_qualifiers, 1, 2)), NOWHERE))
    own = _facts("lasting", "boundary", "path", "instance profile") | _tag_clauses("tagged")
    facts = draw(tuples_of(own, 0 if trusts else 1, 2))
    gaps = sum(
        bool(trust.qualifiers) and isinstance(trust.qualifiers[-1], ast.Clause)
        for trust, after in zip(trusts, trusts[1:])
        if after.trustees[0].kind == "organization"
    )
    facts += (ast.Fact("lasting", (word("1h"),), NOWHERE),) * (gaps - len(facts))
    return ast.Role(draw(words), tuple(trusts), facts, NOWHERE)


_some_trust_qualifiers = tuples_of(_trust_qualifiers, 0, 2)
_MANY = {"group-name", "user-name", "encrypted"}
_NONE = {"any account", "any region"}


@st.composite
def _facts(draw: Any, *kinds: str, many: frozenset[str] = frozenset()) -> ast.Fact:
    kind = draw(st.sampled_from(kinds))
    most = 3 if kind in _MANY | many else 0 if kind in _NONE else 1
    least = 0 if kind == "instance profile" else min(1, most)
    return ast.Fact(kind, draw(tuples_of(words, least, most)), NOWHERE)


permission_sets = st.builds(
    ast.PermissionSet,
    words,
    tuples_of(_facts("group-name", "user-name", "lasting", "boundary", "account", many=frozenset({"account"}))),
    st.just(NOWHERE),
)


@st.composite
def resources(draw: Any) -> ast.Resource:
    value = draw(st.none() | words)
    fact = st.one_of(
        _facts("encrypted", "account", "any account", "region", "any region", "terraform", "export"),
        _tag_clauses("tagged"),
    )
    return ast.Resource(draw(names), value, draw(tuples_of(fact, 1 if value is None else 0, 3)), NOWHERE)


@st.composite
def settings(draw: Any) -> ast.Setting:
    kind = draw(
        st.sampled_from(
            "organization ou region partition param import inventory version id".split() + ["unknown action"]
        )
    )
    name = draw(quoted_words if kind in ("import", "inventory") else words)
    valued = kind in ("organization", "ou") or kind == "param" and draw(st.booleans())
    return ast.Setting(kind, name, draw(words) if valued else None, NOWHERE)


# ---- verbs and reuse


@st.composite
def _verb_lines(draw: Any) -> ast.VerbLine:
    kind = draw(st.sampled_from(["acts", "includes", "through key", "passes role"]))
    some = draw(groups) if kind != "passes role" else (ast.Group((draw(words),), NOWHERE),)
    target = draw(names if kind == "acts" else tuples_of(words, 0 if kind == "includes" else 1, 1))
    if kind == "includes":
        target = ()
    return ast.VerbLine(kind, some, target, draw(qualifiers) if kind == "acts" else (), NOWHERE)


verbs = st.builds(ast.Verb, words, tuples_of(names), tuples_of(_verb_lines(), 0, 3), st.booleans(), st.just(NOWHERE))
_used = st.builds(ast.Used, words, tuples_of(words, 0, 2), st.just(False), st.just(NOWHERE))
_aws_used = words.map(lambda name: ast.Used(name, (), True, NOWHERE))
uses = st.builds(ast.Use, subjects, tuples_of(_used | _aws_used), st.just(NOWHERE))

_held = _facts("boundary", "path") | _tag_clauses("tagged")

simple_sentences = st.one_of(
    st.builds(ast.Account, words, words, st.booleans(), st.just(NOWHERE)),
    settings(),
    st.builds(ast.Declaration, subjects, st.just(NOWHERE), tuples_of(_held, 0, 2)).filter(
        lambda node: not node.facts or [one.kind for one in node.subjects.items] != ["role"]  # that is an ast.Role
    ),
    st.builds(ast.GroupOf, words, long_names, st.just(NOWHERE), tuples_of(_held, 0, 2)),
    roles(),
    permission_sets,
    resources(),
    verbs,
    uses,
    grants(),
    st.builds(ast.Assertion, grants(), st.just(NOWHERE)),
)


def _blocks(lines: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kept = st.builds(ast.Kept, quoted_words, st.just(NOWHERE))
    body = tuples_of(lines, 0, 3) | kept.map(lambda node: (ast.Line(node, (), "", NOWHERE),))
    place = st.sampled_from(["ou", "organization", "account"])
    guarded = st.sampled_from(["principals", "resources"])
    return st.one_of(
        st.builds(ast.Policy, words, tuples_of(words, 0, 2), body, st.just(NOWHERE), tuples_of(_held, 0, 2)),
        st.builds(ast.InlinePolicy, words, subjects, body, st.just(NOWHERE)),
        st.builds(ast.Repeat, words, names, body, st.just(NOWHERE)),
        st.builds(ast.Guardrail, words, guarded, place, words, body, st.just(NOWHERE)),
        st.builds(ast.Guardrail, words, guarded, st.just(""), st.none(), body, st.just(NOWHERE)),
        st.builds(ast.TrustPolicy, words, body, st.just(NOWHERE)),
        st.builds(ast.ResourcePolicy, names, body, st.just(NOWHERE)),
        st.builds(ast.Boundary, words, body, st.just(NOWHERE)),
        st.builds(ast.SessionPolicy, words, body, st.just(NOWHERE)),
        st.builds(ast.EndpointPolicy, words, tuples_of(words, 0, 2), body, st.just(NOWHERE)),
    )


# ---- lines and programs

_comment_text = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9)
comments = st.builds(lambda mark, text: (mark + text).rstrip(), st.sampled_from(["#", "##", "# "]), _comment_text)


def _tidy(before: list[str], first: bool) -> tuple[str, ...]:
    """Without the empty lines that the layout drops."""
    kept: list[str] = []
    for line in before:
        if line or (kept[-1] and not kept[-1].startswith("##") if kept else not first):
            kept.append(line)
    return tuple(kept)


def _lines(sentences: st.SearchStrategy[Any]) -> st.SearchStrategy[ast.Line]:
    before = st.lists(st.one_of(st.just(""), comments), max_size=3).map(tuple)
    return st.builds(ast.Line, sentences, before, st.just("") | comments, st.just(NOWHERE))


lines = st.recursive(_lines(simple_sentences), lambda inner: _lines(_blocks(inner)), max_leaves=4)


def tidied(line: ast.Line, first: bool) -> ast.Line:
    """`line` with the empty lines in it as the layout leaves them."""
    sentence = line.sentence
    body = getattr(sentence, "body", None)
    if body is not None:
        values = {name: getattr(sentence, name) for name in sentence.__match_args__}
        values["body"] = tuple(tidied(inner, n == 0) for n, inner in enumerate(body))
        sentence = type(sentence)(**values)
    return ast.Line(sentence, _tidy(list(line.before), first), line.after, line.span)


def programs(most: int = 4) -> st.SearchStrategy[ast.Program]:
    """Programs of up to `most` lines, of all node kinds, with comments and blocks within blocks."""
    return st.lists(lines, max_size=most).map(
        lambda items: ast.Program(PATH, tuple(tidied(line, n == 0) for n, line in enumerate(items)))
    )


# ---- texts from the grammar


@lru_cache
def grammar() -> tuple[dict[str, list[list[str]]], dict[str, str], dict[str, int]]:
    """The expansions of each nonterminal, the text of each keyword, and how deep each symbol's least tree is."""
    with open(tables.grammar_path(), encoding="utf-8") as file:
        lark = Lark(file.read(), parser="lalr", start=tables.START, maybe_placeholders=False)
    rules: dict[str, list[list[str]]] = {}
    for rule in lark.rules:
        rules.setdefault(rule.origin.name, []).append([symbol.name for symbol in rule.expansion])
    keywords = {terminal: text for text, terminal in automaton().keywords.items()}
    depths = {name: 0 for expansions in rules.values() for items in expansions for name in items if name not in rules}
    while len(depths) < len(set(rules) | set(depths)):
        for name, expansions in rules.items():
            known = [
                max([depths[item] for item in items], default=0) for items in expansions if set(items) <= set(depths)
            ]
            if known and name not in depths:
                depths[name] = 1 + min(known)
    return rules, keywords, depths


def _allowed(expansions: list[list[str]], depths: dict[str, int], budget: int) -> list[list[str]]:
    costs = [max([depths[item] for item in items], default=0) for items in expansions]
    return [items for items, cost in zip(expansions, costs) if cost <= max(budget, min(costs))]


@st.composite
def texts(draw: Any, name: st.SearchStrategy[str], quoted: st.SearchStrategy[str], budget: int = 14) -> list[str]:
    """The tokens of one sentence derived from the grammar, "\\n" among them where an inner sentence ends."""
    rules, keywords, depths = grammar()
    tokens: list[str] = []
    todo = [(tables.START, budget)]
    while todo:
        symbol, left = todo.pop()
        if symbol in rules:
            choices = _allowed(rules[symbol], depths, left - 1)
            items = choices[draw(st.integers(0, len(choices) - 1))] if len(choices) > 1 else choices[0]
            todo.extend((item, left - 1) for item in reversed(items))
        elif symbol == "NEWLINE":
            tokens.append("\n")
        elif symbol in ("WORD", "STRING"):
            tokens.append(draw(name) if symbol == "WORD" else f'"{draw(quoted)}"')
        else:
            tokens.append(keywords[symbol])
    return tokens

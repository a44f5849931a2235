"""Laws of trust, over drawn words: what is accepted lets in what it names and nobody else; the rest is a finding."""

from __future__ import annotations

from typing import Any

from evaluator import Request, decide
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.source import Source

HEAD = "account prod = 111122223333\nregion eu-west-1\nuser alice\nrole q for user alice\n"
WEB = "sts:AssumeRoleWithWebIdentity"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/"
GITHUB = "token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::111122223333:role/r"
CLUSTER = "0123456789ABCDEF0123456789ABCDEF"
EKS = f"oidc.eks.eu-west-1.amazonaws.com/id/{CLUSTER}"
LAW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

odd = st.text(st.sampled_from('ab1A-_.:/@*?% $~é\\"{}'), max_size=8)
word = st.text(st.sampled_from("ab1-"), min_size=1, max_size=3)


def quoted(text: str) -> str:
    """As a program writes it."""
    escaped = "".join("\\" + c if c in '"\\{$' else c for c in text)
    return f'"{escaped}"'


def trust(trustee: str) -> dict[str, Any] | None:
    """The trust policy of a role for `trustee`; None if the program has an error."""
    report = Report()
    source = Source("law.iam", f"{HEAD}role r for {trustee}\nr can read bucket a\n")
    compilation = compile_program((source,), default(), {}, report)
    assert report.failed == (not compilation.outputs)
    return None if report.failed else tree.documents(compilation)["roles/r/trust.json"]


def lets_in(document: dict[str, Any], issuer: str, subject: str, audience: str = "sts.amazonaws.com") -> bool:
    claims = {f"{issuer}:aud": audience, f"{issuer}:sub": subject}
    return decide([document], Request(PROVIDER + issuer, WEB, ROLE, claims)) == "allowed"


PARTS = {"branch": "ref:refs/heads/{}", "tag": "ref:refs/tags/{}", "environment": "environment:{}"}


@LAW
@given(word, word, st.sampled_from(sorted(PARTS)), word, word, word)
def test_github_names_one(owner: str, repository: str, kind: str, value: str, other: str, thing: str) -> None:
    document = trust(f"github {quoted(f'{owner}@1/{repository}@2')} {kind} {quoted(value)}")
    if document is None:  # an owner begins and ends with a letter or digit
        assert owner.startswith("-") or owner.endswith("-")
        return
    assert lets_in(document, GITHUB, f"repo:{owner}@1/{repository}@2:{PARTS[kind].format(value)}")
    for subject in (
        f"repo:{other}@9/{repository}@2:{PARTS[kind].format(value)}",
        f"repo:{owner}@1/{other}@9:{PARTS[kind].format(value)}",
        f"repo:{owner}@1/{repository}@2:{PARTS[kind].format(value + thing)}",
        f"repo:{owner}@1/{repository}@2:pull_request",
        *[f"repo:{owner}@1/{repository}@2:{part.format(value)}" for of, part in PARTS.items() if of != kind],
    ):
        assert not lets_in(document, GITHUB, subject)


@LAW
@given(odd, st.sampled_from(["", " branch main", " tag v*", " environment *", " pull requests"]), word, odd)
def test_a_repository_never_lets_in_another_owner(name: str, part: str, owner: str, rest: str) -> None:
    document = trust(f"github {quoted(name)}{part}")
    own = name.partition("/")[0]
    if document is not None and owner != own.partition("@")[0]:
        for subject in (f"repo:{owner}/{rest}", f"repo:{owner}@1/{rest}", f"repo:{owner}{name}:{rest}", rest):
            if not subject.startswith(f"repo:{own}/"):
                assert not lets_in(document, GITHUB, subject)


@LAW
@given(word, word, word, word)
def test_kubernetes_names_one(namespace: str, account: str, other: str, more: str) -> None:
    document = trust(f'kubernetes "{CLUSTER}/{namespace}/{account}"')
    if document is None:
        assert any(text.strip("-") != text for text in (namespace, account))
        return
    assert lets_in(document, EKS, f"system:serviceaccount:{namespace}:{account}")
    assert not lets_in(document, EKS, f"system:serviceaccount:{namespace}:{account}{more}")
    assert not lets_in(document, EKS, f"system:serviceaccount:{namespace}{more}:{account}")
    if other != namespace:
        assert not lets_in(document, EKS, f"system:serviceaccount:{other}:{account}")
    assert not lets_in(document, EKS, f"system:serviceaccount:{namespace}:{account}", audience="kubernetes")


@settings(LAW, max_examples=300)
@given(
    st.sampled_from(
        [
            "github {}",
            "github {} branch {}",
            "github {} environment {}",
            "github {} tag {}",
            "oidc {} audience {} subject {}",
            "oidc gitlab.com audience {} subject {}",
            "saml {}",
            "saml {} audience {}",
            "kubernetes {}",
            "account {}",
            "organization {}",
            "service {}",
            "role {}",
            "permission set {}",
            "user alice lasting {}",
            "user alice within boundary {}",
            "user alice accepting session tags {}, {}",
            "user alice tagging {} = {}",
            "service glue for {} {}",
        ]
    ),
    st.tuples(odd, odd, odd),
)
def test_any_words_are_a_trust_or_a_finding(form: str, texts: tuple[str, ...]) -> None:
    document = trust(form.format(*(quoted(text) for text in texts)))
    for statement in document["Statement"] if document else ():
        (principals,) = statement["Principal"].values()
        assert "*" not in principals
        if statement["Action"] == WEB:
            tested = {key.rpartition(":")[2] for tests in statement["Condition"].values() for key in tests}
            assert {"aud", "sub"} <= tested

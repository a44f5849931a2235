"""Trust in identity providers: whose tokens and assertions a role accepts, and for which subjects."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.access.model import Condition, Test, conjunction
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.words import literal
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WEB, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
GITHUB = "token.actions.githubusercontent.com"

# GitHub docs, "Usernames" and "OpenID Connect reference": OWNER/REPOSITORY, each with its id where the subject has them
_REPOSITORY = re.compile(r"([A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?)(@\d+)?/([\w.\-*?]+)(@\d+)?", re.ASCII)
_ISSUER = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w.\-~%]+)*/?", re.ASCII)
_SAML_NAME = re.compile(r"[\w.\-]{1,128}", re.ASCII)
# Kubernetes documentation, "Object names and IDs": a DNS label, and a DNS subdomain, here with wildcards
_NAMESPACE = re.compile(r"[a-z0-9*?]([a-z0-9*?\-]{0,61}[a-z0-9*?])?", re.ASCII)
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9*?]([a-z0-9*?\-.]{0,251}[a-z0-9*?])?", re.ASCII)
_CLUSTER = re.compile(r"[A-Z0-9]{32}", re.ASCII)


@record
class Federated:
    """Holders of a token or assertion of `provider` (an ARN, or the name of one that IAM knows), made for one of
    `audiences`, whose subject matches `subject` ("" for a SAML assertion). The keys are those of these two claims."""

    provider: str
    action: str
    audience_key: str
    audiences: tuple[str, ...]
    subject_key: str = ""
    subject: str = ""


def federated(trustee: ast.Trustee, kind: str, role: str, bindings: Bindings, report: Report) -> Federated | None:
    """Whom `trustee`, of `kind` (`github branch`, `oidc`, ...), names to assume `role`; None after a finding."""
    reader = _Reader(trustee, role, bindings, report)
    before = report.errors
    found = _READERS[kind.split()[0]](reader, kind)
    return found if report.errors == before else None


def grouped(found: list[Federated]) -> list[tuple[str, str, Condition]]:
    """Provider, action and condition of each grant that `found` make together: one for a provider and its audiences."""
    groups: dict[tuple[object, ...], list[Federated]] = {}
    for one in found:
        key = (one.provider, one.action, one.subject_key, one.audiences if one.subject_key else ())
        groups.setdefault(key, []).append(one)
    grants: list[tuple[str, str, Condition]] = []
    for same in groups.values():
        first = same[0]
        audiences = tuple(dict.fromkeys(audience for one in same for audience in one.audiences))
        tests: list[Condition] = [Test(first.audience_key, "equals", audiences)]
        if first.subject_key:
            subjects = tuple(dict.fromkeys(one.subject for one in same))
            relation = "like" if any(_wild(subject) for subject in subjects) else "equals"
            tests.append(Test(first.subject_key, relation, subjects))
        grants.append((first.provider, first.action, conjunction(*tests)))
    return grants


def _wild(text: str) -> bool:
    return "*" in text or "?" in text


class _Reader:
    """Reads one trustee."""

    def __init__(self, trustee: ast.Trustee, role: str, bindings: Bindings, report: Report) -> None:
        self.trustee = trustee
        self.role = role
        self.bindings = bindings
        self.report = report
        self.values = [literal(word, bindings.params, report) for word in trustee.values]

    def wrong(self, at: int, what: str, help: str) -> None:
        value, span = self.values[at], self.trustee.values[at].span
        self.report.add(rules.BAD_IDENTITY, span, help=help, value=value, what=what)

    def wide(self, who: str) -> None:
        help = "name the one that is meant, if it is one"
        self.report.add(rules.WIDE_TRUST, self.trustee.span, help=help, who=who, role=self.role)

    def arn(self, provider: str) -> str:
        if not self.bindings.home:
            help, what = "declare yours: `account NAME = 111122223333`", f"the trust of role `{self.role}`"
            self.report.add(rules.NO_HOME, self.trustee.span, help=help, what=what)
        return f"arn:{self.bindings.partition}:iam::{self.bindings.home}:{provider}"

    def web(self, issuer: str, audiences: tuple[str, ...], subject: str) -> Federated:
        known = self.bindings.catalog.issuer(issuer)
        provider = issuer if known.own else self.arn(f"oidc-provider/{issuer}")
        keys = f"{issuer}:{known.audience}", f"{issuer}:{known.subject}"
        return Federated(provider, WEB, keys[0], audiences, keys[1], subject)

    # ---- GitHub

    def github(self, kind: str) -> Federated | None:
        """GitHub docs, "OpenID Connect reference": the subject of a workflow's token."""
        name = self.values[0]
        match = _REPOSITORY.fullmatch(name)
        if match is None or bool(match[2]) != bool(match[4]) and not _wild(match[3]):
            help = 'write `github "OWNER/REPOSITORY"`, or, with ids, `github "OWNER@123/REPOSITORY@456"`'
            if found := re.match(r"https://github\.com/([\w-]+/[\w.-]+)", name, re.ASCII):
                help = f"write `github {found[1]}`"
            elif _wild(name.partition("/")[0]):
                help = "a wildcard here would let strangers in: name the owner"
            self.wrong(0, "a GitHub repository", help)
            return None
        owner, owner_id, repository = match[1], match[2], match[3]
        part = self.part(kind.partition(" ")[2])
        if part == "*":
            self.wide(f"any workflow of {name}, on any branch, tag and pull request,")
        elif _wild(repository):
            self.wide(f"a workflow of any repository {repository} of {owner}")
        if not owner_id:
            help = f"if it is one, give its ids: `github {owner}@OWNER_ID/{repository}@REPOSITORY_ID`"
            self.report.add(rules.GITHUB_IDS, self.trustee.values[0].span, help=help, name=name)
        sign_in = self.bindings.catalog.sign_in(self.bindings.partition)
        audience = sign_in.audience if sign_in else "sts.amazonaws.com"
        return self.web(GITHUB, (audience,), f"repo:{name}:{part}")

    def part(self, kind: str) -> str:
        """What follows the repository in the subject."""
        if not kind:
            return "*"
        if kind == "pull requests":
            return "pull_request"
        value = self.values[1]
        if kind == "environment":
            return "environment:" + value.replace(":", "%3A")
        if not value or re.search(r"[\s:~^\\\[]|^refs/|\$\{", value):
            self.wrong(1, f"the name of a {kind}", f"write it as `git {kind}` lists it, such as `{_EXAMPLES[kind]}`")
        return f"ref:refs/{'heads' if kind == 'branch' else 'tags'}/{value}"

    # ---- any OIDC provider, Kubernetes among them

    def oidc(self, kind: str) -> Federated | None:
        issuer, *audiences, subject = self.values
        issuer = self.issuer(0)
        for at, audience in enumerate(audiences, 1):
            if not audience or _wild(audience):
                self.wrong(at, "an audience", "name the audience that the token is made for; it has no wildcard")
        last = len(self.values) - 1
        if not subject:
            self.wrong(last, "a subject", "say whose tokens: the `sub` of the token, with wildcards if need be")
        elif subject[0] in "*?" and self.bindings.catalog.issuer(issuer).shared:
            help = f"{issuer} serves everybody: begin the subject with what is yours alone"
            self.wrong(last, "a subject of yours", help)
        elif not subject.strip("*?"):
            self.wide(f"any holder of a token of {issuer} for {', '.join(audiences)}")
        return self.web(issuer, tuple(audiences), subject)

    def issuer(self, at: int) -> str:
        """The issuer as IAM names its provider: the URL without `https://`."""
        url = self.values[at].removeprefix("https://")
        if not _ISSUER.fullmatch(url) or len(url) > 255:
            help = "write its URL, `https://HOST/PATH`, in lower case, without port and query"
            self.wrong(at, "the issuer of an OIDC provider", help)
        return url

    def kubernetes(self, kind: str) -> Federated | None:
        """EKS user guide, "IAM roles for service accounts"."""
        cluster, _, rest = self.values[0].rpartition("/")
        cluster, _, namespace = cluster.rpartition("/")
        if not cluster or not _NAMESPACE.fullmatch(namespace) or not _SERVICE_ACCOUNT.fullmatch(rest):
            help = 'write `kubernetes "CLUSTER_ID/NAMESPACE/SERVICE_ACCOUNT"`'
            self.wrong(0, "the service account of a cluster", help)
            return None
        if _wild(namespace):
            self.wide(f"service account {rest} of any namespace {namespace}")
        elif _wild(rest):
            self.wide(f"any service account {rest} of namespace {namespace}")
        issuer = cluster.removeprefix("https://")
        if "." not in issuer.partition("/")[0]:
            issuer = self.cluster(issuer)
        elif not _ISSUER.fullmatch(issuer):
            self.wrong(0, "the issuer of a cluster", "write what `aws eks describe-cluster` shows as its issuer")
        return self.web(issuer, ("sts.amazonaws.com",), f"system:serviceaccount:{namespace}:{rest}")

    def cluster(self, name: str) -> str:
        """The issuer of the EKS cluster with the id `name`, `REGION/ID` where it is not in the default region."""
        region, _, id = name.rpartition("/")
        region = region or self.bindings.region
        span = self.trustee.values[0].span
        if not region:
            help = "say where it is: `region eu-west-1` on a line of its own, or `REGION/ID/...`"
            self.report.add(rules.MISSING_REGION, span, help=help, noun="cluster", name=id)
        elif region not in self.bindings.catalog.regions(self.bindings.partition):
            self.report.add(rules.UNKNOWN_REGION, span, name=region)
        if not _CLUSTER.fullmatch(id):
            help = "it is at the end of its OIDC issuer: 32 capital letters and digits, not the cluster's name"
            self.report.add(rules.CLUSTER_ID, span, help=help, id=id)
        return f"oidc.eks.{region}.{self.bindings.catalog.suffix(self.bindings.partition)}/id/{id}"

    # ---- SAML

    def saml(self, kind: str) -> Federated | None:
        """IAM user guide, "Create a role for SAML 2.0 federation"."""
        if not _SAML_NAME.fullmatch(self.values[0]):
            help = "a provider's name has 1 to 128 letters, digits and `._-`"
            self.wrong(0, "the name of a SAML provider", help)
        sign_in = self.bindings.catalog.sign_in(self.bindings.partition)
        audience = sign_in.saml if sign_in else ""
        if len(self.values) > 1:
            audience = self.values[1]
            if not re.fullmatch(r"https://[\w.\-/~]+", audience, re.ASCII):
                self.wrong(
                    1, "a sign-in endpoint", "write its URL, such as `https://eu-west-1.signin.aws.amazon.com/saml`"
                )
        elif not sign_in:
            help = f"write `saml {self.values[0]} audience URL`"
            what = f"an audience: partition {self.bindings.partition} publishes no sign-in endpoint"
            self.wrong(0, f"enough without {what}", help)
        return Federated(self.arn(f"saml-provider/{self.values[0]}"), SAML, "saml:aud", (audience,))


_EXAMPLES = {"branch": "main", "tag": "v1.0"}
_READERS: dict[str, Callable[[_Reader, str], Federated | None]] = {
    "github": _Reader.github,
    "oidc": _Reader.oidc,
    "saml": _Reader.saml,
    "kubernetes": _Reader.kubernetes,
}

"""What the names of a program stand for: accounts, principals, resources, verbs."""

from __future__ import annotations

from copy import copy

from iamdsl import rules
from iamdsl.access.model import Owner
from iamdsl.catalog import Catalog, ResourceType
from iamdsl.compiler.references import References
from iamdsl.compiler.words import closest, literal, respell, suggestion
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from iamdsl.compiler.inventory import Inventory

PRINCIPAL_KINDS = ("user", "group", "role", "permission-set")


@record
class Account:
    name: str
    id: str
    external: bool
    span: Span


@record
class Principal:
    """A declared user, group, role or permission set. `members`: of a group; `role`: the declaration of a role; `facts`:
    what its declaration states beside."""

    kind: str
    name: str
    span: Span
    members: tuple[str, ...] = ()
    role: ast.Role | None = None
    doc: str = ""
    facts: tuple[ast.Fact | ast.TagClause, ...] = ()
    path: str = "/"


@record
class Managed:
    """A managed policy of the program: the place of its name, and what its declaration states beside."""

    name: str
    span: Span
    facts: tuple[ast.Fact | ast.TagClause, ...] = ()


@record
class Resource:
    """A declared resource. `value`, written at `place`, is its name in AWS or its whole ARN; account and region as
    declared, "" if not."""

    type: ResourceType
    name: str
    value: str
    account: str
    region: str
    key: str
    span: Span
    place: Span


NEW, OLD = "2012-10-17", "2008-10-17"  # the versions of AWS's policy language


@record
class Header:
    """What every document says of itself, and where the program says so: `version` at `place`, `id` at `id_place`."""

    version: str = NEW
    id: str = ""
    place: Span | None = None
    id_place: Span | None = None


class Bindings:
    """What the names of a program stand for.

    `grants` are its grant sentences in order, `bodies` the documents that it writes out; `trusts` the roles whose trust is
    one of these; `policies` those that are attached, by name, and `uses` to whom; `inline` those that are part of a
    principal; `kept` the managed policies that are in files; `verbs` those it defines, by name; the first account is home.
    `references` are the texts that stand for what a target fills in itself; `inventory` is what exists, if files say so.
    `denied`: where a `cannot` goes by access level, its verb, and the service or full type that it is on.
    """

    def __init__(self, catalog: Catalog, params: Mapping[str, str], references: References | None = None) -> None:
        self.catalog = catalog
        self.references = references or References("json", (), catalog)
        self.inventory: Inventory | None = None
        self.partition = "aws"
        self.header = Header()
        self.region = ""
        self.accounts: dict[str, Account] = {}
        self.params = params
        self.principals: dict[tuple[str, str], Principal] = {}
        self.resources: dict[tuple[str, str], Resource] = {}
        self.organizations: dict[str, str] = {}
        self.ous: dict[str, str] = {}
        self.unknown_actions: set[str] = set()
        self.verbs: dict[str, list[ast.Verb]] = {}
        self.grants: list[ast.Line] = []
        self.policies: dict[str, Managed] = {}
        self.inline: list[ast.InlinePolicy] = []
        self.kept: list[tuple[Owner, str, ast.Kept]] = []
        self.uses: list[ast.Use] = []
        self.declared: list[ast.Line] = []
        self.bodies: list[
            ast.Boundary | ast.SessionPolicy | ast.EndpointPolicy | ast.Guardrail | ast.TrustPolicy | ast.ResourcePolicy
        ] = []
        self.trusts: dict[str, Span] = {}
        self.boundaries: dict[str, ast.Boundary] = {}
        self.assertions: list[ast.Assertion] = []
        self.denied: set[tuple[Span, str, str]] = set()
        self.declaring: object = self  # the same for all programs that declare the same in the same places
        self._derived: dict[str, dict[Any, Any]] = {}

    def saying(self, grants: list[ast.Line]) -> Bindings:
        """What the names stand for in a program of other sentences."""
        found = copy(self)
        found.grants = grants
        return found

    def derived(self, name: str, make: Callable[[Bindings], dict[Any, Any]]) -> dict[Any, Any]:
        """The table `name` of what follows from all that is declared, which `make` works out once."""
        if name not in self._derived:
            self._derived[name] = make(self)
        return self._derived[name]

    @property
    def several(self) -> bool:
        """Whether there are several accounts of ours."""
        return len(self.ours()) > 1

    def ours(self) -> dict[str, Account]:
        """The accounts of ours, by id."""
        return self.derived("accounts of ours", _ours)

    def named(self, type: ResourceType) -> tuple[str, ...]:
        """The names of the declared resources of a type."""
        names: tuple[str, ...] = self.derived("names of resources", _named).get(type.full, ())
        return names

    @property
    def home(self) -> str:
        """The id of the home account; where none is declared, what stands for it, "" if nothing does."""
        ids = [account.id for account in self.accounts.values() if not account.external]
        return ids[0] if ids else self.references.account

    def principal_arn(self, kind: str, name: str) -> str:
        """The ARN of a user or role of home, with the path that its declaration states."""
        known = self.principals.get((kind, name))
        return f"arn:{self.partition}:iam::{self.home}:{kind}{known.path if known else '/'}{name}"

    def account_id(self, word: ast.Word, report: Report) -> str:
        """The id that an account's name or number stands for; "" (and a finding) for an unknown name."""
        text = literal(word, self.params, report)
        if text in self.accounts:
            return self.accounts[text].id
        if len(text) == 12 and text.isascii() and text.isdigit():
            return text
        report.add(
            rules.UNKNOWN_ACCOUNT,
            word.span,
            help=suggestion(text, self.accounts) or f"declare it: `account {text} = 111122223333`",
            name=text,
        )
        return ""


def _ours(bindings: Bindings) -> dict[str, Account]:
    return {one.id: one for one in bindings.accounts.values() if not one.external}


def _named(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for full, name in bindings.resources:
        found.setdefault(full, []).append(name)
    return {full: tuple(names) for full, names in found.items()}


def spoken(kind: str) -> str:
    """A kind of principal as a sentence writes it."""
    return kind.replace("-", " ")


def region_name(word: ast.Word, bindings: Bindings, report: Report) -> str:
    """The region that `word` names; a finding for one that the partition does not have."""
    text = literal(word, bindings.params, report)
    regions = bindings.catalog.regions(bindings.partition)
    if text not in regions:
        found = closest(text, regions)
        other = bindings.catalog.partition_of(text)
        help = f"did you mean `{found}`?" if found else ""
        if other and other != bindings.partition:
            help = f"it belongs to partition {other}: add `partition {other}`"
        fix = respell(word.span, found) if found and not other else ()
        report.add(rules.UNKNOWN_REGION, word.span, help=help, fix=fix, name=text)
    return text


def noun(words: tuple[ast.Word, ...], bindings: Bindings, report: Report) -> tuple[ResourceType, int] | None:
    """The resource type that `words` begin with and how many of them name it; a finding where there is none."""
    found = None if words[0].quoted else bindings.catalog.noun([word.text for word in words])
    if found is None:
        first = words[0]
        close = closest(first.text, bindings.catalog.nouns())
        help = f"did you mean `{close}`?" if close else "write a resource type, such as `bucket` or `dynamodb table`"
        fix = respell(first.span, close) if close else ()
        report.add(rules.UNKNOWN_NOUN, first.span, help=help, fix=fix, name=first.text)
    return found

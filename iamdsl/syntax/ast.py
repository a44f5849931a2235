"""The tree: one class for each thing the grammar can say, named like its rule. Places never take part in equality."""

from __future__ import annotations

from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax.expressions import (
    RELATIONS as RELATIONS,
    And as And,
    Clause as Clause,
    Compare as Compare,
    Expression as Expression,
    If as If,
    Not as Not,
    Operand as Operand,
    Or as Or,
    TagClause as TagClause,
    TagOf as TagOf,
    Word as Word,
)

# ---- grants


@record
class Group:
    """The words between two separators after `can`: verbs, noun, name in any sensible part."""

    words: tuple[Word, ...]
    span: Span


@record
class Except:
    """`except` actions or resources."""

    groups: tuple[Group, ...]
    span: Span


Qualifier = Clause | TagClause | If | Except


@record
class Subject:
    """Who: `kind` is "" for a bare name, else `user`, `role`, `every`, `account`, `nobody`, `everyone`, `public` ...

    `words` of `principal` are pairs: `aws`, `federated`, `service` or `canonical`, and a name.
    """

    kind: str
    words: tuple[Word, ...]
    span: Span


@record
class Subjects:
    items: tuple[Subject, ...]
    only: bool
    span: Span


@record
class Exactly:
    """`exactly ACTIONS on RESOURCES`; with `all_but_...` everything except these. No resources: the document names none."""

    actions: tuple[Word, ...]
    resources: tuple[Word, ...]
    all_but_actions: bool
    all_but_resources: bool
    span: Span


@record
class Phrase:
    """What follows `can` up to the clauses, and the clauses. With `exactly` there are no groups."""

    groups: tuple[Group, ...]
    qualifiers: tuple[Qualifier, ...]
    span: Span
    exactly: Exactly | None = None


@record
class Grant:
    """`SUBJECTS can PHRASE`; `subjects` is None in the body of a policy, boundary or session policy.

    A block (`can { ... } CLAUSES`) has several phrases and, in `shared`, the clauses after its brace.
    """

    subjects: Subjects | None
    allows: bool
    phrases: tuple[Phrase, ...]
    block: bool
    shared: tuple[Qualifier, ...]
    span: Span


@record
class Assertion:
    grant: Grant
    span: Span


# ---- declarations


@record
class Account:
    name: Word
    value: Word
    external: bool
    span: Span


@record
class Setting:
    """A sentence of a keyword and one or two words: `region`, `partition`, `organization`, `ou`, `param`, `import`,
    `version`, `id`, `unknown action`."""

    kind: str
    name: Word
    value: Word | None
    span: Span


@record
class Declaration:
    """Things that are named, and what holds for all of them: `user alice, bob within boundary developer`."""

    subjects: Subjects
    span: Span
    facts: tuple[Fact | TagClause, ...] = ()


@record
class GroupOf:
    """`group NAME = MEMBERS`."""

    name: Word
    members: tuple[Word, ...]
    span: Span
    facts: tuple[Fact | TagClause, ...] = ()


@record
class Trustee:
    """Whom a role trusts: `kind` is `service`, `user`, `github branch`, ..., or `same` (the kind of the one before)."""

    kind: str
    values: tuple[Word, ...]
    span: Span


@record
class Trust:
    """`for TRUSTEES CLAUSES` of a role."""

    trustees: tuple[Trustee, ...]
    qualifiers: tuple[Qualifier, ...]
    span: Span


@record
class Fact:
    """What a declaration states: `lasting`, `boundary`, `path`, `account`, `region`, `any account`, `encrypted`, ..."""

    kind: str
    values: tuple[Word, ...]
    span: Span


@record
class Role:
    name: Word
    trusts: tuple[Trust, ...]
    facts: tuple[Fact | TagClause, ...]
    span: Span


@record
class PermissionSet:
    name: Word
    facts: tuple[Fact, ...]
    span: Span


@record
class Resource:
    """`NOUN NAME = VALUE FACTS`; `words` is noun and name, not yet told apart."""

    words: tuple[Word, ...]
    value: Word | None
    facts: tuple[Fact | TagClause, ...]
    span: Span


# ---- verbs and reuse


@record
class VerbLine:
    """A line of a verb: `acts` (groups are actions or verbs, target a type), `includes` (groups are verbs), `through
    key` (verb, service) or `passes role` (verb, service)."""

    kind: str
    groups: tuple[Group, ...]
    target: tuple[Word, ...]
    qualifiers: tuple[Qualifier, ...]
    span: Span


@record
class Verb:
    name: Word
    nouns: tuple[tuple[Word, ...], ...]
    lines: tuple[VerbLine, ...]
    override: bool
    span: Span


@record
class Policy:
    """`policy NAME(PARAMETERS) FACTS { ... }`. Here and below, a body `from "FILE"` is a line with a `Kept`."""

    name: Word
    parameters: tuple[Word, ...]
    body: tuple[Line, ...]
    span: Span
    facts: tuple[Fact | TagClause, ...] = ()


@record
class InlinePolicy:
    """`inline policy NAME for SUBJECTS { ... }`."""

    name: Word
    subjects: Subjects
    body: tuple[Line, ...]
    span: Span


@record
class Kept:
    """`from "FILE"`: the document is the JSON in that file, as it is."""

    file: Word
    span: Span


@record
class Used:
    """A policy in `use`: its name and arguments; `aws` for a managed policy of AWS."""

    name: Word
    arguments: tuple[Word, ...]
    aws: bool
    span: Span


@record
class Use:
    subjects: Subjects
    used: tuple[Used, ...]
    span: Span


@record
class Repeat:
    """`for NAME in [VALUES] { ... }`."""

    name: Word
    values: tuple[Word, ...]
    body: tuple[Line, ...]
    span: Span


# ---- other kinds of document


@record
class Guardrail:
    """`place` and `where` say what it is attached to; "" and None: the program does not."""

    name: Word
    guarded: str
    place: str
    where: Word | None
    body: tuple[Line, ...]
    span: Span


@record
class Boundary:
    name: Word
    body: tuple[Line, ...]
    span: Span


@record
class SessionPolicy:
    name: Word
    body: tuple[Line, ...]
    span: Span


@record
class EndpointPolicy:
    name: Word
    endpoints: tuple[Word, ...]
    body: tuple[Line, ...]
    span: Span


@record
class TrustPolicy:
    """The trust policy of the role `name`, written out."""

    name: Word
    body: tuple[Line, ...]
    span: Span


@record
class ResourcePolicy:
    """The policy of a resource, written out; `words` is noun and name, not yet told apart."""

    words: tuple[Word, ...]
    body: tuple[Line, ...]
    span: Span


@record
class BadSentence:
    """Text that could not be read; what was wrong is in the report."""

    span: Span


Statement = (
    Account
    | Setting
    | Declaration
    | GroupOf
    | Role
    | PermissionSet
    | Resource
    | Verb
    | Policy
    | InlinePolicy
    | Kept
    | Use
    | Repeat
    | Grant
    | Assertion
    | Guardrail
    | Boundary
    | SessionPolicy
    | EndpointPolicy
    | TrustPolicy
    | ResourcePolicy
    | BadSentence
)


@record
class Line:
    """A sentence with its comments: the lines above it ("" is an empty one) and the one behind it."""

    sentence: Statement
    before: tuple[str, ...]
    after: str
    span: Span

    @property
    def doc(self) -> str:
        """The text of the `##` comment right above, "" without one."""
        return " ".join(line[2:].strip() for line in self.before if line.startswith("##"))


@record
class Program:
    """One file."""

    path: str
    lines: tuple[Line, ...]

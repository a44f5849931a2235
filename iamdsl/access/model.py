"""Who may do what, free of syntax and of AWS's JSON: the waist of the compiler.

Every sentence becomes grants; every question (minimise, prove, simulate) is asked of grants.
"""

from __future__ import annotations

from iamdsl.record import record
from iamdsl.source import Instance, InstanceSpan, Span, instances


@record
class Test:
    """One typed test of a condition key; two-valued: false of a request that lacks the key.

    `relation` is one of
      `equals`   the value is one of `values` (for IPAddress: lies in one of the ranges; for Bool: is that boolean)
      `like`     the value matches one of the patterns (`*`, `?`; ARN keys: segment by segment)
      `less`, `at-most`, `greater`, `at-least`   numbers or dates, one value
      `present`  the request carries the key (no values)
    `type` is the key's type in the catalog: String, ARN, Numeric, Date, Bool, IPAddress, Binary.
    `quantifier` is "" for a single-valued key; `any`: some value of the key passes; `every`: the key is present and all
    of its values pass. Values are as AWS writes them, policy variables (`${aws:username}`) included.
    """

    key: str
    relation: str
    values: tuple[str, ...] = ()
    type: str = "String"
    quantifier: str = ""
    ignoring_case: bool = False


@record
class And:
    items: tuple[Condition, ...]


@record
class Or:
    items: tuple[Condition, ...]


@record
class Not:
    item: Condition


Condition = Test | And | Or | Not

TRUE = And(())
FALSE = Or(())


def conjunction(*items: Condition) -> Condition:
    """All of `items`, without needless nesting."""
    flat: list[Condition] = []
    for item in items:
        for part in item.items if isinstance(item, And) else (item,):
            if part not in flat:
                flat.append(part)
    return flat[0] if len(flat) == 1 else And(tuple(flat)) if flat else TRUE


def tests(condition: Condition) -> tuple[Test, ...]:
    """The tests in `condition`, each once, in order."""
    if isinstance(condition, Test):
        return (condition,)
    items = (condition.item,) if isinstance(condition, Not) else condition.items
    return tuple(dict.fromkeys(test for item in items for test in tests(item)))


def values_of(condition: Condition) -> tuple[str, ...]:
    """The values that the tests in `condition` are against, in order."""
    return tuple([value for test in tests(condition) for value in test.values])


@record
class Origin:
    """The sentence behind a grant: its place, and what it says beside the grant itself.

    `instances`: which time it is, of a sentence that is said several times. `exact`: it says `exactly`, so that what it
    says is taken as it is.
    """

    path: str
    start: int
    end: int
    because: str = ""
    until: str = ""
    instances: tuple[Instance, ...] = ()
    exact: bool = False

    @staticmethod
    def at(span: Span, because: str = "", until: str = "", exact: bool = False) -> Origin:
        """The origin of what the sentence at `span` says."""
        return Origin(span.path, span.start, span.end, because, until, instances(span), exact)

    @property
    def span(self) -> Span:
        if self.instances:
            return InstanceSpan(self.path, self.start, self.end, self.instances)
        return Span(self.path, self.start, self.end)

    def same_place(self, other: Origin) -> bool:
        """Whether both are of one sentence, if not of the same time that it is said."""
        return (self.path, self.start, self.end) == (other.path, other.start, other.end)

    @property
    def order(self) -> tuple[object, ...]:
        """What origins are sorted by."""
        times = tuple(one.text for one in self.instances)
        return (self.path, self.start, self.end, times, self.because, self.until)


Written = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]  # operator → key → values


@record
class Grant:
    """`actions` on `resources` when `condition` holds.

    `actions` are full names (`s3:GetObject`) or patterns that the author wrote (`s3:Get*`); with `except_actions` the
    grant is of all actions but these. `written`: the `Condition` element of which `condition` is the meaning, where the
    statement is to have just that. `resources` are ARN patterns, likewise. Every action is granted on every resource;
    the pairs that AWS never asks for are simply never asked for. `principals` is () in an identity policy; in a trust or
    resource policy it holds (kind, value) pairs such as ("AWS", "arn:aws:iam::111122223333:role/x"), ("*", "*") for anyone
    at all; with `except_principals` the grant is to everyone but these.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition
    origins: tuple[Origin, ...]
    principals: tuple[tuple[str, str], ...] = ()
    except_actions: bool = False
    except_resources: bool = False
    except_principals: bool = False
    written: Written | None = None


@record
class Owner:
    """What a document belongs to.

    `kind` is `user`, `group`, `role`, `policy` (a managed policy of that name), `resource` (one of the resource type `type`
    with the ARN `arn`), `boundary`, `session policy`, `guardrail` (`arn`: the id it is
    attached to) or `endpoint policy` (`arn`: the ids of its endpoints). `inline`: the name of a policy that is part of the
    user, group or role itself.
    """

    kind: str
    name: str
    account: str = ""
    type: str = ""
    arn: str = ""
    inline: str = ""


@record
class Access:
    """All grants of one document-to-be.

    `kind` is `identity`, `trust`, `resource`, `boundary`, `scp`, `rcp`, `session` or `endpoint`. `written`: it is written out,
    with the `version` and `id` that the document is to have.
    """

    owner: Owner
    kind: str
    grants: tuple[Grant, ...]
    written: bool = False
    version: str = ""
    id: str = ""

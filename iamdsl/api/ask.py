"""`diff`, `can` and `who_can`: questions about programs, outputs of `compile` and policies, in any mix."""

from __future__ import annotations

from iamdsl.api import given
from iamdsl.api.diagnostic import error
from iamdsl import catalog
from iamdsl.commands import estate as estates
from iamdsl.commands import question
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.estate import Estate
from iamdsl.diagnostics import Report
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from iamdsl.api.given import Things


@record
class Request:
    """One request; `context`: the values of its condition keys, one as text, several as a list."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | list[str]]


@record
class Scope:
    """What somebody may or may not do: actions on resources (all, if there are none) under a condition, for the sentences or
    statements `because`. `other_side`: what the other one of a comparison says of it. `request` is one such request."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str
    other_side: str
    because: tuple[str, ...]
    request: Request | None


@record
class Change:
    """What changes for `subject` (`role etl`; empty for a policy of nobody). `undecided`: what could not be found out."""

    subject: str
    gained: tuple[Scope, ...]
    lost: tuple[Scope, ...]
    denied: tuple[Scope, ...]
    no_longer_denied: tuple[Scope, ...]
    undecided: str


@record
class Difference:
    """`relation`: `equal`, `wider`, `narrower`, `apart` or `unknown`, of the new to the old. `new` and `lost`: requests that
    show it. `text`: all of it as `iamdsl diff` prints it; `markdown`: for a review. Where something is `undecided`, there may be more new access.
    """

    relation: str
    new_access: bool
    lost_access: bool
    new: Request | None
    lost: Request | None
    changes: tuple[Change, ...]
    undecided: str
    text: str
    markdown: str


@record
class Reason:
    """A statement that decides a request: its document, its number there from 0, and the sentence (`file:line`) if known."""

    document: str
    statement: int
    sentence: str | None


@record
class Decision:
    """`decision`: `allowed`, `explicit-deny` or `implicit-deny`, for the statements `because`. `assumed`: what was taken for
    granted. `text`: all of it as `iamdsl can` prints it."""

    allowed: bool
    decision: str
    because: tuple[Reason, ...]
    assumed: tuple[str, ...]
    request: Request
    text: str

    def __bool__(self) -> bool:
        return self.allowed


@record
class Grantee:
    """A principal that may do a thing if one of the `conditions` holds (always, if there are none), by these sentences.

    `assumed`: what was taken for granted. `unknown`: why it cannot be told, of one that perhaps may.
    """

    principal: str
    conditions: tuple[str, ...]
    sentences: tuple[str, ...]
    assumed: str
    unknown: str


def diff(
    old: Things | None, new: Things | None, *, parameters: Mapping[str, str] | None = None, closed_world: bool = False
) -> Difference:
    """What access `new` adds to `old` or takes away, over all requests.

    Either is a program or policy as text, a parsed policy, the path of a program, policy, or folder that `compile` wrote, or
    several of these; None is nothing at all. `closed_world`: AWS adds no actions to those of the catalog. Raises CompileError where one of them
    cannot be read or compiled, ValueError where they cannot be compared.
    """
    from iamdsl.commands import diff as command  # local: of these functions only here
    from iamdsl.commands.comment import comment

    report = Report()
    options = given.options(parameters)
    before, after = _estate(old, "old", options, report), _estate(new, "new", options, report)
    if fault := command.unpaired(before, after, "old", "new"):
        raise ValueError(fault)
    deltas = command.compared(before, after, closed_world)
    found = command.as_json(deltas)
    made = [
        Change(
            one["subject"],
            _scopes(one["gained"]),
            _scopes(one["lost"]),
            _scopes(one["denied"]),
            _scopes(one["no_longer_denied"]),
            one.get("why", ""),
        )
        for one in found["changes"]
    ]
    witness = found["witness"]
    return Difference(
        found["relation"],
        found["new_access"],
        found["lost_access"],
        _request(witness["new"]),
        _request(witness["lost"]),
        tuple(made),
        found.get("why", ""),
        command.as_text(deltas, report),
        comment(found, report),
    )


def can(
    who: str,
    action: str,
    resource: str,
    things: Things,
    *,
    context: Mapping[str, str | Iterable[str]] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Decision:
    """Decide one request as AWS would: `can("role etl", "s3:GetObject", "arn:aws:s3:::lake/x", Path("platform"))`.

    `who`: a name, `role NAME`, an ARN, `service NAME`, `anyone`; `things` as for `diff`; `context`: condition keys and their
    values. The answer is true if the request is allowed. Raises CompileError where it is no request, or `things` cannot be
    read or compiled.
    """
    from iamdsl.commands import can as command  # local: of these functions only here

    report = Report()
    estate = _estate(things, "text", given.options(parameters), report)
    keys = [f"{key}={value}" for key, values in (context or {}).items() for value in _each(values)]
    answer = command.answer((who, action, resource), keys, estate, report)
    if answer is None:
        raise error(report)
    found = command.as_json(answer)
    because = tuple([Reason(one["document"], one["statement"], one["sentence"]) for one in found["because"]])
    text = command.as_text(answer, report)
    asked = _request(found["request"])
    assert asked is not None
    return Decision(found["allowed"], found["decision"], because, tuple(found["assumed"]), asked, text)


def who_can(
    action: str, resource: str, things: Things, *, parameters: Mapping[str, str] | None = None
) -> tuple[Grantee, ...]:
    """Every principal that may do it, and under which conditions. Arguments and errors as for `can`."""
    from iamdsl.compiler.grantees import grantees  # local: of these functions only here

    report = Report()
    estate = _estate(things, "text", given.options(parameters), report)
    known = question.action_named(action, estate, report)
    arn = question.resource(resource, known, estate, report) if known else None
    if known is None or arn is None:
        raise error(report)
    return tuple(
        [
            Grantee(one.shown, tuple(one.conditions), tuple(one.places), one.assumed, one.unknown)
            for one in grantees(estate, known.full, arn)
        ]
    )


def _estate(things: Things | None, label: str, options: Any, report: Report) -> Estate:
    if things is None:
        return Estate((), (), (), Bindings(catalog.default(), {}))
    names, texts = given.things(things, label)
    found = estates.load(names, options, report, texts)
    report.drop("note")  # about output, of which there is none
    if found is None or report.failed:
        raise error(report)
    return found


def _each(values: str | Iterable[str]) -> Iterable[str]:
    return [values] if isinstance(values, str) else values


def _scopes(lines: list[dict[str, Any]]) -> tuple[Scope, ...]:
    return tuple(
        [
            Scope(
                tuple(one["actions"]),
                tuple(one["resources"]),
                one["condition"],
                one["other_side"],
                tuple(one["because"]),
                _request(one["witness"]),
            )
            for one in lines
        ]
    )


def _request(found: dict[str, Any] | None) -> Request | None:
    if found is None:
        return None
    return Request(found["principal"], found["action"], found["resource"], found["context"])

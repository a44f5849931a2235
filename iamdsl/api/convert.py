"""`format`, `validate` and `decompile`: one text, or policy, at a time."""

from __future__ import annotations

import os

from iamdsl import catalog, read
from iamdsl.api import given
from iamdsl.api.diagnostic import Diagnostic, diagnostics, error, stop
from iamdsl.diagnostics import Report
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from iamdsl.api.given import Mode, Path, Policy
    from iamdsl.validation import Target


@record
class Minimized:
    """A policy, smaller. `policy`: its JSON value. `proof`: `equal`, else it is the one that was given. `before` and `after`:
    characters as AWS counts them. `closed`: equal for the actions that AWS has by the catalog; without, for all requests.
    """

    policy: Any
    proof: str
    before: int
    after: int
    closed: bool


def format(program: str | Path, *, name: str = given.NAME) -> str:
    """The text of a program, or of a file, as `iamdsl format` lays it out; nothing is written.

    Raises CompileError if it cannot be read as a program.
    """
    from iamdsl.syntax.format import format as laid_out  # local: of all of these only here

    report = Report()
    if isinstance(program, os.PathLike):
        source = read.file(os.fspath(program), report)
    else:
        source = given.programs(program, name, report)[0][0]
    if source is None:
        raise error(report)
    report.sources[source.path] = source
    text = laid_out(source, report)
    stop(report)
    return text


def validate(policy: Policy, *, kind: str | None = None, resource_type: str | None = None) -> tuple[Diagnostic, ...]:
    """What AWS would find in a policy, and what it would not: JSON as text, in a file, or parsed.

    `kind`: `identity`, `resource`, `trust`, `boundary`, `scp`, `rcp`, `session` or `endpoint`, worked out if it is not given;
    `resource_type`: what a resource policy is on (`s3:bucket`). Raises ValueError if there is no such kind or type.
    """
    from iamdsl.validation import facts  # local: of all of these only here
    from iamdsl.validation import validate as validated

    report = Report()
    source = given.policy(policy, report)
    if source is not None:
        validated(source, _target(kind, resource_type), facts(catalog.default()), report)
    return diagnostics(report)


def _target(kind: str | None, resource_type: str | None) -> Target | None:
    from iamdsl.validation import KINDS, Target, facts  # local: of all of these only here

    if kind is not None and kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of policy: {', '.join(KINDS)}")
    if resource_type is None:
        return Target(kind) if kind else None
    if kind not in (None, "resource"):
        raise ValueError(f"a policy of kind {kind!r} is not on a resource")
    type = facts(catalog.default()).policy_type(resource_type)
    if type is None:
        raise ValueError(f"no type with a policy is called {resource_type!r}")
    return Target("trust") if type.full == "iam:role" else Target("resource", type)


def decompile(policy: Policy, *, kind: str | None = None, resource_type: str | None = None) -> str:
    """A program that says what a policy does, proved equal. Raises CompileError, and ValueError as `validate` does."""
    from iamdsl.commands import decompile as command  # local: of all of these only here

    report = Report()
    source = given.policy(policy, report)
    found = command.said([source], _target(kind, resource_type), report) if source is not None else ""
    stop(report)
    return found


def minimize(policy: Policy, *, mode: Mode = "exact", kind: str | None = None) -> Minimized:
    """A policy as few characters as its meaning takes, proved equal. `mode`: the wildcards that may be brought in, as for
    `iamdsl minimize`. Raises CompileError if it cannot be read, and ValueError as `validate` does."""
    from iamdsl.commands import estate  # local: of all of these only here
    from iamdsl.compiler.condense import condense
    from iamdsl.compiler.lower import KINDS

    report, known = Report(), catalog.default()
    given.mode(mode)
    _target(kind, None)
    source = given.policy(policy, report)
    document = estate.document(source, report) if source is not None else None
    if source is None or document is None:
        raise error(report)
    kind = kind or estate.layer(source.path, document)
    quota = known.quota(KINDS.get(kind, kind))
    small = condense(source.text, kind, mode, known, quota.unit if quota else "characters")
    return Minimized(small.value, small.proof, small.before, small.after, small.closed)

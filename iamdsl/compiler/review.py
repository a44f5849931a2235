"""What validation says of a document that a program makes, at the sentences behind each statement."""

from __future__ import annotations

from iamdsl import document_rules
from iamdsl.catalog import Catalog
from iamdsl.compiler.document import Output, title
from iamdsl.diagnostics import Diagnostic, Label, Report, Rule
from iamdsl.policy import codec
from iamdsl.policy.located import tree
from iamdsl.source import Span
from iamdsl.validation import Target, facts
from iamdsl.validation import review as reviewed
from iamdsl.validation.reading import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamdsl.access.model import Origin

SHOWN = 3  # sentences named beside the first


def review(output: Output, suggestions: bool, catalog: Catalog, report: Report) -> None:
    """Report what is to be said of the document. `suggestions`: those too, but for what a minimal document cannot have."""
    type = catalog.type(output.owner.type) if output.kind == "resource" else None
    policy = Policy(tree(codec.dump(output.lowered.document)))
    for found in reviewed(policy, Target(output.kind, type), facts(catalog), suggestions):
        parts = (found.pointer or "").split("/")
        number = int(parts[2]) if len(parts) > 2 and parts[1] == "Statement" else 0
        if parts[1:2] == ["Statement"] and all([one.exact for one in output.lowered.origins[number]]):
            continue  # taken as it is
        if output.closed and found.rule == document_rules.DRIFTING_WILDCARD:
            continue  # `--minimize` was to bring it in, and the manifest locks what it stands for
        message = f"{found.message}, in {title(output.owner, output.kind, catalog)}"
        place(found.rule, message, found.help, output.lowered.origins[number], report)
    if suggestions and output.owner.kind == "user" and output.kind == "identity":
        _of_one(output, report)


def place(rule: Rule, message: str, help: str, origins: Sequence[Origin], report: Report) -> None:
    """Report a finding at the sentences that `origins` are."""
    spans = list(dict.fromkeys([Span(one.path, one.start, one.end) for one in origins]))
    labels = [Label(spans[0]), *[Label(one, "and this sentence") for one in spans[1:SHOWN]]]
    report.extend([Diagnostic(rule, message, tuple(labels), help)])


def _of_one(output: Output, report: Report) -> None:
    """Sentences that give something to one user, but for roles to assume, which are the way out."""
    rule = document_rules.USER_WITH_POLICY
    help = "give it to a group, or let the user assume a role: IAM security best practices"
    for statement, origins in zip(output.lowered.document.statements, output.lowered.origins):
        if statement.effect == "Allow" and statement.action != ("sts:AssumeRole",):
            for origin in origins:
                place(rule, rule.message.format(name=output.owner.name), help, [origin], report)

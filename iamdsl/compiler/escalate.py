"""Who comes to more than a program says, by several of its documents together, at the sentences behind."""

from __future__ import annotations

from iamdsl.compiler.estate import Estate, beside_of, of_outputs
from iamdsl.compiler.keep import Keep, each
from iamdsl.compiler.review import place
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.located import tree
from iamdsl.validation import facts
from iamdsl.validation.grants import leads
from iamdsl.validation.reading import Paper, Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.compiler import Compilation
    from iamdsl.compiler.document import Options, Output


def escalate(made: Compilation, options: Options, report: Report, keep: Keep | None = None) -> None:
    """Report the ways that principals of the program have, as far as `options` ask for them: with suggestions, to less than
    everything, too."""
    suggestions = options.suggestions
    if not options.ways:
        return
    asked = [suggestions] * len(made.outputs)
    steps = each(keep, "leads", made.outputs, asked, report, lambda one, less, _: _leads(one, less))
    if not any(steps) and not any([one.aws for one in made.attached]):
        return
    from iamdsl.compiler.ways import ways  # local: for programs that give a step of some way

    papers = {
        str(number): Paper(str(number), Policy(tree(codec.dump(output.lowered.document))))
        for number, output in enumerate(made.outputs)
    }
    held = tuple(of_outputs(zip(papers, made.outputs), made.attached, report.sources))
    estate = Estate(held, tuple(beside_of(made.holders, made.attached)), made.groups, made.bindings)
    for one in ways(estate, papers, facts(made.bindings.catalog)):
        if suggestions or one.rule.severity != "suggestion":
            behind = [
                made.outputs[int(each.paper.path)].lowered.origins[each.statement.index]
                for each in one.given
                if each.paper.path in papers
            ]
            message = one.rule.message.format(what="is said", path=one.path)
            place(one.rule, message, one.help, [origin for origins in behind for origin in origins], report)


def _leads(output: Output, less: bool) -> bool:
    """Whether the document may hold a step of some way. `less`: to less than everything, too."""
    return output.kind == "identity" and any(
        [
            one.effect == "Allow"
            and leads(one.action or one.not_action or (), one.action is None, one.resource or ("*",), less)
            for one in output.lowered.document.statements
        ]
    )

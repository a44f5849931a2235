"""What can be done about a finding or with a sentence, at a keystroke."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.catalog import ResourceType
from iamdsl.compiler.lines import related
from iamdsl.compiler.phrase import is_action, predicates, shown
from iamdsl.compiler.words import closest
from iamdsl.diagnostics import Diagnostic, Edit, Report
from iamdsl.editor.offers import written_name
from iamdsl.editor.pieces import File, Piece
from iamdsl.editor.program import Program
from iamdsl.editor.trees import sentence_at
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast


@record
class Action:
    """`kind` is one of LSP's. `finding`: what it mends; `preferred`: what one nearly always wants."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    finding: Diagnostic | None = None
    preferred: bool = False


# rule → the declarations that would make the name known, likeliest first
_DECLARE: dict[str, tuple[str, ...]] = {
    rules.UNKNOWN_PRINCIPAL.code: ("user {}", "role {} for service ec2", "group {} = "),
    rules.UNDECLARED_SUBJECT.code: ("user {}", "role {} for service ec2"),
    rules.UNKNOWN_ACCOUNT.code: ("account {} = 111122223333",),
    rules.UNKNOWN_PARAM.code: ("param {} = value",),
    rules.UNKNOWN_BOUNDARY.code: ("boundary {} {{\n    can read any bucket\n}}",),
    rules.UNKNOWN_POLICY.code: ("policy {} {{\n    can read any bucket\n}}",),
    rules.UNKNOWN_KEY_RESOURCE.code: ("key {}",),
    rules.UNKNOWN_ACTION.code: ("use unknown action {}",),
}


def actions(program: Program, path: str, start: int, end: int) -> list[Action]:
    """What can be done from `start` to `end` of a file: fixes first, then what changes a sentence as a whole.

    Raises NotYet."""
    program.settled()
    file = program.file(path)
    if file is None:
        return []
    found: list[Action] = []
    for one in program.findings.get(path, ()):
        span = one.span
        if span is not None and span.start <= end and start <= span.end:
            found += _of_finding(one, span, file, program)
    found += _verb(program, file, start)
    if everything := fix_all(program, path):
        found.append(Action("Apply every fix in this file", "source.fixAll.iamdsl", tuple(everything)))
    return found


def _of_finding(one: Diagnostic, span: Span, file: File, program: Program) -> list[Action]:
    found: list[Action] = []
    if one.fix:
        found.append(Action(_title(one), "quickfix", one.fix, one, True))
    name = file.text[span.start : span.end].strip('"')
    if one.rule in (rules.UNKNOWN_PRINCIPAL, rules.UNDECLARED_SUBJECT):
        close = closest(name, [known for _, known in program.bindings.principals])
        if close and f"`{close}`" in one.help:  # whom it is to is for the writer to say: no fix, a choice
            edit = Edit((span.path, span.start, span.end), written_name(close))
            found.append(Action(f"Change to `{close}`", "quickfix", (edit,), one))
    for form in _DECLARE.get(one.rule.code, ()):
        text = form.format(name.strip("{}") if one.rule is rules.UNKNOWN_PARAM else written_name(name))
        kind = " ".join(text.split()[:2]) if text.startswith("use ") else text.split()[0]
        if form.endswith("= ") or not _speaks_of(one, kind):
            continue
        at = _declaring(file, kind, span.start)
        title = f"Take `{name}` as it is: an action that is not in the catalog" if kind == "use unknown" else ""
        title = title or f"Declare {kind} `{name}`"
        found.append(Action(title, "quickfix", (Edit((span.path, at, at), text + "\n"),), one))
    if one.rule.severity != "error":
        found.append(_accepted(one, span, file))
    return found


def _title(one: Diagnostic) -> str:
    text = one.fix[0].text.strip()
    if len(one.fix) == 1 and text and "\n" not in text and len(text) < 60:
        return f"Change to `{text}`" if one.fix[0].place[1] < one.fix[0].place[2] else f"Insert `{text}`"
    return (one.help.splitlines() or ["Apply the fix"])[0]


def _speaks_of(one: Diagnostic, kind: str) -> bool:
    """Whether a finding about an unknown name may mean this kind: it says of which kind it is looked for."""
    if one.rule is not rules.UNKNOWN_PRINCIPAL:
        return True
    return f"unknown {kind} " in one.message or "unknown subject" in one.message


def _declaring(file: File, kind: str, before: int) -> int:
    """Where a declaration goes: behind the last one of its kind above the place, else above the sentence there."""
    found = None
    for piece in file.pieces:
        if piece.base > before:
            break
        if piece.tokens and piece.tokens[0].text == kind:
            found = piece
    if found is not None:
        return found.end if found.text.endswith("\n") else found.base
    here = file.at(before)
    lead = here.tokens[0].start if here.tokens else 0
    return here.base + here.text.rfind("\n", 0, lead) + 1


def _accepted(one: Diagnostic, span: Span, file: File) -> Action:
    """A comment above the sentence that accepts the finding."""
    line = file.text.rfind("\n", 0, span.start) + 1
    piece = file.at(span.start)
    inner = sentence_at(piece, span.start - piece.base)
    if inner is not None:
        line = file.text.rfind("\n", 0, piece.base + inner.span.start) + 1
    indent = file.text[line : line + len(file.text[line:]) - len(file.text[line:].lstrip(" \t"))]
    text = f"{indent}# iam: allow {one.rule.slug} because ...\n"
    return Action(f"Accept `{one.rule.slug}` here", "quickfix", (Edit((span.path, line, line), text),), one)


def fix_all(program: Program, path: str) -> list[Edit]:
    """The fixes of every finding in a file, those that overlap an earlier one left out."""
    found: list[Edit] = []
    edits = [edit for one in program.findings.get(path, ()) for edit in one.fix if edit.place[0] == path]
    for edit in sorted(dict.fromkeys(edits), key=lambda one: one.place):
        if not found or edit.place[1] >= found[-1].place[2]:
            found.append(edit)
    return found


# ---- a verb of one's own


def _verb(program: Program, file: File, offset: int) -> list[Action]:
    """`Turn these actions into a verb`, where a sentence says several actions of one type of resource."""
    piece = file.at(offset)
    line = sentence_at(piece, offset - piece.base)
    node = line.sentence if line else None
    for phrase in node.phrases if isinstance(node, ast.Grant) else ():
        for predicate in predicates(phrase.groups, program.library.bindings, program.library, Report()):
            type = predicate.things[0].type if predicate.things else None
            several = len(predicate.verbs) > 1 and all(is_action(one) for one in predicate.verbs)
            if type is None or not several or any(one.type != type for one in predicate.things):
                continue
            lines = _lines([one.text for one in predicate.verbs], type, program)
            if lines is not None:
                return [_made(lines, type, predicate.verbs, piece, program)]
    return []


def _lines(names: list[str], type: ResourceType, program: Program) -> list[str] | None:
    """The lines of a verb on `type` that means the actions `names`; None where one of them has no place in it."""
    targets: dict[str, list[str]] = {}
    for name in names:
        for action in program.catalog.matching(name) if "*" in name or "?" in name else [program.catalog.action(name)]:
            if action is None:
                return None
            if not action.types:
                targets.setdefault("everything", []).append(name)
            elif program.catalog.pair(action, type):
                targets.setdefault(shown(type), []).append(name)
            else:
                others = [program.catalog.type(f"{action.service}:{pair.name}") for pair in action.types]
                near = [one for one in others if one is not None and one.service == type.service and related(one, type)]
                if not near:
                    return None
                targets.setdefault(near[0].name, []).append(name)
    return [f"    {', '.join(dict.fromkeys(actions))} on {target}" for target, actions in targets.items()]


def _made(lines: list[str], type: ResourceType, verbs: tuple[ast.Word, ...], piece: Piece, program: Program) -> Action:
    known = program.library.verbs()
    name = next(one for one in ("use", *(f"use-{n}" for n in range(2, 1000))) if one not in known)
    definition = f"verb {name} on {shown(type)} {{\n" + "\n".join(lines) + "\n}\n\n"
    lead = piece.text.rfind("\n", 0, piece.tokens[0].start) + 1
    above = program.place(Span(piece.path, lead, lead))
    place = program.place(verbs[0].span.to(verbs[-1].span))
    edits = (
        Edit((above.path, above.start, above.start), definition),
        Edit((place.path, place.start, place.end), name),
    )
    return Action("Turn these actions into a verb", "refactor.extract", edits)

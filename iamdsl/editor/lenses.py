"""What stands above a declaration: how large its documents are, who may use it, and what became of a claim."""

from __future__ import annotations

from iamdsl.compiler.bindings import PRINCIPAL_KINDS
from iamdsl.compiler.document import Output
from iamdsl.editor.mentions import RESOURCE, SUBJECT, Mention, mentions
from iamdsl.editor.names import symbol
from iamdsl.editor.pieces import Piece
from iamdsl.editor.program import Program
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

SHOWN = 4  # names in a lens
_OF_DOCUMENTS = (*PRINCIPAL_KINDS, "policy", "boundary", "guardrail", "session policy", "endpoint policy")


@record
class Lens:
    """`kind` and `name` say to `title` what stands above `span`; `type` is that of a resource."""

    span: Span
    kind: str
    name: str
    type: str = ""


def lenses(program: Program, path: str) -> list[Lens]:
    """Where something stands above a declaration; what, is for `title` to say when it is seen."""
    file = program.file(path)
    found: list[Lens] = []
    for piece in file.pieces if file else ():
        node = piece.line.sentence if piece.line else None
        if isinstance(node, ast.Assertion):
            found.append(Lens(program.place(node.span), "assertion", ""))
        for one in mentions(piece, program.library):
            if one.declares and (one.kind in _OF_DOCUMENTS or one.kind == RESOURCE):
                found.append(Lens(program.place(one.span), one.kind, one.text, one.type))
    return found


def title(program: Program, lens: Lens) -> tuple[str, list[Span]]:
    """What the lens says, and the places that it is about; "" where there is nothing to say. Raises NotYet."""
    program.settled()
    if lens.kind == "assertion":
        return _claim(program, lens)
    if lens.kind == RESOURCE:
        return _allowed_by(program, lens)
    outputs = [one for one in program.compiled.outputs if (one.owner.kind, one.owner.name) == (lens.kind, lens.name)]
    return " · ".join(_document(one) for one in outputs), []


def _document(one: Output) -> str:
    kind = "trust " if one.kind == "trust" else f"inline {one.owner.inline} " if one.owner.inline else ""
    unit = "characters" if one.unit in ("characters", "nonspace") else one.unit
    size = f"{one.size:,} / {one.quota:,} {unit}" if one.quota else f"{one.size:,} {unit}"
    proved = "proved" if one.proof == "equal" else one.proof.partition(":")[0]
    return f"{kind}{size}" + (f", {proved}" if proved else "")


def _claim(program: Program, lens: Lens) -> tuple[str, list[Span]]:
    verdict = program.verdicts.get((lens.span.path, lens.span.start))
    return verdict or ("being proved …" if program.proving else "not proved while there are errors"), []


def _allowed_by(program: Program, lens: Lens) -> tuple[str, list[Span]]:
    """Who the sentences let use a resource."""
    named = uses(program).get((lens.type, lens.name), {})
    names = list(named)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    text = f"allowed by {', '.join(names[:SHOWN])}{more}" if names else "no sentence names it"
    return text, [program.place(span) for spans in named.values() for span in spans]


def uses(program: Program) -> dict[tuple[str, str], dict[str, list[Span]]]:
    """By type and name of a resource: the subjects of the sentences that allow something on it, with their places."""
    kept = program.kept.get("uses")
    if isinstance(kept, dict):
        return kept
    found: dict[tuple[str, str], dict[str, list[Span]]] = {}
    for _, piece, line in program.lines():
        node = line.sentence
        if isinstance(node, ast.Grant) and node.allows:
            for key in _resources(piece, program):
                for name in _subjects(node, mentions(piece, program.library)):
                    found.setdefault(key, {}).setdefault(name, []).append(node.span)
    program.kept["uses"] = found
    return found


def _resources(piece: Piece, program: Program) -> list[tuple[str, str]]:
    named = [symbol(one, program.library) for one in mentions(piece, program.library) if one.kind == RESOURCE]
    return list(dict.fromkeys((one[1], one[2]) for one in named if one))


def _subjects(node: ast.Grant, found: tuple[Mention, ...]) -> list[str]:
    subjects = node.subjects
    if subjects is None:
        return []
    inside = [one for one in found if subjects.span.start <= one.span.start < subjects.span.end]
    names = [
        one.text for one in inside if one.kind in (SUBJECT, *PRINCIPAL_KINDS, "account", "organization", "service")
    ]
    return names or [one.kind for one in subjects.items]

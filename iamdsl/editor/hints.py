"""What stands behind a sentence while it is edited: how many actions it means."""

from __future__ import annotations

from iamdsl.access.model import Grant
from iamdsl.editor.grants import action_names
from iamdsl.editor.program import Program
from iamdsl.record import record


@record
class Hint:
    """`label` to show at `offset` of the file; `about`, Markdown, when it is pointed at."""

    offset: int
    label: str
    about: str


def hints(program: Program, path: str, start: int, end: int) -> list[Hint]:
    """The hints of the sentences in a range."""
    file = program.file(path)
    found: list[Hint] = []
    for piece in file.between(start, end) if file else ():
        accesses = [one for one in program.grants(piece.path) if one.kind != "trust"]
        grants = tuple(grant for access in accesses for grant in access.grants)
        kept = piece.kept.get("hints")
        if not isinstance(kept, tuple) or kept[0] != grants:
            kept = piece.kept["hints"] = (grants, _of(grants, piece.path, program))
        found += [Hint(piece.base + at, label, about) for at, label, about in kept[1]]
    return found


def _of(grants: tuple[Grant, ...], path: str, program: Program) -> list[tuple[int, str, str]]:
    sentences: dict[tuple[int, int], list[Grant]] = {}
    for grant in grants:
        for origin in grant.origins:
            if origin.path == path:
                sentences.setdefault((origin.start, origin.end), []).append(grant)
    found = []
    for (_, end), those in sorted(sentences.items()):
        names = action_names(tuple(those), program)
        excepted = any(one.except_actions for one in those)
        count = f"all but {len(names)}" if excepted else "all actions" if "*" in names else f"{len(names)}"
        label = f"→ {count}" + (f" action{'s' * (len(names) != 1)}" if count[-1].isdigit() else "")
        shown = "\n".join(names[:40]) + (f"\nand {len(names) - 40} more" if len(names) > 40 else "")
        found.append((end, label, f"```\n{shown}\n```"))
    return found

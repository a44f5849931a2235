"""What is shown for the word or sentence under the pointer."""

from __future__ import annotations

import json

from iamdsl.catalog import ResourceType
from iamdsl.compiler.arns import Arns
from iamdsl.compiler.entries import Reference, text
from iamdsl.compiler.phrase import Thing, shown
from iamdsl.diagnostics import Report
from iamdsl.editor import clauses, grants
from iamdsl.editor.links import page
from iamdsl.editor.mentions import ACTION, KEY, NOUN, PARAM, RESOURCE, VERB, Mention, mentions
from iamdsl.editor.names import at, symbol
from iamdsl.editor.pieces import Piece
from iamdsl.editor.program import Program
from iamdsl.editor.trees import sentence_at
from iamdsl.record import record
from iamdsl.source import Span

LONGEST = 6000  # characters of a document in a hover


@record
class Hover:
    """Markdown, and what it is about."""

    text: str
    span: Span


def hover(program: Program, path: str, offset: int) -> Hover | None:
    """What there is to say of the word at `offset`; of the sentence, where the word says nothing by itself."""
    file = program.file(path)
    if file is None:
        return None
    piece = file.at(offset)
    here = offset - piece.base
    mention = at(mentions(piece, program.library), here)
    said = _mention(mention, piece, program) if mention else ""
    if mention and said:
        return Hover(said, program.place(mention.span))
    token = next((one for one in piece.tokens if one.start <= here < one.end), None)
    if token is None:
        return None
    clause = clauses.at(piece.tokens, token)
    if clause is not None:
        span = Span(piece.path, clause.start, clause.end)
        return Hover(f"`{clause.form.form}`\n\n{clause.form.meaning}", program.place(span))
    return _sentence(piece, here, program)


def _sentence(piece: Piece, offset: int, program: Program) -> Hover | None:
    """What the sentence at `offset` grants: in plain words, and as it is compiled alone."""
    line = sentence_at(piece, offset)
    if line is None:
        return None
    span = line.sentence.span
    parts: list[str] = []
    for those, access in grants.alike(grants.granted(program, span))[:4]:
        who = ", ".join(grants.owner_text(one.owner, one.kind) for one in those[:5])
        who += f" and {len(those) - 5} more" if len(those) > 5 else ""
        parts.append(f"**{who}** " + "\n".join(grants.meaning(access, program)))
        document = json.dumps(grants.statements(access, program), indent=2, ensure_ascii=False)
        parts.append(f"```json\n{document[:LONGEST]}\n```")
    return Hover("\n\n".join(parts), program.place(span)) if parts else None


def _mention(mention: Mention, piece: Piece, program: Program) -> str:
    reference = Reference(program.catalog, program.library)
    if mention.kind == VERB:
        return _verb(mention, piece, program, reference)
    if mention.kind == ACTION:
        return _action(mention, program, reference)
    if mention.kind == KEY:
        key = program.catalog.key(mention.text)
        return _code(text(reference.key(key))) if key else ""
    if mention.kind == NOUN:
        type = program.catalog.type(mention.type) if mention.type else None
        return _type(type, program, reference) if type else ""
    if mention.kind == RESOURCE:
        return _resource(mention, program)
    return _declared(mention, program)


def _code(text: str) -> str:
    return f"```\n{text.rstrip()}\n```"


def _verb(mention: Mention, piece: Piece, program: Program, reference: Reference) -> str:
    """The definition of a verb, on what stands behind it."""
    behind = [
        one
        for one in mentions(piece, program.library)
        if one.type and one.span.start > mention.span.start and one.kind in (NOUN, RESOURCE)
    ]
    type = program.catalog.type(behind[0].type) if behind else None
    if type is None or program.library.find(mention.text, type) is None:
        return ""
    entry = reference.verb(mention.text, type)
    rows = [f"{one['action']:44} {one['level']}" for one in entry["actions"]]
    source = entry.get("source") or f"# by AWS's access level ({entry['level']})\n{entry['name']}"
    title = entry.get("comment", "")
    shown_rows = "\n".join(rows[:30]) + (f"\nand {len(rows) - 30} more" if len(rows) > 30 else "")
    count = f"{len(rows)} action{'s' * (len(rows) != 1)}"
    return f"{title}\n\n```iam\n{source}\n```\n\n{count}\n\n{_code(shown_rows)}".lstrip()


def _action(mention: Mention, program: Program, reference: Reference) -> str:
    found = program.catalog.matching(mention.text) if "*" in mention.text or "?" in mention.text else ()
    if found:
        names = "\n".join(f"{one.full:44} {one.level}" for one in found[:40])
        more = f"\nand {len(found) - 40} more" if len(found) > 40 else ""
        return f"{len(found)} actions\n\n{_code(names + more)}"
    action = program.catalog.action(mention.text)
    if action is None:
        return ""
    link = page(action.service)
    return _code(text(reference.action(action))) + (f"\n\n[AWS: all of {action.service}]({link})" if link else "")


def _type(type: ResourceType, program: Program, reference: Reference) -> str:
    verbs = ", ".join(program.library.defined_on(type))
    policy = program.catalog.resource_policy(type)
    own = f"has a policy of its own, set by `{policy.action}`" if policy else "has no policy of its own"
    arns = "\n".join(type.arns)
    return f"**{shown(type)}** `{type.full}`\n\n{_code(arns)}\n\none can: {verbs}\n\n{own}"


def _resource(mention: Mention, program: Program) -> str:
    named = symbol(mention, program.library)
    type = program.catalog.type(mention.type)
    if named is None or type is None:
        return ""
    known = program.bindings.resources.get((named[1], named[2]))
    target = Arns(program.bindings, Report()).target(Thing(type, mention.text, "", mention.span), False, False)
    arns = Arns(program.bindings, Report()).own(target, None) if target else ()
    said = f"declared as `{known.value}`" if known else "not declared: it stands for itself"
    return f"**{shown(type)} {named[2]}**, {said}\n\n{_code(chr(10).join(arns))}"


def _declared(mention: Mention, program: Program) -> str:
    named = symbol(mention, program.library)
    bindings = program.bindings
    if named is None:
        region = mention.kind == "region"
        arn = program.catalog.managed_policy(mention.text) if mention.kind == "aws policy" else None
        return f"the region `{mention.text}`" if region else f"AWS's policy\n\n{_code(arn)}" if arn else ""
    kind, _, name = named
    if kind == PARAM:
        value = bindings.params.get(name)
        return f"parameter `{name}`" + (f" = `{value}`" if value is not None else "")
    if kind == "account" and name in bindings.accounts:
        account = bindings.accounts[name]
        return f"account **{name}** `{account.id}`" + (
            ", external: nothing is written for it" if account.external else ""
        )
    if kind in ("organization", "ou"):
        id = (bindings.organizations if kind == "organization" else bindings.ous).get(name, "")
        return f"{kind} **{name}** `{id}`"
    known = bindings.principals.get((kind, name))
    if known is None and kind not in ("policy", "boundary"):
        return ""
    lines = [f"{kind.replace('-', ' ')} **{name}**", known.doc if known else ""]
    lines += [f"members: {', '.join(known.members)}"] if known and known.members else []
    for one in program.compiled.outputs:
        if (one.owner.kind, one.owner.name) == (kind, name):
            lines.append(f"{one.kind} policy: {one.size:,} of {one.quota:,} {one.unit}")
    return "\n\n".join(line for line in lines if line)

"""What can be written at a place: keywords with their forms, and the names that fit there."""

from __future__ import annotations

from iamdsl.editor import clauses
from iamdsl.editor.expected import Expected, expected, written
from iamdsl.editor.offers import Item, names, parameters
from iamdsl.editor.program import Program
from iamdsl.record import record, replace
from iamdsl.source import Span
from iamdsl.syntax import lex

MAX_ITEMS = 150


@record
class Completion:
    """What is offered, best first, in place of the text at `span`; `whole`: there is nothing more than this."""

    items: tuple[Item, ...]
    span: Span
    whole: bool


def complete(program: Program, path: str, offset: int) -> Completion | None:
    """What can be written at `offset`."""
    file = program.file(path)
    if file is None:
        return None
    text = file.text
    line = text.rfind("\n", 0, offset) + 1
    if _in_comment(text[line:offset]):
        return None
    token = next((one for one in file.at(offset).tokens if _under(one, offset - file.at(offset).base)), None)
    start = token.start + file.at(offset).base if token else offset
    typed = text[start:offset]
    brace = typed.rfind("{")
    if brace >= 0 and "}" not in typed[brace:] and typed[brace - 1 : brace] != "$":
        found = parameters(program, file.at(offset))
        return Completion(found, Span(path, start + brace + 1, offset), True)
    wanted = expected(written(file, start), program.library)
    if wanted is None:
        return None
    quoted = typed.startswith('"')
    items = [*names(program, wanted, typed, text[offset:], path), *([] if quoted else _keywords(wanted))]
    near = [one for one in items if _fits(one, typed.strip('"').lower())]
    near.sort(key=lambda one: (not one.label.lower().startswith(typed.strip('"').lower()), one.rank))
    return Completion(tuple(near[:MAX_ITEMS]), Span(path, start, offset), len(near) <= MAX_ITEMS)


def _in_comment(line: str) -> bool:
    return "#" in line and line.replace('\\"', "").split("#")[0].count('"') % 2 == 0


def _under(token: lex.Token, offset: int) -> bool:
    return token.kind in (lex.WORD, lex.STRING, lex.BAD) and token.start < offset <= token.end


def _fits(item: Item, typed: str) -> bool:
    """Whether what is typed is a part of the label, or its letters are, in order."""
    label = item.label.lower().strip('"')
    if typed in label:
        return True
    letters = iter(label)
    return all(letter in letters for letter in typed)


def _keywords(wanted: Expected) -> list[Item]:
    """The keywords that may stand here, each as the forms that it begins or goes on with."""
    forms = clauses.DECLARATIONS if wanted.starts else (*clauses.CLAUSES, *clauses.FACTS)
    before = [one.text for one in wanted.before[-3:]]
    found: dict[str, Item] = {}
    for keyword in sorted(wanted.keywords):
        if not keyword[0].isalpha():
            if keyword in ("=", "!=", "<", "<=", ">", ">="):
                found[keyword] = Item(keyword, "operator", rank=3)
            continue
        fitting = [form for form in forms if _begins(form.begins, keyword)]
        for form in fitting:
            found[form.form] = Item(form.form, "snippet", form.meaning, form.snippet, rank=4)
        for count in (1, 2):
            lead = " ".join(before[-count:])
            for form in forms:
                if lead and _begins(form.begins, f"{lead} {keyword}"):
                    item = Item(form.form[len(lead) + 1 :], "snippet", form.meaning, rank=1)
                    found[item.label] = replace(item, insert=form.snippet[len(lead) + 1 :])
        if not fitting:
            found.setdefault(keyword, Item(keyword, "keyword", rank=2))
    return list(found.values())


def _begins(words: str, start: str) -> bool:
    return words == start or words.startswith(start + " ")

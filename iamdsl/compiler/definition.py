"""A verb's definition taken apart: which actions it means, on what, without a resource of a sentence."""

from __future__ import annotations

from iamdsl.catalog import Action, ResourceType
from iamdsl.compiler.lines import line_type
from iamdsl.compiler.phrase import EVERYTHING, is_action
from iamdsl.compiler.verbs import ByLevel, Library, expand
from iamdsl.record import record
from iamdsl.syntax import ast


@record
class Meant:
    """One action of a verb.

    `on`: the name of the type that it acts on in the verb's service (`any NAME` for every one of it), `everything`, `its
    key` or `its role`; `through`: the service that uses the key or takes the role, else ""; `limited`: the line has a
    condition.
    """

    action: Action
    on: str
    through: str = ""
    limited: bool = False


def definition(verb: str, type: ResourceType, library: Library) -> tuple[Meant, ...]:
    """What `verb` means on `type`, in the order of the library, each action once for a target; () for nothing."""
    found: list[Meant] = []
    _add(verb, type, library, found, ())
    return tuple(dict.fromkeys(found))


def _add(verb: str, type: ResourceType, library: Library, found: list[Meant], through: tuple[str, ...]) -> None:
    meaning = library.find(verb, type)
    if meaning is None or verb in through:
        return
    if isinstance(meaning, ByLevel):
        found += [Meant(action, type.name) for action in meaning.actions]
        return
    for line in meaning.lines:
        words = [group.words[0].text for group in line.groups]
        if line.kind == "includes":
            for word in words:
                _add(word, type, library, found, (*through, verb))
        elif line.kind == "acts":
            found += _acting(line, words, type, library)
        elif line.kind == "through key":
            found += _companions(line, words, library)
        else:
            found += [
                Meant(one, "its role", line.target[0].text) for one in expand("iam:PassRole", library.bindings.catalog)
            ]


def _acting(line: ast.VerbLine, words: list[str], type: ResourceType, library: Library) -> list[Meant]:
    catalog = library.bindings.catalog
    texts = [word.text for word in line.target]
    limited = bool(line.qualifiers)
    if " ".join(texts) in EVERYTHING:
        return [Meant(action, "everything", "", limited) for word in words for action in expand(word, catalog)]
    target, any_one = line_type(texts, type, catalog)
    if target is None:
        return []
    actions = (action for word in words for action in expand(word, catalog) if catalog.pair(action, target))
    return [Meant(action, f"any {target.name}" if any_one else target.name, "", limited) for action in actions]


def _companions(line: ast.VerbLine, words: list[str], library: Library) -> list[Meant]:
    key = library.bindings.catalog.type("kms:key")
    assert key is not None, "the catalog has KMS"
    found: list[Action] = []
    for word in words:
        if is_action(line.groups[words.index(word)].words[0]):
            found += expand(word, library.bindings.catalog)
        else:
            name = f"{word}-through" if library.knows(f"{word}-through") else word
            found += [one.action for one in definition(name, key, library)]
    return [Meant(action, "its key", line.target[0].text) for action in found]

"""The words after `can`, told apart: which are verbs, which nouns, which names.

A list after `can` is one flat sequence. A noun begins a new resource; a verb before a noun begins a new predicate; a
word alone is a verb before the first resource and a name after it. A quoted word is always a name.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.catalog import ResourceType
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.verbs import Library
from iamdsl.compiler.words import closest, literal, respell
from iamdsl.diagnostics import Report
from iamdsl.record import record
from iamdsl.source import Span
from iamdsl.syntax import ast

EVERYTHING = ("everything", "anything")

_SINGLE = ("organizations:organization",)  # of which there is one, so that it needs no name

# the words that begin what may follow the resources of a sentence
_ALL = ("all", "every", "each")
_CLAUSES = frozenset(
    """with without from to via in outside over after until between tagged tagging if unless except because as for
    and""".split()
)


@record
class Thing:
    """A resource of a sentence: `type` and `name` ("*" for `any`), or a whole `arn`, or everything (neither)."""

    type: ResourceType | None
    name: str
    arn: str
    span: Span


@record
class Predicate:
    """Verbs (and exact actions), and what they act on."""

    verbs: tuple[ast.Word, ...]
    things: tuple[Thing, ...]
    span: Span


def is_action(word: ast.Word) -> bool:
    """Whether the word is spelled like an exact action or a pattern of actions."""
    service, colon, name = word.text.partition(":")
    return (
        not word.quoted
        and bool(colon and service and name)
        and service != "arn"
        and ":" not in name
        or word.text == "*:*"
    )


def predicates(groups: tuple[ast.Group, ...], bindings: Bindings, library: Library, report: Report) -> list[Predicate]:
    """The predicates in `groups`; findings for what cannot be told apart."""
    return _Splitter(bindings, library, report).split(groups)


class _Splitter:
    def __init__(self, bindings: Bindings, library: Library, report: Report) -> None:
        self.bindings = bindings
        self.library = library
        self.report = report
        self.verbs: list[ast.Word] = []
        self.things: list[Thing] = []
        self.noun: ResourceType | None = None
        self.found: list[Predicate] = []
        self.failed = False

    def split(self, groups: tuple[ast.Group, ...]) -> list[Predicate]:
        doing = False
        for place, group in enumerate(groups):
            words = group.words
            doing = doing and len(words) == 1 and is_action(words[0])
            if doing:  # `do iam:*, organizations:*`
                self.action_on_everything(words[0])
                continue
            if words[0].text == "do" and not words[0].quoted and len(words) > 1:
                words = words[1:]
                if self.things:
                    self.flush()
                if is_action(words[0]) and len(words) == 1:
                    self.action_on_everything(words[0])
                    doing = True
                    continue
                if words[0].text in EVERYTHING:
                    self.verbs.append(ast.Word("do", False, group.words[0].span))
            if self.begins_thing(words) and not self.begins_verb(words):
                self.thing(words)
            elif len(words) == 1:
                self.single(words[0], groups[place + 1 :])
            elif self.begins_thing(words[1:]):
                if self.things:
                    self.flush()
                self.verbs.append(words[0])
                self.thing(words[1:])
            else:
                self.unknown_noun(words)
        self.flush()
        return [] if self.failed else self.found

    def begins_thing(self, words: tuple[ast.Word, ...]) -> bool:
        first = words[0]
        if first.quoted:
            return False
        if first.text in EVERYTHING or first.text.startswith("arn:") or (first.text == "any" and len(words) > 1):
            return True
        return self.bindings.catalog.noun([word.text for word in words if not word.quoted]) is not None

    def begins_verb(self, words: tuple[ast.Word, ...]) -> bool:
        """Whether words that a noun begins are a verb and a thing all the same.

        A word alone is a verb if it can be one, as in `schedule, stop rule nightly`: a noun alone names nothing. A short
        noun of several words is never a verb (`log group x`). What may be a service and its type, or a verb and a noun that
        it is defined for (`connect instance x`), is the verb, but in a list of things of that service.
        """
        if len(words) == 1:
            return self.is_verb(words[0])
        if len(words) == 2 or not self.is_verb(words[0]) or not self.begins_thing(words[1:]):
            return False
        catalog = self.bindings.catalog
        texts = [word.text for word in words if not word.quoted]
        found, behind = catalog.noun(texts), catalog.noun(texts[1:])
        if found is None or found[1] == 1:
            return True
        if " ".join(texts[: found[1]]).lower() in catalog.nouns() or self.noun == found[0]:
            return False
        return behind is not None and self.library.find(words[0].text, behind[0]) is not None

    def is_verb(self, word: ast.Word) -> bool:
        return not word.quoted and (is_action(word) or self.library.knows(word.text))

    def single(self, word: ast.Word, following: tuple[ast.Group, ...]) -> None:
        """A word alone: a verb before the first resource, a name after it."""
        if not self.things:
            self.verbs.append(word)
        elif not self.is_verb(word):
            self.name(self.noun, (word,), word.span)
        elif is_action(word) or self.verb_list(following):
            self.flush()
            self.verbs.append(word)
        else:
            help = f'quote it, `"{word.text}"`, if it is a name; write the resource behind it if it is a verb'
            self.report.add(rules.AMBIGUOUS_WORD, word.span, help=help, word=word.text)
            self.failed = True

    def verb_list(self, following: tuple[ast.Group, ...]) -> bool:
        """Whether the groups go on as a list of verbs that ends in one before a noun."""
        for group in following:
            if len(group.words) > 1:
                return not self.begins_thing(group.words) and self.begins_thing(group.words[1:])
            if not self.is_verb(group.words[0]):
                return False
        return False

    def action_on_everything(self, word: ast.Word) -> None:
        self.verbs.append(word)
        everything = Thing(None, "", "", word.span)
        if everything not in self.things:
            self.things.append(everything)
        self.flush()

    def thing(self, words: tuple[ast.Word, ...]) -> None:
        if not self.verbs:
            self.report.add(
                rules.NO_VERB,
                words[0].span.to(words[-1].span),
                help="put a verb before it, such as `read`",
                thing=" ".join(word.text for word in words),
            )
            self.failed = True
            return
        first = words[0]
        span = first.span.to(words[-1].span)
        if first.text in EVERYTHING:
            self.noun = None
            self.no_more(words, 1)
            self.things.append(Thing(None, "", "", span))
        elif first.text.startswith("arn:"):
            self.noun = None
            self.no_more(words, 1)
            self.things.append(Thing(None, "", literal(first, self.bindings.params, self.report), span))
        elif first.text == "any":
            self.any(words[1:], span)
        else:
            found = self.bindings.catalog.noun([word.text for word in words if not word.quoted])
            assert found is not None
            self.noun, taken = found
            self.name(self.noun, words[taken:], span)

    def any(self, words: tuple[ast.Word, ...], span: Span) -> None:
        found = self.bindings.catalog.noun([word.text for word in words if not word.quoted])
        if found is None:
            self.unknown_noun(words, words[0])
            return
        self.noun, taken = found
        self.no_more(words, taken)
        self.things.append(Thing(self.noun, "*", "", span))

    def name(self, noun: ResourceType | None, words: tuple[ast.Word, ...], span: Span) -> None:
        """The name of a resource of the type `noun`."""
        if noun is None:
            self.report.add(
                rules.NO_VERB, span, help="write its resource type before it", thing=" ".join(w.text for w in words)
            )
            self.failed = True
        elif not words and (noun.full in _SINGLE or not noun.variables()):
            self.things.append(Thing(noun, "*", "", span))
        elif not words:
            help = f"name it, or write `any {shown(noun)}`"
            self.report.add(rules.NO_NAME, span, help=help, noun=shown(noun))
            self.failed = True
        else:
            self.no_more(words, 1)
            text = literal(words[0], self.bindings.params, self.report)
            self.things.append(Thing(noun, text, "", span))

    def no_more(self, words: tuple[ast.Word, ...], count: int) -> None:
        if len(words) > count:
            extra, before = words[count], words[count - 1]
            close = closest(extra.text, _CLAUSES)
            help = "a list has commas between its parts; a name of several words is quoted"
            help = f"did you mean `{close}`?" if close and not extra.quoted else help
            self.report.add(rules.EXTRA_WORDS, extra.span, help=help, word=extra.text, before=before.text)
            self.failed = True

    def unknown_noun(self, words: tuple[ast.Word, ...], at: ast.Word | None = None) -> None:
        if words[0].text == "not" and not words[0].quoted:
            self.report.add(
                rules.EXTRA_WORDS, words[0].span, help="write `cannot`, in one word", word="not", before="can"
            )
            self.failed = True
            return
        word = at or (words[1] if not self.things or self.is_verb(words[0]) else words[0])
        close = closest(word.text, self.bindings.catalog.nouns())
        declared = next((one for one in self.bindings.resources.values() if one.name == word.text), None)
        if declared:
            close = f"{shown(declared.type)} {declared.name}"
        if word.text in _ALL and not word.quoted:
            behind = words[words.index(word) + 1 :]
            noun = closest(behind[0].text, self.bindings.catalog.nouns()) if behind else None
            close, help = None, f"for all of them write `any {noun or 'bucket'}`"
        elif close:
            help = f"did you mean `{close}`?"
        elif word.text in self.bindings.catalog.services():
            service = self.bindings.catalog.service(word.text)
            help = f"{word.text} has the types " + ", ".join(sorted(service.types)[:8]) if service else ""
        else:
            help = "write a resource type, such as `bucket`, or its service and type, such as `dynamodb table`"
        fix = respell(word.span, close) if close else ()
        self.report.add(rules.UNKNOWN_NOUN, word.span, help=help, fix=fix, name=word.text)
        self.failed = True

    def flush(self) -> None:
        """End the predicate under way."""
        if self.verbs:
            span = self.verbs[0].span.to(self.things[-1].span if self.things else self.verbs[-1].span)
            self.found.append(Predicate(tuple(self.verbs), tuple(self.things), span))
        self.verbs, self.things, self.noun = [], [], None


def shown(type: ResourceType) -> str:
    """How a resource type is written in a sentence."""
    from iamdsl.catalog import default  # local: the shown name is needed in findings only

    for noun, full in default().nouns().items():
        if full == type.full:
            return noun
    return f"{type.service} {type.name}"

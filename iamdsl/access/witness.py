"""From a model of the search to requests that could be sent: letters become text, and policy variables get values."""

from __future__ import annotations

from itertools import islice, product

from iamdsl.access.alphabet import FRESH, is_variable, names_variable, split, variables, written
from iamdsl.access.atoms import PRINCIPAL, RESOURCE, Space, Values
from iamdsl.access.axioms import ACCOUNTS, account_in
from iamdsl.access.contents import ACTION
from iamdsl.access.decide import Request, Side, fill, variable
from iamdsl.access.model import And, Condition, Grant, Not, Or, Test, tests, values_of
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamdsl.access.decide import Context

_HEADS = ("arn", "aws", "iam", "us-east-1", "111122223333", "example")  # what a fresh part of an ARN is shown as
_FILLERS = ("example", "x", "Q7", "0", "z9z9", "\xfe", "\xf0\xfe")
_TRIALS = 48  # substitutions of policy variables that are tried


def requests(space: Space, model: dict[str, Values], action: str) -> Iterator[Request]:
    """Requests that the model may stand for, the likeliest first; the caller tries them. `action`: "" if the model has it."""
    spelled = {key.spelling.lower(): key.spelling for key in space.keys.values()}
    named = {one for values in model.values() for value in values for one in variables(value)}
    for filler in ("", *_FILLERS):
        context = {
            name: tuple([_shown(value, filler) for value in values])
            for name, values in model.items()
            if values and name not in (RESOURCE, PRINCIPAL, ACTION)
        }
        for one in sorted(named):
            key, default = variable(one)
            if key.lower() not in context and default is None:
                context[key.lower()] = (filler or "example",)
        if not filler:
            context.update(_accounts(model))
        found = {name: _resolved(values, context) for name, values in context.items()}
        resource = _resolved([_shown(value, filler) for value in model.get(RESOURCE, ("*",))], found)[0]
        principal = [_caller(value, filler) for value in model.get(PRINCIPAL, ("",))]
        asked = action or _shown(model[ACTION][0], filler)
        listed = tuple([(spelled.get(name, name), found[name]) for name in sorted(found)])
        yield Request(principal[0], asked, resource, listed)


def _accounts(model: dict[str, Values]) -> dict[str, tuple[str, ...]]:
    """The account that the model leaves open, as the ARN beside it says, or some account."""
    found: dict[str, tuple[str, ...]] = {}
    for arn, key in ACCOUNTS:
        if model.get(key) == (FRESH,):
            told = [account_in(_shown(value, "")) for value in model.get(arn, ())]
            found[key] = (told[0] if told and told[0] else _HEADS[4],)
    return found


def _resolved(values: tuple[str, ...] | list[str], context: Context) -> tuple[str, ...]:
    """`values` with the letters of variables replaced by what the context has."""
    return tuple([_one(value, context) for value in values])


def _one(value: str, context: Context) -> str:
    if value.isascii() or not any([is_variable(one) for one in value]):
        return value
    parts: list[str] = []
    for character in value:
        if is_variable(character):
            (name,) = variables(character)
            key, default = variable(name)
            given = context.get(key.lower(), ())
            character = given[0] if given else default or ""
        parts.append(character)
    return "".join(parts)


def _shown(value: str, filler: str) -> str:
    """The value with text for its fresh letters: `filler`, or in an ARN what usually stands there."""
    if filler or FRESH not in value:
        return value.replace(FRESH, filler)
    parts = value.split(":", 5)
    if len(parts) == 6 and parts[0] in ("arn", FRESH):
        return ":".join([part.replace(FRESH, usual) for part, usual in zip(parts, _HEADS)])
    return value.replace(FRESH, "example")


def _caller(value: str, filler: str) -> str:
    if not value:
        return ""
    if value == FRESH:
        return "AWS arn:aws:iam::111122223333:user/" + (filler or "example")
    kind, _, name = value.partition(" ")
    shown = _shown(name, filler)
    return f"{kind} {shown}" if ":iam::" not in name or name.rpartition(":")[2] != FRESH else f"{kind} {_user(shown)}"


def _user(arn: str) -> str:
    head, _, name = arn.rpartition(":")
    return f"{head}:user/{name}"


# ---- policy variables


def used(sides: tuple[Side, Side]) -> list[str]:
    """The policy variables of both sides, as written, A to Z."""
    found: set[str] = set()
    for side in sides:
        for grant in side.grants:
            for text in (*grant.resources, *values_of(grant.condition)):
                if "${" in text:
                    found |= written(text)
    return sorted(found)


def substitutions(sides: tuple[Side, Side]) -> Iterator[tuple[tuple[Side, Side], tuple[Condition, ...]]]:
    """Both sides with values for their policy variables, and the facts that go with them. What a pattern of one side writes
    where another has a variable is tried, what no pattern writes, and that the key is missing."""
    keys = sorted({variable(one)[0].lower() for one in used(sides)})
    texts = [
        text for side in sides for grant in side.grants for text in (*grant.resources, *values_of(grant.condition))
    ]
    choices = [_choices(key, sides, texts) for key in keys]
    for values in islice(product(*choices), _TRIALS):
        context = {key: (value,) for key, value in zip(keys, values) if value is not None}
        facts = [
            Test(key, "equals", (_escaped(value),)) if value is not None else Not(Test(key, "present"))
            for key, value in zip(keys, values)
        ]
        one, other = [_substituted(side, context) for side in sides]
        yield (one, other), tuple(facts)


def _choices(key: str, sides: tuple[Side, Side], texts: list[str]) -> list[str | None]:
    found: dict[str | None, None] = {"example-" + key.rpartition(":")[2].rpartition("/")[2]: None, None: None}
    for text in sorted(set(texts)):
        if "${" not in text:
            continue
        parts = split(text)
        for at, part in enumerate(parts):
            if names_variable(part) and variable(part)[0].lower() == key:
                found.update(dict.fromkeys(_aligned("".join(parts[:at]), "".join(parts[at + 1 : at + 2]), texts)))
    for side in sides:
        for grant in side.grants:
            found.update(dict.fromkeys(_tested(grant.condition, key)))
    return list(found)


def _aligned(before: str, after: str, texts: list[str]) -> list[str]:
    """What other patterns write where one has a variable between `before` and the character `after`."""
    found: list[str] = []
    for text in texts:
        if text.startswith(before) and "${" not in text:
            end = text.find(after, len(before)) if after and after != "*" else len(text)
            value = text[len(before) : end if end >= 0 else len(text)]
            if value and "*" not in value and "?" not in value:
                found.append(value)
    return sorted(set(found))


def _tested(condition: Condition, key: str) -> list[str]:
    """The values without variables that `condition` tests the key against."""
    found = [value for test in tests(condition) if test.key.lower() == key for value in test.values]
    return [value.replace("*", "x").replace("?", "x") for value in found if "${" not in value]


def _escaped(value: str) -> str:
    return value.replace("$", "${$}") if "$" in value else value


def _substituted(side: Side, context: Context) -> Side:
    return Side(tuple([tuple([tuple([_filled(g, context) for g in layer]) for layer in way]) for way in side.ways]))


def _filled(grant: Grant, context: Context) -> Grant:
    texts = [text for one in grant.resources if (text := fill(one, context)) is not None]
    condition = _bound(grant.condition, context)
    if grant.resources and not texts:
        if grant.except_resources:
            return replace(grant, resources=(), except_resources=False, condition=condition)
        return replace(grant, condition=Or(()))
    return replace(grant, resources=tuple(texts), condition=condition)


def _bound(condition: Condition, context: Context) -> Condition:
    if isinstance(condition, Test):
        if not any(["${" in value for value in condition.values]):
            return condition
        values = tuple([text for value in condition.values if (text := fill(value, context)) is not None])
        return replace(condition, values=values)
    if isinstance(condition, Not):
        return Not(_bound(condition.item, context))
    items = tuple([_bound(item, context) for item in condition.items])
    return And(items) if isinstance(condition, And) else Or(items)

"""Documents to JSON and back, losing nothing."""

from __future__ import annotations

import json

from iamdsl.policy.model import Block, Document, Principals, Statement
from iamdsl.policy.operators import NAMES, operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

Path = tuple[str | int, ...]

_DOCUMENT = frozenset(("Version", "Id", "Statement"))
_EITHER = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_STATEMENT = frozenset(("Sid", "Effect", "Condition", *[name for names in _EITHER for name in names]))
_PRINCIPALS = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))
_VERSIONS = ("2012-10-17", "2008-10-17")
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}


def dump(document: Document) -> dict[str, Any]:
    """The document as AWS's JSON; a list of one is its only value, as AWS's own examples write it."""
    found: dict[str, Any] = {"Version": document.version} if document.version else {}
    if document.id is not None:
        found["Id"] = document.id
    found["Statement"] = [_dumped(one) for one in document.statements]
    return found


def text(value: Any) -> str:
    """JSON text as this project writes it: two spaces, short lists of names on lines of their own, a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def laid_out(value: Any, limit: int, unit: str) -> str:
    """`text`, but on one line where AWS counts white space too, in `unit`, and would find the text over its `limit` (0: none)."""
    found = text(value)
    if unit == "nonspace" or not limit or _length(found, unit) <= limit:
        return found
    line = squeezed(value)
    return line if _length(line, unit) == limit else line + "\n"


def _length(text: str, unit: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) if unit == "bytes" else len(text)


def compact(document: Document) -> str:
    """The document without needless white space: what AWS counts for most quotas."""
    return squeezed(dump(document))


def squeezed(value: Any) -> str:
    """JSON text without needless white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _dumped(one: Statement) -> dict[str, Any]:
    found: dict[str, Any] = {} if one.sid is None else {"Sid": one.sid}
    found["Effect"] = one.effect
    if one.principal is not None:
        found["Principal"] = _named(one.principal)
    if one.not_principal is not None:
        found["NotPrincipal"] = _named(one.not_principal)
    for name, values in (
        ("Action", one.action),
        ("NotAction", one.not_action),
        ("Resource", one.resource),
        ("NotResource", one.not_resource),
    ):
        if values is not None:
            found[name] = _values(values)
    if one.condition:
        found["Condition"] = {
            operator: {key: _values(values) for key, values in keys} for operator, keys in one.condition
        }
    return found


def _named(pairs: Principals) -> str | dict[str, Any]:
    if pairs == (("*", "*"),):
        return "*"
    kinds = dict.fromkeys(kind for kind, _ in pairs)
    return {kind: _values(tuple(value for of, value in pairs if of == kind)) for kind in kinds}


def _values(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


class Malformed(Exception):
    """This is no policy. `pointer` (RFC 6901) and `offset` (characters; None without a text) say where."""

    def __init__(self, message: str, pointer: str = "", offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.offset = offset


class _Fault(Exception):
    """As Malformed, before the place is looked up."""

    def __init__(self, message: str, path: Path = (), of_name: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.of_name = of_name


class _Unreadable(Exception):
    """JSON of Python's which is not JSON: a name twice, NaN."""


class Number(str):
    """A number of a JSON text, as it is written there."""


def load(value: Any, kind: str) -> Document:
    """The document that `value`, parsed JSON, is; Malformed if it is none.

    `dump` gives it back but for what AWS does not tell apart: a single value and a list of it, a boolean or number and
    its text, an empty `Condition` or list of principals and none.
    """
    try:
        return _document(value, kind)
    except _Fault as fault:
        from iamdsl.policy.places import pointer  # local: only where something is wrong

        raise Malformed(fault.message, pointer(fault.path)) from None


def read(text: str, kind: str) -> Document:
    """The document that `text` holds; Malformed, with its place in the text, if it holds none."""
    try:
        if text.startswith("\ufeff"):  # a byte order mark, which no policy has
            raise ValueError
        return _document(_JSON.decode(text), kind)
    except _Fault as fault:
        from iamdsl.policy.places import offset, pointer  # local: as above

        where = pointer(fault.path)
        raise Malformed(fault.message, where, offset(text, where, fault.of_name)) from None
    except (ValueError, RecursionError, _Unreadable):
        raise _unreadable(text) from None


def _unreadable(text: str) -> Malformed:
    """Why `text` is no JSON."""
    from iamdsl.policy.places import depths, places  # local: as above

    try:
        json.loads(text, parse_int=str)
    except json.JSONDecodeError as fault:
        return Malformed(f"not JSON: {fault.msg[0].lower()}{fault.msg[1:]}", "", fault.pos)
    except RecursionError:
        return Malformed("brackets are nested too deep", "", depths(text))
    seen: set[str] = set()
    for place in places(text):
        if place.pointer in seen and place.key is not None:
            return Malformed("this name is there twice", place.pointer, place.key)
        seen.add(place.pointer)
        if text.startswith(("NaN", "Infinity", "-Infinity"), place.value):
            return Malformed("not JSON: no number of this kind", place.pointer, place.value)
    return Malformed("brackets are nested too deep", "", depths(text))  # the fault lies deeper than places go


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unreadable
    return found


def _nan(_: str) -> NoReturn:
    raise _Unreadable


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_nan)


def _document(value: Any, kind: str) -> Document:
    fields = _object(value, _DOCUMENT, "policy", ())
    version = _text(fields["Version"], ("Version",)) if "Version" in fields else ""
    if "Version" in fields and version not in _VERSIONS:
        raise _Fault("the version is neither `2012-10-17` nor `2008-10-17`", ("Version",))
    id = _text(fields["Id"], ("Id",)) if "Id" in fields else None
    if "Statement" not in fields:
        raise _Fault("the policy has no `Statement`")
    listed = fields["Statement"]
    if isinstance(listed, dict):
        return Document(kind, (_statement(listed, ("Statement",)),), version, id)
    if not isinstance(listed, (list, tuple)):
        raise _Fault(f"`Statement` is {_kind(listed)}, not a list of statements", ("Statement",))
    if not listed:
        raise _Fault("`Statement` is empty", ("Statement",))
    statements = tuple([_statement(one, ("Statement", at)) for at, one in enumerate(listed)])
    return Document(kind, statements, version, id)


def _statement(value: Any, path: Path) -> Statement:
    fields = _object(value, _STATEMENT, "statement", path)
    if "Effect" not in fields:
        raise _Fault("the statement has no `Effect`", path)
    effect = fields["Effect"]
    if type(effect) is not str or effect not in ("Allow", "Deny"):
        _text(effect, (*path, "Effect"))
        raise _Fault("the effect is neither `Allow` nor `Deny`", (*path, "Effect"))
    for name, other in _EITHER:
        if other in fields and name in fields:
            raise _Fault(f"a statement has either `{name}` or `{other}`", (*path, other), True)
    if "Action" not in fields and "NotAction" not in fields:
        raise _Fault("the statement has neither `Action` nor `NotAction`", path)
    if fields.keys().isdisjoint(("Resource", "NotResource", "Principal", "NotPrincipal")):
        raise _Fault("the statement has neither `Resource` nor `NotResource`", path)
    return Statement(
        effect=effect,
        action=_listed(fields, "Action", path),
        not_action=_listed(fields, "NotAction", path),
        resource=_listed(fields, "Resource", path),
        not_resource=_listed(fields, "NotResource", path),
        principal=_principals(fields, "Principal", path),
        not_principal=_principals(fields, "NotPrincipal", path),
        condition=_condition(fields["Condition"], (*path, "Condition")) if "Condition" in fields else (),
        sid=_text(fields["Sid"], (*path, "Sid")) if "Sid" in fields else None,
    )


def _listed(fields: dict[str, Any], name: str, path: Path) -> tuple[str, ...] | None:
    if name not in fields:
        return None
    value = fields[name]
    return (value,) if type(value) is str and value.isascii() else _texts(value, (*path, name))


def _principals(fields: dict[str, Any], name: str, path: Path) -> Principals | None:
    if name not in fields:
        return None
    value = fields[name]
    if value == "*" and type(value) is str:
        return (("*", "*"),)
    if not isinstance(value, dict):
        raise _Fault(f"`{name}` is neither `*` nor an object", (*path, name))
    named = _object(value, _PRINCIPALS, name, (*path, name))
    return tuple([(kind, one) for kind in named for one in _texts(named[kind], (*path, name, kind))])


def _condition(value: Any, path: Path) -> Block:
    block = []
    for name, keys in _object(value, None, "condition", path).items():
        if operator(name) is None:
            raise _Fault(f"unknown operator `{_shown(name)}`{_meant(name, NAMES)}", (*path, name), True)
        within = (*path, name)
        tests = _object(keys, None, "operator", within).items()
        block.append((name, tuple([(key, _compared(values, (*within, key))) for key, values in tests])))
    return tuple(block)


def _compared(value: Any, path: Path) -> tuple[str, ...]:
    """The values that a key is compared with."""
    if type(value) is str and value.isascii():
        return (value,)
    values = value if isinstance(value, (list, tuple)) else [value]
    if all([type(one) is str and one.isascii() for one in values]):
        return tuple(values)
    return tuple([_scalar(one, path if values is not value else (*path, at)) for at, one in enumerate(values)])


def _scalar(value: Any, path: Path) -> str:
    """AWS's text of a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, int) and abs(value) < 10**400:  # Python writes out no integer of thousands of digits
        return str(value)
    if isinstance(value, float) and value - value == 0:  # neither NaN nor infinite
        return repr(value)
    return _text(value, path)


def _texts(value: Any, path: Path) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)):
        if all([type(one) is str and one.isascii() for one in value]):
            return tuple(value)
        return tuple([_text(one, (*path, at)) for at, one in enumerate(value)])
    return (_text(value, path),)


def _text(value: Any, path: Path) -> str:
    if type(value) is not str:
        raise _Fault(f"{_kind(value)} where a text belongs", path)
    if not value.isascii():
        _encodable(value, path)
    return value


def _encodable(value: str, path: Path, of_name: bool = False) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Fault("half of a surrogate pair, which is no character", path, of_name) from None


def _object(value: Any, names: frozenset[str] | None, what: str, path: Path) -> dict[str, Any]:
    """`value`, an object with no other names than `names`."""
    if not isinstance(value, dict):
        raise _Fault(f"the {what} is {_kind(value)}, not an object", path)
    if names is not None and names.issuperset(value):
        return value
    for name in value:
        if type(name) is not str:
            raise _Fault(f"{_kind(name)} where a name belongs", path)
        if names is None:
            if not name.isascii():
                _encodable(name, (*path, name), True)
        elif name not in names:
            close = next((one for one in sorted(names) if one.lower() == name.lower()), None)
            hint = f": write `{close}`" if close else _meant(name, sorted(names))
            raise _Fault(f"unknown element `{_shown(name)}`{hint}", (*path, name), True)
    return value


def _meant(name: str, known: Iterable[str]) -> str:
    """What is likely meant by an unknown name, to be said behind it."""
    from difflib import get_close_matches  # local: only where something is wrong

    close = get_close_matches(name[:80], known, 1)
    return f": did you mean `{close[0]}`?" if close else ""


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number" if isinstance(value, (int, float, Number)) else "something else")


def _shown(name: str) -> str:
    """A name of the input in a message: short, and of characters that can be printed."""
    text = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name[:60])
    return text if len(name) <= 60 else f"{text}..."

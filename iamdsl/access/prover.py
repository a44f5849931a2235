"""A second prover, cvc5 (the extra `solver`), for questions that the search leaves open: the same atoms and formulas as strings,
numbers and regular expressions. It is asked only past the budget, or where values of policy variables decide; what it finds is
tried like every witness.
"""

from __future__ import annotations

from iamdsl.access.alphabet import ANY, ONE, PLAIN, SEGMENT, STOP, Undecided, is_variable, variables
from iamdsl.access.atoms import EMPTY, All
from iamdsl.access.contents import ACTION
from iamdsl.access.decide import variable
from iamdsl.access.values import BOOL, TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from iamdsl.access.atoms import Formula, Key, Space, Values
    from iamdsl.access.values import Language
    from iamdsl.access.words import Pattern

NAME = "cvc5"
_LIMIT = 2_000_000  # of the solver's own units of work for one question: some seconds, the same answer on every machine
# The characters that it knows: neither controls nor halves of pairs.
_RANGES = (("\x20", "\ud7ff"), ("\ue000", "\U0002ffff"))


def available() -> bool:
    """Whether it is installed."""
    from importlib.util import find_spec  # local: only where a question was left open

    return find_spec("cvc5") is not None


def prove(space: Space, formulas: list[Formula]) -> dict[str, Values] | None:
    """Values of keys with which all `formulas` are true; None when there are none. Raises Undecided."""
    from importlib import import_module  # local: as above

    encoding = _Encoding(import_module("cvc5.pythonic"), space)
    return encoding.solved([encoding.formula(one) for one in formulas])


class _Encoding:
    """`terms`: for a key, a term for each value that it may have, and whether it has that."""

    def __init__(self, solver: Any, space: Space) -> None:
        self.s = solver
        self.space = space
        self.terms: dict[str, list[tuple[Any, Any]]] = {}
        self.kinds: dict[str, str] = {}
        self.facts: list[Any] = []
        self.text = solver.Star(self._but(""))
        self.every = {ANY: self.text, ONE: self._but(""), STOP: self._but(":")}
        self.every[SEGMENT] = solver.Star(self.every[STOP])
        self.every[PLAIN] = solver.Plus(self._but("/:"))
        self.low = solver.Star(self._but("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    def _but(self, excluded: str) -> Any:
        """One character that is none of `excluded`, which stand in order."""
        found = []
        for first, last in _RANGES:
            for one in [letter for letter in excluded if first <= letter <= last]:
                if first < one:
                    found.append(self.s.Range(first, chr(ord(one) - 1)))
                first = chr(ord(one) + 1)
            found.append(self.s.Range(first, last))
        return self.s.Union(*found)

    def key(self, name: str) -> list[tuple[Any, Any]]:
        """As many values as there are atoms to show of a key that may have several, else one."""
        known = self.terms.get(name)
        if known is None:
            key = self.space.keys[name]
            kind = self.kinds[name] = _kind(key)
            make = self.s.Bool if kind == BOOL else self.s.String
            count = max(1, len(key.atoms)) if key.many else 1
            known = [(self.s.Bool(f"has {at} {name}"), make(f"value {at} {name}")) for at in range(count)]
            self.terms[name] = known
            if kind == TEXT:
                letters = self.low if name == ACTION else self.text  # actions have no case
                self.facts += [self.s.InRe(value, letters) for _, value in known]
        return known

    def formula(self, one: Formula) -> Any:
        if isinstance(one, tuple):
            name, bit, truth = one
            found = self.atom(name, bit)
            return found if truth else self.s.Not(found)
        parts = [self.formula(item) for item in one.items]
        join, empty = (self.s.And, True) if isinstance(one, All) else (self.s.Or, False)
        return self.s.BoolVal(empty) if not parts else parts[0] if len(parts) == 1 else join(*parts)

    def atom(self, name: str, bit: int) -> Any:
        language, inside = self.space.keys[name].atoms[bit]
        found = []
        for has, value in self.key(name):
            if language is EMPTY:
                found.append(self.s.BoolVal(False) if inside else has)
                continue
            within = self.within(value, language)
            found.append(self.s.And(has, within if inside else self.s.Not(within)))
        return found[0] if len(found) == 1 else self.s.Or(*found)

    def within(self, value: Any, language: Language) -> Any:
        if language.kind == BOOL:
            said = {one.lower() for one in language.values}
            parts = [value] * ("true" in said) + [self.s.Not(value)] * ("false" in said)
        else:
            parts = [self.matches(value, one) for one in language.patterns]
        return self.s.BoolVal(False) if not parts else parts[0] if len(parts) == 1 else self.s.Or(*parts)

    # ---- patterns

    def matches(self, value: Any, one: Pattern) -> Any:
        if one.fold or "\\" in one.items or not all([_writable(letter) for letter in one.items]):
            raise Undecided("a value that the second prover does not read")
        if one.variables:
            return self.filled(value, one)
        if one.literal:
            return value == self.s.StringVal(one.items)
        parts: list[Any] = []
        text = ""
        for letter in one.items + ANY:
            if letter not in self.every:
                text += letter
                continue
            if text:
                parts.append(self.s.Re(text))
            parts.append(self.every[letter])
            text = ""
        parts.pop()
        parts += [self.s.Re(text)] if text else []
        return self.s.InRe(value, parts[0] if len(parts) == 1 else self.s.Concat(*parts))

    def filled(self, value: Any, one: Pattern) -> Any:
        """A pattern with policy variables, which are literal text once they are filled in; wild at its end at most."""
        body = one.items.removesuffix(ANY)
        if not {ANY, ONE, STOP, SEGMENT, PLAIN}.isdisjoint(body):
            raise Undecided("a policy variable beside wildcards")
        parts: list[Any] = []
        defined: list[Any] = []
        text = ""
        for letter in body:
            if not is_variable(letter):
                text += letter
                continue
            parts += [self.s.StringVal(text)] if text else []
            text = ""
            name, default = variable(variables(letter)[0])
            has, held = self.variable(name.lower())
            parts.append(held if default is None else self.s.If(has, held, self.s.StringVal(default)))
            defined += [has] if default is None else []
        parts += [self.s.StringVal(text)] if text else []
        whole = parts[0] if len(parts) == 1 else self.s.Concat(*parts)
        met = value == whole if body == one.items else self.s.PrefixOf(whole, value)
        return self.s.And(*defined, met) if defined else met

    def variable(self, name: str) -> tuple[Any, Any]:
        """Whether the key of a policy variable has one value, and that."""
        if name not in self.space.keys:
            self.space.present(name, True)
            self.space.keys[name].many = False
        found = self.key(name)
        if len(found) > 1 or self.kinds[name] != TEXT:
            raise Undecided("a policy variable of a key with several values")
        return found[0]

    # ---- models

    def solved(self, formulas: list[Any]) -> dict[str, Values] | None:
        check = self.s.SolverFor("ALL")
        check.setOption("rlimit-per", str(_LIMIT))
        check.setOption("strings-exp", "true")
        check.setOption("produce-models", "true")
        check.add(*formulas, *self.facts)
        try:
            result = str(check.check())
        except Exception as fault:  # of its own kinds: what it does not decide it may also refuse
            raise Undecided(f"{NAME} does not decide it either") from fault
        if result not in ("sat", "unsat"):
            raise Undecided(f"{NAME} does not decide it either")
        return None if result == "unsat" else self.model(check.model())

    def model(self, model: Any) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for name, terms in self.terms.items():
            values = []
            for has, value in terms:
                if str(model.evaluate(has, model_completion=True)) == "True":
                    made = model.evaluate(value, model_completion=True)
                    values.append(str(made).lower() if self.kinds[name] == BOOL else made.as_string())
            if values:
                found[name] = tuple(sorted(set(values)))
        return found


def _kind(key: Key) -> str:
    """TEXT or BOOL. Raises Undecided for others."""
    kinds = {language.kind for language, _ in key.atoms if language is not EMPTY}
    if kinds <= {TEXT}:
        return TEXT
    if kinds == {BOOL}:
        return BOOL
    raise Undecided("the second prover reads texts, ARNs and booleans")


def _writable(letter: str) -> bool:
    return letter in (ANY, ONE, STOP, SEGMENT, PLAIN) or is_variable(letter) or "\x20" <= letter <= _RANGES[-1][1]

"""Policies as formulas of strings and regular expressions, for cvc5 or z3: a second, independent encoding of the question.

Written from the IAM user guide and AWS's JSON alone; it shares nothing with `iamdsl`. It reads what it can decide exactly: a
policy variable with no wildcard but a `*` at the end, keys of several values that few tests are about; no addresses, dates or
binary values, no principals.
"""

from __future__ import annotations

import re
from typing import Any

SLOTS = 4  # values that a key may have at once: two for each test of it are enough, one that passes and one that fails


class Unread(Exception):
    """The policy says something that this encoding does not know."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Encoding:
    """`solver` is the module `z3` or `cvc5.pythonic`, which have one interface."""

    def __init__(self, solver: Any) -> None:
        self.s = solver
        self.action = solver.String("action")
        self.resource = solver.String("resource")
        self.keys: dict[tuple[str, str], Any] = {}
        self.present: dict[str, Any] = {}
        self.kinds: dict[str, str] = {}
        self.slots: dict[str, list[tuple[Any, Any]]] = {}  # of a key of several values: whether it has one, and that
        self.asked: dict[str, set[Any]] = {}
        self.facts: list[Any] = []
        every = solver.Range(chr(32), "~")
        self.one, self.any = every, solver.Star(every)
        self.part = solver.Star(solver.Union(solver.Range(chr(32), "9"), solver.Range(";", "~")))

    # ---- patterns

    def whole(self, parts: list[Any]) -> Any:
        return self.s.Re("") if not parts else parts[0] if len(parts) == 1 else self.s.Concat(*parts)

    def glob(self, pattern: str, star: Any = None) -> Any:
        parts: list[Any] = []
        text = ""
        for letter in pattern + "\0":
            if letter in "*?\0":
                if text:
                    parts.append(self.s.Re(text))
                text = ""
                if letter != "\0":
                    parts.append(self.one if letter == "?" else self.any if star is None else star)
            else:
                text += letter
        return self.whole(parts)

    def arn(self, pattern: str) -> Any:
        if "?" in pattern:
            raise Unread("a question mark in an ARN")
        if "${" in pattern:
            raise Unread("a policy variable in an ARN of a condition")
        parts = pattern.split(":", 5)
        parts += ["*"] * (6 - len(parts))
        heads = [self.s.Concat(self.glob(one, self.part), self.s.Re(":")) for one in parts[:-1]]
        return self.s.Concat(*heads, self.glob(parts[-1]))

    def matches(self, word: Any, patterns: list[Any], make: Any = None) -> Any:
        found = []
        for one in patterns:
            if "${" in one and make is None:
                found.append(self.filled(word, one))
            elif not {"*", "?"} & set(one) and make is None:
                found.append(word == self.s.StringVal(one))
            else:
                found.append(self.s.InRe(word, (make or self.glob)(one)))
        return self.s.Or(*found) if len(found) != 1 else found[0]

    def filled(self, word: Any, pattern: str) -> Any:
        """With what the request has for its policy variables; false where one is missing."""
        pieces = re.split(r"\$\{([^}]*)\}", pattern)
        open_end = pieces[-1].endswith("*")
        pieces[-1] = pieces[-1].removesuffix("*")
        if any({"*", "?"} & set(text) for text in pieces[::2]) or any("," in one for one in pieces[1::2]):
            raise Unread("a policy variable beside wildcards")
        terms: list[Any] = []
        present: list[Any] = []
        for at, piece in enumerate(pieces):
            if at % 2:
                terms.append(self.value(piece.strip().lower(), "text"))
                present.append(self.present[piece.strip().lower()])
            elif piece:
                terms.append(self.s.StringVal(piece))
        whole = terms[0] if len(terms) == 1 else self.s.Concat(*terms)
        return self.s.And(*present, self.s.PrefixOf(whole, word) if open_end else word == whole)

    # ---- conditions

    def value(self, key: str, kind: str) -> Any:
        if self.kinds.setdefault(key, kind) != kind:
            raise Unread("a key of two types, or of one value here and of several there")
        if key not in self.present:
            self.present[key] = self.s.Bool("has " + key)
        make = {"text": self.s.String, "number": self.s.Real, "truth": self.s.Bool}[kind]
        return self.keys.setdefault((key, kind), make("value " + key))

    def several(self, key: str, said: Any) -> list[tuple[Any, Any]]:
        """The values of a key of several, of which `said` asks."""
        if self.kinds.setdefault(key, "several") != "several":
            raise Unread("a key of one value here and of several there")
        self.asked.setdefault(key, set()).add(said)
        if 2 * len(self.asked[key]) > SLOTS:
            raise Unread("many tests of a key of several values")
        if key not in self.slots:
            self.slots[key] = [
                (self.s.Bool(f"has {at} {key}"), self.s.String(f"value {at} {key}")) for at in range(SLOTS)
            ]
            self.present.setdefault(key, self.s.Bool("has " + key))
            self.facts.append(self.present[key] == self.s.Or(*[has for has, _ in self.slots[key]]))
        return self.slots[key]

    def test(self, operator: str, key: str, values: list[str]) -> Any:
        if operator == "Null":
            return self.null(key, {one.lower() for one in values})
        prefix, _, name = operator.rpartition(":")
        name = name.removesuffix("IfExists")
        if name.endswith("IgnoreCase") or name.startswith(("Ip", "NotIp", "Date", "Binary")):
            raise Unread(name)
        negated, bare = "Not" in name, name.replace("Not", "")
        if prefix:
            if not bare.startswith(("String", "Arn")):
                raise Unread(operator)
            each = [
                (has, self.s.Not(inner) if negated else inner)
                for has, value in self.several(key, (bare, tuple(values)))
                for inner in [self.text(bare, value, values)]
            ]
            if prefix == "ForAnyValue":
                return self.s.Or(*[self.s.And(has, inner) for has, inner in each])
            return self.s.And(*[self.s.Or(self.s.Not(has), inner) for has, inner in each])
        inner = self.inner(bare, key, values)
        has = self.present[key]
        if negated:
            return self.s.Or(self.s.Not(has), self.s.Not(inner))
        return self.s.Or(self.s.Not(has), inner) if operator != name else self.s.And(has, inner)

    def null(self, key: str, said: set[str]) -> Any:
        if said not in ({"true"}, {"false"}):
            raise Unread("Null of both")
        if key not in self.present:
            self.present[key] = self.s.Bool("has " + key)
        return self.present[key] if said == {"false"} else self.s.Not(self.present[key])

    def inner(self, name: str, key: str, values: list[str]) -> Any:
        if name == "Bool":
            truth = self.value(key, "truth")
            return self.s.Or(*[truth if one.lower() == "true" else self.s.Not(truth) for one in values])
        if name.startswith("Numeric"):
            number = self.value(key, "number")
            bounds = [self.s.RealVal(one) for one in values]
            compare = {
                "NumericEquals": lambda bound: number == bound,
                "NumericLessThan": lambda bound: number < bound,
                "NumericLessThanEquals": lambda bound: number <= bound,
                "NumericGreaterThan": lambda bound: number > bound,
                "NumericGreaterThanEquals": lambda bound: number >= bound,
            }[name]
            return self.s.Or(*[compare(bound) for bound in bounds])
        return self.text(name, self.value(key, "text"), values)

    def text(self, name: str, text: Any, values: list[str]) -> Any:
        if name == "StringEquals" and any("${" in one for one in values):
            if any({"*", "?"} & set(one) for one in values):
                raise Unread("a policy variable beside wildcards")
            return self.matches(text, values)
        if name == "StringEquals":
            return self.s.Or(*[text == self.s.StringVal(one) for one in values])
        if name == "StringLike":
            return self.matches(text, values)
        if name in ("ArnEquals", "ArnLike"):
            return self.matches(text, values, self.arn)
        raise Unread(name)

    # ---- policies

    def statement(self, one: Any) -> Any:
        if "Principal" in one or "NotPrincipal" in one:
            raise Unread("a principal")
        parts: list[Any] = []
        for name, word, fold in (("Action", self.action, True), ("Resource", self.resource, False)):
            for key in (name, "Not" + name):
                if key in one:
                    patterns = [text.lower() if fold else text for text in listed(one[key])]
                    found = self.matches(word, ["*:*" if fold and text == "*" else text for text in patterns])
                    parts.append(found if key == name else self.s.Not(found))
        for operator, keys in one.get("Condition", {}).items():
            for key, values in keys.items():
                texts = [str(text).lower() if isinstance(text, bool) else str(text) for text in listed(values)]
                parts.append(self.test(operator, key.lower(), texts))
        return self.s.And(*parts)

    def allowed(self, policy: Any) -> Any:
        every = [(one["Effect"], self.statement(one)) for one in listed(policy["Statement"])]
        allows = [formula for effect, formula in every if effect == "Allow"]
        denies = [formula for effect, formula in every if effect == "Deny"]
        none = self.s.BoolVal(False)
        return self.s.And(self.s.Or(none, *allows), self.s.Not(self.s.Or(none, *denies)))

    def request(self) -> Any:
        """What every request is like: an action of a service, an ARN or `*`."""
        service = self.s.Plus(self.s.Union(self.s.Range("0", "9"), self.s.Range("a", "z"), self.s.Re("-")))
        arn = self.s.Concat(
            *[self.s.Re("arn:"), self.part, self.s.Re(":"), service, self.s.Re(":")],
            *[self.part, self.s.Re(":"), self.part, self.s.Re(":"), self.any],
        )
        return self.s.And(
            *self.facts,
            self.s.InRe(self.action, self.s.Concat(self.any, self.s.Re(":"), self.any)),
            self.s.Or(self.resource == self.s.StringVal("*"), self.s.InRe(self.resource, arn)),
        )


def ask(solver: Any, old: Any, new: Any, limit: int = 2000) -> list[str]:
    """`sat`, `unsat` or `unknown` (past `limit` milliseconds) for: does NEW allow what OLD does not; does OLD what NEW does not."""
    return [result for result, _ in timed(solver, old, new, limit)]


def timed(solver: Any, old: Any, new: Any, limit: int = 2000) -> list[tuple[str, float]]:
    """The same, with the seconds of CPU time that the solver alone took."""
    from time import process_time

    encoding = Encoding(solver)
    one, other, request = encoding.allowed(old), encoding.allowed(new), encoding.request()
    found: list[tuple[str, float]] = []
    for more, less in ((other, one), (one, other)):
        check = solver.Solver() if solver.__name__ == "z3" else solver.SolverFor("ALL")
        if solver.__name__ == "z3":
            check.set("timeout", limit)
        else:
            check.setOption("tlimit-per", str(limit))
            check.setOption("strings-exp", "true")
        check.add(request, more, solver.Not(less))
        start = process_time()
        try:
            result = str(check.check())
        except Exception:
            result = "unknown"
        found.append((result, process_time() - start))
    return found

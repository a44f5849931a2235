"""Policies as formulas of strings and regular expressions, for cvc5 or z3: a second, independent encoding of the question.

Written from the IAM user guide and AWS's JSON alone; it shares nothing with `iamdsl`. It reads what it can decide exactly: single
values, no policy variables, no addresses, dates or binary values, no principals.
"""

from __future__ import annotations

from typing import Any


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
        every = solver.Range(chr(32), "~")
        self.one, self.any = every, solver.Star(every)
        self.part = solver.Star(solver.Union(solver.Range(chr(32), "9"), solver.Range(";", "~")))

    # ---- patterns

    def whole(self, parts: list[Any]) -> Any:
        return self.s.Re("") if not parts else parts[0] if len(parts) == 1 else self.s.Concat(*parts)

    def glob(self, pattern: str, star: Any = None) -> Any:
        if "${" in pattern:
            raise Unread("a policy variable")
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
        parts = pattern.split(":", 5)
        parts += ["*"] * (6 - len(parts))
        heads = [self.s.Concat(self.glob(one, self.part), self.s.Re(":")) for one in parts[:-1]]
        return self.s.Concat(*heads, self.glob(parts[-1]))

    def matches(self, word: Any, patterns: list[Any], make: Any = None) -> Any:
        found = [
            (
                word == self.s.StringVal(one)
                if not {"*", "?"} & set(one) and make is None
                else self.s.InRe(word, (make or self.glob)(one))
            )
            for one in patterns
        ]
        return self.s.Or(*found) if len(found) != 1 else found[0]

    # ---- conditions

    def value(self, key: str, kind: str) -> Any:
        if self.kinds.setdefault(key, kind) != kind:
            raise Unread("a key of two types")
        if key not in self.present:
            self.present[key] = self.s.Bool("has " + key)
        make = {"text": self.s.String, "number": self.s.Real, "truth": self.s.Bool}[kind]
        return self.keys.setdefault((key, kind), make("value " + key))

    def test(self, operator: str, key: str, values: list[str]) -> Any:
        if ":" in operator:
            raise Unread("a set operator")
        if operator == "Null":
            self.present.setdefault(key, self.s.Bool("has " + key))
            said = {one.lower() for one in values}
            if said not in ({"true"}, {"false"}):
                raise Unread("Null of both")
            return self.present[key] if said == {"false"} else self.s.Not(self.present[key])
        name = operator.removesuffix("IfExists")
        loose = name != operator
        if name.endswith("IgnoreCase") or name.startswith(("Ip", "NotIp", "Date", "Binary")):
            raise Unread(name)
        negated = "Not" in name
        inner = self.inner(name.replace("Not", ""), key, values)
        has = self.present[key]
        if negated:
            return self.s.Or(self.s.Not(has), self.s.Not(inner))
        return self.s.Or(self.s.Not(has), inner) if loose else self.s.And(has, inner)

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
        text = self.value(key, "text")
        if any("${" in one for one in values):
            raise Unread("a policy variable")
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

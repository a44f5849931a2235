"""The parse tables that lark computes from `grammar/iam.lark`, kept between runs.

Computing them takes lark a quarter of a second and importing lark alone takes 40 ms, so they are kept as JSON in the
user's cache folder, under a name that changes with the grammar, lark and this module.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256

from iamdsl import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 4  # of the kept file: raise it when `Tables` changes
START = "line"
END = "$END"


class Tables:
    """A LALR(1) automaton.

    `states[n]` maps a terminal to the state to shift to (>= 0) or to the rule to reduce by (-1 - index), and a
    nonterminal to the state to go to. `rules[k]` is (name to call, inlined, expand1, how many symbols, which of them
    are kept, nonterminal). `keywords` maps the text of each keyword or mark to its terminal.
    """

    def __init__(self, kept: dict[str, Any]) -> None:
        self.states: list[dict[str, int]] = kept["states"]
        self.rules: list[tuple[str, bool, bool, int, list[int], str]] = kept["rules"]
        self.keywords: dict[str, str] = kept["keywords"]
        self.start: int = kept["start"]
        self.end: int = kept["end"]
        self.texts = {terminal: text for text, terminal in self.keywords.items()}
        self.two_words = {first for first, _, second in (text.partition(" ") for text in self.keywords) if second}


def grammar_path() -> str:
    """Where the grammar is: inside the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "grammar", "iam.lark")
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(package), "grammar", "iam.lark")


def load() -> Tables:
    """The tables of the grammar, from the cache or from lark."""
    with open(grammar_path(), encoding="utf-8") as file:
        grammar = file.read()
    key = sha256(f"{FORMAT} {sys.version_info[:2]} {grammar}".encode()).hexdigest()[:24]
    folder = cache.folder()
    path = os.path.join(folder, f"grammar-{key}.json") if folder else ""
    kept = cache.load(path)
    if kept is None:
        kept = compute(grammar)
        if path:
            cache.keep(path, kept)
    return Tables(kept)


def compute(grammar: str) -> dict[str, Any]:
    """Have lark build the automaton of `grammar`.

    Raises lark's GrammarError on a grammar that is not LALR(1).
    """
    from lark import Lark  # local: 40 ms that only this needs
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    parser = Lark(grammar, parser="lalr", start=START, maybe_placeholders=False)
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    symbols = {str(number): name for number, name in table["tokens"].items()}
    index = {str(ref["@"]): place for place, ref in enumerate(data["rules"])}

    def action(kind: int, argument: Any) -> int:
        return argument if kind == 0 else -1 - index[str(argument["@"])]

    numbers = sorted(table["states"], key=int)
    assert [int(number) for number in numbers] == list(range(len(numbers))), "lark numbers its states from 0"
    states = [
        {symbols[str(symbol)]: action(*step) for symbol, step in table["states"][number].items()} for number in numbers
    ]
    rules = [_rule(memo[place] if place in memo else memo[int(place)]) for place in index]
    keywords = {
        entry["pattern"]["value"]: entry["name"]
        for entry in memo.values()
        if entry["__type__"] == "TerminalDef" and entry["pattern"]["__type__"] == "PatternStr"
    }
    return {
        "states": states,
        "rules": rules,
        "keywords": keywords,
        "start": table["start_states"][START],
        "end": table["end_states"][START],
    }


def _rule(rule: dict[str, Any]) -> tuple[str, bool, bool, int, list[int], str]:
    origin = rule["origin"]["name"]
    expansion = rule["expansion"]
    keep_all = rule["options"]["keep_all_tokens"]
    kept = [
        place
        for place, symbol in enumerate(expansion)
        if symbol["__type__"] == "NonTerminal" or keep_all or not symbol["filter_out"]
    ]
    inlined = origin.startswith("_") and not rule["alias"]
    expand = rule["options"]["expand1"] and not rule["alias"]
    return (rule["alias"] or origin, inlined, expand, len(expansion), kept, origin)

"""The values of a program's parameters: those given for this run, else those written in the program."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.compiler.words import literal, mentions, suggestion
from iamdsl.diagnostics import Label, Report
from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VALUE = 4096  # characters; an ARN has at most 2048


class Params:
    """The parameters of a program: `values` by name, and the `places` where they are declared."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.places: dict[str, Span] = {}


def params(lines: list[ast.Line], settings: Mapping[str, str], report: Report) -> Params:
    """The parameters that `lines` declare. `settings` are the values given with `--set`, taken as they are."""
    reader = _Reader(settings, report)
    for line in lines:
        node = line.sentence
        if isinstance(node, ast.Setting) and node.kind == "param":
            reader.declare(node)
    for name in reader.declared:
        reader.value(name)
    for name in settings:
        if name not in reader.declared:
            help = suggestion(name, reader.declared) or f"declare it: `param {name} = VALUE`"
            report.add(rules.UNUSED_SETTING, None, help=help, name=name)
    return reader.found


def named(word: ast.Word, what: str, report: Report) -> bool:
    """Whether `word` can be written as `{word}`; a finding if not."""
    first = word.text[:1]
    if (first == "_" or (first.isascii() and first.isalpha())) and word.text.replace("-", "_").isidentifier():
        return True
    help = "a name that is filled in has letters, digits, `_` and `-`, and begins with a letter or `_`"
    report.add(rules.BAD_NAME, word.span, help=help, kind=what, name=word.text)
    return False


class _Reader:
    """Parameters may use each other, in any order."""

    def __init__(self, settings: Mapping[str, str], report: Report) -> None:
        self.settings = settings
        self.report = report
        self.declared: dict[str, ast.Setting] = {}
        self.found = Params()

    def declare(self, node: ast.Setting) -> None:
        word = node.name
        if not named(word, "param", self.report):
            return
        other = self.declared.setdefault(word.text, node)
        if other is not node:
            places = (Label(word.span), Label(other.name.span, "first declared here"))
            self.report.add(rules.DUPLICATE_NAME, places, kind="param", name=word.text)
        self.found.places.setdefault(word.text, word.span)

    def value(self, name: str) -> None:
        """Find the value of `name`, and of those that it needs, without recursion: programs are written by machines too."""
        values, asked = self.found.values, [name]
        while asked:
            name = asked[-1]
            node = self.declared[name]
            used = mentions(node.value.text) if node.value is not None else ()
            missing = next((one for one in used if one in self.declared and one not in values), None)
            if missing in asked:
                chain = " needs ".join(f"`{one}`" for one in (*asked[asked.index(missing) :], missing))
                self.report.add(rules.PARAM_CYCLE, node.span, name=missing, chain=chain)
                values[missing] = missing
            elif missing is not None:
                asked.append(missing)
            else:
                asked.pop()
                values.setdefault(name, self.text(name, node))

    def text(self, name: str, node: ast.Setting) -> str:
        """The value of `name`: as given, else as written."""
        written = None if node.value is None else bounded(node.value, self.found.values, self.report)
        given = self.settings.get(name)
        if given is not None:
            return given if self.foreseen(given, written, node) else name
        if written is None:
            help = f"give it: `--set {name}=VALUE`"
            self.report.add(rules.UNSET_PARAM, node.name.span, help=help, name=name)
        return name if written is None else written

    def foreseen(self, given: str, written: str | None, node: ast.Setting) -> bool:
        """Whether a value from outside reaches no further than the program foresees; a finding if it does.

        Filled into a name, nothing at all, a wildcard or a policy variable would make a grant wider than its author saw.
        """
        name, why, help = node.name.text, "", ""
        control = next((one for one in given if one < " " or "\x7f" <= one < "\xa0" or one in "\u2028\u2029"), "")
        if control:
            why, help = f"has the character U+{ord(control):04X}", "a value is one line of text"
        elif len(given) > MAX_VALUE:
            why, help = f"has more than {MAX_VALUE} characters", ""
        elif not given and written != "":
            why = "is empty"
            help = f'if that is meant, the program says so: `param {name} = ""`'
        else:
            mark = next((one for one in ("*", "?", "${") if one in given and one not in (written or "")), "")
            if mark:
                why = f"has a {'policy variable' if mark == '${' else 'wildcard'}, `{mark}`"
                example = "${aws:username}" if mark == "${" else mark
                help = f'if that is meant, the value written in the program has one too: `param {name} = "{example}"`'
        if why:
            self.report.add(rules.UNFORESEEN_SETTING, node.name.span, help=help, name=name, why=why)
        return not why


def bounded(word: ast.Word, values: Mapping[str, str], report: Report) -> str:
    """The text of `word`; a finding and the text as written where it is beyond what a name or value in a policy can be.

    Values made of values double their length each time: it is told before the text is made.
    """
    size = len(word.text) + sum([len(values.get(name, "")) for name in mentions(word.text)])
    if size > MAX_VALUE:
        report.add(rules.VALUE_TOO_LONG, word.span, limit=MAX_VALUE)
        return word.text
    return literal(word, values, report)

"""Write the syntax files of TextMate, Vim and Emacs from the words of the language: `python editors/make_highlighters.py [--check]`.

One table of words (`iamdsl/highlight/words.py`) and the catalog's nouns colour every editor. The language server's semantic tokens
are exact; these serve before it has started, and where there is none (a diff, a README, a pager).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from iamdsl.catalog.tables import read_nouns
from iamdsl.highlight import words

ROOT = Path(__file__).resolve().parent.parent
LETTER = r"[\w\-./*?:@+]"
BEFORE = r"(?<![\w\-./*?:@+{}$])"  # a word begins here ...
AFTER = r"(?![\w\-./*?:@+{$])"  # ... and ends here
NAME = r'(?:"(?:[^"\\]|\\.)*"|(?:[\w\-./*?:@+]|\$\{[^}]*\}|\{[A-Za-z_][\w\-]*\})+)'
NOUNS = tuple(read_nouns())
NAMED = tuple(one for one in words.DECLARING if one not in ("use unknown action", "verb", "import", "inventory"))
NOTE = "Made by editors/make_highlighters.py from iamdsl/highlight/words.py: change those"


def joined(*several: tuple[str, ...]) -> str:
    """An alternation of words, longest first; a space in one stands for any."""
    every = sorted({one for those in several for one in those}, key=lambda one: (-len(one), one))
    return "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in every)


def word(*several: tuple[str, ...]) -> str:
    return f"{BEFORE}(?:{joined(*several)}){AFTER}"


# ---- TextMate


def captures(**scopes: str) -> dict[str, dict[str, str]]:
    return {number[1:]: {"name": f"{scope}.iam"} for number, scope in scopes.items()}


def textmate() -> str:
    """The grammar that VS Code, GitHub, Sublime Text, JetBrains and bat read."""

    def rule(scope: str, match: str) -> dict[str, object]:
        return {"name": f"{scope}.iam", "match": match}

    name = {"patterns": [{"include": "#string"}, {"include": "#interpolation"}, rule("entity.name.type", r'[^{$"]+')]}
    sentence: list[dict[str, object]] = [
        {
            "match": rf"{BEFORE}(?:(override)\s+)?(verb)\s+({NAME})\s+(on){AFTER}",
            "captures": captures(
                _1="storage.modifier", _2="storage.type", _3="entity.name.function", _4="keyword.other"
            ),
        },
        {
            "match": rf"^\s*(import|inventory|use\s+unknown\s+action){AFTER}",
            "captures": captures(_1="keyword.control.import"),
        },
        {
            "match": rf"^\s*({joined(NAMED)})\s+(?!(?:can|cannot){AFTER})({NAME})",
            "captures": {"1": {"name": "storage.type.iam"}, "2": name},
        },
        {
            "match": rf"{BEFORE}(can|cannot)\s+(do|exactly){AFTER}",
            "captures": captures(_1="keyword.control.effect", _2="keyword.other"),
        },
        {
            "match": rf"{BEFORE}(can|cannot)\s+([a-z][\w-]*){AFTER}",
            "captures": captures(_1="keyword.control.effect", _2="entity.name.function"),
        },
        rule(
            "entity.name.function",
            rf"{BEFORE}(?!(?:{joined(words.KEYWORDS, NOUNS)}){AFTER})[a-z][\w-]*(?=\s+(?:any\s+)?(?:{joined(NOUNS)}){AFTER})",
        ),
        {
            "begin": rf"{BEFORE}arn:(?={LETTER})",
            "end": r"(?=[\s,;\"()\[\]])|$",
            "name": "string.unquoted.arn.iam",
            "patterns": [{"include": "#interpolation"}],
        },
        rule(
            "variable.other.condition-key",
            rf"{BEFORE}[a-z][a-z0-9-]*:[\w/.-]+(?=\s+(?:[=<>!]|(?:in|not|like|exists){AFTER}|[A-Z]\w+\s))",
        ),
        rule("support.function.action", rf"{BEFORE}[a-z][a-z0-9-]*:[A-Z*][\w*?]*{AFTER}"),
        rule("constant.numeric", rf"{BEFORE}[0-9][\w:./+-]*{AFTER}"),
        rule("keyword.control.effect", word(words.EFFECT)),
        rule("keyword.operator.logical", word(words.LOGIC)),
        rule("support.type.noun", word(NOUNS, words.DECLARING)),
        rule("keyword.other.subject", word(words.WHO, words.WHAT)),
        rule("storage.modifier", word(words.MODIFYING)),
        rule("keyword.other.clause", word(words.CLAUSE)),
        rule("keyword.operator.comparison", r"!=|<=|>=|[=<>]"),
        {"include": "#interpolation"},
        rule("variable.other", rf"{LETTER}+"),
        rule("punctuation.separator", ","),
        rule("punctuation.section", r"[{}()\[\]]"),
    ]
    grammar = {
        "information_for_contributors": [NOTE],
        "name": "IAM sentences",
        "scopeName": "source.iam",
        "fileTypes": ["iam"],
        "patterns": [{"include": "#comment"}, {"include": "#string"}, {"include": "#sentence"}],
        "repository": {
            "comment": {
                "patterns": [
                    rule("comment.line.documentation", r"##.*$"),
                    {
                        "match": r"(#\s*)(iam:)(.*)$",
                        "captures": captures(
                            _1="comment.line.number-sign", _2="keyword.other.directive", _3="comment.line.number-sign"
                        ),
                    },
                    rule("comment.line.number-sign", r"#.*$"),
                ]
            },
            "string": {
                "begin": '"',
                "end": r'"|$',
                "name": "string.quoted.double.iam",
                "patterns": [rule("constant.character.escape", r"\\."), {"include": "#interpolation"}],
            },
            "interpolation": {
                "patterns": [
                    rule("variable.parameter", r"\{[A-Za-z_][\w\-]*\}"),
                    rule("variable.language.policy-variable", r"\$\{[^}]*\}"),
                ]
            },
            "sentence": {"patterns": sentence},
        },
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"


# ---- Vim


def vim() -> str:
    """The syntax file of Vim and, where no server is running, Neovim."""

    def keyword(group: str, several: tuple[str, ...]) -> list[str]:
        single = sorted({part for one in several for part in one.split()})
        return [f"syn keyword {group} {' '.join(single)}"]

    lines = [
        f'" {NOTE}',
        'if exists("b:current_syntax")',
        "  finish",
        "endif",
        "syn iskeyword @,48-57,_,-,.,/,*,?,:,@-@,+",
        *keyword("iamNoun", (*NOUNS, *words.DECLARING)),
        *keyword("iamWord", (*words.WHO, *words.WHAT, *words.CLAUSE)),
        *keyword("iamModifier", words.MODIFYING),
        *keyword("iamLogic", words.LOGIC),
        *keyword("iamEffect", words.EFFECT),
        r"syn match iamOperator /!=\|<=\|>=\|[=<>]/",
        r"syn match iamNumber /\k\@<!\d\k*/",
        r"syn match iamAction /\k\@<![a-z][a-z0-9-]*:[A-Z*]\k*/",
        r"syn match iamKey /\k\@<![a-z][a-z0-9-]*:\k\+\ze\s\+\%([=<>!]\|in\>\|not\>\|like\>\|exists\>\)/",
        r"syn match iamArn /\k\@<!arn:[^ \t,;\"()\[\]]\+/ contains=iamFilled",
        r"syn match iamVerb /\%(\<can\s\+\|\<cannot\s\+\)\@<=\%(do\>\|exactly\>\)\@![a-z][a-z-]*\k\@!/",
        rf"syn match iamDeclared /\%(^\s*\%({vim_joined(NAMED)})\s\+\)\@<=\%(can\>\|cannot\>\)\@!\k\+/ contains=iamFilled",
        r"syn match iamFilled /\${[^}]*}\|{[A-Za-z_][0-9A-Za-z_-]*}/",
        r"syn match iamEscape /\\./ contained",
        r'syn region iamString start=/"/ skip=/\\./ end=/"/ oneline contains=iamEscape,iamFilled',
        r"syn match iamComment /#.*$/ contains=iamTodo,iamAllow,@Spell",
        r"syn match iamDoc /##.*$/ contains=@Spell",
        r"syn match iamAllow /#\s*iam:/ contained",
        "syn keyword iamTodo TODO FIXME contained",
        *[
            f"hi def link {group} {linked}"
            for group, linked in (
                ("iamNoun", "Type"),
                ("iamWord", "Keyword"),
                ("iamModifier", "StorageClass"),
                ("iamLogic", "Operator"),
                ("iamEffect", "Statement"),
                ("iamOperator", "Operator"),
                ("iamNumber", "Number"),
                ("iamAction", "Special"),
                ("iamKey", "Identifier"),
                ("iamArn", "String"),
                ("iamVerb", "Function"),
                ("iamDeclared", "Identifier"),
                ("iamFilled", "PreProc"),
                ("iamEscape", "SpecialChar"),
                ("iamString", "String"),
                ("iamComment", "Comment"),
                ("iamDoc", "SpecialComment"),
                ("iamAllow", "PreProc"),
                ("iamTodo", "Todo"),
            )
        ],
        'let b:current_syntax = "iam"',
    ]
    return "\n".join(lines) + "\n"


def vim_joined(several: tuple[str, ...]) -> str:
    return r"\|".join(one.replace(" ", r"\s\+") for one in sorted(several, key=lambda one: (-len(one), one))) + "\\"


# ---- Emacs


def emacs() -> str:
    """The words that the major mode colours."""

    def constant(name: str, about: str, *several: tuple[str, ...]) -> str:
        every = sorted({one for those in several for one in those})
        listed = "\n    ".join(json.dumps(one) for one in every)
        return f'(defconst iamdsl-words-{name}\n  \'({listed})\n  "{about}")\n'

    return "\n".join(
        [
            f";;; iamdsl-words.el --- Words of the iamdsl language  -*- lexical-binding: t; -*-\n\n;; {NOTE}.\n\n;;; Code:\n",
            constant("effect", "Words that grant or deny.", words.EFFECT),
            constant("logic", "Words of conditions.", words.LOGIC),
            constant("noun", "Kinds of things.", NOUNS, words.DECLARING),
            constant("declaring", "Words that begin a declaration with a name.", NAMED),
            constant("clause", "The other words.", words.WHO, words.WHAT, words.CLAUSE, words.MODIFYING),
            "(provide 'iamdsl-words)\n;;; iamdsl-words.el ends here\n",
        ]
    )


MADE = {
    "grammar/iam.tmLanguage.json": textmate,
    "editors/vim/syntax/iam.vim": vim,
    "editors/emacs/iamdsl-words.el": emacs,
}


def main() -> int:
    stale = [path for path, make in MADE.items() if not same(ROOT / path, make())]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is out of date: python editors/make_highlighters.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).write_text(MADE[path](), encoding="utf-8")
    return 0


def same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())

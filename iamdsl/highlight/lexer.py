"""A Pygments lexer, found by the name `iam` and the ending `.iam` wherever Pygments is installed beside this package.

What a word is depends on the words around it; this goes by the nearest of them, as highlighters do.
"""

from __future__ import annotations

import re

from pygments.lexer import RegexLexer, bygroups, using, this, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from iamdsl.catalog.tables import read_nouns
from iamdsl.highlight import words as table

_BEFORE = r"(?<![\w\-./*?:@+{}$])"  # a word begins here ...
_AFTER = r"(?![\w\-./*?:@+{$])"  # ... and ends here
_NAME = r'(?:"(?:[^"\\\n]|\\.)*"|(?:[\w\-./*?:@+]|\$\{[^}\n]*\}|\{[A-Za-z_][\w\-]*\})+)'
_NOUNS = tuple(sorted(read_nouns(), key=len, reverse=True))
_DECLARING = tuple(one for one in table.DECLARING if one not in ("use unknown action", "verb", "import", "inventory"))


def _any(*several: tuple[str, ...]) -> words:
    return words([one for those in several for one in those], prefix=_BEFORE, suffix=_AFTER)


def _joined(several: tuple[str, ...]) -> str:
    return "|".join(re.escape(one) for one in sorted(several, key=len, reverse=True))


class IamLexer(RegexLexer):
    """Sentences about AWS IAM."""

    name = "IAM sentences"
    aliases = ["iam", "iamdsl"]
    filenames = ["*.iam"]
    url = "https://pypi.org/project/iamdsl/"
    flags = re.MULTILINE
    tokens = {
        "root": [
            (r"\s+", Whitespace),
            (r"##.*$", String.Doc),
            (r"(#\s*)(iam:)(.*)$", bygroups(Comment.Single, Comment.Preproc, Comment.Single)),
            (r"#.*$", Comment.Single),
            (r'"', String.Double, "string"),
            (
                rf"{_BEFORE}(override)?(\s*)(verb)(\s+)({_NAME})(\s+)(on){_AFTER}",
                bygroups(Keyword, Whitespace, Keyword.Declaration, Whitespace, Name.Function, Whitespace, Keyword),
            ),
            (rf"^([ \t]*)(import|inventory)(\s+)", bygroups(Whitespace, Keyword.Namespace, Whitespace)),
            (
                rf"^([ \t]*)(use)(\s+)(unknown)(\s+)(action){_AFTER}",
                bygroups(Whitespace, Keyword, Whitespace, Keyword, Whitespace, Keyword),
            ),
            (
                rf"^([ \t]*)({_joined(_DECLARING)})(\s+)(?!(?:can|cannot){_AFTER})({_NAME})",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, using(this, state="name")),
            ),
            (rf"{_BEFORE}(can|cannot)(\s+)(do|exactly){_AFTER}", bygroups(Keyword.Reserved, Whitespace, Keyword)),
            (
                rf"{_BEFORE}(can|cannot)(\s+)([a-z][\w-]*){_AFTER}",
                bygroups(Keyword.Reserved, Whitespace, Name.Function),
            ),
            # `write` in `read bucket a and write table b`: a word that is none of the language's, before a noun
            (
                rf"{_BEFORE}(?!(?:{_joined((*table.KEYWORDS, *_NOUNS))}){_AFTER})([a-z][\w-]*)(?=\s+(?:any\s+)?(?:{_joined(_NOUNS)}){_AFTER})",
                Name.Function,
            ),
            (rf"{_BEFORE}arn:[^\s,;\"()\[\]]+", String.Other),
            (
                rf"{_BEFORE}[a-z][a-z0-9-]*:[\w/.-]+(?=\s+(?:[=<>!]|in\b|not\b|like\b|exists\b|[A-Z]\w+\s))",
                Name.Attribute,
            ),
            (rf"{_BEFORE}[a-z][a-z0-9-]*:[A-Z*][\w*?]*{_AFTER}", Name.Function.Magic),
            (rf"{_BEFORE}\d+\.\d+\.\d+\.\d+(?:/\d+)?{_AFTER}", Number),
            (rf"{_BEFORE}\d[\w:.+-]*{_AFTER}", Number),
            (_any(table.EFFECT), Keyword.Reserved),
            (_any(table.LOGIC), Operator.Word),
            (_any(_NOUNS, table.DECLARING), Keyword.Type),
            (_any(table.WHO, table.WHAT, table.MODIFYING, table.CLAUSE), Keyword),
            (r"!=|<=|>=|[=<>]", Operator),
            (r"\{[A-Za-z_][\w\-]*\}|\$\{[^}\n]*\}", String.Interpol),
            (r"[\w\-./*?:@+]+", Name),
            (r"[{}()\[\],]", Punctuation),
            (r".", Text),
        ],
        "name": [
            (r'"', String.Double, "string"),
            (r"\{[A-Za-z_][\w\-]*\}|\$\{[^}\n]*\}", String.Interpol),
            (r"[^{$\"]+|.", Name.Class),
        ],
        "string": [
            (r'"', String.Double, "#pop"),
            (r"\\.", String.Escape),
            (r"\{[A-Za-z_][\w\-]*\}|\$\{[^}\n]*\}", String.Interpol),
            (r'[^"\\{$\n]+', String.Double),
            (r"\n", Whitespace, "#pop"),
            (r".", String.Double),
        ],
    }

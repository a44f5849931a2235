"""How characters look on a terminal: what is shown for each, and how many columns it takes."""

from __future__ import annotations

TAB = " " * 4


def visible(text: str) -> str:
    """`text` with whatever would not show, or would move the cursor, made visible: `␀`, `\\u{202e}`, a tab as spaces."""
    return text if text.isprintable() else "".join(map(glyph, text))


def glyph(character: str) -> str:
    """What to show for `character`: itself where it prints."""
    if character.isprintable():
        return character
    code = ord(character)
    if character == "\t":
        return TAB
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{{{code:x}}}"


def width(text: str) -> int:
    """The columns that printable `text` takes: none for a combining mark, two for a wide character (UAX 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # local: most programs are ASCII

    columns = 0
    for character in text:
        if category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":  # Jamo join the syllable before
            continue
        columns += 2 if east_asian_width(character) in "WF" else 1
    return columns


def harmless(text: str, keep: str = "") -> str:
    """`text` exactly, but for control characters not in `keep`, bidi overrides and lone surrogates, made visible.

    For names that a program is to read back: unlike `visible`, it leaves unusual spaces and new characters alone.
    """
    if text.isprintable():
        return text
    return "".join(c if c in keep or not _harms(c) else glyph(c) for c in text)


def _harms(character: str) -> bool:
    from unicodedata import category  # local: see `width`

    return not character.isprintable() and category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")

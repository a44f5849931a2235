"""Findings as text: for people, for editors and for other programs."""

from __future__ import annotations

from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = ("text", "concise", "json", "sarif", "github")


def render(report: Report, format: str, *, colour: bool = False, limit: int | None = None) -> str:
    """The findings of `report` in `format`, one of `FORMATS`; ends in a newline, and depends on nothing else.

    A clean report is the empty string, or the empty document in the formats that are one (json, sarif). `colour` and
    `limit` concern `text` alone: at most `limit` findings are shown, the most severe first to be kept, and the rest
    counted. Raises ValueError for any other format.
    """
    if format == "text":
        from iamdsl.render.text import render_text  # local: many runs print no findings

        return render_text(report, colour=colour, limit=limit)
    if format not in FORMATS:
        raise ValueError(f"unknown output format {format!r}: one of {', '.join(FORMATS)}")
    from iamdsl.render import machine  # local: most runs print text, or nothing

    writers = {
        "concise": machine.render_concise,
        "json": machine.render_json,
        "sarif": machine.render_sarif,
        "github": machine.render_github,
    }
    return writers[format](report)


def wants_colour(stream: object, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: NO_COLOR refuses, else FORCE_COLOR insists, else a capable terminal.

    Either variable counts when set to anything but the empty string (no-color.org, force-color.org).
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    if environ.get("TERM") == "dumb":
        return False
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())

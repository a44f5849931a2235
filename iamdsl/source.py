"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right

from iamdsl.record import record


@record
class Span:
    """A half-open range of character offsets (code points, from 0) in the file at `path`."""

    path: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        if isinstance(other, InstanceSpan):
            return InstanceSpan(self.path, self.start, max(self.end, other.end), other.instances)
        return Span(self.path, self.start, max(self.end, other.end))


@record
class Instance:
    """One of the times that a sentence is said: `text` (`team = vision`) tells which, `at` is where that was written, and
    `values` what each name stands for (`team`, `vision`)."""

    text: str
    at: Span
    values: tuple[tuple[str, str], ...]


@record
class InstanceSpan(Span):
    """A span in a sentence that is said several times; `instances`, from the outermost in, say which time is meant.

    A place is the same place every time, so they take no part in equality.
    """

    instances: tuple[Instance, ...]

    def to(self, other: Span) -> Span:
        return InstanceSpan(self.path, self.start, max(self.end, other.end), self.instances)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and (self.path, self.start, self.end) == (other.path, other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.path, self.start, self.end))


def instances(span: Span | None) -> tuple[Instance, ...]:
    """Which time the sentence at `span` is said, () for one that is said once."""
    return span.instances if isinstance(span, InstanceSpan) else ()


class Inputs:
    """What a run has read, for whoever asks later whether it would still read the same.

    `files`: the SHA-256 (`digest`) of each, by path. `folders`: those of which all programs were read. `missing`: what was
    looked for and is not there, or cannot be read.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.folders: set[str] = set()
        self.missing: set[str] = set()


def digest(data: bytes) -> str:
    """The SHA-256 of a file's bytes, without the byte order mark: of what a `Source` has as its text."""
    from hashlib import sha256  # local: 3 ms that not everything with a source needs

    return sha256(data.removeprefix(b"\xef\xbb\xbf")).hexdigest()


class Source:
    """The text of one file, with line look-up."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts."""
        if self._starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1, in code points."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line end."""
        starts = self.starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

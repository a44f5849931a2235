"""What AWS reads in a text: numbers, moments, booleans, ranges of addresses, policy variables.

IAM user guide, "IAM JSON policy elements: Condition operators" and "... Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)
_FIRST, _LAST = -62135596800, 253402300799  # the years 1 to 9999
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_BODY = re.compile(r"\s*([^,'\s]+(?: [^,'\s]+)*)\s*(?:,\s*'(.*)'\s*)?", re.DOTALL)
_OCTET = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}", re.ASCII)
_PREFIX = re.compile(r"\d{1,3}", re.ASCII)


def truth(text: str) -> bool | None:
    """The boolean that `text` says, in any case; None if it says none."""
    lower = text.lower()
    return True if lower == "true" else False if lower == "false" else None


@lru_cache(maxsize=4096)
def number(text: str) -> int | Decimal | None:
    """The number that `text` says; None if it says none."""
    if text.isascii() and text.isdecimal() and len(text) < 1000:
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    from decimal import Decimal  # local: few documents hold fractions

    return Decimal(text)


@lru_cache(maxsize=4096)
def moment(text: str) -> int | Decimal | None:
    """The moment that `text` says, in seconds since 1970; None if it says none.

    ISO 8601 as W3C profiles it (`2026`, `2026-05`, `2026-05-04T10:00Z` ...; UTC without a zone) or the seconds themselves.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        seconds = number(text)
        return None if seconds is None or not _FIRST <= seconds <= _LAST else seconds
    year, month, day, hour, minute, second = [int(part or default) for part, default in zip(found.groups(), "011000")]
    if not (1 <= month <= 12 and year and 1 <= day <= _days(year, month) and hour < 24 and minute < 60 and second < 60):
        return None
    zone = found[8] or "Z"
    hours, minutes = (0, 0) if zone == "Z" else (int(zone[1:3]), int(zone[-2:]))
    if hours > 23 or minutes > 59:
        return None
    away = (hours * 60 + minutes) * (-60 if zone[0] == "-" else 60)
    whole = _ordinal(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - away
    if not found[7]:
        return whole
    from decimal import Decimal  # local: as above

    return whole + Decimal("0" + found[7])


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _ordinal(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, years counted from March so that a leap day is the last."""
    year, month = (year - 1, month + 12) if month < 3 else (year, month)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469


def iso(seconds: int | Decimal) -> str:
    """The moment as `2026-05-04T10:00:00Z`."""
    whole = seconds // 1
    days, rest = divmod(int(whole), 86400)
    era, day = divmod(days + 719468, 146097)  # eras of 400 years from 1 March of the year 0
    years = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * years + years // 4 - years // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    year, month = 400 * era + years + (month > 9), month + (3 if month < 10 else -9)
    part = format(seconds - whole, "f").partition(".")[2].rstrip("0")
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{year:04}-{month:02}-{day:02}T{clock}{'.' + part if part else ''}Z"


Network = tuple[int, int, int]  # bits of an address, the first address, the last


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The addresses that `text` says in CIDR notation (one address: itself); None if it says none. Host bits count not."""
    address, slash, width = text.partition("/")
    bits, at = (128, _address6(address)) if ":" in address else (32, _address4(address))
    if at is None or (slash and not (_PREFIX.fullmatch(width) and int(width) <= bits)):
        return None
    free = bits - int(width) if slash else 0
    first = at >> free << free
    return bits, first, first + (1 << free) - 1


def _address4(text: str) -> int | None:
    octets = text.split(".")
    if len(octets) != 4 or not all([_OCTET.fullmatch(octet) and int(octet) < 256 for octet in octets]):
        return None
    return int.from_bytes([int(octet) for octet in octets], "big")


def _address6(text: str) -> int | None:
    if "." in text:  # the last 32 bits in the old notation
        head, _, tail = text.rpartition(":")
        last = _address4(tail)
        if last is None:
            return None
        text = f"{head}:{last >> 16:x}:{last & 0xFFFF:x}"
    left, gap, right = text.partition("::")
    front, back = left.split(":") if left else [], right.split(":") if right else []
    missing = 8 - len(front) - len(back)
    if (missing < 1 if gap else missing) or not all([_GROUP.fullmatch(group) for group in front + back]):
        return None
    value = 0
    for group in [*front, *["0"] * missing, *back]:
        value = value << 16 | int(group, 16)
    return value


Piece = str | tuple[str, str | None]  # text, or a variable: its key in lower case and its default


@lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[Piece, ...] | None:
    """`text` as literal parts and variables; None if AWS can read one of its variables not.

    `${*}`, `${?}` and `${$}` are variables of the names `*`, `?` and `$`. A `${` without its `}` is text.
    """
    found: list[Piece] = []
    end = 0
    for variable in _VARIABLE.finditer(text):
        if variable.start() > end:
            found.append(text[end : variable.start()])
        body = variable[1]
        parsed = None if body in ("*", "?", "$") else _BODY.fullmatch(body)
        if parsed is None and body not in ("*", "?", "$"):
            return None
        found.append((body, body) if parsed is None else (parsed[1].lower(), parsed[2]))
        end = variable.end()
    if end < len(text):
        found.append(text[end:])
    return tuple(found)

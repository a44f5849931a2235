"""Checked values: numbers, dates, durations, addresses, as AWS writes them."""

from __future__ import annotations

import re

from iamdsl import rules
from iamdsl.diagnostics import Report
from iamdsl.source import Span

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?)?")


def typed(text: str, type: str, span: Span, report: Report) -> str:
    """`text` as a value of a key of `type`, in AWS's spelling; a finding where it is none."""
    if "${" in text and type in ("String", "ARN"):
        return text
    if type == "Bool":
        if text.lower() not in ("true", "false"):
            report.add(rules.BAD_VALUE, span, help="write `true` or `false`", value=text, what="true or false")
        return text.lower()
    if type == "Numeric":
        if not _NUMBER.fullmatch(text):
            report.add(rules.BAD_VALUE, span, value=text, what="a number")
        return text
    if type == "Date":
        return date(text, span, report)
    if type == "IPAddress":
        return _address(text, span, report)
    if type == "ARN" and text != "*" and not text.startswith("arn:"):
        report.add(rules.BAD_VALUE, span, value=text, what="an ARN", help="an ARN starts with `arn:`")
    if type == "Binary" and not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        report.add(rules.BAD_VALUE, span, value=text, what="base64")
    return text


def date(text: str, span: Span, report: Report) -> str:
    """An ISO 8601 date or time as `2026-01-31T00:00:00Z`; a bare date is its midnight in UTC."""
    from datetime import datetime, timezone  # local: only programs that name dates pay for it

    match = _DATE.fullmatch(text)
    if match:
        try:
            day, minutes, seconds, zone = match.groups()
            if zone is None and minutes is not None:
                raise ValueError("no zone")
            written = f"{day}T{minutes or '00:00'}{seconds or ':00'}{(zone or 'Z').replace('Z', '+00:00')}"
            return datetime.fromisoformat(written).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            pass
    help = "write `2026-12-31` (midnight UTC) or `2026-12-31T18:00:00Z`"
    report.add(rules.BAD_VALUE, span, help=help, value=text, what="a date")
    return text


def duration(text: str, span: Span, report: Report) -> int:
    """`30m`, `1h`, `1h30m` in seconds."""
    found = _DURATION.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        report.add(rules.BAD_VALUE, span, help="write `45s`, `30m`, `1h` or `7d`", value=text, what="a duration")
    return sum(int(number) * _SECONDS[unit] for number, unit in found)


def _address(text: str, span: Span, report: Report) -> str:
    from ipaddress import ip_interface, ip_network  # local: only programs that name addresses pay for it

    try:
        ip_network(text)
    except ValueError:
        try:
            help = f"its range is `{ip_interface(text).network}`" if "/" in text else ""
        except ValueError:
            help = ""
        what = "an address range such as 203.0.113.0/24"
        report.add(rules.BAD_VALUE, span, help=help, value=text, what=what)
    return text

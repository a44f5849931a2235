"""IP ranges in conditions.

Source: IAM user guide, "IP address condition operators" and aws:SourceIp; RFC 1918, RFC 4193.
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl.policy.located import Node
from iamdsl.validation.context import Context, shown
from iamdsl.validation.reading import Statement, Test

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


def ranges(statement: Statement, context: Context) -> None:
    for test in statement.tests:
        if test.family == "Ip" and test.values:
            _test(test, context)


def _test(test: Test, context: Context) -> None:
    from ipaddress import ip_network  # local: few policies name addresses

    found: list[tuple[Node, IPv4Network | IPv6Network]] = []
    for node in test.values:
        if "${" in node.text:
            continue
        try:
            network = ip_network(node.text, strict=False)
        except ValueError:
            help = "write a range such as `203.0.113.0/24` or `2001:db8::/32`"
            context.add(aws.TYPE_MISMATCH_IP_RANGE, node, help, value=node.text)
            continue
        found.append((node, network))
        try:
            ip_network(node.text)
        except ValueError:
            fix = context.replace(node, str(network))
            context.add(aws.IMPROVE_IP_RANGE, node, f"write `{network}`", fix, value=node.text)
    if test.key == "aws:sourceip" and found:
        _private(test, found, context)


def _private(test: Test, found: list[tuple[Node, IPv4Network | IPv6Network]], context: Context) -> None:
    """AWS sees public addresses only: those of a VPC are in aws:VpcSourceIp."""
    from ipaddress import ip_network  # local: as above

    private = [ip_network(one) for one in _PRIVATE]
    inside = [
        node
        for node, network in found
        if any(one.version == network.version and network.subnet_of(one) for one in private)  # type: ignore[arg-type]
    ]
    if not inside:
        return
    negated = test.base == "NotIpAddress"
    listed = shown([node.text for node in inside])
    help = "the addresses of a VPC are in `aws:VpcSourceIp`, beside `aws:SourceVpc`"
    if len(inside) == len(test.values):
        rule = aws.PRIVATE_NOT_IP_ADDRESS if negated else aws.PRIVATE_IP_ADDRESS
        context.add(rule, test.member, help, ranges=listed)
    else:
        rule = aws.PRIVATE_NOT_IP_ADDRESS_SUBSET if negated else aws.PRIVATE_IP_ADDRESS_SUBSET
        context.add(rule, inside[0], help, ranges=listed)

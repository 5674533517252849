"""The only way out: one POST to an address that a person has entered, never to what lies behind our own walls.

The name is resolved once, every address it stands for is looked at, and the connection goes to one of exactly these, so
that a name cannot mean something else a moment later. No redirect is followed and no proxy asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from quantriet.kit.refusal import Refusal

MOST_ANSWER = 2000  # bytes of an answer that are read
DEADLINE = 15.0  # seconds for the whole exchange
LONGEST_URL = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Ways to write an IPv4 address inside an IPv6 one, behind which anything may lie.
_DISGUISES = [
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
]


class Unreachable(Exception):
    """The exchange did not come about; `args[0]` says why."""


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def networks(written: Sequence[str]) -> list[Network]:
    return [ipaddress.ip_network(one.strip(), strict=False) for one in written if one.strip()]


def check_url(url: str, *, allowed: Sequence[Network] = ()) -> SplitResult:
    """The parts of an address one may send to. Refuses all but plain https addresses of public hosts.

    `allowed` are networks of one's own that may be reached too, then also without encryption. Here a literal address is
    looked at; what a name stands for is asked when it is used.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refusal("url.invalid", "Địa chỉ không đúng dạng https://máy-chủ/đường-dẫn.", field="url") from None
    host = parts.hostname or ""
    if (
        len(url) > LONGEST_URL
        or parts.scheme not in ("https", "http")
        or not host
        or port == 0
        or not url.isprintable()
    ):
        raise Refusal("url.invalid", "Địa chỉ không đúng dạng https://máy-chủ/đường-dẫn.", field="url")
    if parts.username is not None or parts.password is not None or " " in url or "\\" in url:
        raise Refusal("url.invalid", "Địa chỉ không được kèm tên, mật khẩu hay dấu cách.", field="url")
    literal = _literal(host)
    is_own = is_literal_in(host, allowed)
    if parts.scheme == "http" and not (is_own or (literal is None and allowed)):
        raise Refusal(
            "url.not_https", "Địa chỉ phải bắt đầu bằng https:// để không ai đọc được trên đường.", field="url"
        )
    if literal is not None and not may_reach(literal, allowed):
        raise Refusal("url.private", "Địa chỉ thuộc mạng nội bộ nên hệ thống không gửi tới.", field="url")
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_literal_in(host: str, allowed: Sequence[Network]) -> bool:
    """Whether a host is written as an address, and that lies in one of the networks."""
    literal = _literal(host)
    return literal is not None and _is_in(literal, allowed)


def may_reach(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is a public one, or lies in a network that the installation allows."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if _is_in(address, allowed):
        return True
    if any(address in one for one in _DISGUISES if one.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_in(address: Address, allowed: Sequence[Network]) -> bool:
    return any(address.version == one.version and address in one for one in allowed)


def _resolve(host: str, port: int, allowed: Sequence[Network]) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"name not found: {error}"[:200]) from None
    addresses = [(family, str(where[0])) for family, _, _, _, where in found]
    for _family, text in addresses:
        # One private address among public ones is a trap, not a choice.
        if not may_reach(ipaddress.ip_address(text.partition("%")[0]), allowed):
            raise Unreachable("private address")
    return addresses[0]


def post(url: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[Network] = ()) -> Answer:
    """Send and read the beginning of the answer, all within `DEADLINE`. Unreachable when no answer came."""
    parts = check_url(url, allowed=allowed)
    host = parts.hostname or ""
    is_https = parts.scheme == "https"
    port = parts.port or (443 if is_https else 80)
    family, address = _resolve(host, port, allowed)
    if not is_https and not _is_in(ipaddress.ip_address(address), allowed):
        raise Unreachable("not encrypted")
    line = socket.socket(family, socket.SOCK_STREAM)
    watch = threading.Timer(DEADLINE, _cut, [line])
    watch.start()
    connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
    try:
        line.settimeout(DEADLINE)
        line.connect((address, port))
        connection.sock = ssl.create_default_context().wrap_socket(line, server_hostname=host) if is_https else line
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Host": parts.netloc, "Connection": "close", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(MOST_ANSWER).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:200].rstrip(": ")) from None
    finally:
        watch.cancel()
        connection.close()
        line.close()


def _cut(line: socket.socket) -> None:
    """End an exchange that drips on and on."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return

"""How often somebody may try at a door, and whom that closes out. Pure.

Three counts stand at each door. The narrow one, of a name from an address (or from a device that the account has used
before), is small. The wide ones, of a name from everywhere and of an address for every name, are large, and a known
device is asked for neither: so nobody can close another's door by guessing from elsewhere, and nobody can try one
password at every name. A try is counted before the password is looked at; a right one is taken off again.
Basis: P-08; NIST SP 800-63B 5.2.2 (at most 100 tries in a row), OWASP ASVS 5.0 6.3.1.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quantriet.kit.text import fold


class Door(StrEnum):
    """What is tried."""

    PASSWORD = "password"  # noqa: S105 (the name of a door)
    CONFIRM = "confirm"  # one's own password again, before something that matters
    SECOND = "second"  # the second factor, after the password
    CODE = "code"  # a code that came by mail
    ASK = "ask"  # asking for such a code; each asking counts
    SLIP = "slip"  # the code of an activation slip
    CARD = (
        "card"  # the code of an attendance card, typed on a phone that scanned a hall's screen: only wrong ones count
    )


@dataclass(frozen=True)
class Limit:
    """So many failures within so long close the door for as long again."""

    most: int
    window: timedelta


LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)
_NARROW = Limit(LOCK_AFTER, LOCK_FOR)
NARROW: dict[Door, Limit] = {
    **dict.fromkeys(Door, _NARROW),
    Door.ASK: Limit(3, LOCK_FOR),
    Door.SLIP: Limit(10, LOCK_FOR),
    Door.CARD: Limit(10, LOCK_FOR),
}
NAME: dict[Door, Limit] = {
    Door.PASSWORD: Limit(30, timedelta(hours=1)),
    Door.SECOND: Limit(20, timedelta(hours=1)),
    Door.CODE: Limit(20, timedelta(hours=1)),
    Door.ASK: Limit(10, timedelta(hours=1)),
}
ADDRESS: dict[Door, Limit] = {
    Door.PASSWORD: Limit(100, LOCK_FOR),
    Door.CODE: Limit(100, LOCK_FOR),
    Door.ASK: Limit(100, LOCK_FOR),
    Door.SLIP: Limit(100, LOCK_FOR),
    # A whole hall stands behind one address, each with a slip of the finger or two.
    # A province may stand behind one address, and 100,000 type in 20 minutes: a hall is not shut for the slips of another. What
    # guesses is stopped by the length of the code and by the ticket that each try needs.
    Door.CARD: Limit(20_000, LOCK_FOR),
}


@dataclass(frozen=True, order=True)
class Count:
    """One row that is counted: whose tries, and how many are too many. `shown` goes into the sentence."""

    username: str
    address: str
    limit: Limit

    @property
    def is_narrow(self) -> bool:
        return bool(self.username and self.address)


def counts_of(door: Door, *, username: str, address: str, device: str = "") -> list[Count]:
    """The counts that a try at a door stands under, the narrow one first; always in one order, so that no two tries wait
    for each other.

    `device` is the digest of a device that the account of this name has signed in on before, or empty.
    """
    name, place = username_key(username), f"device:{device[:40]}" if device else network(address)
    counts = [Count(name, place, NARROW[door])] if name else []
    if not device:
        if name and door in NAME:
            counts.append(Count(name, "", NAME[door]))
        if place and door in ADDRESS:
            counts.append(Count("", place, ADDRESS[door]))
    return counts


def username_key(typed: str) -> str:
    """A user name as it is kept: no capitals, marks or spaces, so that it is typed right in any way."""
    return fold(typed).replace(" ", "")[:80]


def network(address: str) -> str:
    """An address as it is counted: of IPv6 the network of one household or office (/64), else the address itself."""
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return address.strip()[:60]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def closed_sentence(door: Door, count: Count, since: datetime, at: datetime) -> str:
    """What is said at a closed door: how long, and which ways stay open."""
    minutes = max(1, round((since + count.limit.window - at).total_seconds() / 60))
    if door == Door.ASK:
        return f"Đã xin mã nhiều lần; thử lại sau {minutes} phút."
    if not count.is_narrow and count.username:
        return (
            f"Tên này bị thử sai nhiều lần từ nhiều nơi, nên nơi lạ tạm khóa {minutes} phút. Vẫn vào được từ thiết bị đã "
            "từng đăng nhập, bằng khóa đăng nhập hoặc mã gửi qua thư."
        )
    if not count.is_narrow:
        return f"Nơi này gõ sai quá nhiều lần; thử lại sau {minutes} phút."
    if door == Door.PASSWORD:
        return f"Đăng nhập sai {count.limit.most} lần liền; thử lại sau {minutes} phút."
    return f"Gõ sai {count.limit.most} lần liền; thử lại sau {minutes} phút."


def forwarded(header: str) -> str:
    """The address that the nearest proxy wrote at the end of X-Forwarded-For; what stands before it anybody may write."""
    return header.rpartition(",")[2].strip()

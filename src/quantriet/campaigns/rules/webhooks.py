"""How a message to another program is signed, and when it is tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

PREFIX = "whsec_"
# After each failure; who has not answered by the end of it will not by itself.
PAUSES = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6),
    timedelta(hours=12), timedelta(hours=24),
)  # fmt: skip
ATTEMPTS = len(PAUSES) + 1


def shown_secret(key: bytes) -> str:
    """The secret as the receiver keeps it (Standard Webhooks)."""
    return PREFIX + base64.b64encode(key).decode()


def signature(key: bytes, uid: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over identifier, moment and body, in base64 (Standard Webhooks)."""
    signed = hmac.new(key, f"{uid}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when it is over."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None

"""Secrets at rest: what must be read again is sealed, what must only be recognised is kept as a keyed digest.

Both hang on SECRET_KEY: a stolen copy of the database opens nothing by itself. After a change of that key, former ones in
SECRET_KEY_FALLBACKS still open what they sealed.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def digest(value: str, salt: str) -> str:
    """A digest that nobody can make or check without the installation's key (64 hex digits); `salt` names the use."""
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()


def digests(value: str, salt: str) -> list[str]:
    """The digest under the present key and under former ones."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(salt, value, secret=key, algorithm="sha256").hexdigest() for key in keys]


def key_marks() -> list[str]:
    """Names of the installation's key, the present one first: the same key has the same, and none tells anything of it."""
    return [mark[:16] for mark in digests("which key", "quantriet.key-mark")]


def seal(value: str) -> str:
    """Encrypt text so that only this installation reads it."""
    return _box().encrypt(value.encode()).decode()


def unseal(sealed: str) -> str | None:
    """What was sealed; None when the key that sealed it is gone."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    plain = secret.encode() if isinstance(secret, str) else secret
    return base64.urlsafe_b64encode(hashlib.sha256(b"quantriet.sealing:" + plain).digest())


def keys_for(use: str) -> list[bytes]:
    """32-byte keys for one use, the present one first, then those of former installation keys: for codes that are made and
    checked by pure rules, without a row of their own."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac("quantriet.keys", use, secret=key, algorithm="sha256").digest() for key in keys]

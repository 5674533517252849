"""Web push on the wire: the message sealed for one browser (RFC 8291, aes128gcm of RFC 8188), the sender's proof (RFC 8292)."""

from __future__ import annotations

import base64
import json
import os
import struct
from collections.abc import Collection
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantriet.kit.refusal import Refusal

RECORD = 4096  # bytes of the one record; a push service takes no more
MOST = RECORD - 17  # bytes of a message with its end mark, beside the seal of 16
PAD = 256  # lengths are rounded up to this, so that they tell nothing
PROOF_LASTS = 12 * 60 * 60  # seconds; more than 24 hours are refused by the services


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The point as 65 bytes."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def read_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The browser's key and secret as it wrote them. Refuses what is no point of P-256 and no 16 bytes."""
    try:
        point, secret = decode(p256dh), decode(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        point, secret = b"", b""
    if len(point) != 65 or len(secret) != 16:
        raise Refusal("push.keys", "Trình duyệt gửi khóa không đúng; hãy tải lại trang rồi bật lại thông báo.")
    return point, secret


def is_service(host: str, known: Collection[str]) -> bool:
    """Whether a host is one of the known push services, or lies below one."""
    return any(host == one or host.endswith(f".{one}") for one in known)


def seal_for(
    message: bytes,
    *,
    point: bytes,
    secret: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    pad: int = PAD,
) -> bytes:
    """The body that only the browser with this key opens; `sender` and `salt` are given by tests alone."""
    if len(message) >= MOST:
        raise ValueError("too long for one push message")
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    own = public_bytes(sender.public_key())
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    base = _derived(secret, shared, b"WebPush: info\0" + point + own, 32)
    key = _derived(salt, base, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, base, b"Content-Encoding: nonce\0", 12)
    filling = min(-(len(message) + 1) % pad, MOST - len(message) - 1) if pad else 0
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02" + b"\0" * filling, None)
    return salt + struct.pack("!IB", RECORD, len(own)) + own + sealed


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def proof(endpoint: str, *, key: ec.EllipticCurvePrivateKey, contact: str, at: float) -> str:
    """The Authorization header: who sends, for this push service alone, for half a day."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(at) + PROOF_LASTS, "sub": contact}
    told = ".".join(encode(_json(one)) for one in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = utils.decode_dss_signature(key.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={told}.{signature}, k={encode(public_bytes(key.public_key()))}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

"""A sealed file: AES-256-GCM in pieces of a mebibyte, so that it is written in one go and read from any place.

    magic (8) · identity of the key (8) · salt (16) · piece · piece · … · last piece

Each file has a key of its own, derived from the key file and the salt; the nonce of a piece is its number and whether it is
the last, so that pieces cannot be exchanged, left out or cut off. Whoever holds the backup but not the key file reads
nothing; whoever loses the key file has lost the backups.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantriet.kit.refusal import Refusal

MAGIC = b"QTBACK1\n"
_HEAD = len(MAGIC) + 8 + 16
_PIECE = 1024 * 1024
_TAG = 16


def make_key(path: Path) -> str:
    """Write a new key into a file that must not exist yet, readable by its owner alone; returns the key's identity."""
    key = secrets.token_bytes(32)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refusal("backup.key_exists", f"Đã có tệp {path}; không ghi đè lên khóa đang dùng.") from None
    with os.fdopen(file, "wb") as out:
        out.write(base64.b64encode(key) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    return key_id(key)


def read_key(path: Path) -> bytes:
    """The key of a file. Refuses a file that is missing or holds none."""
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError:
        raise Refusal("backup.key_missing", f"Không đọc được tệp khóa {path}.") from None
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise Refusal(
            "backup.key_wrong", f"Tệp {path} không phải là khóa sao lưu (tạo bằng: quantriet backup --make-key)."
        )
    return key


def key_id(key: bytes) -> str:
    """Eight bytes that tell one key from another and nothing else of it."""
    return hashlib.sha256(b"quantriet backup key" + key).hexdigest()[:16]


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"quantriet backup").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


class Sealing(io.RawIOBase):
    """A file to write in, once and forwards; nothing of it is readable before `close`, which writes the last piece."""

    def __init__(self, out: IO[bytes], key: bytes) -> None:
        self._out, self._number, self._waiting = out, 0, bytearray()
        salt = secrets.token_bytes(16)
        self._head = MAGIC + bytes.fromhex(key_id(key)) + salt
        self._cipher = _cipher(key, salt)
        self._written = 0
        out.write(self._head)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        self._written += len(data)
        return len(data)

    def finish(self) -> None:
        """Write the last piece; a file that is only closed stays cut short, and is refused as such."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, self._head))
        self._number += 1


class Unsealing(io.RawIOBase):
    """A sealed file to read in, from any place. Refuses a missing or other key; OSError where the file was altered."""

    def __init__(self, path: Path, key_file: Path | None) -> None:
        self._file = path.open("rb")
        head = self._file.read(_HEAD)
        wanted = head[len(MAGIC) : len(MAGIC) + 8].hex()
        if key_file is None:
            raise Refusal(
                "backup.key_missing",
                f"Bản sao lưu đã mã hóa bằng khóa {wanted}; đặt QUANTRIET_BACKUP_KEY là đường dẫn tới tệp khóa đó.",
            )
        key = read_key(key_file)
        if key_id(key) != wanted:
            raise Refusal(
                "backup.key_other",
                f"Bản sao lưu mã hóa bằng khóa {wanted}, còn tệp {key_file} là khóa {key_id(key)}; hãy dùng đúng tệp khóa.",
            )
        self._head, self._cipher = head, _cipher(key, head[-16:])
        body = path.stat().st_size - _HEAD
        self._pieces = max(1, -(-body // (_PIECE + _TAG)))
        self._size = max(0, body - self._pieces * _TAG)
        self._at = 0
        self._kept: tuple[int, bytes] = (-1, b"")
        self._piece(self._pieces - 1)  # the last piece says whether the file is whole

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, inside = divmod(self._at, _PIECE)
        part = self._piece(number)[inside : inside + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _piece(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._file.seek(_HEAD + number * (_PIECE + _TAG))
            sealed = self._file.read(_PIECE + _TAG)
            try:
                piece = self._cipher.decrypt(_nonce(number, last=number == self._pieces - 1), sealed, self._head)
            except (InvalidTag, ValueError):
                raise OSError("the sealed file was cut short or altered") from None
            self._kept = (number, piece)
        return self._kept[1]

    def close(self) -> None:
        self._file.close()
        super().close()

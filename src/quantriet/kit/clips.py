"""Short clips as telephones and cameras make them: proved to be MP4 by what is in them, freed of place, device and names.

    clip = clips.clean(upload.read(), "clip.mp4")      # Refusal: empty, wrong ending, no MP4, broken

An MP4 is a row of boxes, each with its length and name. Boxes for notes of the camera (udta, meta, uuid) are emptied where
they stand, so that no other box moves and no picture is coded anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from quantriet.kit.refusal import Refusal

_NOTES = (b"udta", b"meta", b"uuid")
_HOLDERS = (b"moov", b"trak", b"mdia")
_KINDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash", b"mmp4")
_BROKEN = "Tệp không mở được như một clip MP4; hãy xuất lại thành MP4 (H.264) rồi tải lên."


def clean(content: bytes, name: str) -> bytes:
    """The clip without what the camera wrote beside the pictures. Refuses all that is no MP4."""
    if not content:
        raise Refusal("clip.empty", "Tệp clip rỗng; hãy chọn lại.", field="file")
    if PurePath(name).suffix.lower() != ".mp4":
        raise Refusal("clip.ending", "Chỉ nhận clip MP4 (tệp .mp4).", field="file")
    if content[4:8] != b"ftyp" or content[8:12] not in _KINDS:
        raise Refusal(
            "clip.kind", "Nội dung tệp không phải clip MP4 dù mang đuôi .mp4; hãy xuất lại thành MP4.", field="file"
        )
    out = bytearray(content)
    found = set(_boxes(out, 0, len(out)))
    if not {b"moov", b"mdat"} <= found:
        raise Refusal("clip.broken", _BROKEN, field="file")
    return bytes(out)


def _boxes(out: bytearray, start: int, end: int, depth: int = 0) -> Iterator[bytes]:
    """Names of the boxes between two places; those for notes are emptied on the way."""
    at = start
    while at < end:
        if at + 8 > end or depth > 8:
            raise Refusal("clip.broken", _BROKEN, field="file")
        length, name, head = int.from_bytes(out[at : at + 4], "big"), bytes(out[at + 4 : at + 8]), 8
        if length == 1:
            length, head = int.from_bytes(out[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = end - at
        if length < head or at + length > end:
            raise Refusal("clip.broken", _BROKEN, field="file")
        if name in _NOTES:
            out[at + 4 : at + 8] = b"free"
            out[at + head : at + length] = bytes(length - head)
        elif name in _HOLDERS:
            yield from _boxes(out, at + head, at + length, depth + 1)
        yield name
        at += length

"""A list from a file in two steps: read with a preview, then written when confirmed. Nothing is written before."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal

T = TypeVar("T")
SHOWN = 200  # of each group so many lines are shown; the counts are always whole
_AGE = 24 * 3600


def read_upload(upload: UploadedFile, read: Callable[[Path, str], T]) -> T:
    """Keep an upload for as long as it is read."""
    name = upload.name or ""
    with tempfile.NamedTemporaryFile(prefix="quantriet-list-", suffix=Path(name).suffix) as kept:
        for piece in upload.chunks():
            kept.write(piece)
        kept.flush()
        return read(Path(kept.name), name)


def pack(lines: Any, *, salt: str, owner: int) -> str:
    """What was read, signed, for the form that confirms it; `owner` is whoever read it or what it is about."""
    return signing.dumps([owner, lines], salt=salt, compress=True)


def unpack(packed: str, *, salt: str, owner: int) -> Any:
    """Refuses what is older than a day, was changed, or belongs to something else."""
    try:
        said, lines = signing.loads(packed, salt=salt, max_age=_AGE)
    except signing.BadSignature:
        raise Refusal("list.stale", "Phần xem trước đã cũ hoặc bị đổi; hãy đọc lại tệp.") from None
    if said != owner:
        raise Refusal("list.stale", "Phần xem trước thuộc danh sách khác; hãy đọc lại tệp.")
    return lines


def read_sentence(what: str, *, total: int, added: int, same: int, wrong: int) -> str:
    """What reading a list came to; nothing is written yet."""
    shown = f"{show_number(added)} mới, {show_number(total - added - same)} sửa, {show_number(same)} không đổi"
    return f"Đọc được {show_number(total)} {what} ({shown}), {show_number(wrong)} chỗ sai. Chưa ghi gì" + (
        "; hãy sửa tệp rồi đọc lại." if wrong else "."
    )


def written_sentence(what: str, added: int, changed: int) -> str:
    if not added and not changed:
        return "Danh sách này không thay đổi gì."
    return f"Đã thêm {show_number(added)} {what}, sửa {show_number(changed)} {what}."

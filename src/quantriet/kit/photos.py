"""Photos as people take them: brought upright, made small, freed of what the camera wrote into them. Read in a limited child
process.

    photo = photos.tidy(path, "DSC_0001.JPG")          # Refusal: no JPEG or PNG, wrong ending, too big, broken
    photo.content, photo.width, photo.height           # a JPEG of at most 1600 points, without place, time or device
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantriet.kit import sandbox
from quantriet.kit.refusal import Refusal

LIMIT = 15 * 1024 * 1024  # bytes of a file as it comes from a telephone
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1600  # points of what is kept
QUALITY = 80
_HEADS = {b"\xff\xd8\xff": (".jpg", ".jpeg"), b"\x89PNG\r\n\x1a\n": (".png",)}
LIMITS = sandbox.Limits(memory=700 * 1024 * 1024, cpu_seconds=20, wall_seconds=40.0, output=16 * 1024 * 1024)


@dataclass(frozen=True)
class Photo:
    """A JPEG that was drawn anew, with its size in points."""

    content: bytes
    width: int
    height: int


def tidy(path: Path, filename: str, *, field: str = "photo") -> Photo:
    """The photo upright, at most `LONGEST_SIDE` long, as a JPEG without any note of the camera.

    Refuses what is empty, above `LIMIT`, no JPEG or PNG by content and ending alike (an SVG is none), above
    `MOST_PIXELS`, or broken.
    """
    refuse_unfit(path, filename, field=field)
    try:
        found: dict[str, Any] = sandbox.run("quantriet.kit.photos:redraw", {"path": str(path)}, limits=LIMITS)
    except Refusal as refusal:
        if refusal.code == sandbox.BUSY:
            raise Refusal(refusal.code, refusal.sentence, field=field) from None
        raise broken(field) from None
    if not found:
        raise broken(field)
    return Photo(base64.b64decode(found["content"]), found["width"], found["height"])


def refuse_unfit(path: Path, filename: str, *, field: str = "photo") -> None:
    """Refuse what is empty, above `LIMIT`, or no JPEG or PNG by content and ending alike, before anything opens it."""
    size = path.stat().st_size
    if not size:
        raise Refusal("photo.empty", "Tệp ảnh rỗng; hãy chọn lại ảnh.", field=field)
    if size > LIMIT:
        raise Refusal("photo.too_big", "Ảnh lớn hơn 15 MB; hãy chụp lại nhẹ hơn.", field=field)
    with path.open("rb") as file:
        head = file.read(8)
    suffixes = next((names for sign, names in _HEADS.items() if head.startswith(sign)), ())
    if Path(filename).suffix.lower() not in suffixes:
        raise Refusal("photo.kind", "Chỉ nhận ảnh JPG hoặc PNG; đuôi tệp phải đúng với nội dung.", field=field)


def broken(field: str) -> Refusal:
    """What is said of a photo that could not be read to its end."""
    return Refusal(
        "photo.broken", "Ảnh bị hỏng hoặc có quá nhiều điểm ảnh nên không mở được; hãy chụp lại.", field=field
    )


def redraw(path: str) -> dict[str, Any]:
    """Runs in the child: the photo drawn anew, or nothing when it cannot be read to its end."""
    from PIL import Image, ImageOps  # only the child pays for it

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(path, formats=["JPEG", "PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return {}
            picture.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))  # a JPEG is read at a fraction of its size
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            if upright.mode in ("RGBA", "LA", "P", "PA"):
                seen = upright.convert("RGBA")
                upright = Image.new("RGB", seen.size, "white")
                upright.paste(seen, mask=seen.getchannel("A"))
            drawn = Image.new("RGB", upright.size)  # nothing but the points goes along
            drawn.paste(upright.convert("RGB"))
            content = io.BytesIO()
            drawn.save(content, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {}
    return {"content": base64.b64encode(content.getvalue()).decode(), "width": drawn.width, "height": drawn.height}

"""Uploaded photos, made anew: upright, without what the camera wrote into them, of a bounded size. No Django.

picture = pictures.clean(upload.read(), "anh.jpg", folder=settings.DATA_DIR)     # Refusal: no picture, too large, wrong ending
picture.content, picture.ending, picture.width, picture.height
"""

import base64
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from quantriet.kit import sandbox
from quantriet.kit.refusal import Refusal

LIMIT = 15 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST = 1600  # pixels of the longer side that are kept
WIDTHS = (480, 960)  # pixels: narrower ones that pages offer beside the whole: a phone, and a phone with fine points
_ENDINGS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_LIMITS = sandbox.Limits(cpu_seconds=30, wall_seconds=45.0, output=64 * 1024 * 1024)


@dataclass(frozen=True)
class Picture:
    """A clean picture: JPEG, or PNG where the upload has transparent places."""

    content: bytes
    ending: str
    width: int
    height: int


def clean(content: bytes, name: str, *, folder: Path) -> Picture:
    """Decode in a child process and encode anew. Refuses drawings (SVG), other files, wrong endings, giant pictures."""
    ending = PurePath(name).suffix.lower()
    if ending in (".svg", ".svgz"):
        raise Refusal(
            "picture.drawing",
            "Tệp SVG có thể chứa mã lệnh nên không nhận; hãy lưu ảnh thành PNG hoặc JPG.",
            field="file",
        )
    if ending not in _ENDINGS:
        raise Refusal("picture.ending", "Chỉ nhận ảnh JPG, PNG hoặc WebP.", field="file")
    if len(content) > LIMIT:
        raise Refusal(
            "picture.too_large", f"Ảnh quá {LIMIT // 1024 // 1024} MB; hãy thu nhỏ rồi tải lại.", field="file"
        )
    with tempfile.TemporaryDirectory(dir=folder) as room:
        path = Path(room) / "picture"
        path.write_bytes(content)
        try:
            found = sandbox.run(f"{__name__}:{clean_in_child.__name__}", {"path": str(path)}, limits=_LIMITS)
        except Refusal:
            found = {"fault": "unreadable"}
    if found.get("fault") == "pixels":
        raise Refusal(
            "picture.too_large", "Ảnh có quá nhiều điểm ảnh (trên 50 triệu); hãy thu nhỏ rồi tải lại.", field="file"
        )
    if found.get("fault"):
        raise Refusal(
            "picture.unreadable", "Tệp không mở được như một ảnh; hãy xuất lại thành JPG hoặc PNG.", field="file"
        )
    if found["format"] != _ENDINGS[ending]:
        raise Refusal(
            "picture.ending",
            f"Tệp là ảnh {found['format']} nhưng mang đuôi {ending}; hãy đổi tên cho đúng rồi tải lại.",
            field="file",
        )
    return Picture(base64.b64decode(found["content"]), found["ending"], found["width"], found["height"])


def clean_in_child(path: str) -> dict[str, Any]:
    """The picture of a file, or what is wrong with it ("fault")."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as image:
            kind = image.format
            if image.width * image.height > MOST_PIXELS:
                return {"fault": "pixels"}
            image.draft("RGB", (LONGEST, LONGEST))
            upright = ImageOps.exif_transpose(image)
            has_holes = "A" in upright.getbands() or "transparency" in upright.info
            plain = upright.convert("RGBA" if has_holes else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return {"fault": "unreadable"}
    plain.thumbnail((LONGEST, LONGEST))
    # Pixels alone go into a new picture: no camera data, no place, no comments.
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    out = io.BytesIO()
    if has_holes:
        bare.save(out, "PNG", optimize=True)
    else:
        bare.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return {
        "format": kind, "ending": ".png" if has_holes else ".jpg", "width": bare.width, "height": bare.height,
        "content": base64.b64encode(out.getvalue()).decode(),
    }  # fmt: skip


def narrower(content: bytes, width: int) -> bytes:
    """A picture that `clean` made, at most `width` pixels wide, in its own format."""
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
        image.draft("RGB", (width, width))
        small = (
            image.resize((width, max(1, round(image.height * width / image.width)))) if image.width > width else image
        )
        out = io.BytesIO()
        if image.format == "PNG":
            small.save(out, "PNG", optimize=True)
        else:
            small.save(out, "JPEG", quality=75, optimize=True, progressive=True)
    return out.getvalue()

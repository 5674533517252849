"""Codes in a photograph: QR and bar codes read on the server, where a browser cannot read them itself.

    for text in barcodes.read(path, "IMG_0001.JPG"): ...      # Refusal: no photo, broken, nothing found

The picture is opened and read in a limited child process only.
"""

from __future__ import annotations

from pathlib import Path

from quantriet.kit import photos, sandbox
from quantriet.kit.refusal import Refusal

MOST = 60  # codes of one photo: a sheet of cards
LONGEST_TEXT = 300
LONGEST_SIDE = 3000  # points: above that only time is lost


def read(path: Path, filename: str, *, field: str = "photo") -> list[str]:
    """The texts of the codes in a photo, each once, from top to bottom. Refuses what `photos.tidy` refuses, and none found."""
    photos.refuse_unfit(path, filename, field=field)
    try:
        found: list[str] = sandbox.run("quantriet.kit.barcodes:read_all", {"path": str(path)}, limits=photos.LIMITS)
    except Refusal as refusal:
        if refusal.code == sandbox.BUSY:
            raise Refusal(refusal.code, refusal.sentence, field=field) from None
        raise photos.broken(field) from None
    if not found:
        raise Refusal(
            "photo.no_code",
            "Không thấy mã nào trong ảnh; hãy chụp gần hơn, thẳng và đủ sáng, hoặc gõ mã in dưới hình.",
            field=field,
        )
    return found


def read_all(path: str) -> list[str]:
    """Runs in the child: the texts found."""
    import zxingcpp  # only the child pays for it
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = photos.MOST_PIXELS
    with Image.open(path, formats=["JPEG", "PNG"]) as picture:
        if picture.width * picture.height > photos.MOST_PIXELS:
            raise ValueError("too many points")
        picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
        grey = ImageOps.exif_transpose(picture).convert("L")
    grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    codes = [one for one in zxingcpp.read_barcodes(grey) if one.valid and one.text]
    codes.sort(key=lambda one: (one.position.top_left.y, one.position.top_left.x))
    return list(dict.fromkeys(one.text[:LONGEST_TEXT] for one in codes))[:MOST]

"""The gate for a paper that proves something of a person (excuse, certificate): a PDF or a picture, read in a limited child
process, without a mark of secrecy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from quantriet.kit import documents, sandbox
from quantriet.kit.refusal import Refusal
from quantriet.org.rules.secrecy import refuse_if_marked

LIMIT = 10 * 1024 * 1024
_HEADS = {b"\xff\xd8\xff": (".jpg", ".jpeg"), b"\x89PNG\r\n\x1a\n": (".png",), b"%PDF-": (".pdf",)}
_MOST_PIXELS = 60_000_000
_LIMITS = sandbox.Limits(memory=500 * 1024 * 1024, cpu_seconds=20, wall_seconds=30.0, output=1024 * 1024)


def check_upload(upload: Any) -> None:
    """`check` for a file as a form gives it; the copy for the gate is gone afterwards, the file stands at its beginning."""
    with tempfile.NamedTemporaryFile(suffix=Path(upload.name).suffix) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        check(Path(copy.name), upload.name)
    upload.seek(0)


def check(path: Path, filename: str) -> None:
    """Refuse what is no readable PDF, JPEG or PNG of at most 10 MB, and a PDF whose text is marked (B-18)."""
    size = path.stat().st_size
    if size > LIMIT:
        raise Refusal("paper.too_big", "Tệp lớn hơn 10 MB; hãy chụp hoặc quét lại nhẹ hơn.", field="paper")
    if not size:
        raise Refusal("paper.empty", "Tệp rỗng; hãy chọn lại tệp.", field="paper")
    with path.open("rb") as file:
        head = file.read(8)
    suffixes = next((names for sign, names in _HEADS.items() if head.startswith(sign)), ())
    if Path(filename).suffix.lower() not in suffixes:
        raise Refusal(
            "paper.kind", "Chỉ nhận tệp PDF hoặc ảnh JPG, PNG; đuôi tệp phải đúng với nội dung.", field="paper"
        )
    try:
        if ".pdf" in suffixes:
            _check_pdf(path, filename)
        elif not sandbox.run("quantriet.org.rules.paper:is_picture", {"path": str(path)}, limits=_LIMITS):
            raise Refusal("paper.broken", "Ảnh bị hỏng hoặc quá lớn nên không mở được; hãy chụp lại.", field="paper")
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.sentence, field="paper")


def _check_pdf(path: Path, filename: str) -> None:
    gated = documents.gate(path, filename, limit=LIMIT)
    try:
        found = documents.extract(gated)
    except Refusal as refusal:
        # A photographed paper has no text; that is the ordinary case here.
        if refusal.code in ("document.scan", "document.empty"):
            return
        raise
    refuse_if_marked("\n".join(one.text for one in found.paragraphs), "tệp giấy tờ")


def is_picture(path: str) -> bool:
    """Runs in the child: whether the picture can be read to its end."""
    from PIL import Image  # only the child pays for it

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(path, formats=["JPEG", "PNG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return False
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True

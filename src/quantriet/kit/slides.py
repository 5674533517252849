"""Slides that people bring: what a PowerPoint file says, read in a limited child process. Nothing of it is drawn.

words = slides.words(path, "de-cuong.pptx")        # Refusal: no .pptx, wrong ending, locked, macro, bomb, broken
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from quantriet.kit import containers, sandbox
from quantriet.kit.refusal import Refusal

MOST_LETTERS = 2_000_000
LIMITS = sandbox.Limits()
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"


def words(path: Path, filename: str, *, limit: int, field: str = "slides") -> str:
    """Everything that stands on the slides, their notes and masters, a paragraph a line.

    Refuses what is empty, above `limit` bytes, no .pptx by content and ending alike, locked, with macros, a bomb, broken.
    """
    try:
        containers.check_size(path, limit, advice="Hãy giảm cỡ hình ảnh trong bài trình chiếu rồi tải lên lại.")
        if not containers.beginning(path).startswith(containers.ZIP_MAGIC) or Path(filename).suffix.lower() != ".pptx":
            raise Refusal(
                "slides.kind", "Bài trình chiếu phải là tệp PowerPoint (.pptx); bản PDF thì gửi vào ô đề cương."
            )
        found = containers.office_zip(path)
        if found.has_macros:
            raise Refusal("slides.macro", "Bài trình chiếu có macro (chương trình kèm theo) nên không được nhận.")
        if not found.holds("ppt/slides/"):
            raise Refusal("slides.kind", "Tệp này không phải bài trình chiếu PowerPoint hoặc không có trang nào.")
        said: str = sandbox.run(f"{__name__}:{words_in_child.__name__}", {"path": str(path)}, limits=LIMITS)
        return said
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.sentence, field=field) from None


def words_in_child(path: str) -> str:
    """The child's half of `words`."""
    from lxml import etree

    lines: list[str] = []
    letters = 0
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not (name.lower().startswith("ppt/") and name.lower().endswith(".xml")):
                continue
            try:
                root = etree.fromstring(archive.read(name), parser)
            except etree.XMLSyntaxError:
                continue
            if root is None:
                continue
            for paragraph in root.iter(_PARAGRAPH):
                line = "".join(one.text or "" for one in paragraph.iter(_TEXT)).strip()
                letters += len(line)
                if letters > MOST_LETTERS:
                    raise Refusal(
                        "slides.too_long", "Bài trình chiếu quá dài nên đã dừng đọc; hãy tách thành nhiều tệp."
                    )
                if line:
                    lines.append(line)
    return "\n".join(lines)

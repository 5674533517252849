"""Draws the icons of the installed handbook from the figures of `kit/icon.svg`: `python scripts/icons.py`.

icon-192 and icon-512 have the rounded corners of the page's own icon; maskable-512 fills its square and keeps the drawing
inside the inner 80%, which every phone leaves whole; touch-180 is for iPhones, which round the corners themselves.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "src/quantriet/kit/static/kit/icons"
GROUND, INK = "#9c1620", "#ffffff"
# The drawing on a field of 32 × 32, as in icon.svg: lines of text, then the tick.
LINES = (((8, 9), (24, 9)), ((8, 15), (24, 15)), ((8, 21), (17, 21)), ((19, 22), (22, 25), (27, 19)))
WIDTH = 2.6
FINER = 4  # drawn so many times larger, then made smaller: smooth edges


def draw(size: int, *, corner: float, share: float) -> Image.Image:
    """A square icon of `size` pixels; `corner` is the radius on the field of 32, `share` how much of it the drawing takes."""
    full = size * FINER
    image = Image.new("RGBA", (full, full), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, full - 1, full - 1), radius=corner * full / 32, fill=GROUND)
    scale, edge = full * share / 32, full * (1 - share) / 2
    for line in LINES:
        points = [(edge + x * scale, edge + y * scale) for x, y in line]
        pen.line(points, fill=INK, width=round(WIDTH * scale), joint="curve")
        for x, y in points:
            half = WIDTH * scale / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=INK)
    return image.resize((size, size), Image.Resampling.LANCZOS)


ICONS = {
    "icon-192.png": (192, 4.0, 1.0),
    "icon-512.png": (512, 4.0, 1.0),
    "maskable-512.png": (512, 0.0, 0.72),
    "touch-180.png": (180, 0.0, 0.84),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, (size, corner, share) in ICONS.items():
        image = draw(size, corner=corner, share=share)
        (image if corner else image.convert("RGB")).save(FOLDER / name, optimize=True)

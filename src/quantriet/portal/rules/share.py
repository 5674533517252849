"""The picture that stands beside a shared link: title, some points, whose it is; 1200 × 630 as social pages ask. No Django."""

from __future__ import annotations

import json
from collections.abc import Sequence

WIDTH, HEIGHT = 1200, 630
MOST_TITLE, MOST_POINT, MOST_POINTS = 150, 105, 3

# Words come in as data, never as Typst's own markup. Points are as large as the title leaves room for.
_PAPER = """
#set page(width: 1200pt, height: 630pt, margin: 0pt, fill: rgb("#f6f4ef"))
#set text(font: "Libertinus Serif", lang: "vi", fill: rgb("#1d1b18"))
#set par(leading: 0.55em)
#let given = json(bytes(sys.inputs.given))
#rect(width: 100%, height: 18pt, fill: rgb("#9c1620"))
#place(top + left, dx: 64pt, dy: 60pt, block(width: 1072pt, height: 470pt, clip: true)[
  #text(size: 27pt, fill: rgb("#9c1620"), weight: "bold", given.over)
  #v(8pt)
  #text(size: given.size * 1pt, weight: "bold", given.title)
  #v(14pt)
  #for point in given.points [
    #block(width: 100%, below: 14pt)[#grid(columns: (26pt, 1fr), text(size: 29pt, fill: rgb("#9c1620"), "•"), text(size: 29pt, point))]
    #v(5pt)
  ]
])
#place(bottom + left, dx: 64pt, dy: -34pt, text(size: 25pt, fill: rgb("#57524a"), given.foot))
"""


def cut(words: str, most: int) -> str:
    """At most so many letters, ended at a word."""
    words = " ".join(words.split())
    if len(words) <= most:
        return words
    return words[: words.rfind(" ", 0, most) if " " in words[:most] else most].rstrip(",;:. ") + "…"


def content(*, over: str, title: str, points: Sequence[str], foot: str) -> str:
    """What the picture says, as text from which it is drawn; the same text is the same picture."""
    title = cut(title, MOST_TITLE)
    room = 1 if len(title) > 110 else 2 if len(title) > 70 else MOST_POINTS
    said = {
        "over": cut(over, 70),
        "title": title,
        "size": 46 if len(title) > 90 else 54,
        "points": [cut(one, MOST_POINT) for one in points[:room]],
        "foot": cut(foot, 80),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def draw(said: str) -> bytes:
    """The PNG of a `content`."""
    import typst  # a fifth of a second, which pages without it are spared

    drawn = typst.compile(_PAPER.encode(), format="png", ppi=72.0, sys_inputs={"given": said})
    assert isinstance(drawn, bytes), "one page"
    return drawn

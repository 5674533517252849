"""The look of an office: its colour on white paper, and white words on its colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantriet.kit.refusal import Refusal

COLOUR = "#9b1c1c"  # a deep red, where a unit has chosen none
LEAST_CONTRAST = 4.5  # WCAG 2.2 AA for words of ordinary size
_WRITTEN = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Look:
    """`logo` is a clean PNG or JPEG; empty for none."""

    colour: str = COLOUR
    logo: bytes = b""

    @property
    def logo_name(self) -> str:
        """The name under which the logo lies beside a source, "" without one."""
        return "" if not self.logo else "logo.png" if self.logo.startswith(b"\x89PNG") else "logo.jpg"


def contrast(one: str, other: str) -> float:
    """The ratio of two colours "#rrggbb" by WCAG 2.2, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def checked_colour(typed: str) -> str:
    """The colour in small letters. Refuses what is no colour, and one on which white words are hard to read."""
    colour = typed.strip().lower()
    if not _WRITTEN.fullmatch(colour):
        raise Refusal("look.colour", "Màu viết bằng dấu # và sáu chữ số, ví dụ #9b1c1c.", field="colour")
    ratio = contrast(colour, "#ffffff")
    if ratio < LEAST_CONTRAST:
        shown = f"{ratio:.1f}".replace(".", ",")
        raise Refusal(
            "look.contrast",
            f"Chữ trắng trên màu {colour} chỉ có độ tương phản {shown}:1, cần ít nhất 4,5:1 để người lớn tuổi đọc được; "
            "hãy chọn màu đậm hơn.",
            field="colour",
        )
    return colour

"""The number of a summons; place, date and signature are those of every paper: `org.rules.letterhead`."""

from __future__ import annotations

_ROOM = "\u00a0" * 8  # kept free for writing by hand


def number_line(name: str, *, is_cell: bool) -> str:
    """The line of the number, with room to write it in from the office's register."""
    symbol = "CB" if is_cell else "TU" if name.startswith(("Tỉnh ủy", "Thành ủy")) else "ĐU"
    return f"Số{_ROOM}-GM/{symbol}"

"""Printed pages and pictures from our own Typst sources and plain data, set in a limited child process. No domain word.

    [paper, picture] = typeset.run(
        [Print(SOURCE, {"title": "…"}, "pdf", sizes=(9, 10, 11)), Print(SOURCE, {"title": "…"}, "png", sizes=(28, 32))],
        folder=settings.DATA_DIR,
    )

A source reads its words by `json("data.json")`, so nothing that somebody typed is ever read as a command, and its pictures
by the names under which they are given. Every source ends with the mark <pages> and takes its type size from
`sys.inputs.size`: the largest of the sizes is chosen with which the pages are no more than wanted; when the smallest does
not do it, the text goes on over as few more pages as it needs and nothing is cut. No package and no address is ever asked for, and no font of the
machine: "Libertinus Serif", which Typst carries, has every Vietnamese letter, so that a page is the same everywhere.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from quantriet.kit import sandbox
from quantriet.kit.refusal import Refusal

_LIMITS = sandbox.Limits(
    memory=1200 * 1024 * 1024, cpu_seconds=100, wall_seconds=120.0, output=256 * 1024 * 1024, value=192 * 1024 * 1024
)
_FEW = 12  # pages up to which the type still grows when there are more than wanted
_LONG_WORD = re.compile(r"\S{28,}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True)
class Print:
    """One source with its data, and what to make of it; `ppi` for pictures, sizes in points, ascending."""

    source: str
    data: Mapping[str, Any]
    form: Literal["pdf", "png", "svg"] = "pdf"
    sizes: Sequence[float] = (11,)
    wanted: int | None = None  # pages that a size should not exceed; None: the first size is taken
    most: int | None = None  # with more pages than these nothing is made, and the answer says how many it would be
    ppi: float = 72
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Printed:
    """The files of a print (a PDF is one, pictures are one a page), how many pages it has, the size that was taken."""

    files: list[bytes]
    pages: int
    size: float


def run(prints: Sequence[Print], *, folder: Path) -> list[Printed]:
    """Set the prints, one after another in one child. Refuses what takes too long or too much."""
    with tempfile.TemporaryDirectory(dir=folder) as room:
        orders = []
        for number, one in enumerate(prints):
            place = Path(room) / str(number)
            place.mkdir()
            (place / "main.typ").write_text(one.source, "utf-8")
            (place / "data.json").write_text(json.dumps(_breakable(one.data), ensure_ascii=False), "utf-8")
            for name, content in one.pictures.items():
                (place / name).write_bytes(content)
            orders.append(
                {
                    "main": str(place / "main.typ"), "form": one.form, "ppi": one.ppi, "sizes": list(one.sizes),
                    "wanted": one.wanted, "most": one.most,
                }
            )  # fmt: skip
        target = f"{__name__}:{set_in_child.__name__}"
        try:
            found = sandbox.run(target, {"orders": orders}, limits=_LIMITS)
        except Refusal as refusal:
            if refusal.code == sandbox.BUSY:
                raise
            raise Refusal(
                "typeset.failed",
                "Chưa dàn được trang: nội dung quá dài hoặc quá nặng. Hãy rút gọn các phần dài nhất rồi làm lại.",
            ) from None
    return [Printed([base64.b64decode(file) for file in one["files"]], one["pages"], one["size"]) for one in found]


def _breakable(value: Any) -> Any:
    """The data with places to break in words longer than any line, and without characters that no font has."""
    if isinstance(value, str):
        bare = _CONTROLS.sub("", value)
        return _LONG_WORD.sub(lambda word: "\u200b".join(re.findall(r".{1,20}", word.group())), bare)
    if isinstance(value, Mapping):
        return {key: _breakable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_breakable(one) for one in value]
    return value


# ------------------------------------------------------------------------------------------------------------ in the child


def set_in_child(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The child's half of `run`: of each order the files as base64, the pages and the size."""
    import typst

    done = []
    for order in orders:

        def at_size(size: float, order: dict[str, Any] = order) -> tuple[Any, int]:
            compiler = typst.Compiler(order["main"], ignore_system_fonts=True, sys_inputs={"size": str(size)})
            return compiler, int(json.loads(compiler.query("<pages>", field="value", one=True)))

        sizes = order["sizes"]
        compiler, pages = at_size(sizes[0])
        size = sizes[0]
        if order["wanted"] is not None and pages <= max(order["wanted"], _FEW):
            room = max(order["wanted"], pages)
            low, high = 0, len(sizes) - 1
            while low < high:  # the smallest fits; among the rest the largest that does
                middle = (low + high + 1) // 2
                tried, found = at_size(sizes[middle])
                if found <= room:
                    low, compiler, pages, size = middle, tried, found, sizes[middle]
                else:
                    high = middle - 1
        files: list[bytes] = []
        if order["most"] is None or pages <= order["most"]:
            made = compiler.compile(format=order["form"], ppi=order["ppi"], timestamp=0)
            files = made if isinstance(made, list) else [made]
        done.append(
            {"files": [base64.b64encode(one).decode() for one in files], "pages": pages, "size": size},
        )
    return done

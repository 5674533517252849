"""Read the posts that a cell names: "Bí thư Chi bộ, Trưởng thôn", "PBT Đảng ủy; CT UBND xã". Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from quantriet.kit import text

# Folded beginnings, the longest first; what follows names the place.
_WORDS: list[tuple[str, str]] = sorted(
    [
        ("bi thu", "BI_THU"), ("bt", "BI_THU"),
        ("pho bi thu thuong truc", "PHO_BI_THU_THUONG_TRUC"), ("pbt thuong truc", "PHO_BI_THU_THUONG_TRUC"),
        ("pbttt", "PHO_BI_THU_THUONG_TRUC"), ("pho bi thu", "PHO_BI_THU"), ("pbt", "PHO_BI_THU"),
        ("uy vien ban thuong vu", "UV_BAN_THUONG_VU"), ("uv ban thuong vu", "UV_BAN_THUONG_VU"),
        ("uvbtv", "UV_BAN_THUONG_VU"), ("uv btv", "UV_BAN_THUONG_VU"),
        ("cap uy vien", "CAP_UY_VIEN"), ("dang uy vien", "CAP_UY_VIEN"), ("duv", "CAP_UY_VIEN"),
        ("uy vien ban chap hanh", "CAP_UY_VIEN"), ("uy vien bch", "CAP_UY_VIEN"), ("uvbch", "CAP_UY_VIEN"),
        ("chi uy vien", "CHI_UY_VIEN"), ("cuv", "CHI_UY_VIEN"), ("uy vien chi uy", "CHI_UY_VIEN"),
        ("chu tich hoi dong nhan dan", "CHU_TICH_HDND"), ("chu tich hdnd", "CHU_TICH_HDND"), ("ct hdnd", "CHU_TICH_HDND"),
        ("chu tich uy ban nhan dan", "CHU_TICH_UBND"), ("chu tich ubnd", "CHU_TICH_UBND"), ("ct ubnd", "CHU_TICH_UBND"),
        ("pho chu tich uy ban nhan dan", "PHO_CHU_TICH_UBND"), ("pho chu tich ubnd", "PHO_CHU_TICH_UBND"),
        ("pct ubnd", "PHO_CHU_TICH_UBND"),
        ("truong ban", "TRUONG_BAN"), ("truong phong", "TRUONG_BAN"),
        ("pho truong ban", "PHO_TRUONG_BAN"), ("pho truong phong", "PHO_TRUONG_BAN"),
        ("thu truong", "THU_TRUONG"), ("tong giam doc", "GIAM_DOC"), ("giam doc", "GIAM_DOC"),
        ("chu tich uy ban mat tran to quoc", "CHU_TICH_MTTQ"), ("chu tich ubmttq", "CHU_TICH_MTTQ"),
        ("chu tich mttq", "CHU_TICH_MTTQ"), ("chu tich mat tran", "CHU_TICH_MTTQ"),
        ("bi thu doan thanh nien", "BI_THU_DOAN"), ("bi thu doan", "BI_THU_DOAN"), ("bi thu dtn", "BI_THU_DOAN"),
        ("chuyen vien", "CHUYEN_VIEN"), ("cong chuc", "CONG_CHUC_XA"),
    ],
    key=lambda pair: -len(pair[0]),
)  # fmt: skip
_ABOVE = re.compile(
    r"\b(?:dang uy|dang bo|tinh uy|thanh uy|huyen uy|ban thuong vu|btv|xa|phuong|tinh|doan xa|doan phuong)\b"
)
_ALWAYS_ABOVE = {
    "UV_BAN_THUONG_VU", "CAP_UY_VIEN", "CHU_TICH_HDND", "CHU_TICH_UBND", "PHO_CHU_TICH_UBND", "CHU_TICH_MTTQ", "BI_THU_DOAN",
    "CONG_CHUC_XA", "TRUONG_BAN", "PHO_TRUONG_BAN",
}  # fmt: skip


class Post(NamedTuple):
    """A post named in a cell: its kind, whether it is of the unit above the cell, and the unit named behind it, if any."""

    kind: str
    above: bool
    place: str
    said: str


class Posts(NamedTuple):
    known: tuple[Post, ...]
    unknown: tuple[str, ...]


@lru_cache(maxsize=8192)
def read_posts(said: str, names: tuple[tuple[str, str], ...]) -> Posts:
    """Split a cell into posts; `names` are the folded full names of post kinds with their codes.

    What is no post of the catalogue ("Trưởng thôn") comes back in `unknown`: a remark, no error.
    """
    known: list[Post] = []
    unknown: list[str] = []
    whole = dict(names)
    for part in re.split(r"[;\n+]", said):
        part = text.squeeze(part)
        if not part:
            continue
        name, _, place = part.partition("(")
        if (kind := whole.get(text.fold(name))) is not None:
            known.append(Post(kind, False, place.rstrip(") "), part))
            continue
        for piece in re.split(r"\s*[,/]\s*|\s+[-–]\s+|\s+kiêm\s+", part):
            if not piece:
                continue
            post = _one(piece, whole)
            if post:
                known.append(post)
            else:
                unknown.append(piece)
    return Posts(tuple(dict.fromkeys(known)), tuple(unknown))


def _one(piece: str, whole: dict[str, str]) -> Post | None:
    folded = " ".join(re.findall(r"[a-z0-9]+", text.fold(piece)))
    if folded in whole:
        return Post(whole[folded], whole[folded] in _ALWAYS_ABOVE, "", piece)
    for word, kind in _WORDS:
        if folded == word or folded.startswith(word + " "):
            rest = folded[len(word) :].strip()
            above = kind in _ALWAYS_ABOVE or (bool(_ABOVE.search(rest)) and not rest.startswith("chi bo"))
            return Post(kind, above, "", piece)
    return None

"""Who may chair, open, close and present as a leader: standing members or heads (R-053)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantriet.classes.vocab import REQUIRED_ROLES, ClassRoleKind

BASIS = "mục 1 Hướng dẫn 26-HD/BTGTU"


@dataclass(frozen=True)
class Post:
    """A post somebody holds on the day of the class."""

    is_standing: bool
    is_head: bool
    unit_path: str
    holds_members: bool  # the post is in a cell


def needs_leader(kind: str) -> bool:
    """Whether only a standing member or a head may have this part."""
    return kind in REQUIRED_ROLES


def may_lead(posts: Iterable[Post], class_path: str) -> bool:
    """A standing member of a committee or a head of an office; a cell's secretary only in the cell's own class."""
    return any(
        (post.is_standing or post.is_head) and (not post.holds_members or post.unit_path == class_path)
        for post in posts
    )


def refusal_sentence(name: str, kind: ClassRoleKind, day: str) -> str:
    """Why this person is not given this part."""
    parts = {
        ClassRoleKind.CHAIR: "chủ trì",
        ClassRoleKind.OPENING: "phát biểu khai mạc",
        ClassRoleKind.CLOSING: "phát biểu bế mạc",
        ClassRoleKind.LEADER_PRESENTER: "quán triệt với tư cách lãnh đạo",
    }
    return (
        f"Đồng chí {name} ngày {day} không là thường trực cấp ủy hoặc người đứng đầu cơ quan, đơn vị "
        f"nên không phân công {parts[kind]} được, theo {BASIS}."
    )

"""Where the demo's documents were published, and how they were spread: in time, late, not yet, not at all; activities with a photo."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

from quantriet.kit import photos
from quantriet.kit.time import at_local, now, today
from quantriet.library import actions as library_actions
from quantriet.library.actions import activities, publication
from quantriet.library.actions.activities import NewPhoto
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ActivityBody, ActivityForm, Channel, ReachKind
from quantriet.org.models import Account, Unit

_HOST = "https://tanlinh.example"


def spread(
    documents: Sequence[GuidingDocument], root: Unit, units: Sequence[Unit], *, officer: Account, reporter: Account
) -> None:
    """Publish the first document in time and widely, the second late, the third not yet; keep one internal paper.

    `units` are some below the root (a commune first, then cells) that report activities.
    """
    first, second = documents[:2]
    _place(
        first,
        root,
        officer,
        Channel.PORTAL,
        1,
        f"Toàn văn {first.reference_number}",
        "/van-ban/toan-van",
        (4820, 0, 96),
    )
    _place(
        first,
        root,
        officer,
        Channel.SOCIAL,
        3,
        "Infographic: 5 điểm mới cần nhớ",
        "/trang/diem-moi",
        (15200, 1340, 412),
    )
    _place(first, units[0], officer, Channel.WEBSITE, 4, "Đề cương tuyên truyền", "/xa/de-cuong", (640, 12, 8))
    _place(first, units[0], officer, Channel.RADIO, 5, "Bản tin 17 giờ: nội dung cốt lõi", "", (3100, 0, 0))
    _place(first, root, officer, Channel.BOOKLET, 8, "Hỏi – đáp về sinh hoạt chi bộ", "", (0, 0, 0), copies=2500)
    _place(
        second,
        root,
        officer,
        Channel.PRESS_COLUMN,
        4,
        "Chuyên mục Đưa nghị quyết vào cuộc sống",
        "/bao/chuyen-muc",
        (2100, 35, 20),
    )
    _papers(root, officer)
    _activities(first, units, officer=officer, reporter=reporter)


def _place(
    document: GuidingDocument, unit: Unit, by: Account, channel: Channel, after: int, title: str, path: str,
    reach: tuple[int, int, int], copies: int = 0,
) -> None:  # fmt: skip
    placed_on = min(document.issued_on + dt.timedelta(days=after), today())
    placement = publication.add_placement(
        document, unit, channel=channel, placed_on=placed_on, title=title, url=_HOST + path if path else "", by=by,
        at=now(),
    )  # fmt: skip
    last = dict(
        zip((ReachKind.VIEWS, ReachKind.REACTIONS, ReachKind.SHARES, ReachKind.COPIES), (*reach, copies), strict=True)
    )
    for as_of, part in ((placed_on, 3), (today(), 1)):
        numbers = {kind: value // part for kind, value in last.items() if value}
        if numbers:
            publication.count_reach(placement, as_of=as_of, numbers=numbers, by=by, at=now())


def _papers(root: Unit, officer: Account) -> None:
    """Three more papers of the last days: one overdue, one due tomorrow, one internal and so not published."""
    for number, days_ago, subject in (
        ("41-HD/BTGDV", 4, "Hướng dẫn tuyên truyền kết quả học tập nghị quyết (văn bản hư cấu)"),
        ("42-KH/BTGDV", 1, "Kế hoạch mở chuyên mục hỏi – đáp về nghị quyết (văn bản hư cấu)"),
        ("43-TB/TU", 3, "Thông báo phân công nhiệm vụ trong Ban Thường vụ (văn bản hư cấu)"),
    ):
        issued = today() - dt.timedelta(days=days_ago)
        document = library_actions.register_document(
            by=officer, at=at_local(issued, dt.time(16, 0)), unit=root, reference_number=number,
            issuing_body="Ban Tuyên giáo và Dân vận (hư cấu)", level="province", issued_on=issued, subject=subject,
            paragraphs=["1. Mục đích", "Thực hiện thống nhất trong toàn tỉnh."],
        )  # fmt: skip
        if number.endswith("TB/TU"):
            publication.exempt_document(
                document,
                reason="văn bản nội bộ của cấp ủy",
                basis="ý kiến của Thường trực ngày ban hành",
                by=officer,
                at=now(),
            )


def _activities(document: GuidingDocument, units: Sequence[Unit], *, officer: Account, reporter: Account) -> None:
    told = (
        (ActivityForm.RESIDENTS, ActivityBody.FRONT, "Nhà văn hóa thôn 2", 86, "Người dân hỏi về lịch sinh hoạt và cách góp ý."),
        (ActivityForm.ASSOCIATION, ActivityBody.WOMEN, "Chi hội phụ nữ thôn 3", 41, "Phổ biến bằng văn vần, có tờ gấp."),
        (ActivityForm.TALK, ActivityBody.YOUTH, "Hội trường xã", 120, "Tọa đàm “Tuổi trẻ với nghị quyết”."),
        (ActivityForm.LOUDSPEAKER, ActivityBody.PARTY, "Cụm loa trung tâm xã", 1500, "Phát hai buổi sáng, chiều."),
        (ActivityForm.CONTEST, ActivityBody.TRADE_UNION, "Nhà máy chế biến cà phê", 64, "Rung chuông vàng, 20 câu hỏi."),
        (ActivityForm.THEMATIC_MEETING, ActivityBody.PARTY, "Chi bộ thôn 1", 27, ""),
    )  # fmt: skip
    for place, (form, body, where, people, words) in enumerate(told):
        own = body != ActivityBody.PARTY
        activities.report_activity(
            units[0] if own else units[place % len(units)], nonce=f"mau-{place}", form=form, body=body,
            held_on=today() - dt.timedelta(days=3 * place + 1), place=where, people=people, words=words,
            document=document if place != 2 else None, by=reporter if own else officer, at=now(),
            photos=[_drawn_photo()] if not place else (),
        )  # fmt: skip


def _drawn_photo() -> NewPhoto:
    """A room with a blackboard and people, drawn: nobody's likeness."""
    from PIL import Image, ImageDraw  # only the demo draws

    picture = Image.new("RGB", (1200, 800), "#e9e2d3")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 560, 1200, 800), fill="#b48a5a")
    draw.rectangle((330, 90, 870, 360), fill="#1f4d3a", outline="#6b4a2b", width=14)
    for line in range(4):
        draw.line((390, 150 + 50 * line, 800 - 60 * (line % 2), 150 + 50 * line), fill="#f3f1e8", width=8)
    for row in range(2):
        for seat in range(7):
            x, y = 120 + 160 * seat + 40 * row, 520 + 130 * row
            draw.ellipse((x - 34, y - 34, x + 34, y + 34), fill=("#5a3b2a", "#7a5a46")[seat % 2])
            draw.rounded_rectangle(
                (x - 56, y + 34, x + 56, y + 150), 30, fill=("#8c2f2b", "#2d4f7c", "#d9d4c7")[seat % 3]
            )
    content = io.BytesIO()
    picture.save(content, "PNG")
    with tempfile.NamedTemporaryFile(prefix="quantriet-demo-", suffix=".png") as copy:
        copy.write(content.getvalue())
        copy.flush()
        photo = photos.tidy(Path(copy.name), "hop-dan.png")
    return NewPhoto(
        photo, "Người dân ngồi nghe phổ biến nghị quyết trong nhà văn hóa, phía trước là bảng xanh (tranh vẽ)"
    )

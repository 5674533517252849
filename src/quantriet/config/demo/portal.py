"""The demo's public portal: news published, waiting for a second person, waiting for its hour; questions of the public; a month
of readings. Everything is fictitious."""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Sequence

from quantriet.kit.time import at_local, now, today
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Unit
from quantriet.portal.actions import news, questions
from quantriet.portal.actions.news import NewsText
from quantriet.portal.actions.reads import add_reads
from quantriet.portal.models import NewsArticle
from quantriet.portal.vocab import PageKind

_FEATURED = (
    "Nghị quyết 15-NQ/TU: năm điều mỗi đảng viên cần nhớ",
    "Buổi học không quá ba giờ rưỡi, ít nhất ba mươi phút thảo luận; ai vắng được mời học bù. Bản tóm tắt đã có trên cổng.",
    """Ban Tuyên giáo và Dân vận vừa công bố nội dung biên soạn của nghị quyết cho bốn nhóm người đọc.

## Mỗi người cần làm gì
- Đọc bản tóm tắt trước buổi học, khoảng mười phút.
- Đến lớp đúng giờ; vắng thì báo chi bộ để được xếp học bù.
- Góp ý, hỏi điều chưa rõ bằng biểu mẫu “Gửi câu hỏi” trên cổng này.

## Học ở đâu
Mỗi chi bộ học tại nhà văn hóa thôn hoặc hội trường xã; lịch lớp do cấp ủy gửi. Người làm ca, lái xe đường dài được học bù vào cuối tuần.""",
)
_EARLIER = (
    "Tọa đàm “Tuổi trẻ với nghị quyết” tại hội trường xã",
    "Một trăm hai mươi đoàn viên trao đổi cách đưa nghị quyết vào việc làm hằng ngày.",
    """Buổi tọa đàm do Đoàn thanh niên xã tổ chức, mời báo cáo viên trả lời trực tiếp.

Các ý kiến tập trung vào ba việc: số hóa tài liệu học tập, giúp người cao tuổi đọc trên điện thoại, và phát thanh tóm tắt vào buổi sáng.""",
)
_SCHEDULED = (
    "Mở chuyên mục Hỏi – đáp về nghị quyết trên cổng",
    "Từ ngày mai, câu hỏi của người dân được trả lời và đăng khi người hỏi đồng ý.",
    "Ai cũng gửi được câu hỏi, không cần tài khoản.",
)
_SUBMITTED = (
    "Tổ phụ nữ thôn 3 phổ biến nghị quyết bằng văn vần",
    "Bốn mươi mốt hội viên nghe và tập đọc bài văn vần về buổi học không quá ba giờ rưỡi.",
    "Bài văn vần do một hội viên soạn, ai cũng thuộc sau hai lượt đọc.",
)


def open_portal(documents: Sequence[GuidingDocument], root: Unit, *, officer: Account, editor: Account) -> None:
    """News, questions and readings, written by the editor and approved by the officer."""
    first = documents[0]
    at = now()
    top = _news(root, _FEATURED, 6, editor, numbers=[first.reference_number], is_featured=True, has_picture=True)
    _approve(top, editor, officer, at - dt.timedelta(days=6))
    earlier = _news(root, _EARLIER, 9, editor, numbers=[first.reference_number])
    _approve(earlier, editor, officer, at - dt.timedelta(days=9))
    scheduled = _news(root, _SCHEDULED, 0, editor)
    _approve(scheduled, editor, officer, at, when=at_local(today() + dt.timedelta(days=1), dt.time(7, 0)))
    submitted = _news(root, _SUBMITTED, 1, editor)
    news.submit_news(submitted, revision=submitted.revision, by=editor, at=at)
    _questions(first, root, officer=officer, editor=editor)
    _readings(first, [top, earlier])


def _news(
    root: Unit, text: tuple[str, str, str], days_ago: int, by: Account, *, numbers: Sequence[str] = (),
    is_featured: bool = False, has_picture: bool = False,
) -> NewsArticle:  # fmt: skip
    day = today() - dt.timedelta(days=days_ago)
    at = now() - dt.timedelta(days=days_ago, hours=1)
    made = news.draft_news(
        root, NewsText(*text, day, numbers, is_featured), by=by, at=max(at, at_local(day, dt.time(0, 1)))
    )
    if has_picture:
        news.set_picture(
            made, content=_drawn(), name="hop-lop.png", by=by, at=at,
            alt="Sổ tay mở ra bên cạnh tách nước, trên bìa là ngôi sao (tranh vẽ)",
        )  # fmt: skip
    return made


def _approve(
    article: NewsArticle, editor: Account, officer: Account, at: dt.datetime, *, when: dt.datetime | None = None
) -> None:
    news.submit_news(article, revision=article.revision, by=editor, at=at)
    news.approve_news(article, revision=article.revision, by=officer, at=at, when=when)


def _drawn() -> bytes:
    """An open notebook, drawn."""
    from PIL import Image, ImageDraw  # only the demo draws

    picture = Image.new("RGB", (1200, 675), "#efe7d8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, 1200, 675), fill="#b48a5a")
    draw.rounded_rectangle((180, 180, 590, 560), 18, fill="#fdfbf5", outline="#8f877a", width=6)
    draw.rounded_rectangle((590, 180, 1000, 560), 18, fill="#9c1620", outline="#6c0e15", width=6)
    for line in range(6):
        draw.line((225, 240 + 48 * line, 545 - 40 * (line % 3), 240 + 48 * line), fill="#57524a", width=7)
    points = [
        (795, 270),
        (823, 350),
        (908, 350),
        (840, 400),
        (865, 482),
        (795, 432),
        (725, 482),
        (750, 400),
        (682, 350),
        (767, 350),
    ]
    draw.polygon(points, fill="#f4cf4e")
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _questions(document: GuidingDocument, root: Unit, *, officer: Account, editor: Account) -> None:
    sent = (
        ("Tôi đi làm ca đêm, không dự được buổi học sáng. Vậy học bù thế nào?", "", True, "Học bù ở lớp gần nhất trong thời hạn ghi trong kế hoạch; báo chi bộ để được xếp lớp cuối tuần. Không tính là vắng khi đã học bù đủ.", True),
        ("Người không phải đảng viên có được dự nghe phổ biến nghị quyết ở nhà văn hóa thôn không?", "nguoihoi@example.org", True, "Được. Buổi sinh hoạt ở khu dân cư mở cho mọi người; lịch có trên loa và trên cổng.", True),
        ("Bản tóm tắt in ra cho người lớn tuổi có chữ to hơn được không? Mẹ tôi 74 tuổi đọc rất khó.", "", True, "Ban đã đặt in bản chữ to, tuần sau có ở nhà văn hóa thôn. Trên cổng, bấm A+ để chữ to hơn.", False),
        ("Đề nghị phát thanh tóm tắt nghị quyết vào 5 giờ chiều vì buổi sáng bà con đã ra rẫy.", "", False, "", False),
        ("Xin cho biết mục nào của nghị quyết nói về người làm việc xa nhà.", "nguoihoi2@example.org", True, "", False),
    )  # fmt: skip
    for place, (words, email, may_publish, answer, is_public) in enumerate(sent):
        at = now() - dt.timedelta(days=5 - place, hours=2)
        made = questions.send_question(
            root, document=document if place != 3 else None, nonce=f"mau-{place}", words=words, name="", email=email,
            may_publish=may_publish, address=f"2001:db8::{place}", at=at,
        )  # fmt: skip
        if answer:
            questions.answer_question(made, answer=answer, by=editor, at=at + dt.timedelta(hours=3))
        if is_public:
            questions.publish_answer(made, shown=words, by=officer, at=at + dt.timedelta(hours=5))


def _readings(document: GuidingDocument, articles: Sequence[NewsArticle]) -> None:
    dice = random.Random(16)  # noqa: S311 (demo data)
    counts = {}
    for days_ago in range(30):
        day = today() - dt.timedelta(days=days_ago)
        for kind, key, usual in (
            (PageKind.HOME, 0, 60), (PageKind.DOCUMENT, document.pk, 45), (PageKind.SEARCH, 0, 12), (PageKind.QUESTIONS, 0, 18),
        ):  # fmt: skip
            counts[kind, key, day] = dice.randint(usual // 3, usual)
        for article in articles:
            if article.day <= day:
                counts[PageKind.NEWS, article.pk, day] = dice.randint(5, 40)
    add_reads(counts)

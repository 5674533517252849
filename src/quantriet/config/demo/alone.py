"""Self-study in the demo (R-133): a workshop or a fleet that cannot gather, with people at every stage."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence

from quantriet.attendance import actions
from quantriet.attendance.queries import self_study as queries
from quantriet.attendance.queries.self_study import Course
from quantriet.attendance.rules.self_study import WrittenQuestion
from quantriet.attendance.vocab import SelfStudyCause
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import Rulebook, StudyCampaign, StudyDuty
from quantriet.campaigns.rules.audience import Criteria
from quantriet.kit.time import at_local, today
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import Audience
from quantriet.org.models import Account, Person, Unit

CAMPAIGN = "Đợt tự học Nghị quyết 15-NQ/TU của khối sản xuất, vận tải"
BASIS = "Kế hoạch 118-KH/TU về học tập ở doanh nghiệp"
_ASKED = (
    (
        "Thời gian hoàn thành một đợt học tập, tính từ ngày mở đợt, là bao nhiêu?",
        ("30 ngày", "45 ngày", "60 ngày"),
        (1,),
    ),
    ("Người vắng học thì được làm gì?", ("Được miễn", "Được học bù trong cùng đợt", "Chờ đợt sau"), (1,)),
)


def shift_cells(units: Sequence[Unit]) -> list[Unit]:
    """Two cells of an enterprise that works in shifts or drives: of a transport company, if the demo has one."""
    bases = [one for one in units if one.name.startswith("Đảng bộ Công ty")]
    base = next((one for one in bases if "Vận tải" in one.name), bases[0] if bases else None)
    if base is None:
        return []
    return [one for one in units if one.path.startswith(base.path) and one.pk != base.pk][:2]


def study_alone(
    document: GuidingDocument,
    root: Unit,
    cells: Sequence[Unit],
    worker: Person | None,
    *,
    officer: Account,
    rulebook: Rulebook,
) -> StudyCampaign:
    """A campaign of these cells without any class: the first cell has ten days left, of the second the days are over."""
    began = today() - dt.timedelta(days=9)
    at = at_local(began, dt.time(7, 0))
    campaign = campaign_actions.add_campaign(
        unit=root, name=CAMPAIGN, rulebook=rulebook, documents=[document], planned_from=began - dt.timedelta(days=20),
        planned_to=today() + dt.timedelta(days=12), plan_number="118-KH/TU", by=officer, at=at,
    )  # fmt: skip
    campaign_actions.add_audience_rule(
        campaign, name="Đảng viên làm ca, lái xe", basis=BASIS, criteria=Criteria(units=tuple(one.pk for one in cells)),
        by=officer, at=at,
    )  # fmt: skip
    campaign_actions.prepare_duties(campaign, by=officer, at=at)
    for cell, last in zip(cells, (today() + dt.timedelta(days=10), today()), strict=False):
        actions.allow_self_study(
            campaign, criteria=Criteria(units=(cell.pk,)), people=(), cause=SelfStudyCause.SHIFT,
            reason="Ba ca liên tục, mỗi ca không nghỉ quá hai mươi phút", basis=BASIS, variant=Audience.OFFICIALS,
            from_on=began, to_on=last, nonce=secrets.token_hex(16), by=officer, at=at,
        )  # fmt: skip
    campaign_actions.open_campaign(campaign, by=officer, at=at)
    parts = queries.questioned_parts(campaign, at)
    chosen = [one for one in parts if Audience.OFFICIALS in one.part.audiences][: len(_ASKED)]
    actions.add_check_questions(
        campaign, [(part.part.id, WrittenQuestion(*asked)) for part, asked in zip(chosen, _ASKED, strict=False)], by=officer, at=at
    )  # fmt: skip
    for cell in cells:
        people = list(
            StudyDuty.objects.filter(campaign=campaign, unit=cell).exclude(person=worker).order_by("pk")
            .select_related("campaign__unit", "person", "unit")
        )  # fmt: skip
        _study(people[:4], officer, began)
    # The second cell's days ended yesterday: one more says so by withdrawing what is left.
    if len(cells) > 1:
        over = campaign.self_study_permissions.order_by("-pk").first()
        if over is not None:
            actions.withdraw_self_study(over, reason="Hết đợt cao điểm, về học lớp chung", by=officer, at=at_local(today(), dt.time(6, 0)))  # fmt: skip
    return campaign


def _study(duties: Sequence[StudyDuty], by: Account, began: dt.date) -> None:
    """The first two finish, the third is half-way, the fourth answers wrongly again and again."""
    for place, duty in enumerate(duties):
        clock = _clock(at_local(began + dt.timedelta(days=2 * place), dt.time(5, 10 + place)))
        course = actions.begin_course(duty, nonce=secrets.token_hex(16), by=by, at=next(clock))
        for standing in course.progress.sections[: 1 if place == 2 else None]:
            actions.open_section(course, standing.number, nonce=secrets.token_hex(16), by=by, at=next(clock))
            checks = queries.checks_on(duty.campaign, standing.section)
            wrong = {one.id: [min({0, 1, 2} - one.right)] for one in checks}
            if place == 3:
                for _try in range(3):
                    _answer(course, standing.number, wrong, by, next(clock))
                break
            if place == 1 and checks:
                _answer(course, standing.number, wrong, by, next(clock))
            course = _answer(course, standing.number, {one.id: sorted(one.right) for one in checks}, by, next(clock))


def _answer(course: Course, number: int, answers: dict[int, list[int]], by: Account, at: dt.datetime) -> Course:
    return actions.answer_section(
        course, number, answers=answers, is_read=True, nonce=secrets.token_hex(16), by=by, at=at
    ).course


def _clock(moment: dt.datetime) -> Iterator[dt.datetime]:
    """Three minutes between two steps: no section of the demo takes longer."""
    while True:
        yield moment
        moment += dt.timedelta(minutes=3)

"""Self-study of who cannot gather (R-133): allowed by a person, read section by section, settled by its facts."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from quantriet.attendance.actions.catch_ups import end_chains
from quantriet.attendance.models import (
    CatchUp,
    SelfStudyCourse,
    SelfStudyFact,
    SelfStudyOutline,
    SelfStudyPermission,
    SelfStudyPerson,
    SelfStudyQuestion,
)
from quantriet.attendance.queries import self_study as queries
from quantriet.attendance.queries.self_study import Course
from quantriet.attendance.rules import self_study as rules
from quantriet.attendance.rules.self_study import Section, SectionStanding, WrittenQuestion
from quantriet.attendance.vocab import CatchUpState, SelfStudyCause, SelfStudyStep, Verdict
from quantriet.audit.actions import record, record_many
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyState, RuleKey
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_day
from quantriet.library.vocab import Audience
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked

# Without what is easily taken for another when a code is read aloud or typed from paper.
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
MOST_QUESTIONS = 500

# --- who may ------------------------------------------------------------------------------------------------------


def allow_self_study(
    campaign: StudyCampaign, *, criteria: Criteria, people: Sequence[Person], cause: SelfStudyCause, reason: str,
    basis: str, variant: Audience, from_on: dt.date, to_on: dt.date, nonce: str, by: Account, at: dt.datetime,
) -> SelfStudyPermission:  # fmt: skip
    """Allow people of a campaign to study alone in these days, by a condition or by name (R-133).

    With people named the condition is not asked. Refuses for a campaign that is over, days in a wrong order, past or
    beyond the campaign's, nobody meant, marked text (B-18), a document without published text, a rulebook without the two
    settings of self-study. The same nonce allows once. Effects: the permission, one audit line.
    """
    reason, basis = text.squeeze(reason), text.squeeze(basis)
    refuse_if_marked(f"{reason}\n{basis}", "Lý do cho tự học")
    day = local(at).date()
    given = criteria.as_json() if not people else {}
    faults = []
    if not reason:
        faults.append(Refusal("self_study.reason_missing", "Phải ghi lý do không tập trung học được.", field="reason"))
    if not basis:
        faults.append(Refusal("self_study.basis_missing", "Phải ghi căn cứ cho tự học.", field="basis"))
    if to_on < from_on:
        faults.append(Refusal("self_study.period", "Ngày cuối phải từ ngày đầu trở đi.", field="to_on"))
    elif to_on < day:
        faults.append(Refusal("self_study.period", "Ngày cuối đã qua; hãy chọn ngày từ hôm nay trở đi.", field="to_on"))
    if not given and not people:
        faults.append(Refusal("self_study.nobody", "Hãy chọn đơn vị, loại đơn vị, chức vụ, hoặc ghi tên từng người.", field="people"))  # fmt: skip
    if faults:
        raise Refusals(faults) if len(faults) > 1 else faults[0]
    with transaction.atomic():
        reread(campaign)
        known = SelfStudyPermission.objects.filter(nonce=nonce, campaign=campaign).first()
        if known is not None:
            return known
        if campaign.state not in (CampaignState.DRAFT, CampaignState.OPEN):
            raise Refusal("self_study.campaign_over", "Đợt học tập đã khép hoặc đã hủy nên không cho tự học được.")
        if to_on > campaign.planned_to:
            raise Refusal(
                "self_study.beyond_campaign",
                f"Đợt học tập dự kiến đến hết ngày {show_day(campaign.planned_to)}; ngày cuối được tự học không được sau ngày đó.",
                field="to_on",
            )
        if ATTEND not in campaign.duty_kinds:
            raise Refusal("self_study.no_duty", "Đợt này không yêu cầu dự học nên không cần tự học.")
        _check_settings(campaign, variant, at)
        permission = SelfStudyPermission.objects.create(
            nonce=nonce, campaign=campaign, criteria=given, cause=cause, reason=reason[:250], basis=basis[:250],
            variant=variant, from_on=from_on, to_on=to_on, at=at, by=by,
        )  # fmt: skip
        SelfStudyPerson.objects.bulk_create(
            [SelfStudyPerson(permission=permission, person=one) for one in {one.pk: one for one in people}.values()],
            batch_size=500,
        )
        condition = queries.covered_q([permission], campaign, day)
        covered = StudyDuty.objects.filter(condition, campaign=campaign, kind=ATTEND).exclude(state=DutyState.EXEMPT)
        number = covered.count()
        if not number:
            raise Refusal(
                "self_study.nobody", "Không có ai trong danh sách của đợt khớp điều kiện này.", field="people"
            )
        record(
            "self_study.allowed", by=by, at=at, thing=permission, unit=campaign.unit,
            after={
                "campaign": campaign.name, "people": number, "cause": SelfStudyCause(cause).value,
                "from": show_day(from_on), "to": show_day(to_on),
                # Of single persons it may tell an illness, which the audit trail would keep for good.
                **({} if people else {"reason": reason}),
            },
        )  # fmt: skip
    return permission


def _check_settings(campaign: StudyCampaign, variant: Audience, at: dt.datetime) -> None:
    """Whatever people meet on their first page is asked for here, so that the officer mends it and not they."""
    tiers = (
        StudyDuty.objects.filter(campaign=campaign, kind=ATTEND).order_by().values_list("tier", flat=True).distinct()
    )
    for audience in sorted({rules.audience_of(tier, variant) for tier in tiers}):
        try:
            queries.course_sections(campaign, audience, at)
        except Refusal as refusal:
            # A tier of which nobody studies alone may be without text; the one that was chosen may not.
            if audience == variant or refusal.code != "self_study.no_text":
                raise
    campaign_queries.rule_in_force(campaign, RuleKey.SELF_STUDY_LONGEST_MINUTES, on=local(at).date())


def withdraw_self_study(permission: SelfStudyPermission, *, reason: str, by: Account, at: dt.datetime) -> int:
    """End a permission from now on; returns how many people went to the catch-up list.

    What was finished stays done, what was read stays kept. Refuses without a reason, marked text, and a second time.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("self_study.reason_missing", "Phải ghi lý do rút phép tự học.", field="reason")
    refuse_if_marked(reason, "Lý do rút phép tự học")
    with transaction.atomic():
        reread(permission)
        if permission.withdrawn_at is not None:
            raise Refusal("self_study.withdrawn_already", "Phép tự học này đã rút từ trước.")
        permission.withdrawn_at, permission.withdrawn_by, permission.withdrawal_reason = at, by, reason[:250]
        permission.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
        record(
            "self_study.withdrawn", by=by, at=at, thing=permission, unit=permission.campaign.unit,
            after={"campaign": permission.campaign.name, "reason": reason},
        )  # fmt: skip
        return follow_lapsed(permission.campaign, at=at)


def follow_lapsed(campaign: StudyCampaign, *, at: dt.datetime) -> int:
    """Put who was allowed to study alone and did not finish in time on the catch-up list; returns how many.

    Run as often as wanted: who is followed or called to a class is left alone. Nothing happens in a campaign that does
    not run.
    """
    with named_lock(f"chains-{campaign.pk}"):
        campaign.refresh_from_db()
        if campaign.state != CampaignState.OPEN:
            return 0
        lapsed = queries.lapsed_duties(campaign, at)
        if not lapsed:
            return 0
        day = local(at).date()
        days = campaign_queries.rule_in_force(campaign, RuleKey.CATCH_UP_DAYS, on=day)
        before = day + dt.timedelta(days=int(days.value))
        known = {
            (link.duty_id, link.lapsed_id): link
            for link in CatchUp.objects.filter(lapsed__campaign=campaign, duty__state=DutyState.OWING)
        }
        again = [known[duty.pk, one.pk].pk for duty, one in lapsed if (duty.pk, one.pk) in known]
        CatchUp.objects.filter(pk__in=again).update(state=CatchUpState.OPEN, closed_at=None, invite_before_on=before)
        fresh = [(duty, one) for duty, one in lapsed if (duty.pk, one.pk) not in known]
        made = CatchUp.objects.bulk_create(
            [CatchUp(duty=duty, lapsed=one, invite_before_on=before, opened_at=at) for duty, one in fresh],
            batch_size=500,
        )
        record_many(
            "self_study.lapsed", by=None, at=at,
            lines=[
                (link, duty.unit, {}, {"person": duty.person.full_name, "to": show_day(one.to_on)})
                for link, (duty, one) in zip(made, fresh, strict=True)
            ],
        )  # fmt: skip
    return len(lapsed)


# --- the member ---------------------------------------------------------------------------------------------------


def begin_course(duty: StudyDuty, *, nonce: str, by: Account, at: dt.datetime) -> Course:
    """Begin the self-study of a duty with what is published now; begun already, it is simply given back.

    Refuses who is not allowed today, owes nothing, or whose text is not published.
    """
    with transaction.atomic():
        reread(duty)
        course = queries.course_of(duty)
        if course is not None:
            return course
        permission = _allowed(duty, at)
        sections = queries.course_sections(duty.campaign, queries.audience_for(duty, permission), at)
        longest = campaign_queries.rule_in_force(
            duty.campaign, RuleKey.SELF_STUDY_LONGEST_MINUTES, on=local(at).date()
        )  # fmt: skip
        row = SelfStudyCourse.objects.create(
            duty=duty, permission=permission, code=_code(), longest_seconds=int(longest.value * 60), began_at=at,
            total=len(sections),
        )  # fmt: skip
        outline = _outline(row, 1, sections, nonce, by, at)
        record("self_study.begun", by=by, at=at, thing=row, unit=duty.unit, person_id=duty.person_id,
               after={"campaign": duty.campaign.name, "sections": len(sections)})  # fmt: skip
        return Course(row, outline, queries.progress_of(row, outline, ()))


def move_course(course: Course, *, nonce: str, by: Account, at: dt.datetime) -> Course:
    """Go on with the version that is published now; what has not changed stays passed. Nothing newer changes nothing."""
    with transaction.atomic():
        course = _held(course)
        if SelfStudyOutline.objects.filter(nonce=nonce, course=course.row).exists():
            return course
        _refuse_finished(course)
        _allowed(course.row.duty, at)
        sections = queries.newer_sections(course, at)
        if sections is None:
            return course
        _outline(course.row, course.outline.number + 1, sections, nonce, by, at)
        record("self_study.moved", by=by, at=at, thing=course.row, unit=course.row.duty.unit,
               person_id=course.row.duty.person_id, after={"sections": len(sections)})  # fmt: skip
        return _follow(course.row, by=by, at=at)


def open_section(course: Course, number: int, *, nonce: str, by: Account, at: dt.datetime) -> SectionStanding:
    """Open the next section: its time begins. Opened before, on whatever device, the first opening stands.

    Refuses a section before its turn, who is not allowed today and who owes nothing any more.
    """
    with transaction.atomic():
        course = _held(course)
        standing = _section(course, number)
        if standing.is_passed or standing.opened_at is not None:
            return standing
        _allowed(course.row.duty, at)
        _refuse_too_far(course, standing)
        queries.shown_parts(standing.section)  # refuses what was taken from publication
        _note(course, standing.section, SelfStudyStep.OPENED, nonce, {}, by, at)
        return _section(_follow(course.row, by=by, at=at), number)


@dataclass(frozen=True)
class Answered:
    """What an answer came to: passed or the questions (ids) that were wrong, and the course afterwards."""

    is_passed: bool
    wrong: list[int]
    course: Course


def answer_section(
    course: Course, number: int, *, answers: Mapping[int, Collection[int]], is_read: bool, nonce: str, by: Account,
    at: dt.datetime,
) -> Answered:  # fmt: skip
    """Answer the check of a section, or confirm that it is read where it has no question.

    The same nonce again gives the same outcome and changes nothing. Refuses, with nothing lost: a section that is not
    open, an answer before the shortest time is over (saying how many seconds are left), a question left out, who is not
    allowed today or owes nothing any more. Effects when the last section is passed: the duty is settled by the verdict,
    its catch-up chain ends, one audit line.
    """
    with transaction.atomic():
        course = _held(course)
        standing = _section(course, number)
        known = SelfStudyFact.objects.filter(nonce=nonce, course=course.row).first()
        if known is not None:
            checks = queries.checks_on(course.row.duty.campaign, standing.section)
            said = {int(key): value for key, value in known.answers.items()}
            is_wrong = known.step == SelfStudyStep.WRONG
            return Answered(not is_wrong, rules.answered_rightly(checks, said) if is_wrong else [], course)
        if standing.is_passed:
            return Answered(True, [], course)
        _allowed(course.row.duty, at)
        _refuse_too_far(course, standing)
        if course.progress.passed == course.progress.total - 1:
            _refuse_left_out(course)
        queries.shown_parts(standing.section)  # refuses what was taken from publication
        if standing.opened_at is None:
            raise Refusal(
                "self_study.not_opened", "Mục này chưa mở ra đọc; hãy bấm “Mở mục” rồi đọc trước khi trả lời."
            )
        left = standing.seconds_left(at)
        if left:
            raise Refusal(
                "self_study.too_early",
                f"Trả lời sớm quá: mục này cần đọc ít nhất {rules.show_time(standing.section.seconds)}, còn {rules.show_time(left)} nữa. "
                "Lựa chọn vẫn giữ nguyên, hãy đọc tiếp rồi gửi lại.",
            )
        checks = queries.checks_on(course.row.duty.campaign, standing.section)
        open_ones = [one for one in checks if not answers.get(one.id)]
        if open_ones:
            raise Refusals(
                [
                    Refusal("self_study.unanswered", "Câu này chưa chọn phương án nào.", field=f"q{one.id}")
                    for one in open_ones
                ]
            )
        if not checks and not is_read:
            raise Refusal("self_study.unconfirmed", "Hãy đánh dấu xác nhận đã đọc hết mục này.", field="is_read")
        wrong = rules.answered_rightly(checks, answers)
        step = SelfStudyStep.WRONG if wrong else SelfStudyStep.RIGHT if checks else SelfStudyStep.READ
        said = {one.id: sorted(answers[one.id]) for one in checks}
        _note(course, standing.section, step, nonce, said, by, at)
        return Answered(not wrong, wrong, _follow(course.row, by=by, at=at))


def _held(course: Course) -> Course:
    """The course as it stands now, held against other devices of its person."""
    reread(course.row)
    return queries.judged(course.row)


def _allowed(duty: StudyDuty, at: dt.datetime) -> SelfStudyPermission:
    if duty.campaign.state != CampaignState.OPEN:
        raise Refusal("self_study.campaign_closed", "Đợt học tập chưa mở hoặc đã khép nên không tự học được.")
    if duty.state != DutyState.OWING:
        raise Refusal("self_study.not_owing", queries.done_elsewhere(duty))
    permission = queries.permission_for(duty, local(at).date())
    if permission is None:
        last = queries.last_permission_for(duty, local(at).date())
        if last is not None and last.withdrawn_at is None and last.from_on > local(at).date():
            raise Refusal("self_study.not_yet", f"Thời hạn tự học bắt đầu từ ngày {show_day(last.from_on)}.")
        raise Refusal(
            "self_study.not_allowed",
            "Thời hạn tự học đã hết hoặc chưa được cho tự học; phần đã học vẫn được giữ. Hãy liên hệ chi ủy để được gia hạn "
            "hoặc dự lớp học bù.",
        )
    return permission


def _section(course: Course, number: int) -> SectionStanding:
    standing = course.section(number)
    if standing is None:
        raise Refusal("self_study.no_section", "Bài tự học không có mục này.")
    return standing


def _refuse_too_far(course: Course, standing: SectionStanding) -> None:
    current = course.progress.current
    if current is not None and standing.number != current.number:
        raise Refusal("self_study.too_far", f"Học theo thứ tự: hãy xong mục {current.number} trước.")


def _refuse_left_out(course: Course) -> None:
    left_out = queries.documents_left_out(course)
    if left_out:
        named = ", ".join(one.reference_number for one in left_out)
        raise Refusal(
            "self_study.document_added",
            f"Đợt học tập có thêm văn bản {named}; hãy chuyển sang bản mới ở trang Tự học rồi học tiếp, mục đã qua vẫn được "
            "tính. Chưa thấy nút chuyển thì văn bản này chưa có bản biên soạn được công bố.",
        )


def _refuse_finished(course: Course) -> None:
    if course.row.finished_at is not None:
        raise Refusal("self_study.finished", "Bài tự học đã xong nên không cần học lại theo bản mới.")


def _note(
    course: Course,
    section: Section,
    step: SelfStudyStep,
    nonce: str,
    answers: dict[Any, Any],
    by: Account,
    at: dt.datetime,
) -> None:
    SelfStudyFact.objects.create(
        nonce=nonce, course=course.row, step=step, parts=[list(one) for one in section.parts],
        answers={str(key): value for key, value in answers.items()}, at=at, account=by,
    )  # fmt: skip


def _outline(
    row: SelfStudyCourse, number: int, sections: Sequence[Section], nonce: str, by: Account, at: dt.datetime
) -> SelfStudyOutline:
    return SelfStudyOutline.objects.create(
        nonce=nonce, course=row, number=number, sections=[one.as_json() for one in sections], at=at, account=by
    )


def _code() -> str:
    """Twelve signs nobody guesses: 60 bits."""
    return "".join(secrets.choice(_SIGNS) for _ in range(12))


# --- facts to the ledger ------------------------------------------------------------------------------------------

_KEPT = ("passed", "total", "seconds", "tries", "wrong_here", "last_at", "finished_at", "sentence")


def _follow(row: SelfStudyCourse, *, by: Account | None, at: dt.datetime) -> Course:
    """Judge the course from its facts, write down what it comes to, and settle the duty when it is finished."""
    course = queries.judged(row)
    was_finished = row.finished_at is not None
    _keep([course])
    if row.finished_at is not None:
        settle_self_study([row.duty_id], by=by, at=at)
        if not was_finished:
            record("self_study.finished", by=by, at=at, thing=row, unit=row.duty.unit, person_id=row.duty.person_id,
                   after={"sentence": row.sentence})  # fmt: skip
    return course


def _keep(courses: Sequence[Course]) -> None:
    changed = []
    for one in courses:
        row, progress = one.row, one.progress
        before = tuple(getattr(row, name) for name in _KEPT)
        row.passed, row.total, row.seconds, row.tries = (
            progress.passed,
            progress.total,
            progress.seconds,
            progress.tries,
        )
        row.wrong_here = progress.current.wrong if progress.current else 0
        row.last_at, row.finished_at = progress.last_at, progress.finished_at
        row.sentence = rules.finished_sentence(progress, row.permission.basis)
        if before != tuple(getattr(row, name) for name in _KEPT):
            changed.append(row)
    SelfStudyCourse.objects.bulk_update(changed, _KEPT, batch_size=500)


def settle_self_study(duties: Collection[int], *, by: Account | None, at: dt.datetime) -> int:
    """Bring finished self-study of these duties into the ledger, unless a class proves them; returns how many changed."""
    said = queries.finished_says(duties)
    attended = set(
        StudyDuty.objects.filter(pk__in=said, roster_entries__verdict__verdict=Verdict.PRESENT).values_list(
            "pk", flat=True
        )
    )
    changed = campaign_actions.settle_duties([one for key, one in said.items() if key not in attended], by=by, at=at)
    end_chains(list(said), by=by, at=at)
    return changed


def judge_self_study(campaign: StudyCampaign, *, by: Account | None, at: dt.datetime) -> int:
    """Judge every self-study of a running campaign again from its facts; returns how many."""
    with transaction.atomic():
        rows = list(
            SelfStudyCourse.objects.filter(duty__campaign=campaign).select_related("permission", "duty").order_by("pk")
        )
        for start in range(0, len(rows), 500):
            _keep(queries.judged_many(rows[start : start + 500]))
        settle_self_study([one.duty_id for one in rows if one.finished_at is not None], by=by, at=at)
    return len(rows)


# --- questions ----------------------------------------------------------------------------------------------------


def add_check_questions(
    campaign: StudyCampaign, written: Sequence[tuple[int, WrittenQuestion]], *, by: Account, at: dt.datetime
) -> int:
    """Add questions on parts (ids); all or none, and what stands already is left out. Returns how many are new.

    Refuses a campaign that is over, a part that no published text of the campaign has, marked text (B-18), too many.
    """
    for _part, one in written:
        refuse_if_marked("\n".join((one.text, *one.choices)), "Câu hỏi kiểm tra")
    with transaction.atomic():
        reread(campaign)
        if campaign.state not in (CampaignState.DRAFT, CampaignState.OPEN):
            raise Refusal("self_study.campaign_over", "Đợt học tập đã khép hoặc đã hủy nên không sửa câu hỏi nữa.")
        known_parts = {one.part.id for one in queries.questioned_parts(campaign, at)}
        if any(part not in known_parts for part, _one in written):
            raise Refusal("self_study.no_part", "Có câu hỏi về mục không còn trong bản biên soạn đang công bố.")
        live = SelfStudyQuestion.objects.filter(campaign=campaign, retired_at__isnull=True)
        known = {
            (part, said, tuple(choices), tuple(right))
            for part, said, choices, right in live.values_list("part", "text", "choices", "right")
        }
        fresh = [
            one for one in dict.fromkeys(written) if (one[0], one[1].text, one[1].choices, one[1].right) not in known
        ]
        if len(known) + len(fresh) > MOST_QUESTIONS:
            raise Refusal("self_study.too_many", f"Một đợt chỉ có tối đa {MOST_QUESTIONS} câu hỏi kiểm tra.")
        made = SelfStudyQuestion.objects.bulk_create(
            [
                SelfStudyQuestion(
                    campaign=campaign, part=part, text=one.text, choices=list(one.choices), right=list(one.right),
                    added_at=at, added_by=by,
                )
                for part, one in fresh
            ],
            batch_size=500,
        )  # fmt: skip
        record_many(
            "self_study.question_added", by=by, at=at,
            lines=[(one, campaign.unit, {}, {"question": one.text}) for one in made],
        )  # fmt: skip
    return len(made)


def retire_check_question(question: SelfStudyQuestion, *, by: Account, at: dt.datetime) -> None:
    """Ask a question no more; answers that were given keep their sense. A second time changes nothing."""
    with transaction.atomic():
        reread(question)
        if question.retired_at is not None:
            return
        question.retired_at, question.retired_by = at, by
        question.save(update_fields=["retired_at", "retired_by"])
        record(
            "self_study.question_retired", by=by, at=at, thing=question, unit=question.campaign.unit,
            before={"question": question.text},
        )  # fmt: skip

"""Invitations across levels: asked, answered, taken back; outlines filed and reminded of (R-113, R-114)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Max

from quantriet.audit.actions import record
from quantriet.kit import documents as papers
from quantriet.kit import slides as slide_shows
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.speakers.models import Reporter, SpeakerInvitation, SpeakerOutline
from quantriet.speakers.queries import figures, search
from quantriet.speakers.queries.invitations import outline_sentence, without_outline
from quantriet.speakers.rules.figures import (
    EARLIEST_HOUR,
    REMIND_BEFORE,
    is_reminded_on,
    outline_due_on,
    rating_ends_on,
)
from quantriet.speakers.vocab import (
    INVITATION_KIND,
    OPEN_STATES,
    OUTLINE_KIND,
    Half,
    InvitationState,
    OutlineCheck,
    SpeakerRuleKey,
)

FURTHEST = timedelta(days=366)


def invite_reporter(
    reporter: Reporter, unit: Unit, *, held_on: date, half: Half, topic: str, audience: str, place: str, by: Account,
    at: datetime,
) -> SpeakerInvitation:  # fmt: skip
    """Ask somebody of the unit's own register, or of a committee above or below it, for a part of a day.

    Refuses an ended entry, a committee of another branch, a day past or too far, empty or marked words (B-18), somebody who
    is busy, promised or engaged by another unit then (B-09), and a second asking for the same time.
    Effects, in order: the invitation, audit "invitation.asked", notices to the reporter and the committee of the register.
    """
    told = {"topic": text.squeeze(topic), "audience": text.squeeze(audience), "place": text.squeeze(place)}
    for name, words in told.items():
        refuse_if_marked(words, "lời mời")
        if not words:
            raise Refusal("invitation.empty", "Không được để trống.", field=name)
        if len(words) > (200 if name == "place" else 250):
            raise Refusal("invitation.long", "Nội dung dài quá 250 ký tự (nơi: 200).", field=name)
    if not (reporter.unit.contains(unit) or unit.contains(reporter.unit)):
        raise Refusal(
            "invitation.other_branch", f"{reporter.unit.name} không cùng tuyến với {unit.name}; hãy mời qua cấp ủy cấp trên chung.",
            field="unit",
        )  # fmt: skip
    if unit.closed_on is not None:
        raise Refusal("invitation.closed_unit", f"{unit.name} đã ngừng hoạt động.", field="unit")
    day = local(at).date()
    if not day <= held_on <= day + FURTHEST:
        raise Refusal("invitation.day", "Ngày báo cáo phải từ hôm nay và trong vòng một năm.", field="held_on")
    with transaction.atomic():
        reread(reporter)
        if reporter.valid_to is not None or reporter.person.left_on is not None:
            raise Refusal("invitation.ended", f"{reporter.person.full_name} không còn trong sổ báo cáo viên.")
        hindered = search.hindrance(reporter.person_id, held_on, half, unit_id=unit.pk)
        if hindered:
            raise Refusal(
                "invitation.not_free",
                f"{reporter.person.full_name} {hindered} {half.label.lower()} ngày {show_day(held_on)}; hãy chọn lúc khác hoặc người khác.",
                field="held_on",
            )
        same = SpeakerInvitation.objects.filter(
            person=reporter.person_id, unit=unit, held_on=held_on, half=half, state=InvitationState.ASKED
        )
        if same.exists():
            raise Refusal("invitation.asked_already", f"{unit.name} đã mời người này cho buổi ấy, đang chờ trả lời.")
        made = SpeakerInvitation.objects.create(
            reporter=reporter,
            person=reporter.person,
            unit=unit,
            held_on=held_on,
            half=half,
            asked_at=at,
            asked_by=by,
            **told,
        )
        record(
            "invitation.asked", by=by, at=at, thing=made, unit=unit, person_id=made.person_id,
            after={"held_on": held_on, "half": half, "place": told["place"], "register": reporter.unit.name},
        )  # fmt: skip
        subject = f"{unit.name} mời báo cáo: {made.topic}"
        _tell_reporter(made, subject, f"{_asked(made)}\n\nHãy nhận lời hoặc từ chối.", by=by, at=at)
        _tell_unit(
            made, reporter.unit, subject, f"{_asked(made)}\n\nMở mục Báo cáo viên, Lời mời để trả lời.", by=by, at=at
        )
    return made


def accept_invitation(invitation: SpeakerInvitation, *, by: Account, at: datetime) -> SpeakerInvitation:
    """Promise the report; from now on the outline has a due day and the listeners' rating an end.

    Refuses what is not waiting for an answer or lies in the past, and a person promised, busy or engaged by another unit at that time: of two
    acceptances at one moment the database takes one. Effects: the state, audit "invitation.accepted", notice to the unit
    that asked (and to the reporter, when the committee answered).
    """
    day = local(at).date()
    if invitation.held_on < day:
        raise Refusal("invitation.past", f"Ngày báo cáo {show_day(invitation.held_on)} đã qua.")
    rules = figures.Figures()
    # The days before, and after, as the unit in which the report is given has them.
    before = rules.of(invitation.unit, SpeakerRuleKey.OUTLINE_DAYS, invitation.held_on)
    after = rules.of(invitation.unit, SpeakerRuleKey.RATING_DAYS, invitation.held_on)
    half = Half(invitation.half)
    try:
        with transaction.atomic():
            changed = SpeakerInvitation.objects.filter(pk=invitation.pk, state=InvitationState.ASKED).update(
                state=InvitationState.ACCEPTED, answered_at=at, answered_by=by,
                # Asked at the last moment: the outline is due by the day itself.
                outline_due_on=max(outline_due_on(invitation.held_on, before.value), day),
                rating_ends_on=rating_ends_on(invitation.held_on, after.value),
            )  # fmt: skip
            if not changed:
                raise _answered(invitation)
            hindered = search.hindrance(
                invitation.person_id, invitation.held_on, half, unit_id=invitation.unit_id, besides=invitation.pk
            )
            if hindered:
                raise _not_free(invitation, hindered)
            invitation.refresh_from_db()
            record(
                "invitation.accepted", by=by, at=at, thing=invitation, unit=invitation.unit,
                person_id=invitation.person_id, after={"outline_due_on": invitation.outline_due_on},
            )  # fmt: skip
            due = show_day(invitation.outline_due_on or invitation.held_on)
            said = f"{_who(invitation)} đã nhận lời báo cáo “{invitation.topic}”, {_when(invitation)}, tại {invitation.place}."
            subject = f"Đã nhận lời: {invitation.topic}"
            _tell_unit(invitation, invitation.unit, subject, said, by=by, at=at)
            if by.person_id == invitation.person_id:
                _tell_unit(invitation, invitation.reporter.unit, subject, said, by=by, at=at)
            else:
                _tell_reporter(
                    invitation,
                    subject,
                    f"{said}\n\nHãy gửi đề cương báo cáo trước hết ngày {due} ({before.basis}).",
                    by=by,
                    at=at,
                )
    except IntegrityError:
        raise _not_free(invitation, "đã nhận lời báo cáo nơi khác") from None
    return invitation


def decline_invitation(invitation: SpeakerInvitation, *, reason: str, by: Account, at: datetime) -> SpeakerInvitation:
    """Refuse an invitation with a reason. Refuses what is not waiting.

    Effects: state, audit, notices to who asked and to the other of the two who may answer.
    """
    with transaction.atomic():
        _leave(invitation, (InvitationState.ASKED,), InvitationState.DECLINED, reason, by=by, at=at)
        said = f"{_who(invitation)} không nhận lời báo cáo “{invitation.topic}”, {_when(invitation)}.\nLý do: {invitation.reason}"
        _tell_of_leaving(invitation, f"Không nhận lời: {invitation.topic}", said, by=by, at=at)
    return invitation


def call_off_invitation(invitation: SpeakerInvitation, *, reason: str, by: Account, at: datetime) -> SpeakerInvitation:
    """Take an acceptance back with a reason; after its day, too: then the report was not given. Refuses what is not accepted.

    Effects: state, audit, notices to who asked, urgent before the day, and to the other of the two who may answer.
    """
    with transaction.atomic():
        _leave(invitation, (InvitationState.ACCEPTED,), InvitationState.CALLED_OFF, reason, by=by, at=at)
        said = f"{_who(invitation)} không đến được để báo cáo “{invitation.topic}”, {_when(invitation)}.\nLý do: {invitation.reason}"
        is_to_come = invitation.held_on >= local(at).date()
        _tell_of_leaving(invitation, f"Không đến được: {invitation.topic}", said, by=by, at=at, urgent=is_to_come)
    return invitation


def withdraw_invitation(invitation: SpeakerInvitation, *, reason: str, by: Account, at: datetime) -> SpeakerInvitation:
    """Take an invitation back with a reason, asked or accepted; after its day, too, when nothing came of it. Refuses what is over."""
    with transaction.atomic():
        _leave(invitation, OPEN_STATES, InvitationState.WITHDRAWN, reason, by=by, at=at)
        said = f"{invitation.unit.name} rút lời mời báo cáo “{invitation.topic}”, {_when(invitation)}.\nLý do: {invitation.reason}"
        subject = f"Rút lời mời: {invitation.topic}"
        _tell_reporter(invitation, subject, said, by=by, at=at)
        _tell_unit(invitation, invitation.reporter.unit, subject, said, by=by, at=at)
    return invitation


_VERBS = {
    InvitationState.DECLINED: "invitation.declined",
    InvitationState.CALLED_OFF: "invitation.called_off",
    InvitationState.WITHDRAWN: "invitation.withdrawn",
}


def _leave(
    invitation: SpeakerInvitation, when: Collection[InvitationState], to: InvitationState, reason: str, *, by: Account,
    at: datetime,
) -> None:  # fmt: skip
    reason = text.squeeze(reason)[:250]
    refuse_if_marked(reason, "lý do")
    if not reason:
        raise Refusal("speakers.reason_missing", "Phải ghi lý do.", field="reason")
    with transaction.atomic():
        changed = SpeakerInvitation.objects.filter(pk=invitation.pk, state__in=list(when)).update(
            state=to, reason=reason, answered_at=at, answered_by=by
        )
        if not changed:
            raise _answered(invitation)
        invitation.refresh_from_db()
        record(
            _VERBS[to], by=by, at=at, thing=invitation, unit=invitation.unit, person_id=invitation.person_id,
            after={"reason": reason},
        )  # fmt: skip


def _answered(invitation: SpeakerInvitation) -> Refusal:
    state = SpeakerInvitation.objects.values_list("state", flat=True).get(pk=invitation.pk)
    return Refusal(
        "invitation.state",
        f"Lời mời này đang ở trạng thái “{InvitationState(state).label}” nên không làm được việc đó.",
    )


def _not_free(invitation: SpeakerInvitation, hindered: str) -> Refusal:
    return Refusal(
        "invitation.not_free",
        f"{invitation.person.full_name} {hindered} {invitation.half_label.lower()} ngày {show_day(invitation.held_on)}.",
    )


def _refuse_past(invitation: SpeakerInvitation, at: datetime) -> None:
    if invitation.held_on < local(at).date():
        raise Refusal("invitation.past", f"Ngày báo cáo {show_day(invitation.held_on)} đã qua.")


def _who(invitation: SpeakerInvitation) -> str:
    return f"Đồng chí {invitation.person.full_name} ({invitation.reporter.unit.name})"


def _when(invitation: SpeakerInvitation) -> str:
    return f"{invitation.half_label.lower()} ngày {show_day(invitation.held_on)}"


def _asked(invitation: SpeakerInvitation) -> str:
    return (
        f"{invitation.unit.name} mời đồng chí {invitation.person.full_name} báo cáo “{invitation.topic}”, "
        f"{_when(invitation)}, tại {invitation.place}. Người nghe: {invitation.audience}."
    )


def _tell_reporter(invitation: SpeakerInvitation, subject: str, body: str, *, by: Account | None, at: datetime) -> None:
    if by is not None and by.person_id == invitation.person_id:
        return
    notify_actions.send_notice(
        kind=INVITATION_KIND, unit=invitation.unit, to=invitation.person, subject=subject, body=body,
        link=f"/me/speaking/{invitation.pk}/", by=by, at=at,
    )  # fmt: skip


def _tell_of_leaving(
    invitation: SpeakerInvitation, subject: str, said: str, *, by: Account, at: datetime, urgent: bool = False
) -> None:
    """Who asked, and of the reporter and the committee of the register whoever did not do it."""
    _tell_unit(invitation, invitation.unit, subject, said, by=by, at=at, urgent=urgent)
    if by.person_id == invitation.person_id:
        if invitation.reporter.unit_id != invitation.unit_id:
            _tell_unit(invitation, invitation.reporter.unit, subject, said, by=by, at=at)
    else:
        _tell_reporter(invitation, subject, said, by=by, at=at)


def _tell_unit(
    invitation: SpeakerInvitation, unit: Unit, subject: str, body: str, *, by: Account | None, at: datetime,
    urgent: bool = False, kind: str = INVITATION_KIND, key: str = "",
) -> None:  # fmt: skip
    """The letter to a unit's own address, and the notices to those who look after its work."""
    if unit.email:
        notify_actions.send_mail(
            kind=kind, unit=invitation.unit, to_unit=unit, address=unit.email, subject=f"{'KHẨN: ' if urgent else ''}{subject}",
            body=f"Kính gửi {unit.name},\n\n{body}", by=by, at=at, dedupe_key=key or None,
        )  # fmt: skip
    keepers = notify_queries.keepers_of([unit], day=local(at).date())[unit.pk]
    notify_actions.tell_keepers(
        kind=kind, unit=invitation.unit, to=unit, keepers=keepers, subject=subject, body=body, by=by, at=at,
        link=f"/desk/speakers/invitations/{invitation.pk}/", dedupe_key=key or None,
    )  # fmt: skip


# --- outlines -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brought:
    """A file that somebody sends: where it lies and how it is called."""

    path: Path
    name: str


def file_outline(
    invitation: SpeakerInvitation, *, file: Brought, slides: Brought | None = None, checks: Collection[OutlineCheck],
    note: str = "", by: Account, at: datetime,
) -> SpeakerOutline:  # fmt: skip
    """File the outline of an accepted report, or a better one in its place; earlier ones stay readable (R-114).

    Refuses before acceptance and after the day, what is no Word, PDF or text file with words, slides that are no PowerPoint,
    and marked content in either (B-18). Effects: the files, audit "speaker_outline.filed", notice to the unit that asked.
    """
    note = text.squeeze(note)[:400]
    refuse_if_marked(note, "ghi chú")
    # Read before the transaction: the child takes a second, and nobody waits for the lock meanwhile.
    _refuse_outline(file)
    if slides is not None:
        said = slide_shows.words(slides.path, slides.name, limit=settings.UPLOAD_LIMIT_BYTES)
        _refuse_marked(f"{PurePath(slides.name).stem}\n{said}", "bài trình chiếu", "slides")
    with transaction.atomic():
        reread(invitation)
        if invitation.state != InvitationState.ACCEPTED:
            raise Refusal("outline.not_accepted", "Chỉ gửi đề cương cho buổi báo cáo đã nhận lời.")
        _refuse_past(invitation, at)
        number = (invitation.outlines.aggregate(last=Max("number"))["last"] or 0) + 1
        outline = SpeakerOutline(
            invitation=invitation, number=number, file_name=text.squeeze(text.nfc(file.name))[:200],
            slides_name=text.squeeze(text.nfc(slides.name))[:200] if slides else "",
            checks=[one.value for one in OutlineCheck if one in checks], note=note, filed_at=at, filed_by=by,
        )  # fmt: skip
        with file.path.open("rb") as content:
            outline.file.save(file.name, File(content), save=False)
        if slides is not None:
            with slides.path.open("rb") as content:
                outline.slides.save(slides.name, File(content), save=False)
        try:
            outline.save(force_insert=True)
        except IntegrityError:
            raise Refusal(
                "outline.meanwhile", "Vừa có đề cương khác được gửi cho buổi này; hãy tải lại trang."
            ) from None
        record(
            "speaker_outline.filed", by=by, at=at, thing=outline, unit=invitation.unit, person_id=invitation.person_id,
            after={"file": outline.file_name, "slides": outline.slides_name, "number": number},
        )  # fmt: skip
        said = f"{_who(invitation)} đã gửi đề cương báo cáo “{invitation.topic}”, {_when(invitation)}: {outline.file_name}."
        _tell_unit(invitation, invitation.unit, f"Đề cương báo cáo: {invitation.topic}", said, by=by, at=at)
    return outline


def _refuse_outline(file: Brought) -> None:
    try:
        gated = papers.gate(file.path, file.name, limit=settings.UPLOAD_LIMIT_BYTES)
        found = papers.extract(gated)
        said = found.text
        if found.encoding is not None:
            # Letters of an old font: a mark may be written in them.
            said += "\n" + papers.extract(gated, legacy=found.encoding.choice).text
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.sentence, field="file") from None
    _refuse_marked(f"{PurePath(file.name).stem}\n{said}", "đề cương", "file")


def _refuse_marked(words: str, what: str, field: str) -> None:
    try:
        refuse_if_marked(words, what)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.sentence, field=field) from None


def remind_outlines(*, at: datetime) -> int:
    """Remind who has promised a report and filed no outline; past the due day also the unit that asked. Returns how many.

    Two days before it is due, on the day, and daily past it; once a day however often it runs, never at night.
    """
    day = local(at).date()
    if local(at).hour < EARLIEST_HOUR:
        return 0
    rows = without_outline(SpeakerInvitation.objects.all(), day).filter(
        outline_due_on__lte=day + timedelta(days=REMIND_BEFORE)
    )
    some = [
        one
        for one in rows.select_related("person", "unit", "reporter__unit").order_by("held_on", "pk")
        if one.outline_due_on and is_reminded_on(day, due_on=one.outline_due_on, held_on=one.held_on)
    ]
    ways = notify_queries.ways_of(one.person for one in some)
    sent = 0
    for one in some:
        said = outline_sentence(one, day, has_outline=False)
        subject = f"Đề cương báo cáo {_when(one)}: {one.topic}"
        told = notify_actions.send_notice(
            kind=OUTLINE_KIND, unit=one.unit, to=one.person, subject=subject,
            body=f"{said}\n\nMở “Báo cáo của tôi” để gửi đề cương.", link=f"/me/speaking/{one.pk}/", by=None, at=at,
            dedupe_key=f"speaker-outline-{one.pk}-{day:%Y%m%d}", ways=ways[one.person_id],
        )  # fmt: skip
        sent += told.is_new
        if one.outline_due_on and day > one.outline_due_on:
            _tell_unit(
                one, one.unit, subject, f"{_who(one)}: {said}", by=None, at=at, kind=OUTLINE_KIND,
                key=f"speaker-outline-{one.pk}-{day:%Y%m%d}-unit",
            )  # fmt: skip
    return sent


def remind_reporter(invitation: SpeakerInvitation, *, by: Account, at: datetime) -> None:
    """Remind one reporter of a missing outline by hand. Refuses when nothing is missing, and a second time on one day."""
    day = local(at).date()
    if not without_outline(SpeakerInvitation.objects.filter(pk=invitation.pk), day).exists():
        raise Refusal("outline.not_missing", "Buổi báo cáo này không thiếu đề cương.")
    said = outline_sentence(invitation, day, has_outline=False)
    told = notify_actions.send_notice(
        kind=OUTLINE_KIND, unit=invitation.unit, to=invitation.person, subject=f"Đề cương báo cáo {_when(invitation)}: {invitation.topic}",
        body=f"{invitation.unit.name} nhắc: {said}", link=f"/me/speaking/{invitation.pk}/", by=by, at=at,
        dedupe_key=f"speaker-outline-{invitation.pk}-{day:%Y%m%d}",
    )  # fmt: skip
    if not told.is_new:
        raise Refusal("outline.reminded", "Hôm nay đã nhắc người này rồi.")

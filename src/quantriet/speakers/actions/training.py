"""What keeps reporters able to speak: training and information given, sources shown, figures set, days kept free (R-111, R-115)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.links import read_link
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.speakers.models import (
    InformationSource,
    Reporter,
    SpeakerBusy,
    SpeakerInvitation,
    SpeakerRule,
    TrainingEvent,
    TrainingTaken,
)
from quantriet.speakers.rules.figures import LIMITS
from quantriet.speakers.vocab import SOURCES_KIND, Half, InvitationState, SpeakerRuleKey, TrainingKind

LATEST_ENTRY = timedelta(days=3 * 366)  # a day further back is rather a wrong year
LONGEST_BUSY = timedelta(days=366)
LONGEST_TEXT = 2000


def record_training(
    unit: Unit, kind: TrainingKind, *, held_on: date, topic: str, materials: str = "", link: str = "",
    reporters: Sequence[Reporter], by: Account, at: datetime,
) -> TrainingEvent:  # fmt: skip
    """Note a training or a supply of information, and who took part.

    Refuses without topic or people, a day to come or long past, somebody not on a register that day, marked words (B-18),
    a link that is none. Effects: the event, its people, audit "training.recorded".
    """
    topic, materials, link = _topic(topic), text.nfc(materials).strip(), read_link(link, field="link")
    refuse_if_marked(materials, "tài liệu")
    if len(materials) > LONGEST_TEXT:
        raise Refusal("training.long", f"Tài liệu dài quá {LONGEST_TEXT} ký tự.", field="materials")
    day = local(at).date()
    if not day - LATEST_ENTRY <= held_on <= day:
        raise Refusal("training.day", "Ngày phải từ ba năm trước đến hôm nay; chỉ ghi việc đã làm.", field="held_on")
    if not reporters:
        raise Refusal("training.nobody", "Phải chọn ít nhất một người.", field="reporters")
    outside = [one.person.full_name for one in reporters if not _stands(one, held_on)]
    if outside:
        raise Refusal(
            "training.not_on_register", f"Ngày {show_day(held_on)} chưa có hoặc không còn trong sổ: {', '.join(outside[:5])}.",
            field="reporters",
        )  # fmt: skip
    with transaction.atomic():
        event = TrainingEvent.objects.create(
            unit=unit,
            kind=kind,
            held_on=held_on,
            topic=topic,
            materials=materials,
            link=link,
            entered_at=at,
            entered_by=by,
        )
        TrainingTaken.objects.bulk_create([TrainingTaken(event=event, reporter=one) for one in reporters])
        record(
            "training.recorded", by=by, at=at, thing=event, unit=unit,
            after={"kind": kind, "held_on": held_on, "count": len(reporters)},
        )  # fmt: skip
    return event


def withdraw_training(event: TrainingEvent, *, reason: str, by: Account, at: datetime) -> TrainingEvent:
    """Take a wrong record of training back with a reason: it leaves the shares and stays readable. Refuses twice."""
    reason = _reason(reason)
    with transaction.atomic():
        changed = TrainingEvent.objects.filter(pk=event.pk, withdrawn_at__isnull=True).update(
            withdrawn_at=at, withdrawn_by=by, withdrawn_why=reason
        )
        if not changed:
            raise Refusal("training.withdrawn", "Ghi nhận này đã rút.")
        record("training.withdrawn", by=by, at=at, thing=event, unit=event.unit, after={"reason": reason})
    event.refresh_from_db()
    return event


def _stands(reporter: Reporter, day: date) -> bool:
    return reporter.valid_from <= day and (reporter.valid_to is None or day <= reporter.valid_to)


def _topic(topic: str) -> str:
    topic = text.squeeze(topic)
    refuse_if_marked(topic, "chuyên đề")
    if not topic:
        raise Refusal("training.topic", "Phải ghi chuyên đề.", field="topic")
    return topic[:250]


def _reason(reason: str) -> str:
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("speakers.reason_missing", "Phải ghi lý do.", field="reason")
    refuse_if_marked(reason, "lý do")
    return reason[:250]


# --- sources of information -------------------------------------------------------------------------------------------------


def add_information_source(
    unit: Unit, *, title: str, link: str = "", note: str = "", by: Account, at: datetime
) -> InformationSource:
    """Add a source to which reporters of the unit and of those below are guided.

    Refuses an empty or marked title, a link that is none, neither link nor words. Effects: the source, audit "source.added".
    """
    title, note, link = text.squeeze(title), text.squeeze(note), read_link(link, field="link")
    for words in (title, note):
        refuse_if_marked(words, "nguồn thông tin")
    if not title:
        raise Refusal("source.title", "Phải ghi tên nguồn thông tin.", field="title")
    if not link and not note:
        raise Refusal("source.empty", "Phải ghi đường dẫn, hoặc ghi nguồn ấy ở đâu.", field="link")
    with transaction.atomic():
        made = InformationSource.objects.create(
            unit=unit, title=title[:200], link=link, note=note[:400], added_at=at, added_by=by
        )
        record("source.added", by=by, at=at, thing=made, unit=unit, after={"title": made.title})
    return made


def retire_information_source(source: InformationSource, *, by: Account, at: datetime) -> None:
    """Show a source no more. Refuses twice."""
    with transaction.atomic():
        if not InformationSource.objects.filter(pk=source.pk, retired_on__isnull=True).update(
            retired_on=local(at).date()
        ):
            raise Refusal("source.retired", "Nguồn này đã bỏ.")
        record("source.retired", by=by, at=at, thing=source, unit=source.unit)


def send_information_sources(unit: Unit, *, by: Account, at: datetime) -> int:
    """Tell everybody on the unit's register which sources there are now; returns how many were told, at most once a day.

    Refuses without sources or without people. Effects: a notice each, audit "source.sent".
    """
    day = local(at).date()
    sources = list(
        InformationSource.objects.filter(unit__in=unit.ancestor_ids, retired_on__isnull=True).order_by(
            "unit__path", "pk"
        )
    )
    if not sources:
        raise Refusal("source.none", "Chưa có nguồn thông tin nào để gửi; hãy thêm nguồn trước.")
    people = list(
        Person.objects.filter(
            reporter_entries__unit=unit, reporter_entries__valid_to__isnull=True, left_on__isnull=True
        )
        .distinct()
        .order_by("sort_key", "pk")
    )
    if not people:
        raise Refusal("source.nobody", f"Sổ của {unit.name} chưa có ai để gửi.")
    lines = [
        f"- {one.title}{': ' + one.link if one.link else ''}{' – ' + one.note if one.note else ''}" for one in sources
    ]
    body = "\n".join(
        [f"{unit.name} gửi các nguồn thông tin, tài liệu để chuẩn bị báo cáo:", "", *lines, "", "Xem lại bất cứ lúc nào ở trang “Báo cáo của tôi”."]
    )  # fmt: skip
    ways = notify_queries.ways_of(people)
    told = 0
    with transaction.atomic():
        for person in people:
            sent = notify_actions.send_notice(
                kind=SOURCES_KIND, unit=unit, to=person, subject=f"Nguồn thông tin cho báo cáo viên: {len(sources)} nguồn",
                body=body, link="/me/speaking/", by=by, at=at, ways=ways[person.pk],
                dedupe_key=f"speaker-sources-{unit.pk}-{day:%Y%m%d}-{person.pk}",
            )  # fmt: skip
            told += sent.is_new
        if told:
            record("source.sent", by=by, at=at, thing=unit, unit=unit, after={"count": told})
    return told


# --- figures ------------------------------------------------------------------------------------------------------------------


def set_speaker_rule(
    unit: Unit, key: SpeakerRuleKey, value: int, *, basis: str, valid_from: date, by: Account, at: datetime
) -> SpeakerRule:
    """Set a figure for a unit and those below from a day on; what was counted with an older one stays as it was.

    Refuses a figure outside its limits, one without basis, and a second one of the same day.
    """
    basis = text.squeeze(basis)
    refuse_if_marked(basis, "căn cứ")
    least, most = LIMITS[key]
    if not least <= value <= most:
        raise Refusal("speaker_rule.value", f"Giá trị phải từ {least} đến {most}.", field="value")
    if not basis:
        raise Refusal("speaker_rule.basis", "Phải ghi căn cứ: văn bản, mục quy định.", field="basis")
    try:
        with transaction.atomic():
            rule = SpeakerRule.objects.create(
                unit=unit, key=key, value=value, basis=basis[:250], valid_from=valid_from, set_at=at, set_by=by
            )
            record(
                "speaker_rule.set", by=by, at=at, thing=rule, unit=unit,
                after={"value": value, "basis": basis, "valid_from": valid_from},
            )  # fmt: skip
    except IntegrityError:
        raise Refusal(
            "speaker_rule.same_day", f"{unit.name} đã đặt mức này từ ngày {show_day(valid_from)}; hãy chọn ngày khác.",
            field="valid_from",
        ) from None  # fmt: skip
    return rule


# --- days on which somebody is not free ---------------------------------------------------------------------------------------


def enter_busy(
    person: Person, *, first_on: date, last_on: date | None = None, half: Half | None = None, note: str = "", by: Account,
    at: datetime,
) -> SpeakerBusy:  # fmt: skip
    """Note days, or a part of each, on which somebody is not free.

    Refuses past days, a last day before the first, more than a year, and days on which the person has promised a report.
    Effects: the row, audit "busy.entered".
    """
    note, last_on = text.squeeze(note), last_on or first_on
    refuse_if_marked(note, "ghi chú")
    if first_on < local(at).date():
        raise Refusal("busy.past", "Ngày bận phải từ hôm nay trở đi.", field="first_on")
    if last_on < first_on:
        raise Refusal("busy.order", "Ngày cuối không được trước ngày đầu.", field="last_on")
    if last_on - first_on > LONGEST_BUSY:
        raise Refusal("busy.long", "Mỗi lần ghi bận không quá một năm.", field="last_on")
    with transaction.atomic():
        promised = SpeakerInvitation.objects.filter(
            person=person, state=InvitationState.ACCEPTED, held_on__gte=first_on, held_on__lte=last_on
        )
        if half is not None:
            promised = promised.filter(half=half)
        taken = promised.order_by("held_on").first()
        if taken is not None:
            raise Refusal(
                "busy.promised",
                f"Ngày {show_day(taken.held_on)} đã nhận lời báo cáo “{taken.topic}”; hãy báo không đến được trước.",
                field="first_on",
            )
        busy = SpeakerBusy.objects.create(
            person=person,
            first_on=first_on,
            last_on=last_on,
            half=half or "",
            note=note[:160],
            entered_at=at,
            entered_by=by,
        )
        record(
            "busy.entered", by=by, at=at, thing=busy, unit=person.unit, person_id=person.pk,
            after={"from": first_on, "to": last_on},
        )  # fmt: skip
    return busy


def remove_busy(busy: SpeakerBusy, *, by: Account, at: datetime) -> None:
    """Make the days free again."""
    with transaction.atomic():
        record(
            "busy.removed", by=by, at=at, thing=busy, unit=busy.person.unit, person_id=busy.person_id,
            before={"from": busy.first_on, "to": busy.last_on},
        )  # fmt: skip
        busy.delete()

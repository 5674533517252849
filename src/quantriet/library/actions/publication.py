"""The writers of the publication clock: rules, exemptions, placements and their reach (R-016, R-017, R-120, R-121, R-123)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.links import read_link
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.library.actions.public import follow_publication
from quantriet.library.models import GuidingDocument, Placement, PublicationClock, PublicationRule, ReachCount
from quantriet.library.queries import publication as queries
from quantriet.library.rules.publication import EARLIEST_HOUR, is_told_on
from quantriet.library.vocab import MASS_MEDIA, Channel, ReachKind
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.notify.vocab import NoticeChannel
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_DAYS = 365
MOST_COUNT = 10_000_000_000  # of a figure of reach: more than mankind


# --- the clock ----------------------------------------------------------------------------------------------------------


def wind(documents: Sequence[GuidingDocument]) -> None:
    """Write the clocks of documents again from the rules in force at their issue and the placements that stand.

    Whoever changes what a clock rests on calls this inside the same transaction.
    """
    if not documents:
        return
    deadlines = queries.deadlines_of(documents)
    keys = [one.pk for one in documents]
    standing = Placement.objects.filter(document__in=keys, channel__in=MASS_MEDIA, withdrawn_at__isnull=True)
    first = dict(standing.order_by().values_list("document_id").annotate(first=Min("placed_on")))
    clocks = {one.document_id: one for one in PublicationClock.objects.filter(document__in=keys)}
    new: list[PublicationClock] = []
    changed: list[PublicationClock] = []
    for document in documents:
        deadline = deadlines[document.pk]
        clock = clocks.get(document.pk) or PublicationClock(document=document)
        before = (clock.remind_on, clock.due_on, clock.basis, clock.done_on)
        clock.remind_on = document.issued_on + timedelta(days=deadline.remind_days) if deadline else None
        clock.due_on = document.issued_on + timedelta(days=deadline.due_days) if deadline else None
        clock.basis = deadline.basis if deadline else ""
        clock.done_on = first.get(document.pk)
        if clock.pk is None:
            new.append(clock)
        elif before != (clock.remind_on, clock.due_on, clock.basis, clock.done_on):
            changed.append(clock)
    PublicationClock.objects.bulk_create(new, batch_size=500)
    PublicationClock.objects.bulk_update(changed, ["remind_on", "due_on", "basis", "done_on"], batch_size=500)


def set_publication_rule(
    unit: Unit, *, remind_days: int, due_days: int, basis: str, valid_from: date, by: Account, at: datetime
) -> PublicationRule:
    """Give the documents of a unit's register, and of those below, another deadline for what is issued from a day on.

    Refuses without a basis, a reminder after the deadline, a day not after the start of the unit's last rule.
    Effects, in order: the rule, the clocks of documents issued since, audit "publication.rule_set".
    """
    basis = text.squeeze(basis)
    if not basis:
        raise Refusal("publication.basis_missing", "Phải ghi căn cứ của thời hạn này.", field="basis")
    refuse_if_marked(basis, "căn cứ")
    if not 0 <= due_days <= MOST_DAYS:
        raise Refusal("publication.days", f"Thời hạn phải từ 0 đến {MOST_DAYS} ngày.", field="due_days")
    if not 0 <= remind_days <= due_days:
        raise Refusal(
            "publication.remind_after_due", "Ngày nhắc không được sau hạn đăng tải.", field="remind_days"
        )  # fmt: skip
    with named_lock(f"publication-rule-{unit.pk}"):
        last = PublicationRule.objects.filter(unit=unit).order_by("-valid_from").first()
        if last and valid_from <= last.valid_from:
            raise Refusal(
                "publication.not_after_last",
                f"Thời hạn gần nhất của {unit.name} áp dụng từ {show_day(last.valid_from)}; thời hạn mới phải bắt đầu sau ngày đó.",
                field="valid_from",
            )
        rule = PublicationRule.objects.create(
            unit=unit, remind_days=remind_days, due_days=due_days, basis=basis, valid_from=valid_from, set_at=at, set_by=by
        )  # fmt: skip
        touched = GuidingDocument.objects.filter(unit__in=Unit.objects.under(unit), issued_on__gte=valid_from)
        keys = list(touched.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), 500):
            part = GuidingDocument.objects.filter(pk__in=keys[start : start + 500])
            wind(list(part.select_related("unit").defer("text")))
        record(
            "publication.rule_set", by=by, at=at, thing=rule, unit=unit,
            after={"remind_days": remind_days, "due_days": due_days, "basis": basis, "from": valid_from, "documents": len(keys)},
        )  # fmt: skip
    return rule


def exempt_document(
    document: GuidingDocument, *, reason: str, basis: str, by: Account, at: datetime
) -> PublicationClock:
    """Say that a document is not published, with reason and basis (an internal paper); the clock stops, also in the sums.

    Refuses without either, a document that is published or exempt already. A classified document never comes here: it is
    refused at the door (R-017, B-18). Audit "publication.exempted".
    """
    reason, basis = text.squeeze(reason).rstrip("."), text.squeeze(basis).rstrip(".")
    if not reason:
        raise Refusal("publication.reason_missing", "Phải ghi lý do không đăng tải.", field="reason")
    if not basis:
        raise Refusal("publication.basis_missing", "Phải ghi căn cứ: ai quyết định, văn bản nào.", field="basis")
    refuse_if_marked(reason, "lý do không đăng tải")
    refuse_if_marked(basis, "căn cứ không đăng tải")
    with transaction.atomic():
        clock = _clock(document)
        if clock.done_on is not None:
            raise Refusal(
                "publication.published",
                f"{document.citation} đã đăng tải ngày {show_day(clock.done_on)}.",
                field="reason",
            )
        if clock.exempt_reason:
            raise Refusal("publication.exempt_already", "Văn bản đã được ghi là không đăng tải.", field="reason")
        clock.exempt_reason, clock.exempt_basis = reason[:250], basis[:200]
        clock.exempt_at, clock.exempt_by = at, by
        clock.save(update_fields=["exempt_reason", "exempt_basis", "exempt_at", "exempt_by"])
        record(
            "publication.exempted", by=by, at=at, thing=document, unit=document.unit,
            after={"reason": reason, "basis": basis},
        )  # fmt: skip
        follow_publication([document.pk], at=at)
    return clock


def lift_exemption(document: GuidingDocument, *, by: Account, at: datetime) -> PublicationClock:
    """The document is to be published after all; its deadline counts from its issue as ever."""
    with transaction.atomic():
        clock = _clock(document)
        if not clock.exempt_reason:
            raise Refusal("publication.not_exempt", "Văn bản này đang phải đăng tải, không có gì để bỏ.")
        before = {"reason": clock.exempt_reason, "basis": clock.exempt_basis}
        clock.exempt_reason = clock.exempt_basis = ""
        clock.exempt_at = clock.exempt_by = None
        clock.save(update_fields=["exempt_reason", "exempt_basis", "exempt_at", "exempt_by"])
        record("publication.exemption_lifted", by=by, at=at, thing=document, unit=document.unit, before=before)
        follow_publication([document.pk], at=at)
    return clock


def _clock(document: GuidingDocument) -> PublicationClock:
    clock = PublicationClock.objects.filter(document=document).first()
    if clock is None:  # a document that was not written by `register_document`
        wind([document])
        clock = PublicationClock.objects.get(document=document)
    reread(clock)
    return clock


# --- placements -----------------------------------------------------------------------------------------------------------


def add_placement(
    document: GuidingDocument, unit: Unit, *, channel: Channel, placed_on: date, title: str, url: str = "", note: str = "",
    by: Account, at: datetime,
) -> Placement:  # fmt: skip
    """Log where a document was published; the first one on a mass medium stops its clock.

    Refuses a title missing, a day before the issue or still to come, a link that is no public web address, marked text
    (B-18), and what is logged already (the same link, or without one the same title and day, of the same unit and channel).
    Effects, in order: the placement, the clock, audit "placement.added".
    """
    values = placement_values(
        document, channel=channel, placed_on=placed_on, title=title, url=url, note=note, day=local(at).date()
    )
    with named_lock(f"placements-{document.pk}"):
        _refuse_twice(document, unit, values)
        placement = Placement.objects.create(document=document, unit=unit, entered_at=at, entered_by=by, **values)
        wind([document])
        follow_publication([document.pk], at=at)
        record("placement.added", by=by, at=at, thing=placement, unit=unit, after=placement_told(placement))
    return placement


def correct_placement(
    placement: Placement, *, reason: str, channel: Channel, placed_on: date, title: str, url: str = "", note: str = "",
    by: Account, at: datetime,
) -> Placement:  # fmt: skip
    """Correct what was logged; the clock follows. Refuses as `add_placement` does, without a reason, and one withdrawn."""
    reason = _reason(reason)
    document = placement.document
    values = placement_values(
        document, channel=channel, placed_on=placed_on, title=title, url=url, note=note, day=local(at).date()
    )
    with named_lock(f"placements-{document.pk}"):
        reread(placement)
        _refuse_withdrawn(placement)
        _refuse_twice(document, placement.unit, values, besides=placement)
        before, after = changes(placement, values)
        if after:
            for name, value in after.items():
                setattr(placement, name, value)
            placement.save(update_fields=list(after))
            wind([document])
            follow_publication([document.pk], at=at)
            record(
                "placement.corrected", by=by, at=at, thing=placement, unit=placement.unit, before=before,
                after=after | {"reason": reason},
            )  # fmt: skip
    return placement


def withdraw_placement(placement: Placement, *, reason: str, by: Account, at: datetime) -> Placement:
    """Take back what was logged by mistake or has gone from its channel; it stays readable, the clock runs on."""
    reason = _reason(reason)
    with named_lock(f"placements-{placement.document_id}"):
        reread(placement)
        _refuse_withdrawn(placement)
        placement.withdrawn_at, placement.withdrawn_by, placement.withdrawn_why = at, by, reason
        placement.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_why"])
        wind([placement.document])
        follow_publication([placement.document_id], at=at)
        record("placement.withdrawn", by=by, at=at, thing=placement, unit=placement.unit, after={"reason": reason})
    return placement


def count_reach(
    placement: Placement, *, as_of: date, numbers: Mapping[ReachKind, int], by: Account, at: datetime
) -> int:
    """Enter figures as they stood on a day; earlier ones stay. Returns how many were new: the same again changes nothing.

    Refuses nothing entered, a day before the placement or still to come, impossible numbers, a withdrawn placement.
    """
    if not numbers:
        raise Refusal("reach.nothing", "Chưa nhập số nào.", field="as_of")
    if as_of > local(at).date():
        raise Refusal("reach.to_come", "Ngày của số liệu chưa tới.", field="as_of")
    if as_of < placement.placed_on:
        raise Refusal(
            "reach.before", f"Ngày của số liệu phải từ ngày đăng {show_day(placement.placed_on)}.", field="as_of"
        )
    for kind, value in numbers.items():
        if not 0 <= value <= MOST_COUNT:
            raise Refusal("reach.impossible", "Số lượt phải từ 0 đến 10 tỷ.", field=kind.value)
    with transaction.atomic():
        reread(placement)
        _refuse_withdrawn(placement)
        # The later of two readings of one day stands: a dict keeps the last.
        known = dict(placement.reach.filter(as_of=as_of).order_by("pk").values_list("kind", "value"))
        fresh = {kind: value for kind, value in numbers.items() if known.get(kind) != value}
        ReachCount.objects.bulk_create(
            ReachCount(placement=placement, kind=kind, value=value, as_of=as_of, at=at, by=by)
            for kind, value in fresh.items()
        )
        if fresh:
            record(
                "reach.counted", by=by, at=at, thing=placement, unit=placement.unit,
                after={"as_of": as_of, **{kind.value: value for kind, value in fresh.items()}},
            )  # fmt: skip
    return len(fresh)


def placement_values(
    document: GuidingDocument, *, channel: Channel, placed_on: date, title: str, url: str, note: str, day: date
) -> dict[str, Any]:
    """The columns of a placement from what was typed; refuses as `add_placement` says. `day` is today."""
    title, note = text.squeeze(title), text.squeeze(note)
    if not title:
        raise Refusal("placement.title_missing", "Phải ghi tiêu đề bài hoặc tên chương trình.", field="title")
    if len(title) > 250:
        raise Refusal("placement.title_long", "Tiêu đề dài quá 250 ký tự.", field="title")
    if len(note) > 400:
        raise Refusal("placement.note_long", "Ghi chú dài quá 400 ký tự.", field="note")
    for words, where in ((title, "tiêu đề"), (note, "ghi chú"), (url, "đường dẫn")):
        refuse_if_marked(words, where)
    if placed_on < document.issued_on:
        raise Refusal(
            "placement.before_issue",
            f"Ngày đăng không thể trước ngày ban hành {show_day(document.issued_on)} của {document.reference_number}.",
            field="placed_on",
        )
    if placed_on > day:
        raise Refusal("placement.to_come", "Ngày đăng chưa tới; chỉ ghi khi đã đăng.", field="placed_on")
    return {
        "channel": Channel(channel), "placed_on": placed_on, "title": title, "title_folded": text.fold(title)[:250],
        "url": read_link(url), "note": note,
    }  # fmt: skip


def _refuse_twice(
    document: GuidingDocument, unit: Unit, values: Mapping[str, Any], besides: Placement | None = None
) -> None:
    rows = Placement.objects.filter(
        queries.same_placement(values), document=document, unit=unit, withdrawn_at__isnull=True
    )
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    same = rows.first()
    if same:
        raise Refusal(
            "placement.logged_already",
            f"{unit.name} đã ghi lần đăng này (“{same.title}”, ngày {show_day(same.placed_on)}).",
            field="url" if values["url"] else "title",
        )


def _refuse_withdrawn(placement: Placement) -> None:
    if placement.withdrawn_at is not None:
        raise Refusal("placement.withdrawn", "Ghi nhận này đã rút nên không sửa được nữa; hãy ghi lại lần đăng mới.")


def _reason(reason: str) -> str:
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("correction.reason_missing", "Phải ghi lý do.", field="reason")
    refuse_if_marked(reason, "lý do")
    return reason[:250]


def placement_told(placement: Placement) -> dict[str, Any]:
    """What the log keeps of a placement."""
    names = ("channel", "placed_on", "title", "url", "note")
    return {"document": placement.document.citation} | {
        name: value for name in names if (value := getattr(placement, name))
    }


# --- reminders ----------------------------------------------------------------------------------------------------------


def alert_publication(*, at: datetime) -> int:
    """Tell each register which of its documents are due or overdue, once a day; returns how many mails were queued.

    One mail to the unit's address and one notice to each leader in charge of propaganda work there; none at night, none on days
    on which an old delay is not told (`rules.publication.is_told_on`). However often it runs, a day's mail goes once.
    """
    day = local(at).date()
    if local(at).hour < EARLIEST_HOUR:
        return 0
    by_unit: dict[int, list[PublicationClock]] = defaultdict(list)
    waiting = PublicationClock.objects.filter(Q(done_on__isnull=True), exempt_reason="", remind_on__lte=day)
    for clock in waiting.select_related("document__unit").defer("document__text").order_by("due_on", "pk"):
        if clock.remind_on and clock.due_on and is_told_on(day, remind_on=clock.remind_on, due_on=clock.due_on):
            by_unit[clock.document.unit_id].append(clock)
    leaders = queries.told_of_publication(by_unit, day=day)
    ways = notify_queries.ways_of(person for some in leaders.values() for person in some)
    sent = 0
    for unit_id, clocks in by_unit.items():
        unit = clocks[0].document.unit
        subject = f"Văn bản chưa đăng tải: {len(clocks)} văn bản, ngày {show_day(day)}"
        lines = [f"- {one.document.citation}, {one.document.subject}\n  {one.verdict(day).sentence}" for one in clocks]
        body = "\n".join(
            [
                f"Kính gửi {unit.name},", "", "Các văn bản sau đã đến hạn hoặc quá hạn đăng tải trên phương tiện thông tin đại chúng:",
                "", *lines, "", "Đã đăng thì ghi nơi đăng ở trang “Đăng tải”; văn bản nội bộ thì ghi “Không đăng tải” kèm căn cứ.",
            ]
        )  # fmt: skip
        if unit.email:
            message = notify_actions.send_mail(
                kind="publication_due", unit=unit, to_unit=unit, address=unit.email.lower(), subject=subject, body=body,
                by=None, at=at, dedupe_key=f"publication-{unit_id}-{day:%Y%m%d}-{unit.email.lower()}"[:120],
            )  # fmt: skip
            sent += message is not None
        for person in leaders[unit_id]:
            # Whoever's own address is the unit's reads the unit's mail.
            is_same = bool(unit.email) and person.email.lower() == unit.email.lower()
            told = notify_actions.send_notice(
                kind="publication_due", unit=unit, to=person, subject=subject, body=body, link="/desk/publication/",
                by=None, at=at, dedupe_key=f"publication-{unit_id}-{day:%Y%m%d}-{person.email.lower() or f'p{person.pk}'}"[:120],
                channels=set(NoticeChannel) - ({NoticeChannel.MAIL} if is_same else set()), ways=ways[person.pk],
            )  # fmt: skip
            sent += told.is_new and NoticeChannel.MAIL in told.channels
    return sent

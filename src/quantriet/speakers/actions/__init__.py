"""The writers of the register: entries come, change and end; nothing is deleted (R-108, R-109, R-110)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Concern, Level, TreeChange
from quantriet.speakers.models import Reporter, ReporterField, RosterReview, SpeakerInvitation, TrainingEvent
from quantriet.speakers.vocab import (
    OPEN_STATES,
    EndReason,
    ReporterKind,
    SourceGroup,
    TheoryLevel,
)

EARLIEST = date(1930, 2, 3)
LONGEST_NOTE = 400
FEWEST_FIELDS = 2  # of a specialist


@dataclass(frozen=True)
class Profile:
    """What is written of somebody on a register (R-112)."""

    fields: Sequence[ReporterField] = ()
    is_specialist: bool = False
    theory_level: TheoryLevel = TheoryLevel.NONE
    profession: str = ""
    since_year: int | None = None
    experience: str = ""
    prestige: str = ""
    practice: str = ""
    source: SourceGroup | None = None
    decision_number: str = ""
    decided_on: date | None = None


def profile_values(unit: Unit, kind: ReporterKind, profile: Profile, *, day: date) -> dict[str, Any]:
    """The columns of an entry from what was typed; `day` is today.

    Refuses a propagandist outside grassroots and commune committees, or without source and decision (R-110); a specialist
    with fewer than two fields (R-109); a year or day to come; what is too long or marked (B-18).
    """
    said = {
        name: text.squeeze(getattr(profile, name))
        for name in ("profession", "experience", "prestige", "practice", "decision_number")
    }
    longest = {"profession": 160, "decision_number": 60}
    for name, words in said.items():
        refuse_if_marked(words, "hồ sơ báo cáo viên")
        if len(words) > longest.get(name, LONGEST_NOTE):
            raise Refusal("reporter.long", f"Dài quá {longest.get(name, LONGEST_NOTE)} ký tự.", field=name)
    source: SourceGroup | None = None
    if kind == ReporterKind.PROPAGANDIST:
        if not (unit.kind.is_grassroots or unit.kind.level in (Level.COMMUNE, Level.GRASSROOTS)):
            raise Refusal(
                "reporter.not_grassroots",
                f"Tuyên truyền viên do đảng ủy cơ sở quyết định (mục 5 Hướng dẫn 26-HD/BTGTU); {unit.name} không phải cấp cơ sở.",
                field="unit",
            )
        source = profile.source
        if source is None:
            raise Refusal("reporter.source", "Phải chọn khối của tuyên truyền viên.", field="source")
        if not said["decision_number"]:
            raise Refusal("reporter.decision", "Phải ghi số quyết định của cấp ủy cơ sở.", field="decision_number")
        if profile.decided_on is None:
            raise Refusal("reporter.decided", "Phải ghi ngày quyết định của cấp ủy cơ sở.", field="decided_on")
    elif profile.source is not None:
        raise Refusal("reporter.source_of_reporter", "Khối chỉ ghi cho tuyên truyền viên.", field="source")
    if profile.decided_on is not None and not EARLIEST <= profile.decided_on <= day:
        raise Refusal("reporter.decided_to_come", "Ngày quyết định phải từ 03/02/1930 đến hôm nay.", field="decided_on")
    if profile.since_year is not None and not EARLIEST.year <= profile.since_year <= day.year:
        raise Refusal("reporter.since", f"Năm phải từ {EARLIEST.year} đến {day.year}.", field="since_year")
    if profile.is_specialist and len(profile.fields) < FEWEST_FIELDS:
        raise Refusal(
            "reporter.specialist",
            "Báo cáo viên chuyên sâu báo cáo được nhiều lĩnh vực; hãy chọn từ hai lĩnh vực trở lên.",
            field="subjects",
        )
    return {
        **said, "is_specialist": profile.is_specialist, "theory_level": profile.theory_level,
        "since_year": profile.since_year, "source": source or "", "decided_on": profile.decided_on,
        "words": _words(said, profile.fields),
    }  # fmt: skip


def _words(said: dict[str, str], fields: Iterable[ReporterField]) -> str:
    told = [said[name] for name in ("profession", "experience", "prestige", "practice")]
    return " ".join(text.search_words(" ".join([*told, *(one.name for one in fields)])))


def add_reporter(
    unit: Unit, person: Person, kind: ReporterKind, profile: Profile, *, valid_from: date, by: Account | None, at: datetime
) -> Reporter:  # fmt: skip
    """Enter somebody on a committee's register.

    Refuses as `profile_values`, a day to come or before 1930, a unit without a register of its own (a cell), somebody who
    has left, and an entry that stands already. Effects: the entry, its fields, audit "reporter.added".
    """
    day = local(at).date()
    values = profile_values(unit, kind, profile, day=day)
    refuse_entry(unit, person, valid_from, day)
    try:
        with transaction.atomic():
            reporter = Reporter.objects.create(
                unit=unit, person=person, kind=kind, valid_from=valid_from, entered_at=at, entered_by=by, **values
            )
            reporter.fields.set(profile.fields)
            record(
                "reporter.added", by=by, at=at, thing=reporter, unit=unit, person_id=person.pk,
                after={"kind": kind, "valid_from": valid_from, "fields": [one.name for one in profile.fields]},
            )  # fmt: skip
    except IntegrityError:
        raise Refusal(
            "reporter.stands",
            f"{person.full_name} đang có trong sổ {kind.label.lower()} của {unit.name}.",
            field="person",
        ) from None
    return reporter


def refuse_entry(unit: Unit, person: Person, valid_from: date, day: date) -> None:
    """Refuse an entry that cannot begin: see `add_reporter`."""
    if unit.kind.level == Level.CELL:
        raise Refusal(
            "reporter.cell", "Chi bộ không lập sổ báo cáo viên; hãy ghi vào sổ của cấp ủy cấp trên.", field="unit"
        )
    if unit.closed_on is not None:
        raise Refusal("reporter.closed_unit", f"{unit.name} đã ngừng hoạt động.", field="unit")
    if person.left_on is not None:
        raise Refusal("reporter.left", f"{person.full_name} không còn trong danh sách đảng viên.", field="person")
    if not EARLIEST <= valid_from <= day:
        raise Refusal("reporter.from", "Ngày bắt đầu phải từ 03/02/1930 đến hôm nay.", field="valid_from")


def change_reporter(reporter: Reporter, profile: Profile, *, by: Account | None, at: datetime) -> bool:
    """Correct or renew what is written of somebody; returns whether anything changed.

    Refuses an ended entry, and as `profile_values`. Effects: the entry, its fields, audit "reporter.changed".
    """
    values = profile_values(reporter.unit, ReporterKind(reporter.kind), profile, day=local(at).date())
    with transaction.atomic():
        reread(reporter)
        _refuse_ended(reporter)
        before, after = changes(reporter, values)
        old, new = sorted(one.name for one in reporter.fields.all()), sorted(one.name for one in profile.fields)
        for name, value in after.items():
            setattr(reporter, name, value)
        if after:
            reporter.save(update_fields=list(after))
        if old != new:
            reporter.fields.set(profile.fields)
            before, after = before | {"fields": old}, after | {"fields": new}
        before.pop("words", None)
        after.pop("words", None)
        if after:
            record(
                "reporter.changed", by=by, at=at, thing=reporter, unit=reporter.unit, person_id=reporter.person_id,
                before=before, after=after,
            )  # fmt: skip
    return bool(after)


def end_reporter(
    reporter: Reporter, *, valid_to: date, reason: EndReason, note: str = "", by: Account | None, at: datetime
) -> Reporter:
    """Take somebody off a register with a reason; the entry stays readable.

    Refuses an ended entry, a day before the first or to come, and open invitations after that day: they are answered or
    called off first. Effects: the ending, audit "reporter.ended".
    """
    note = text.squeeze(note)
    refuse_if_marked(note, "ghi chú")
    with transaction.atomic():
        reread(reporter)
        _refuse_ended(reporter)
        if not reporter.valid_from <= valid_to <= local(at).date():
            raise Refusal(
                "reporter.end_day", f"Ngày thôi phải từ {show_day(reporter.valid_from)} đến hôm nay.", field="valid_to"
            )
        ahead = max(valid_to + timedelta(days=1), local(at).date())  # what lies in the past is only corrected
        waiting = reporter.invitations.filter(state__in=OPEN_STATES, held_on__gte=ahead).count()
        if waiting:
            raise Refusal(
                "reporter.promised",
                f"{reporter.person.full_name} còn {waiting} lời mời sau ngày này; hãy từ chối hoặc báo không đến được trước.",
            )
        reporter.valid_to, reporter.end_reason, reporter.end_note = valid_to, reason, note[:250]
        reporter.save(update_fields=["valid_to", "end_reason", "end_note"])
        record(
            "reporter.ended", by=by, at=at, thing=reporter, unit=reporter.unit, person_id=reporter.person_id,
            after={"valid_to": valid_to, "reason": reason.label, "note": note},
        )  # fmt: skip
    return reporter


def _refuse_ended(reporter: Reporter) -> None:
    if reporter.valid_to is not None:
        raise Refusal(
            "reporter.ended",
            f"{reporter.person.full_name} đã ra khỏi sổ ngày {show_day(reporter.valid_to)}; muốn ghi lại thì thêm mới.",
        )


# --- the catalogue of fields ------------------------------------------------------------------------------------------------


def add_reporter_field(unit: Unit, name: str, *, by: Account, at: datetime) -> ReporterField:
    """Add a field for a unit and those below. Refuses an empty name and one that is offered there already."""
    name = text.squeeze(name)
    refuse_if_marked(name, "tên lĩnh vực")
    if not name:
        raise Refusal("reporter_field.empty", "Phải ghi tên lĩnh vực.", field="name")
    if len(name) > 120:
        raise Refusal("reporter_field.long", "Tên lĩnh vực dài quá 120 ký tự.", field="name")
    folded = text.fold(name)
    with transaction.atomic():
        same = ReporterField.objects.filter(name_folded=folded)
        above = same.filter(unit__isnull=True) | same.filter(unit__in=unit.ancestor_ids)
        offered = above.filter(retired_on__isnull=True).first()
        if offered is not None:
            raise Refusal("reporter_field.known", f"Đã có lĩnh vực “{offered.name}”.", field="name")
        made = same.filter(unit=unit).first()
        if made is not None:
            made.retired_on, made.name = None, name
            made.save(update_fields=["retired_on", "name"])
        else:
            made = ReporterField.objects.create(unit=unit, name=name, name_folded=folded)
        record("reporter_field.added", by=by, at=at, thing=made, unit=unit)
    return made


def retire_reporter_field(field: ReporterField, *, by: Account, at: datetime) -> ReporterField:
    """Offer a unit's field no more; who has it keeps it. Refuses one of the house."""
    if field.unit is None:
        raise Refusal("reporter_field.of_the_house", "Lĩnh vực có sẵn của hệ thống không bỏ được.")
    with transaction.atomic():
        field.retired_on = local(at).date()
        field.save(update_fields=["retired_on"])
        record("reporter_field.retired", by=by, at=at, thing=field, unit=field.unit)
    return field


# --- the tree -------------------------------------------------------------------------------------------------------------


class SpeakersFollower:
    """What the tree asks of registers of reporters (decision 0007): an entry stays on the register it was entered on."""

    def hindrances(self, change: TreeChange) -> list[str]:
        return []

    def concerns(self, change: TreeChange) -> list[Concern]:
        rows = Reporter.objects.standing().filter(unit__in=list(change.closing))
        number = rows.count()
        if not number:
            return []
        names = tuple(str(one) for one in rows.select_related("person").order_by("person__sort_key")[:8])
        becomes = "giữ ở sổ cũ; đơn vị kế tục thấy, rà soát và ghi sang sổ của mình"
        return [Concern("Báo cáo viên, tuyên truyền viên", number, names, becomes)]

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Nothing: entries, reviews and invitations stand under their unit, and so wherever that unit stands."""

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        counted = (
            (Reporter.objects.filter(unit__in=units).count(), "dòng trong sổ báo cáo viên của đơn vị mới"),
            (RosterReview.objects.filter(unit__in=units).count(), "lần rà soát báo cáo viên của đơn vị mới"),
            (TrainingEvent.objects.filter(unit__in=units).count(), "lần tập huấn báo cáo viên của đơn vị mới"),
            (SpeakerInvitation.objects.filter(unit__in=units).count(), "lời mời báo cáo viên của đơn vị mới"),
        )
        return [f"{number} {words}." for number, words in counted if number]


FOLLOWER = SpeakersFollower()

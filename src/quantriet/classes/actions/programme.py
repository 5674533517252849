"""Sessions and what happens in them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from quantriet.audit.actions import changes, record
from quantriet.classes.actions.guards import class_in, programme_of
from quantriet.classes.models import ClassSession, ProgrammeItem, StudyClass
from quantriet.classes.rules import timetable
from quantriet.classes.vocab import (
    ClassState,
    ItemKind,
)
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked


def add_session(
    study_class: StudyClass, *, by: Account | None, at: datetime, title: str, starts_at: datetime, ends_at: datetime
) -> ClassSession:
    """Add a session to a draft class. Refuses overlaps, strange dates and sessions over six hours."""
    title = _session_title(title)
    with class_in(study_class, ClassState.DRAFT):
        _check_session(study_class, starts_at, ends_at)
        made = ClassSession.objects.create(study_class=study_class, title=title, starts_at=starts_at, ends_at=ends_at)
        record(
            "session.added", by=by, at=at, thing=made, unit=study_class.unit,
            after={"title": title, "starts_at": starts_at, "ends_at": ends_at},
        )  # fmt: skip
    return made


def change_session(
    session: ClassSession, *, by: Account | None, at: datetime, title: str, starts_at: datetime, ends_at: datetime
) -> ClassSession:
    """Change a session of a draft class; moved to another hour or day, its programme moves with it.

    Once somebody is marked, the hours may still be corrected to what took place, and the verdicts follow. Refuses what
    `add_session` refuses, a shorter session that would no longer hold its programme, and another day for a marked class.
    """
    study_class = session.study_class
    title = _session_title(title)
    with programme_of(study_class) as is_marked:
        if is_marked and local(starts_at).date() != local(session.starts_at).date():
            raise Refusal(
                "session.marked_day", "Lớp đã có điểm danh nên chỉ sửa được giờ của buổi học, không đổi được ngày.",
                field="starts_at",
            )  # fmt: skip
        _check_session(study_class, starts_at, ends_at, without=session)
        before, after = changes(session, {"title": title, "starts_at": starts_at, "ends_at": ends_at})
        if not after:
            return session
        moved_by = starts_at - session.starts_at
        items = list(session.items.all())
        for item in items:
            item.starts_at += moved_by
            item.ends_at += moved_by
            if item.ends_at > ends_at:
                raise Refusal(
                    "session.too_short", f"Buổi học ngắn lại thì không còn chỗ cho “{item.title}”; hãy sửa chương trình trước.",
                    field="ends_at",
                )  # fmt: skip
        for name, value in after.items():
            setattr(session, name, value)
        session.save(update_fields=list(after))
        if moved_by:
            ProgrammeItem.objects.bulk_update(items, ["starts_at", "ends_at"])
        record("session.changed", by=by, at=at, thing=session, unit=study_class.unit, before=before, after=after)
    return session


def remove_session(session: ClassSession, *, by: Account | None, at: datetime) -> None:
    """Remove a session of a draft class with its programme."""
    with class_in(session.study_class, ClassState.DRAFT):
        record(
            "session.removed", by=by, at=at, thing=session, unit=session.study_class.unit,
            before={"title": session.title, "starts_at": session.starts_at, "items": session.items.count()},
        )  # fmt: skip
        try:
            with transaction.atomic():
                session.delete()
        except ProtectedError:
            raise Refusal("session.marked", "Buổi học đã có điểm danh nên không bỏ được.")
        except RestrictedError:
            raise Refusal("session.excused", "Đã có người xin vắng buổi này nên không bỏ được; hãy đổi giờ của buổi.")


def _session_title(title: str) -> str:
    refuse_if_marked(title, "tên buổi học")
    title = text.squeeze(title)
    if not title:
        raise Refusal("session.title_missing", "Buổi học phải có tên, ví dụ “Buổi sáng”.", field="title")
    return title


def _check_session(
    study_class: StudyClass, starts_at: datetime, ends_at: datetime, without: ClassSession | None = None
) -> None:
    others = ClassSession.objects.filter(study_class=study_class)
    if without is not None:
        others = others.exclude(pk=without.pk)
    campaign = study_class.campaign
    timetable.check_session(
        starts_at,
        ends_at,
        others=others.values_list("title", "starts_at", "ends_at"),
        period=(campaign.planned_from, campaign.planned_to),
    )


def add_item(
    session: ClassSession,
    *,
    by: Account | None,
    at: datetime,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    title: str = "",
    document: GuidingDocument | None = None,
    presenter: Person | None = None,
    interaction: str = "",
    equipment: str = "",
) -> ProgrammeItem:
    """Add a programme item to a session of a draft class. Refuses outside the session, over another item, marked text."""
    title, equipment = _item_title(title, kind), _equipment(equipment)
    study_class = session.study_class
    with class_in(study_class, ClassState.DRAFT):
        _check_item(session, starts_at, ends_at)
        made = ProgrammeItem.objects.create(
            session=session, kind=kind, starts_at=starts_at, ends_at=ends_at, title=title, document=document,
            presenter=presenter, interaction=interaction, equipment=equipment,
        )  # fmt: skip
        means = {"means": made.means} if made.means else {}
        record(
            "item.added", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"item": title, "kind": kind, "starts_at": starts_at, "ends_at": ends_at, **means},
        )  # fmt: skip
    return made


def change_item(
    item: ProgrammeItem,
    *,
    by: Account | None,
    at: datetime,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    title: str = "",
    document: GuidingDocument | None = None,
    presenter: Person | None = None,
    interaction: str = "",
    equipment: str = "",
) -> ProgrammeItem:
    """Change a programme item of a draft class, or of a marked one to what took place; refuses what `add_item` refuses.

    Effects: audit "item.changed"; verdicts of a marked class follow.
    """
    session = item.session
    title, equipment = _item_title(title, kind), _equipment(equipment)
    with programme_of(session.study_class):
        _check_item(session, starts_at, ends_at, without=item)
        new = {
            "kind": kind, "title": title, "starts_at": starts_at, "ends_at": ends_at, "document": document,
            "presenter": presenter, "interaction": interaction, "equipment": equipment,
        }  # fmt: skip
        before, after = changes(item, new)
        if not after:
            return item
        was = item.title
        for name, value in after.items():
            setattr(item, name, value)
        item.save(update_fields=list(after))
        record(
            "item.changed", by=by, at=at, thing=session.study_class, unit=session.study_class.unit,
            before={"item": was, **before}, after={"item": title, **after},
        )  # fmt: skip
    return item


def move_item_earlier(item: ProgrammeItem, *, by: Account | None, at: datetime) -> ProgrammeItem:
    """Let an item of a draft class and the one before it change places; each keeps its length, and so does the pause between.

    The first item of a session stays where it is. Effects: both items, audit "item.moved".
    """
    session = item.session
    study_class = session.study_class
    with class_in(study_class, ClassState.DRAFT):
        item.refresh_from_db(fields=["starts_at", "ends_at"])
        other = session.items.filter(starts_at__lt=item.starts_at).order_by("-starts_at").first()
        if other is None:
            return item
        before = {"item": item.title, "starts_at": item.starts_at, "ends_at": item.ends_at}
        start, end = other.starts_at, item.ends_at
        item.ends_at = start + (item.ends_at - item.starts_at)
        other.starts_at = end - (other.ends_at - other.starts_at)
        item.starts_at, other.ends_at = start, end
        ProgrammeItem.objects.bulk_update([item, other], ["starts_at", "ends_at"])
        record(
            "item.moved", by=by, at=at, thing=study_class, unit=study_class.unit, before=before,
            after={"item": item.title, "starts_at": item.starts_at, "ends_at": item.ends_at, "instead_of": other.title},
        )  # fmt: skip
    return item


def _item_title(title: str, kind: str) -> str:
    refuse_if_marked(title, "nội dung chương trình")
    return text.squeeze(title) or ItemKind(kind).label


def _equipment(words: str) -> str:
    refuse_if_marked(words, "phương tiện nghe nhìn")
    return text.squeeze(words)


def _check_item(
    session: ClassSession, starts_at: datetime, ends_at: datetime, without: ProgrammeItem | None = None
) -> None:
    others = session.items.exclude(pk=without.pk) if without else session.items.all()
    timetable.check_item(
        starts_at,
        ends_at,
        session=(session.starts_at, session.ends_at),
        others=others.values_list("title", "starts_at", "ends_at"),
    )


def remove_item(item: ProgrammeItem, *, by: Account | None, at: datetime) -> None:
    """Remove a programme item of a draft class."""
    study_class = item.session.study_class
    with class_in(study_class, ClassState.DRAFT):
        record(
            "item.removed", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"item": item.title, "kind": item.kind, "starts_at": item.starts_at, "ends_at": item.ends_at},
        )  # fmt: skip
        item.delete()

"""The writers of the dissemination log (R-044, R-122, R-124): reported, corrected, withdrawn; never presence in a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.photos import Photo
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.library.models import ActivityPhoto, DisseminationActivity, GuidingDocument
from quantriet.library.vocab import ActivityBody, ActivityForm
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_PHOTOS = 3
MOST_PEOPLE = 1_000_000
LONGEST_WORDS = 2000
LATEST_REPORT = timedelta(days=3 * 366)  # an activity further back is rather a wrong year


@dataclass(frozen=True)
class NewPhoto:
    """A tidied photo, what it shows in words, and the name of the file that was sent."""

    photo: Photo
    alt: str
    file_name: str = ""


def report_activity(
    unit: Unit, *, nonce: str, form: ActivityForm, body: ActivityBody, held_on: date, place: str, people: int, words: str = "",
    document: GuidingDocument | None = None, photos: Sequence[NewPhoto] = (), by: Account, at: datetime,
) -> DisseminationActivity:  # fmt: skip
    """Report an activity with up to three photos; the same `nonce` again gives back what it reported before.

    Refuses without place or people, a day to come or before the document's issue, a photo without words, too many photos,
    marked text (B-18). Effects, in order: the activity, its photos, audit "activity.reported".
    """
    values = activity_values(
        form=form, body=body, held_on=held_on, place=place, people=people, words=words, document=document,
        day=local(at).date(),
    )  # fmt: skip
    _refuse_photos(photos)
    known = DisseminationActivity.objects.filter(nonce=nonce[:40]).first()
    if known is not None:
        return _same(known, by)
    try:
        with transaction.atomic():
            activity = DisseminationActivity.objects.create(
                unit=unit, nonce=nonce[:40], reported_at=at, reported_by=by, **values
            )
            _keep(activity, photos)
            record(
                "activity.reported", by=by, at=at, thing=activity, unit=unit, after=activity_told(activity, len(photos))
            )
    except IntegrityError:
        # The same form twice at one moment: the other one has written it.
        return _same(DisseminationActivity.objects.get(nonce=nonce[:40]), by)
    return activity


def correct_activity(
    activity: DisseminationActivity, *, reason: str, form: ActivityForm, body: ActivityBody, held_on: date, place: str,
    people: int, words: str = "", document: GuidingDocument | None = None, photos: Sequence[NewPhoto] = (),
    without: Sequence[ActivityPhoto] = (), by: Account, at: datetime,
) -> DisseminationActivity:  # fmt: skip
    """Correct a report with a reason; photos are added or, with `without`, taken away and deleted. Refuses as `report_activity`."""
    reason = _reason(reason)
    values = activity_values(
        form=form, body=body, held_on=held_on, place=place, people=people, words=words, document=document,
        day=local(at).date(),
    )  # fmt: skip
    with transaction.atomic():
        reread(activity)
        _refuse_withdrawn(activity)
        stay = activity.photos.exclude(pk__in=[one.pk for one in without]).count()
        _refuse_photos(photos, besides=stay)
        before, after = changes(activity, values)
        for name, value in after.items():
            setattr(activity, name, value)
        activity.save(update_fields=list(after) or ["words"])
        for one in without:
            _drop(one)
        _keep(activity, photos)
        if after or photos or without:
            moved = {"photos_added": len(photos), "photos_removed": len(without)}
            record(
                "activity.corrected", by=by, at=at, thing=activity, unit=activity.unit, before=before,
                after=after | {name: number for name, number in moved.items() if number} | {"reason": reason},
            )  # fmt: skip
    return activity


def withdraw_activity(
    activity: DisseminationActivity, *, reason: str, by: Account, at: datetime
) -> DisseminationActivity:
    """Take a report back with a reason: it leaves the sums and stays readable; its photos are deleted."""
    reason = _reason(reason)
    with transaction.atomic():
        reread(activity)
        _refuse_withdrawn(activity)
        activity.withdrawn_at, activity.withdrawn_by, activity.withdrawn_why = at, by, reason
        activity.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_why"])
        for one in activity.photos.all():
            _drop(one)
        record("activity.withdrawn", by=by, at=at, thing=activity, unit=activity.unit, after={"reason": reason})
    return activity


def activity_values(
    *, form: ActivityForm, body: ActivityBody, held_on: date, place: str, people: int, words: str,
    document: GuidingDocument | None, day: date,
) -> dict[str, Any]:  # fmt: skip
    """The columns of an activity from what was typed; refuses as `report_activity` says. `day` is today."""
    place, words = text.squeeze(place), text.nfc(words).strip()
    if not place:
        raise Refusal("activity.place_missing", "Phải ghi nơi tổ chức.", field="place")
    if len(place) > 200:
        raise Refusal("activity.place_long", "Nơi tổ chức dài quá 200 ký tự.", field="place")
    if len(words) > LONGEST_WORDS:
        raise Refusal("activity.words_long", f"Nội dung dài quá {LONGEST_WORDS} ký tự.", field="words")
    refuse_if_marked(place, "nơi tổ chức")
    refuse_if_marked(words, "nội dung hoạt động")
    if not 0 < people <= MOST_PEOPLE:
        raise Refusal("activity.people", "Số người tham gia phải từ 1 đến 1.000.000.", field="people")
    if held_on > day:
        raise Refusal("activity.to_come", "Ngày tổ chức chưa tới; chỉ báo cáo việc đã làm.", field="held_on")
    if held_on < day - LATEST_REPORT:
        raise Refusal("activity.too_old", "Ngày tổ chức đã quá 3 năm; hãy kiểm tra lại năm.", field="held_on")
    if document is not None and held_on < document.issued_on:
        raise Refusal(
            "activity.before_issue",
            f"Ngày tổ chức không thể trước ngày ban hành {document.issued_on:%d/%m/%Y} của {document.reference_number}.",
            field="held_on",
        )
    return {
        "form": ActivityForm(form), "body": ActivityBody(body), "held_on": held_on, "place": place,
        "place_folded": text.fold(place)[:200], "people": people, "words": words, "document": document,
    }  # fmt: skip


def _refuse_photos(photos: Sequence[NewPhoto], besides: int = 0) -> None:
    if len(photos) + besides > MOST_PHOTOS:
        raise Refusal("activity.photos", f"Mỗi báo cáo có nhiều nhất {MOST_PHOTOS} ảnh.", field="photo1")
    for place, one in enumerate(photos, 1):
        if not text.squeeze(one.alt):
            raise Refusal(
                "activity.alt_missing", "Phải ghi ảnh chụp gì, cho người không nhìn được ảnh.", field=f"alt{place}"
            )
        refuse_if_marked(one.alt, "lời của ảnh")
        refuse_if_marked(PurePath(one.file_name).stem.replace("_", " "), "tên tệp ảnh")


def _keep(activity: DisseminationActivity, photos: Sequence[NewPhoto]) -> None:
    for one in photos:
        kept = ActivityPhoto(
            activity=activity, alt=text.squeeze(one.alt)[:200], width=one.photo.width, height=one.photo.height
        )
        kept.image.save(f"{activity.pk}.jpg", ContentFile(one.photo.content), save=False)
        kept.save(force_insert=True)


def _drop(photo: ActivityPhoto) -> None:
    """The row goes with the transaction, the file once that has held."""
    storage, name = photo.image.storage, photo.image.name or ""
    photo.delete()
    transaction.on_commit(lambda: storage.delete(name))


def _same(known: DisseminationActivity, by: Account) -> DisseminationActivity:
    if known.reported_by_id != by.pk:
        raise Refusal("activity.nonce", "Biểu mẫu này đã gửi từ tài khoản khác; hãy mở biểu mẫu mới.")
    return known


def _refuse_withdrawn(activity: DisseminationActivity) -> None:
    if activity.withdrawn_at is not None:
        raise Refusal("activity.withdrawn", "Báo cáo này đã rút nên không sửa được nữa; hãy báo cáo lại.")


def _reason(reason: str) -> str:
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("correction.reason_missing", "Phải ghi lý do.", field="reason")
    refuse_if_marked(reason, "lý do")
    return reason[:250]


def activity_told(activity: DisseminationActivity, photos: int) -> dict[str, Any]:
    """What the log keeps of an activity."""
    told = {"form": activity.form, "body": activity.body, "held_on": activity.held_on, "place": activity.place,
            "people": activity.people}  # fmt: skip
    if activity.document:
        told["document"] = activity.document.citation
    return told | ({"photos": photos} if photos else {})

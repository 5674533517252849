"""The only writers of news: drafting, a second person's approval, publication at its hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F

from quantriet.audit.actions import changes, record
from quantriet.kit import pictures, text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_day, show_moment
from quantriet.library.models import GuidingDocument
from quantriet.library.queries.public import public_by_numbers
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.portal.models import NewsArticle
from quantriet.portal.vocab import NewsState

LONGEST = 30_000  # letters of the body
MOST_DOCUMENTS = 20
EARLIEST = date(2000, 1, 1)
_NAMES = {"title": "Tên tin", "lead": "Lời dẫn", "body": "Nội dung tin", "picture_alt": "Lời tả ảnh"}


@dataclass(frozen=True)
class NewsText:
    """What a piece of news says. `numbers`: the documents it is about, as cited ("15-NQ/TU")."""

    title: str
    lead: str
    body: str
    day: date
    numbers: Sequence[str] = ()
    is_featured: bool = False


def draft_news(unit: Unit, said: NewsText, *, by: Account, at: datetime) -> NewsArticle:
    """Begin a piece of news. Refuses what is missing or too long, a document that is not before the public, marked text (B-18).

    Effects, in order: the draft, its documents, audit "news.drafted".
    """
    values, documents = _checked(said, at=at)
    with transaction.atomic():
        article = NewsArticle(unit=unit, changed_at=at, changed_by=by, **values)
        article.save(force_insert=True)
        article.documents.set(documents)
        record("news.drafted", by=by, at=at, thing=article, unit=unit, after={"day": said.day})
    return article


def change_news(article: NewsArticle, said: NewsText, *, revision: int, by: Account, at: datetime) -> NewsArticle:
    """Rewrite a draft. Refuses as `draft_news` does, anything but a draft, and when somebody else wrote it since `revision`."""
    values, documents = _checked(said, at=at)
    with transaction.atomic():
        _open(article)
        if article.revision != revision:
            raise Refusal(
                "news.changed_by_other",
                f"{article.changed_by} đã sửa tin này lúc {show_moment(article.changed_at)}, sau khi trang này được mở. Nội dung "
                "của đồng chí vẫn ở trong các ô bên dưới, chưa ghi; hãy mở tin ở trang khác để đối chiếu rồi lưu lần nữa.",
            )
        before, after = changes(article, values)
        was = sorted(article.documents.values_list("reference_number", flat=True))
        are = sorted(one.reference_number for one in documents)
        if was != are:
            before["documents"], after["documents"] = was, are
            article.documents.set(documents)
        if after:
            for name, value in values.items():
                setattr(article, name, value)
            _touch(article, by=by, at=at)
            article.save(update_fields=[*values, "revision", "changed_at", "changed_by"])
            told = {"words"}
            record(
                "news.changed", by=by, at=at, thing=article, unit=article.unit,
                before={name: value for name, value in before.items() if name not in told},
                after={name: value for name, value in after.items() if name not in told},
            )  # fmt: skip
    return article


def set_picture(article: NewsArticle, *, content: bytes, name: str, alt: str, by: Account, at: datetime) -> NewsArticle:
    """Give a draft its picture, made anew from the upload. Refuses one without alternative text, and what is no photo."""
    alt = text.squeeze(alt)
    if not alt:
        raise Refusal(
            "image.alt_missing", "Hãy ghi ảnh cho thấy điều gì, để người không nhìn được cũng biết.", field="alt"
        )
    refuse_if_marked(alt, "mô tả ảnh")
    refuse_if_marked(name.rsplit(".", 1)[0].replace("_", " "), "tên tệp")
    picture = pictures.clean(content, name, folder=settings.DATA_DIR)
    with transaction.atomic():
        _open(article)
        article.picture.save(f"tin{picture.ending}", ContentFile(picture.content), save=False)
        article.picture_alt, article.picture_width, article.picture_height = alt[:300], picture.width, picture.height
        _touch(article, by=by, at=at)
        article.save(update_fields=[
            "picture", "picture_alt", "picture_width", "picture_height", "revision", "changed_at", "changed_by",
        ])  # fmt: skip
        record("news.picture_set", by=by, at=at, thing=article, unit=article.unit, after={"alt": article.picture_alt})
    return article


def remove_picture(article: NewsArticle, *, by: Account, at: datetime) -> NewsArticle:
    """Take the picture of a draft away."""
    with transaction.atomic():
        _open(article)
        before = {"alt": article.picture_alt}
        article.picture, article.picture_alt = "", ""  # type: ignore[assignment]
        article.picture_width = article.picture_height = 0
        _touch(article, by=by, at=at)
        article.save(update_fields=[
            "picture", "picture_alt", "picture_width", "picture_height", "revision", "changed_at", "changed_by",
        ])  # fmt: skip
        record("news.picture_removed", by=by, at=at, thing=article, unit=article.unit, before=before)
    return article


# --- from draft to the public ---------------------------------------------------------------------------------------------


def submit_news(article: NewsArticle, *, revision: int, by: Account, at: datetime) -> NewsArticle:
    """Ask for approval; from now on nothing is changed."""
    with transaction.atomic():
        _locked(article, NewsState.DRAFT)
        _refuse_other(article, revision)
        _move(article, NewsState.SUBMITTED, submitted_by=by, approved_by=None, remark="", publish_at=None)
        record("news.submitted", by=by, at=at, thing=article, unit=article.unit)
    return article


def approve_news(
    article: NewsArticle, *, revision: int, by: Account, at: datetime, when: datetime | None = None
) -> NewsArticle:  # fmt: skip
    """A second person approves what was submitted, to be published now or at an hour.

    Refuses the one who submitted it, and an hour that has passed. Effects, in order: state, audit "news.approved", then
    "news.published" or "news.scheduled". Basis: publication takes two persons (RELIABILITY, ASVS 2.3.5).
    """
    with transaction.atomic():
        _locked(article, NewsState.SUBMITTED)
        _refuse_other(article, revision)
        if article.submitted_by_id == by.pk:
            raise Refusal(
                "news.own_submission",
                "Đồng chí đã trình tin này nên không tự duyệt; người duyệt phải là người thứ hai.",
            )
        if when is not None and when <= at:
            raise Refusal(
                "news.hour_passed", f"Giờ hẹn {show_moment(when)} đã qua; hãy chọn giờ sau hiện tại.", field="on"
            )
        _move(article, NewsState.APPROVED, approved_by=by, publish_at=when)
        record("news.approved", by=by, at=at, thing=article, unit=article.unit)
        if when is None:
            _publish(article, by=by, at=at)
        else:
            record("news.scheduled", by=by, at=at, thing=article, unit=article.unit, after={"publish_at": when})
    return article


def publish_due_news(*, at: datetime) -> int:
    """Publish what was set for an hour that has come, each exactly once, also after a standstill; returns how many."""
    done = 0
    due = NewsArticle.objects.filter(state=NewsState.APPROVED, publish_at__lte=at).select_related("unit")
    for article in due.order_by("publish_at", "pk"):
        with transaction.atomic():
            reread(article)
            if article.state == NewsState.APPROVED and article.publish_at and article.publish_at <= at:
                done += _publish(article, by=None, at=at)
    return done


def _publish(article: NewsArticle, *, by: Account | None, at: datetime) -> bool:
    moved = NewsArticle.objects.filter(pk=article.pk, state=NewsState.APPROVED).update(
        state=NewsState.PUBLISHED, published_at=at, publish_at=None, revision=F("revision") + 1
    )
    if not moved:
        return False
    article.refresh_from_db()
    record("news.published", by=by, at=at, thing=article, unit=article.unit)
    return True


def return_news(article: NewsArticle, *, remark: str, by: Account, at: datetime) -> NewsArticle:
    """Send what was submitted, or waits for its hour, back to be worked on, saying why."""
    remark = _remark(remark, "Hãy ghi cần sửa điều gì.")
    with transaction.atomic():
        _locked(article, NewsState.SUBMITTED, NewsState.APPROVED)
        _move(article, NewsState.DRAFT, approved_by=None, publish_at=None, remark=remark)
        record("news.returned", by=by, at=at, thing=article, unit=article.unit, after={"remark": remark})
    return article


def withdraw_news(article: NewsArticle, *, remark: str, by: Account, at: datetime) -> NewsArticle:
    """Take what is published off every page at once, saying why."""
    remark = _remark(remark, "Hãy ghi vì sao gỡ xuống.")
    with transaction.atomic():
        _locked(article, NewsState.PUBLISHED)
        _move(article, NewsState.WITHDRAWN, remark=remark)
        record("news.withdrawn", by=by, at=at, thing=article, unit=article.unit, after={"reason": remark})
    return article


def reopen_news(article: NewsArticle, *, by: Account, at: datetime) -> NewsArticle:
    """Work on a piece of news that was taken down; it is submitted and approved anew."""
    with transaction.atomic():
        _locked(article, NewsState.WITHDRAWN)
        _move(article, NewsState.DRAFT, approved_by=None)
        record("news.reopened", by=by, at=at, thing=article, unit=article.unit)
    return article


def note_marked_words(unit: Unit, *, by: Account, at: datetime, where: str) -> None:
    """Log that marked content was refused, without a word of it (B-18)."""
    with transaction.atomic():
        record("news.refused", by=by, at=at, thing=unit, unit=unit, after={"where": where})


# --- pieces ---------------------------------------------------------------------------------------------------------------


def _checked(said: NewsText, *, at: datetime) -> tuple[dict[str, Any], list[GuidingDocument]]:
    """The columns with tidy words, and the documents; refuses with every fault beside its field."""
    values = {
        "title": text.squeeze(said.title),
        "lead": text.squeeze(said.lead),
        "body": text.nfc(said.body).replace("\r\n", "\n").strip(),
    }
    faults = []
    for name, sentence in (("title", "Tin chưa có tên."), ("lead", "Tin chưa có lời dẫn.")):
        if not values[name]:
            faults.append(Refusal("news.incomplete", sentence, field=name))
    for name, most in (("title", 200), ("lead", 500), ("body", LONGEST)):
        if len(values[name]) > most:
            faults.append(Refusal("news.too_long", f"{_NAMES[name]} dài quá {most} chữ cái.", field=name))
    last = local(at).date()
    if not EARLIEST <= said.day <= last:
        faults.append(
            Refusal("news.day", f"Ngày của tin phải từ {show_day(EARLIEST)} đến hôm nay {show_day(last)}.", field="day")
        )
    numbers = [text.squeeze(one) for one in said.numbers if text.squeeze(one)][: MOST_DOCUMENTS + 1]
    if len(numbers) > MOST_DOCUMENTS:
        faults.append(
            Refusal("news.documents", f"Một tin nói về nhiều nhất {MOST_DOCUMENTS} văn bản.", field="numbers")
        )
    found = public_by_numbers(numbers)
    missing = [one for one in numbers if text.fold(one) not in found]
    if missing:
        faults.append(
            Refusal(
                "news.documents",
                f"Chưa công bố hoặc không có văn bản {', '.join(missing)}; chỉ gắn văn bản đã hiện trên cổng.",
                field="numbers",
            )
        )
    for name, value in values.items():
        try:
            refuse_if_marked(value, _NAMES[name])
        except Refusal as refusal:
            faults.append(Refusal(refusal.code, refusal.sentence, field=name))
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)
    words = " ".join(sorted(set(text.index_words(" ".join(values.values())))))
    return {**values, "day": said.day, "is_featured": said.is_featured, "words": words}, list(found.values())


def _remark(remark: str, missing: str) -> str:
    remark = text.squeeze(remark)
    if not remark:
        raise Refusal("news.remark_missing", missing, field="remark")
    refuse_if_marked(remark, "lý do")
    return remark[:400]


def _locked(article: NewsArticle, *states: NewsState) -> None:
    reread(article)
    if article.state not in states:
        raise Refusal(
            "news.state",
            f"Tin đang ở bước “{NewsState(article.state).label}” nên không làm được việc này; hãy tải lại trang.",
        )


def _open(article: NewsArticle) -> None:
    """Only a draft is written on."""
    reread(article)
    if article.state != NewsState.DRAFT:
        raise Refusal(
            "news.not_draft",
            f"Tin đang ở bước “{NewsState(article.state).label}”, không sửa được. Hãy trả lại, hoặc gỡ xuống rồi soạn tiếp.",
        )


def _refuse_other(article: NewsArticle, revision: int) -> None:
    if article.revision != revision:
        raise Refusal(
            "news.changed_by_other", "Có người vừa sửa tin sau khi trang này được mở. Hãy xem lại rồi bấm lần nữa."
        )


def _touch(article: NewsArticle, *, by: Account, at: datetime) -> None:
    article.revision += 1
    article.changed_at, article.changed_by = at, by


def _move(article: NewsArticle, to: NewsState, **new: Any) -> None:
    """To be called under the lock of `_locked`."""
    article.state, article.revision = to, article.revision + 1
    for name, value in new.items():
        setattr(article, name, value)
    article.save(update_fields=["state", "revision", *new])

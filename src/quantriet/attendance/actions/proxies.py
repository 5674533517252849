"""What a member does on a phone, done by the member or entered for one who has none (P-08); printed forms with a code."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from quantriet.attendance import queries
from quantriet.attendance.actions.catch_ups import place_catch_up
from quantriet.attendance.actions.excuses import ask_excuse, note_proxy
from quantriet.attendance.models import CatchUp, ReplyForm
from quantriet.attendance.rules import replies as rules
from quantriet.attendance.rules.replies import Reply
from quantriet.attendance.vocab import ProxyKind
from quantriet.audit.actions import record
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_day
from quantriet.org.models import Account

FORM_DAYS = 45  # so long a printed form is taken back


def choose_catch_up(
    link: CatchUp, study_class: StudyClass, *, form: ReplyForm | None = None, by: Account, at: dt.datetime
) -> RosterEntry:
    """Take a place in one of the catch-up classes offered to an absentee, by the absentee or by somebody for them.

    Refuses a class that is not offered (any more), and what `place_catch_up` refuses: whoever owes nothing or has a
    place. Effects: the place, audit "catch_up.chosen", and the mark of who entered it when it was somebody else.
    """
    with transaction.atomic():
        if study_class.pk not in {one.pk for one in queries.offered_classes(link, at)}:
            raise Refusal(
                "catch_up.not_offered", f"Lớp “{study_class.title}” không còn nhận đăng ký học bù; hãy chọn lớp khác.",
                field="study_class",
            )  # fmt: skip
        place_catch_up([link], study_class, by=by, at=at)
        link.refresh_from_db()
        person = link.duty.person
        record(
            "catch_up.chosen", by=by, at=at, thing=person, unit=link.duty.unit, person_id=person.pk,
            after={"class": study_class.title},
        )  # fmt: skip
        note_proxy(
            person, ProxyKind.CATCH_UP, f"Chọn lớp học bù “{study_class.title}”.", unit=link.duty.unit, link=link,
            form=form, by=by, at=at,
        )  # fmt: skip
        assert link.placed is not None
    return link.placed


def print_reply_forms(
    entries: Sequence[RosterEntry], links: Sequence[CatchUp], *, by: Account, at: dt.datetime
) -> list[ReplyForm]:
    """Make the forms of these people: an excuse from a class they are called to, a wish for a catch-up class.

    Each paper has a code of its own and is taken back once, until its last day. Effects: the forms, one audit line.
    """
    valid_to = local(at).date() + dt.timedelta(days=FORM_DAYS)
    common = {"printed_at": at, "printed_by": by, "valid_to": valid_to}
    with transaction.atomic():
        forms = [
            ReplyForm(code=_code(), kind=ProxyKind.EXCUSE, person=entry.person, entry=entry, **common)
            for entry in entries
        ]
        offered = queries.offered_by_link(links, at)
        forms += [
            ReplyForm(
                code=_code(), kind=ProxyKind.CATCH_UP, person=link.duty.person, link=link,
                offered=[one.pk for one in offered[link.pk]], **common,
            )
            for link in links
        ]  # fmt: skip
        made = ReplyForm.objects.bulk_create(forms)
        if made:
            record(
                "reply_form.printed", by=by, at=at, thing=made[0].person, unit=made[0].person.unit,
                after={"forms": len(made), "codes": [one.code for one in made]},
            )  # fmt: skip
    return made


@dataclass(frozen=True)
class Entered:
    """What taking forms back came to: how many were entered, how many had been before."""

    entered: int
    already: int


def enter_replies(replies: Sequence[Reply], forms: dict[str, ReplyForm], *, by: Account, at: dt.datetime) -> Entered:
    """Take printed forms back by their codes, all or nothing.

    `forms` are those of the account's people, by code. Refuses with one sentence a line: an unknown code, a paper past
    its last day, a number that is not on the paper, and what the excuse or the choice refuses. A form entered before is
    counted and left alone. Effects: the excuse or the place, marked as entered for the person, the form used.
    """
    faults: list[Refusal] = []
    entered = already = 0
    day = local(at).date()
    with transaction.atomic():
        for reply in replies:
            form = forms.get(reply.code)
            try:
                if form is None:
                    raise Refusal(
                        "reply_form.unknown", f"không có phiếu {rules.shown(reply.code)} trong phạm vi được giao."
                    )
                if form.used_at is not None:
                    already += 1
                    continue
                if form.valid_to < day:
                    raise Refusal(
                        "reply_form.over", f"phiếu đã hết hạn ngày {show_day(form.valid_to)}; hãy in phiếu mới."
                    )
                if not ReplyForm.objects.filter(pk=form.pk, used_at__isnull=True).update(used_at=at):
                    already += 1
                    continue
                _enter(form, reply, by=by, at=at)
                form.used_at = at
                entered += 1
            except Refusals as several:
                faults += [_at_line(reply, one) for one in several.several]
            except Refusal as refusal:
                faults.append(_at_line(reply, refusal))
        if faults:
            raise Refusals(faults)
    return Entered(entered, already)


def _enter(form: ReplyForm, reply: Reply, *, by: Account, at: dt.datetime) -> None:
    if form.kind == ProxyKind.EXCUSE:
        assert form.entry is not None
        if not reply.text:
            raise Refusal("reply_form.reason_missing", "chưa ghi lý do xin vắng.")
        ask_excuse(form.entry, session=None, reason=reply.text, form=form, by=by, at=at)
    else:
        assert form.link is not None
        number = rules.chosen(reply.text, len(form.offered))
        if number is None:
            raise Refusal(
                "reply_form.number", f"phải ghi số thứ tự lớp đã đánh dấu trên phiếu (1 đến {len(form.offered)})."
            )
        study_class = StudyClass.objects.select_related("unit").get(pk=form.offered[number - 1])
        choose_catch_up(form.link, study_class, form=form, by=by, at=at)
    record(
        "reply_form.entered", by=by, at=at, thing=form.person, unit=form.person.unit, person_id=form.person_id,
        after={"code": form.code, "text": reply.text},
    )  # fmt: skip


def _at_line(reply: Reply, refusal: Refusal) -> Refusal:
    sentence = refusal.sentence[:1].upper() + refusal.sentence[1:]
    return Refusal(refusal.code, f"Dòng {reply.number}: {sentence}", field="pasted", row=reply.number)


def _code() -> str:
    return "".join(secrets.choice(rules.ALPHABET) for _ in range(8))

"""What one person's result in one class rests on (B-01), and taking a fact back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.vocab import ExcuseState, Verdict
from quantriet.attendance.web.catch_ups import stand_words, step_words
from quantriet.attendance.web.frame import VERDICT_SIGNS, is_reopened, page, why_not
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.kit.web import saved
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.web.pages import DeskRequest, member_page


@member_page
def evidence(request: DeskRequest, pk: int) -> HttpResponse:
    """The facts with method, who and when; minutes per session; the sentence."""
    entry = access.get_entry(request.account, pk)
    privacy_actions.note_look(request.account, entry.person, "xem minh chứng điểm danh", at=now())
    found = queries.evidence(entry)
    steps = queries.steps_of(found.chain)
    may_mark = access.may_mark(request.account, entry)
    verdict = Verdict(found.verdict.verdict) if found.verdict else Verdict.UNDECIDED
    blocked = why_not(entry.study_class, reopened=is_reopened(entry.study_class))
    return page(
        request,
        "attendance/desk/evidence.html",
        {
            "heading": entry.person.full_name,
            "entry": entry,
            "evidence": found,
            "verdict": verdict,
            "sign": VERDICT_SIGNS[verdict],
            "sentence": found.sentence,
            "excuses": [(one, ExcuseState(one.state)) for one in found.excuses],
            "chain": [
                (one, stand_words(one, steps.get(one.pk, [])), [step_words(step) for step in steps.get(one.pk, [])])
                for one in found.chain
            ],
            "may_mark": may_mark,
            "may_void": may_mark and not blocked,
            "may_ask": access.may_ask_excuse(request.account, entry),
            "place": {"unit": entry.unit.name, "campaign": entry.study_class.campaign.name},
            "title": f"{entry.person.full_name} – {_('Evidence')}",
        },
    )


@require_POST
@member_page
def void(request: DeskRequest, pk: int) -> HttpResponse:
    """Take one fact back; it stays in the list, struck."""
    fact = access.get_fact(request.account, pk)
    to = reverse("evidence", args=[fact.entry_id])
    try:
        actions.void_mark(fact, nonce=f"void-{fact.pk}", by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=to)
    return saved(request, to=to, message="Đã bỏ lượt này; kết quả đã tính lại.")

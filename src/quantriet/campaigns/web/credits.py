"""Study elsewhere (R-045): the list, one person, many from a list, the decision, taking it back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import StudyCampaign, StudyCredit
from quantriet.campaigns.vocab import LIVE_CREDITS, CreditKind, CreditState
from quantriet.campaigns.web.excel import workbook
from quantriet.campaigns.web.forms import CreditDecisionForm, CreditFilterForm, CreditForm, ReasonForm
from quantriet.kit.numbers import show_number, whole_number, whole_numbers
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.org import access as org_access
from quantriet.org.models import Person, path_end
from quantriet.org.queries.listed import MOST_LINES, read_list
from quantriet.org.rules import paper as paper_rules
from quantriet.org.rules.recognising import ListedPerson, read_pasted
from quantriet.org.vocab import Permission
from quantriet.org.web.choosing import placed_name
from quantriet.org.web.pages import DeskRequest, desk_page

SIGNS = {
    CreditState.PROPOSED: "silent",
    CreditState.GRANTED: "done",
    CreditState.REFUSED: "late",
    CreditState.WITHDRAWN: "exempt",
}
_SHOWN = 200  # of each group of a list; the counts are always whole


@desk_page(Permission.CAMPAIGN_VIEW)
def credit_list(request: DeskRequest) -> HttpResponse:
    """Who studied elsewhere, by campaign, unit, state; what waits for a decision stands first."""
    campaigns = access.campaigns_seen_by(request.account).order_by("-planned_from", "-pk")
    filters = CreditFilterForm(request.GET, campaigns=campaigns)
    filters.is_valid()
    rows, chips = _filtered(request, filters.cleaned_data)
    if request.GET.get("format") == "xlsx":
        return _excel(rows.order_by("duty__unit__path", "duty__person__sort_key", "pk"))
    found = listing(
        request,
        rows,
        sorts={
            "name": ["duty__person__sort_key"],
            "unit": ["duty__unit__path", "duty__person__sort_key"],
            "studied": ["studied_on"],
            "at": ["proposed_at"],
        },
        default_sort="-at",
        chips=chips,
    )
    chosen = filters.cleaned_data.get("campaign")
    suffix = f"?campaign={chosen.pk}" if chosen else ""
    return page(
        request,
        "campaigns/desk/credits.html",
        {
            "rows": found,
            "lines": [(one, CreditState(one.state), SIGNS[CreditState(one.state)]) for one in found],
            "filters": filters,
            "q": request.GET.get("q", ""),
            "may_enter": org_access.may_anywhere(request.account, Permission.ROLL_TAKE),
            "may_decide": org_access.may_anywhere(request.account, Permission.EXCUSE_APPROVE),
            "new_url": reverse("credit-new") + suffix,
            "many_url": reverse("credit-many") + suffix,
        },
    )


def _filtered(request: DeskRequest, chosen: dict[str, Any]) -> tuple[QuerySet[StudyCredit], list[Chip]]:
    rows = access.credits_seen_by(request.account).select_related(
        "duty__person", "duty__unit", "duty__campaign", "proposed_by", "decided_by"
    )
    chips = []
    if chosen.get("campaign"):
        rows = rows.filter(duty__campaign=chosen["campaign"])
        chips.append(Chip(chosen["campaign"].name, query(request, campaign=None, page=None)))
    for name, words in (("state", CreditState), ("kind", CreditKind)):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
            chips.append(Chip(words(chosen[name]).label, query(request, page=None, **{name: None})))
    unit = whole_number(request.GET.get("unit"))
    inside = org_access.units_seen_by(request.account).filter(pk=unit).first() if unit is not None else None
    if inside:
        rows = rows.filter(duty__unit__path__gte=inside.path, duty__unit__path__lt=path_end(inside.path))
        chips.append(Chip(inside.name, query(request, unit=None, page=None)))
    said = request.GET.get("q", "").strip()
    if said:
        rows = rows.filter(Q(duty__person__name_folded__contains=fold(said)) | Q(duty__person__code__iexact=said))
        chips.append(Chip(f"{_('Search')}: {said}", query(request, q=None, page=None)))
    return rows, chips


def _excel(rows: QuerySet[StudyCredit]) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên", 28),
        OutColumn("unit", "Chi bộ", 30),
        OutColumn("campaign", "Đợt học tập", 34),
        OutColumn("kind", "Chiều công nhận", 24),
        OutColumn("held_by", "Đơn vị tổ chức lớp", 30),
        OutColumn("studied", "Ngày học", kind="day"),
        OutColumn("evidence", "Căn cứ", 36),
        OutColumn("state", "Tình trạng", 18),
        OutColumn("decided_by", "Người quyết định", 24),
        OutColumn("decided", "Quyết định lúc", kind="moment"),
        OutColumn("note", "Ý kiến, lý do thu hồi", 36),
    ]
    lines = (
        {
            "code": one.duty.person.code,
            "name": one.duty.person.full_name,
            "unit": one.duty.unit.name,
            "campaign": one.duty.campaign.name,
            "kind": CreditKind(one.kind).label,
            "held_by": one.held_by,
            "studied": one.studied_on,
            "evidence": one.evidence,
            "state": CreditState(one.state).label,
            "decided_by": str(one.decided_by or ""),
            "decided": one.decided_at,
            "note": one.withdrawal_reason or one.decision_note,
        }
        for one in rows.iterator(chunk_size=1000)
    )
    return workbook("da-hoc-noi-khac", [Sheet("Đã học nơi khác", columns, lines)])


# --- entering ---------------------------------------------------------------------------------------------------


def _campaign(request: DeskRequest) -> tuple[StudyCampaign | None, list[StudyCampaign]]:
    """The campaign of the address, and those to choose from; one alone needs no choice."""
    open_ones = list(
        queries.credit_campaigns(access.campaigns_seen_by(request.account)).order_by("-planned_from", "-pk")
    )
    asked = whole_number(request.POST.get("campaign") or request.GET.get("campaign"))
    chosen = next((one for one in open_ones if one.pk == asked), None)
    if chosen is None and len(open_ones) == 1:
        chosen = open_ones[0]
    return chosen, open_ones


def _choose(request: DeskRequest, heading: str, campaigns: list[StudyCampaign]) -> HttpResponse:
    return page(
        request, "campaigns/desk/credit_choose.html", {"heading": heading, "title": heading, "campaigns": campaigns}
    )


def _said(form: CreditForm) -> actions.StudiedElsewhere:
    given = form.cleaned_data
    return actions.StudiedElsewhere(
        CreditKind(given["kind"]), given["held_by"], given["studied_on"], given["evidence"], list(given["documents"])
    )


@desk_page(Permission.ROLL_TAKE)
def new(request: DeskRequest) -> HttpResponse:
    """One person: recognised at once by whoever decides there, else proposed."""
    campaign, others = _campaign(request)
    if campaign is None:
        return _choose(request, _("Recognise study elsewhere"), others)
    form = CreditForm(
        request.POST or None,
        request.FILES or None,
        campaign=campaign,
        several=False,
        initial={"person": request.GET.get("person", "")},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            person = _found(request, form.cleaned_data["person"])
            paper = form.cleaned_data["paper"]
            if paper is not None:
                paper_rules.check_upload(paper)
            to = f"{reverse('credit-list')}?campaign={campaign.pk}"
            decides = org_access.may(request.account, Permission.EXCUSE_APPROVE, person.unit)
            if decides and request.account.person_id != person.pk:
                actions.grant_credits(campaign, [person], _said(form), paper=paper, by=request.account, at=now())
                return saved(request, to=to, message=f"Đã công nhận đồng chí {person.full_name} học nơi khác.")
            actions.propose_credit(campaign, person, _said(form), paper=paper, by=request.account, at=now())
            return saved(
                request,
                to=to,
                message=f"Đã ghi đề nghị cho đồng chí {person.full_name}, chờ người có quyền quyết định.",
            )
    if form.errors and request.FILES and "paper" not in form.errors:
        # A browser never fills a file box again: without this word the paper would silently be missing.
        form.add_error("paper", "Tệp chưa được giữ lại; hãy chọn lại tệp rồi gửi.")
    return page(
        request,
        "campaigns/desk/credit_new.html",
        {
            "heading": _("Recognise study elsewhere"),
            "title": _("Recognise study elsewhere"),
            "campaign": campaign,
            "form": form,
            **_limits(campaign),
        },
    )


def _limits(campaign: StudyCampaign) -> dict[str, Any]:
    try:
        return {"limit": queries.credit_limit(campaign)}
    except Refusal as refusal:
        return {"no_limit": refusal.sentence}


def _found(request: DeskRequest, words: str) -> Person:
    """The person of the account's reach who is meant by a code or a name."""
    people = access.people_credited_by(request.account, deciding=False).select_related("unit__parent")
    named = list(people.filter(code__iexact=words.strip())[:2]) or list(
        people.filter(name_folded=fold(words)).order_by("unit__path", "pk")[:6]
    )
    if not named:
        raise Refusal(
            "credit.person_unknown", "Không có ai mang mã hoặc họ tên này trong phạm vi được giao.", field="person"
        )
    if len(named) > 1:
        told = "; ".join(f"{one.code} ({placed_name(one.unit)})" for one in named)
        raise Refusal("credit.person_several", f"Có nhiều người cùng họ tên, hãy ghi mã: {told}.", field="person")
    return named[0]


@desk_page(Permission.EXCUSE_APPROVE)
def many(request: DeskRequest) -> HttpResponse:
    """Everybody of one list: read, shown in four groups, confirmed, written all or nothing."""
    campaign, others = _campaign(request)
    if campaign is None:
        return _choose(request, _("Recognise a list"), others)
    if request.method == "POST" and "people" in request.POST:
        return _confirmed(request, campaign)
    form = CreditForm(request.POST or None, request.FILES or None, campaign=campaign, several=True)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            lines = _lines(form)
            preview = queries.preview_credits(lines, campaign, _reach(request))
            return _previewed(request, campaign, form, preview, len(lines))
    return page(
        request,
        "campaigns/desk/credit_many.html",
        {
            "heading": _("Recognise a list"),
            "title": _("Recognise a list"),
            "campaign": campaign,
            "form": form,
            **_limits(campaign),
        },
    )


def _reach(request: DeskRequest) -> QuerySet[Person]:
    return access.people_credited_by(request.account, deciding=True)


def _lines(form: CreditForm) -> list[ListedPerson]:
    upload = form.cleaned_data["file"]
    if upload is None:
        lines = read_pasted(form.cleaned_data["pasted"])
        if len(lines) > MOST_LINES:
            raise Refusal("list.too_long", f"Chỉ dán tối đa {MOST_LINES} dòng một lần.", field="pasted")
        return lines
    with tempfile.NamedTemporaryFile(prefix="quantriet-credit-", suffix=Path(upload.name).suffix) as kept:
        for piece in upload.chunks():
            kept.write(piece)
        kept.flush()
        return read_list(Path(kept.name), upload.name)


def _previewed(
    request: DeskRequest, campaign: StudyCampaign, form: CreditForm, preview: queries.CreditPreview, count: int
) -> HttpResponse:
    given = form.cleaned_data
    confirm = CreditForm(
        campaign=campaign,
        several=True,
        hidden=True,
        initial={
            "people": ",".join(str(one.person.pk) for one in preview.new),
            "kind": given["kind"],
            "held_by": given["held_by"],
            "studied_on": given["studied_on"],
            "documents": list(given["documents"]),
            "evidence": given["evidence"],
        },
    )
    groups = [
        {"key": "new", "count": len(preview.new), "lines": preview.new[:_SHOWN]},
        {"key": "already", "count": len(preview.already), "lines": preview.already[:_SHOWN]},
        {"key": "doubtful", "count": len(preview.doubtful), "lines": preview.doubtful[:_SHOWN]},
    ]
    number = show_number(len(preview.new))
    return page(
        request,
        "campaigns/desk/credit_preview.html",
        {
            "heading": _("Recognise a list"),
            "title": _("Recognise a list"),
            "campaign": campaign,
            "form": confirm,
            "groups": [one for one in groups if one["count"]],
            "wrong": preview.wrong[:_SHOWN],
            "wrong_count": len(preview.wrong),
            "sentence": f"Đọc được {show_number(count)} dòng: {number} người sẽ được công nhận, "
            f"{show_number(len(preview.already))} người đã có, {show_number(len(preview.doubtful))} người cần xem, "
            f"{show_number(len(preview.wrong))} dòng chưa nhận ra ai. Chưa ghi gì.",
            "submit": f"Công nhận {number} người",
            "can_confirm": bool(preview.new),
        },
    )


def _confirmed(request: DeskRequest, campaign: StudyCampaign) -> HttpResponse:
    form = CreditForm(request.POST, campaign=campaign, several=True, hidden=True)
    if form.is_valid():
        with refusals_on(form):
            keys = whole_numbers(form.cleaned_data["people"].split(","))
            chosen: list[Person] = []
            for start in range(0, len(keys), 500):  # through the account's reach once more: the keys came from outside
                chosen += _reach(request).filter(pk__in=keys[start : start + 500]).select_related("unit")
            if not chosen:
                raise Refusal("credit.nobody", "Không có ai để công nhận.")
            done = actions.grant_credits(campaign, chosen, _said(form), by=request.account, at=now())
            already = f", {show_number(done.already)} người đã có từ trước" if done.already else ""
            return saved(
                request,
                to=f"{reverse('credit-list')}?campaign={campaign.pk}",
                message=f"Đã công nhận {show_number(done.granted)} người học nơi khác{already}.",
            )
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, error)
    return saved(request, to=f"{reverse('credit-many')}?campaign={campaign.pk}")


# --- one of them ------------------------------------------------------------------------------------------------


@desk_page(Permission.CAMPAIGN_VIEW)
def credit(request: DeskRequest, pk: int) -> HttpResponse:
    """One recognition with all its names and moments; whoever approves in the person's unit decides and takes back."""
    found = access.get_credit(request.account, pk)
    may_decide = org_access.may(request.account, Permission.EXCUSE_APPROVE, found.duty.unit)
    # A proposer may take back what nobody has decided yet.
    own = found.state == CreditState.PROPOSED and found.proposed_by_id == request.account.pk
    if request.method == "POST" and not (may_decide or (own and "reason" in request.POST)):
        raise NotAllowed
    taking_back = "reason" in request.POST
    form = CreditDecisionForm(None if taking_back else request.POST or None)
    take_back = ReasonForm(request.POST if taking_back else None)
    if taking_back and take_back.is_valid():
        with refusals_on(take_back):
            actions.withdraw_credit(found, reason=take_back.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=request.path, message="Đã thu hồi; kết quả học tập đã tính lại.")
    if request.method == "POST" and not taking_back and form.is_valid():
        with refusals_on(form):
            granted = form.cleaned_data["is_granted"] == "yes"
            actions.decide_credit(
                found, is_granted=granted, note=form.cleaned_data["note"], by=request.account, at=now()
            )
            return saved(request, to=request.path, message="Đã ghi quyết định; kết quả học tập đã tính lại.")
    state = CreditState(found.state)
    again = state == CreditState.REFUSED and _may_come_again(found)
    return page(
        request,
        "campaigns/desk/credit.html",
        {
            "credit": found,
            "heading": f"{_('Study elsewhere')}: {found.duty.person.full_name}",
            "title": f"{_('Study elsewhere')}: {found.duty.person.full_name}",
            "documents": list(found.documents.all()),
            "kind": CreditKind(found.kind),
            "state": state,
            "sign": SIGNS[state],
            "form": form,
            "take_back": take_back,
            "may_decide": may_decide and state == CreditState.PROPOSED,
            "may_take_back": (may_decide or own) and state in LIVE_CREDITS,
            "again": again,
            "again_url": _again_url(request, found) if again else "",
            "place": {"unit": found.duty.unit.name, "campaign": found.duty.campaign.name},
        },
    )


def _may_come_again(found: StudyCredit) -> bool:
    """Whether what was refused may be proposed anew, as a line of its own."""
    campaign, person = found.duty.campaign, found.duty.person
    running = queries.credit_campaigns(StudyCampaign.objects.filter(pk=campaign.pk))
    return running.exists() and queries.credit_stands(campaign, [person])[person.pk].is_new


def _again_url(request: DeskRequest, found: StudyCredit) -> str:
    """Where this account proposes the person anew; empty where it may not."""
    person = found.duty.person
    enters = org_access.may_anywhere(request.account, Permission.ROLL_TAKE)
    if not enters or not access.people_credited_by(request.account, deciding=False).filter(pk=person.pk).exists():
        return ""
    return f"{reverse('credit-new')}?{urlencode({'campaign': found.duty.campaign_id, 'person': person.code})}"


@desk_page(Permission.CAMPAIGN_VIEW)
def paper(request: DeskRequest, pk: int) -> HttpResponse:
    """The paper, as an attachment only."""
    found = access.get_credit(request.account, pk)
    if not found.paper:
        raise Http404
    return download(found.paper.open("rb"), name=found.paper_name or "giay-to", kind="application/octet-stream")

"""Who has not done it yet: the board, the names behind each figure, a message to just those units."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.queries import AsOf
from quantriet.campaigns.rules import boards as rules
from quantriet.campaigns.rules.boards import Count
from quantriet.campaigns.vocab import DUTY_KINDS, CampaignState, DutyReason, DutyState, PlanState
from quantriet.campaigns.web.desk import frame
from quantriet.campaigns.web.excel import workbook
from quantriet.campaigns.web.forms import BoardForm, MessageForm, NamesForm
from quantriet.kit.numbers import share, show_number, show_percent, whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet
from quantriet.kit.text import fold
from quantriet.kit.time import now, parse_day, show_day, today
from quantriet.kit.web import Chip, listing, page, query, saved
from quantriet.library.vocab import ContentTier
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.notify.rules import texts
from quantriet.org import access as org_access
from quantriet.org.access import may
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Unit, ancestor_ids
from quantriet.org.queries import history
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

# A bar for each of some hundred units says no more than the table below it.
MOST_BARS = 20


def _kinds(campaign: StudyCampaign) -> list[tuple[str, str]]:
    return [(key, DUTY_KINDS[key].label if key in DUTY_KINDS else key) for key in campaign.duty_kinds]


def asked_moment(request: DeskRequest, *, todays_tree: bool = False) -> AsOf:
    """The moment that the address asks for, typed as 12/01/2026 or by the picker as 2026-01-12; now for none.

    A day of no calendar and a day to come mean now, too, and the page says so: figures never stand under a wrong day.
    """
    typed = request.GET.get("as_of", "").strip()
    try:
        day = parse_day(typed) or dt.date.fromisoformat(typed)
    except ValueError:
        day = None
        if typed:
            messages.warning(request, f"Lịch không có ngày “{typed[:20]}”; số liệu dưới đây tính đến lúc này.")
    if day is not None and day > today():
        messages.warning(request, f"Ngày {show_day(day)} chưa đến; số liệu dưới đây tính đến lúc này.")
    return queries.as_of(day, todays_tree=todays_tree)


def _place(request, pk):
    """Campaign, node, kind and moment of a board address; all pages behind a figure share them."""
    campaign = access.get_campaign(request.account, pk)
    at = asked_moment(request, todays_tree=request.GET.get("tree") == "today")
    unit = access.get_board_unit(request.account, campaign, whole_number(request.GET.get("unit")), at.tree)
    history.as_it_was([unit], at.words)
    kinds = _kinds(campaign)
    kind = request.GET.get("kind", "")
    if kind not in dict(kinds):
        kind = kinds[0][0] if kinds else ""
    return campaign, unit, kind, at


def _crumbs(request, campaign, unit, at, name="campaign-board", extra=""):
    """The units from the top the account may see down to this one, in the tree that is shown."""
    tops = access.board_units(request.account, campaign, at.tree)
    paths = history.paths_on([unit.pk, *(top.pk for top in tops)], at.tree)
    path = paths.get(unit.pk, unit.path)
    start = next((paths[top.pk] for top in tops if top.pk in paths and path.startswith(paths[top.pk])), path)
    between = [pk for pk in ancestor_ids(path) if pk not in ancestor_ids(start)[:-1]]
    known = Unit.objects.in_bulk(between)
    units = [known[pk] for pk in between if pk in known]
    history.as_it_was(units, at.words)
    address = reverse(name, args=[campaign.pk])
    return [
        {"label": one.short_name or one.name, "url": "" if one.pk == unit.pk else f"{address}?unit={one.pk}{extra}"}
        for one in units
    ]


@desk_page(Permission.CAMPAIGN_VIEW)
def board(request, pk):
    campaign, unit, kind, at = _place(request, pk)
    found = queries.board(campaign, unit, kind, at)
    carried = "".join(
        f"&{name}={value}" for name, value in (("as_of", at.day or ""), ("tree", _tree(request, at)), ("kind", kind if len(_kinds(campaign)) > 1 else "")) if value
    )  # fmt: skip
    address, behind = reverse("campaign-board", args=[pk]), reverse("campaign-names", args=[pk])
    plan_url = reverse("plan", args=[0])
    labels = [_("Must study"), _("Done"), _("Exempt"), _("Still owing"), _("Share"), _("Not reported")]
    for row in found.rows:
        row.url = f"{address}?unit={row.unit.pk}{carried}"
        row.names_url = f"{behind}?unit={row.unit.pk}{carried}"
        if row.is_own or row.unit.kind.level == "cell":
            row.url = row.names_url
        row.cells_shown = _cells(row, labels)
        if row.plan:
            row.plan_url = plan_url.replace("/0/", f"/{row.plan.pk}/")
            row.plan_kind, row.plan_words = _organising(row)
    if request.GET.get("format") == "xlsx":
        return _board_excel(found)
    found.credited = queries.credited(campaign, unit, kind, at)
    points = queries.progress(campaign, unit, kind, at)
    changes = queries.form_changes(campaign, unit)
    form = BoardForm(
        kinds=_kinds(campaign), two_trees=history.changed_since(at.day),
        initial={"as_of": at.day, "kind": kind, "tree": _tree(request, at)},
    )  # fmt: skip
    heads, leaders = queries.answerable([unit.pk])
    asks = []
    if found.unorganised:
        asks.append(
            (
                _("Message the units that have not organised"),
                f"{reverse('campaign-message', args=[pk])}?unit={unit.pk}&about=unorganised{carried}",
            )
        )
    if found.silent_cells:
        asks.append(
            (
                _("Message the units that have not reported"),
                f"{reverse('campaign-message', args=[pk])}?unit={unit.pk}&about=silent{carried}",
            )
        )
    if found.total.owing:
        asks.append(
            (
                _("Message the units with people still owing"),
                f"{reverse('campaign-message', args=[pk])}?unit={unit.pk}&about=owing{carried}",
            )
        )
    return page(
        request,
        "campaigns/desk/board.html",
        frame(
            request,
            campaign,
            "campaign-board",
            unit=unit,
            board=found,
            labels=labels,
            bars=[
                {
                    "label": row.unit.short_name or row.unit.name,
                    "value": row.count.done,
                    "total": row.count.obliged,
                    "url": row.url,
                    "kind": "silent" if row.is_silent else "done" if row.count.owing == 0 else "owing",
                }
                for row in found.rows
                if row.count.obliged
            ][:MOST_BARS],
            bars_desc=_("What needs a hand stands first; the first %(number)s") % {"number": MOST_BARS}
            if len(found.rows) > MOST_BARS
            else _("What needs a hand stands first"),
            points=points if len(points) > 1 else [],
            form=form,
            crumbs=_crumbs(request, campaign, unit, at, extra=carried),
            before=history.before_beginning(at.day),
            names_url=f"{behind}?unit={unit.pk}{carried}",
            silent_url=f"{reverse('campaign-silent', args=[pk])}?unit={unit.pk}{carried}",
            plans_url=f"{reverse('campaign-plans', args=[pk])}?unit={unit.pk}&state=open"
            + (f"&as_of={at.day}" if at.day else "")
            + ("&tree=today" if _tree(request, at) else ""),
            form_changes=changes,
            due_on=queries.campaign_due_on(campaign),
            head=heads.get(unit.pk),
            leaders=leaders.get(unit.pk, []),
            asks=asks if may(request.account, Permission.MESSAGE_SEND, unit) else [],
            report_url=_report_url(request, campaign, unit, at),
        ),
    )


def _tree(request, at):
    """The tree chosen for an earlier day: that day's own, unless today's is asked for."""
    return "today" if at.day and request.GET.get("tree") == "today" else ""


def _organising(row):
    """Sign and words of a unit's own plan: the same "not organised" as the count above and the message."""
    state = PlanState(row.plan.state)
    if not row.waits:
        return "done", PlanState.HELD.label
    words = _("Not organised yet")
    return "silent", words if state == PlanState.HELD else f"{words} ({state.label.lower()})"


def _report_url(request, campaign, unit, at):
    """The page that drafts this node's report, filled in; empty for who writes none here or before the campaign opens."""
    reported = campaign.state in (CampaignState.OPEN, CampaignState.CLOSED) and queries.counts_under(campaign, unit)
    if not reported or unit.closed_on or not may(request.account, Permission.REPORT_WRITE, unit):
        return ""
    as_of = f"&as_of={at.day}" if at.day else ""
    tree = "&tree=today" if at.day and _tree(request, at) else ""
    return f"{reverse('report-new')}?campaign={campaign.pk}&unit={unit.pk}{as_of}{tree}"


def _cells(row, labels):
    """The figures of one row ready to be written out: a province has some hundred rows, so the page only writes."""
    count, behind = row.count, row.names_url
    done = "–" if row.is_silent else show_number(count.done)
    part = "–" if row.is_silent else show_percent(count.done, count.obliged)
    silent = f"{show_number(row.silent_cells)}/{show_number(row.cells)}" if row.cells else "–"
    return [
        (labels[0], show_number(count.obliged), f"{behind}&must=1"),
        (labels[1], done, "" if row.is_silent else f"{behind}&state=done"),
        (labels[2], show_number(count.exempt), f"{behind}&state=exempt"),
        (labels[3], show_number(count.owing), f"{behind}&state=owing"),
        (labels[4], part, "" if row.is_silent else behind),
        (labels[5], ("○ " if row.is_silent else "") + silent, ""),
    ]


def _board_excel(found):
    def lines():
        for row in found.rows:
            yield {
                "unit": row.unit.name if not row.is_own else _("%(unit)s itself") % {"unit": row.unit.name},
                "roster": row.count.roster,
                "obliged": row.count.obliged,
                "done": _("not reported") if row.is_silent else row.count.done,
                "exempt": row.count.exempt,
                "owing": row.count.owing,
                "share": "" if row.is_silent or not row.count.obliged else share(row.count.done, row.count.obliged),
                "silent": row.silent_cells,
                "plan": PlanState(row.plan.state).label if row.plan else "",
                "head": row.head.person.full_name if row.head else "",
                "leaders": ", ".join(one.person.full_name for one in row.leaders),
            }

    columns = [
        OutColumn("unit", _("Unit"), 40),
        OutColumn("roster", _("On the list"), kind="whole"),
        OutColumn("obliged", _("Must study"), kind="whole"),
        OutColumn("done", _("Done"), kind="whole"),
        OutColumn("exempt", _("Exempt"), kind="whole"),
        OutColumn("owing", _("Still owing"), kind="whole"),
        OutColumn("share", _("Share"), kind="percent"),
        OutColumn("silent", _("Units not reported"), kind="whole"),
        OutColumn("plan", _("Organising"), 18),
        OutColumn("head", _("Head"), 24),
        OutColumn("leaders", _("Leader in charge"), 28),
    ]
    total = found.total
    sheet = Sheet(
        _("Board"),
        columns,
        lines(),
        heading=(found.campaign.name, found.unit.name, found.sentence),
        total={
            "unit": _("Total"),
            "roster": total.roster,
            "obliged": total.obliged,
            "done": total.done,
            "exempt": total.exempt,
            "owing": total.owing,
            "share": share(total.done, total.obliged) if total.obliged else "",
            "silent": found.silent_cells,
        },
    )
    return workbook(_("Board"), [sheet])


def _figure(total: Count, silent: int, when: str):
    """What the share is made of (B-08)."""
    return [
        (_("Share"), show_percent(total.done, total.obliged)),
        (_("Numerator: done"), show_number(total.done)),
        (_("Denominator: must study"), show_number(total.obliged)),
        (_("Left out: exempt"), show_number(total.exempt)),
        (_("On the list (done + exempt + owing)"), show_number(total.roster)),
        (_("Units that have not reported"), show_number(silent)),
        (_("As of"), when),
    ]


@desk_page(Permission.CAMPAIGN_VIEW)
def names(request, pk):
    """What a figure is made of: numerator, denominator, exclusions, silent units, names (B-08)."""
    campaign, unit, kind, at = _place(request, pk)
    duties = queries.names(campaign, unit, kind, at)
    chips = []
    for name, words, column in (
        ("state", DutyState, "state_then"),
        ("reason", DutyReason, "reason_then"),
        ("tier", ContentTier, "tier"),
    ):
        chosen = request.GET.get(name, "")
        if chosen in set(words):
            duties = duties.filter(**{column: chosen})
            chips.append(Chip(words(chosen).label, query(request, **{name: None, "page": None})))
    if request.GET.get("must"):
        duties = duties.exclude(state_then=DutyState.EXEMPT)
        chips.append(Chip(_("Must study"), query(request, must=None, page=None)))
    if at.day:
        chips.append(Chip(at.phrase, query(request, as_of=None, page=None)))
    text = request.GET.get("q", "")
    if text:
        duties = duties.filter(person__name_folded__contains=fold(text))
        chips.append(Chip(text, query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        privacy_actions.note_list(request.account, unit, "tải danh sách kết quả ra Excel", duties.count(), at=now())
        return _names_excel(campaign, unit, duties.order_by("unit__path", "person__sort_key"), at)
    found = queries.board(campaign, unit, kind, at)
    return page(
        request,
        "campaigns/desk/names.html",
        frame(
            request,
            campaign,
            "campaign-board",
            unit=unit,
            title=_names_title(request),
            figure=_figure(found.total, found.silent_cells, at.phrase),
            silent=found.silent_cells,
            silent_url=reverse("campaign-silent", args=[pk])
            + query(request, state=None, reason=None, tier=None, q=None, page=None, sort=None),
            board_url=reverse("campaign-board", args=[pk])
            + query(request, state=None, reason=None, tier=None, q=None, page=None, sort=None, must=None),
            crumbs=_crumbs(request, campaign, unit, at),
            filters=NamesForm(initial=request.GET.dict() | {"as_of": at.day}),
            q=text,
            rows=listing(
                request,
                duties,
                sorts={
                    "name": ["person__sort_key"],
                    "unit": ["unit__path", "person__sort_key"],
                    "state": ["state_then", "reason_then", "person__sort_key"],
                    "settled": ["settled_at"],
                },
                default_sort="name",
                chips=chips,
                prepare=lambda rows: _place_names(rows, unit, at),
                total=duties.count(),  # the figure that led here, to the last person (B-08)
            ),
        ),
    )


def _place_names(rows, unit, at):
    """Say of each duty under which units its cell stands, below the node shown."""
    above = queries.superiors_of([one.unit_key_then for one in rows], unit, at)
    for one in rows:
        one.above = above.get(one.unit_key_then, "")


def _names_title(request):
    """What the list shows, by its chosen state or reason."""
    state, reason = request.GET.get("state", ""), request.GET.get("reason", "")
    if reason in set(DutyReason):
        return _("List: %(what)s") % {"what": DutyReason(reason).label.lower()}
    return {
        DutyState.DONE: _("List of people who have studied"),
        DutyState.OWING: _("List of people who still owe"),
        DutyState.EXEMPT: _("List of exempt people"),
    }.get(state) or (_("List of people who must study") if request.GET.get("must") else _("List of learners"))


def _names_excel(campaign, unit, duties, at):
    keys = duties.order_by().values_list("unit_key_then", flat=True).distinct()
    above = queries.superiors_of(keys, unit, at)

    def lines():
        for duty in duties.iterator(chunk_size=2000):
            yield {
                "code": duty.person.code,
                "name": duty.person.full_name,
                "unit": duty.unit_then,
                "above": above.get(duty.unit_key_then) or (unit.name if duty.unit_key_then != unit.pk else ""),
                "tier": ContentTier(duty.tier).label,
                "state": DutyState(duty.state_then).label,
                "reason": DutyReason(duty.reason_then).label,
                "sentence": duty.sentence_then,
                "due": duty.due_on,
            }

    columns = [
        OutColumn("code", _("Code"), kind="code"),
        OutColumn("name", _("Full name"), 28),
        OutColumn("unit", _("Unit"), 32),
        OutColumn("above", _("Under"), 36),
        OutColumn("tier", _("Content tier"), 20),
        OutColumn("state", _("State"), 12),
        OutColumn("reason", _("Reason"), 24),
        OutColumn("sentence", _("Explanation"), 60),
        OutColumn("due", _("Due on"), kind="day"),
    ]
    heading = (campaign.name, unit.name, at.phrase)
    return workbook(_("Names"), [Sheet(_("Names"), columns, lines(), heading=heading)])


@desk_page(Permission.CAMPAIGN_VIEW)
def silent(request, pk):
    """Units from which nothing has come, by name: apart from zero."""
    campaign, unit, kind, at = _place(request, pk)
    rows = queries.silent_units(campaign, unit, kind, at)
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("unit", _("Unit"), 36),
            OutColumn("parent", _("Under"), 36),
            OutColumn("owing", _("Must study"), kind="whole"),
        ]
        lines = (
            {"unit": one.unit.name, "parent": one.unit.parent.name if one.unit.parent else "", "owing": one.obliged}
            for one in rows.order_by("path").iterator()
        )
        sheet = Sheet(_("Not reported"), columns, lines, heading=(campaign.name, unit.name, at.phrase))
        return workbook(_("Not reported"), [sheet])
    return page(
        request,
        "campaigns/desk/silent.html",
        frame(
            request,
            campaign,
            "campaign-board",
            unit=unit,
            as_of=at,
            meaning=rules.SILENT,
            message_url=f"{reverse('campaign-message', args=[pk])}?unit={unit.pk}&about=silent&kind={kind}"
            + (f"&as_of={at.day}" if at.day else "")
            if may(request.account, Permission.MESSAGE_SEND, unit)
            else "",
            crumbs=_crumbs(request, campaign, unit, at),
            rows=listing(
                request,
                rows,
                sorts={"unit": ["path"], "owing": ["obliged"]},
                default_sort="unit",
                chips=[Chip(at.phrase, query(request, as_of=None, page=None))] if at.day else [],
            ),
        ),
    )


def _recipients(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf, about: str) -> list[Unit]:
    """The units a message goes to: exactly those the board counts as not organised, silent, or with people owing."""
    if about == "unorganised":
        return [
            plan.unit
            for plan in queries.unorganised(campaign, unit, at).order_by("unit__path")
            if plan.unit_id != unit.pk
        ]
    if about == "unplaced":
        return [one.unit for one in queries.places(campaign).waiting if one.unit.pk != unit.pk]
    if about == "silent":
        silent_here = queries.silent_units(campaign, unit, kind, at).order_by("path")
        return [one.unit for one in silent_here if one.unit_id != unit.pk]
    found = []
    for row in queries.board(campaign, unit, kind, at).rows:
        if row.count.owing and not row.is_own:
            row.unit.owing = row.count.owing
            found.append(row.unit)
    return found


def _asking_places(campaign, unit):
    """A text to the units whose people stand in no class yet, each with its number."""
    waiting = [one for one in queries.places(campaign).waiting if one.unit.pk != unit.pk]
    people = show_number(sum(one.missing for one in waiting))
    listed = "\n".join(
        f"{number}. {one.unit.name}: {show_number(one.missing)} người" for number, one in enumerate(waiting, 1)
    )
    return (
        f"Kính gửi các đơn vị,\n\n{unit.name} thông báo: chuẩn bị mở {campaign.name}, còn {people} người ở "
        f"{show_number(len(waiting))} đơn vị chưa ở lớp nào:\n\n{listed}\n\n"
        f"Đề nghị cấp ủy các đơn vị trên lập lớp, xếp đủ người của đơn vị mình vào lớp trước ngày "
        f"{show_day(campaign.planned_from)} để đợt học tập được mở đúng kế hoạch.\n\nTrân trọng."
    )


def _wording(campaign, unit, units, at, about):
    """A text ready to send; the officer may change every word."""
    if about == "unplaced":
        return _asking_places(campaign, unit)
    what = {
        "unorganised": "chưa tổ chức học tập (chưa có lớp nào của đơn vị chốt điểm danh)",
        "silent": "chưa báo cáo kết quả học tập (chưa ghi nhận được kết quả của người nào)",
        "owing": "còn đảng viên chưa học xong",
    }[about]
    words = notify_queries.copy_text(unit, REMINDER, REMINDER_WORDS)
    return texts.fill(words, _places(campaign, unit, units, at, what))


# The text to copy, or to mail, until a unit writes its own.
REMINDER = "campaign_reminder"
REMINDER_WORDS = """Kính gửi các đơn vị,

[đơn vị] thông báo: trong [đợt học tập], [tính đến], còn [số đơn vị] đơn vị [việc chưa làm]:

[danh sách]

Đề nghị cấp ủy các đơn vị trên khẩn trương tổ chức, hoàn thành trước khi hết ngày [hạn] và báo cáo kết quả về [đơn vị].

Trân trọng."""


def _places(campaign, unit, units, at, what):
    """What the text may be filled with, by the name of its place."""
    return {
        "đơn vị": unit.name,
        "đợt học tập": campaign.name,
        "tính đến": at.phrase,
        "số đơn vị": show_number(len(units)),
        "việc chưa làm": what,
        "danh sách": "\n".join(f"{number}. {_listed(one)}" for number, one in enumerate(units, 1)),
        "hạn": show_day(queries.campaign_due_on(campaign)),
    }


def _listed(unit):
    """A unit in the list, with how many people it still has owing where that is what the list is about."""
    owing = getattr(unit, "owing", 0)
    return f"{unit.name}: còn {show_number(owing)} người" if owing else unit.name


class WordsForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Words of the unit"),
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=3000,
        required=False,
    )


MOST_NAMED = 200


def _named(request, campaign, unit, kind, at):
    """Who still owes, for an officer who may see names and has asked for them; noted as a list that was taken."""
    if not request.GET.get("names") or not may(request.account, Permission.PERSON_VIEW, unit):
        return ""
    duties = queries.names(campaign, unit, kind, at).filter(state_then=DutyState.OWING)
    found = list(duties.select_related("person", "unit").order_by("unit__path", "person__sort_key")[:MOST_NAMED])
    _place_names(found, unit, at)
    privacy_actions.note_list(request.account, unit, "lấy tên người chưa học để nhắc", len(found), at=now())
    return "\n".join(
        f"- {one.person.full_name} ({', '.join(filter(None, (one.unit_then, one.above)))})" for one in found
    )


def _words_form(request, unit):
    """The form of the unit's own words; bound only when it is what was sent."""
    kept = notify_queries.copy_text(unit, REMINDER, REMINDER_WORDS)
    form = WordsForm(request.POST if "words" in request.POST else None, initial={"words": kept})
    names = ("đơn vị", "đợt học tập", "tính đến", "số đơn vị", "việc chưa làm", "danh sách", "hạn")
    form.fields["words"].help_text = _("Places that are filled in: %(names)s. Left empty: the words of the house.") % {
        "names": ", ".join(f"[{name}]" for name in names)
    }
    return form


@desk_page(Permission.MESSAGE_SEND)
def message(request, pk):
    """Words for just these units: copied, or mailed after a confirmation that names the number."""
    campaign, unit, kind, at = _place(request, pk)
    org_access.require(request.account, Permission.MESSAGE_SEND, unit)
    about = request.GET.get("about", "unorganised")
    if about == "unplaced":
        # The whole campaign waits for these, and only its organiser asks for them.
        campaign, unit = access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN), campaign.unit
        org_access.require(request.account, Permission.MESSAGE_SEND, unit)
    elif about not in ("unorganised", "silent", "owing"):
        about = "unorganised"
    units = _recipients(campaign, unit, kind, at, about)
    addressed = [one for one in units if one.email]
    without = [one for one in units if not one.email]
    initial = {
        "subject": f"Đôn đốc học tập: {campaign.name}",
        "text": _wording(campaign, unit, units, at, about),
    }
    words = _words_form(request, unit)
    if "words" in request.POST:
        if words.is_valid():
            with refusals_on(words):
                known = _places(campaign, unit, [], at, "")
                notify_actions.save_copy_text(
                    unit, REMINDER, words.cleaned_data["words"], known=known, by=request.account, at=now()
                )
                return saved(request, to=request.get_full_path(), message=_("The words are kept."))
        form = MessageForm(initial=initial)
    else:
        form = MessageForm(request.POST or None, initial=initial)
    confirming = False
    if request.method == "POST" and "words" not in request.POST and form.is_valid():
        if "confirmed" in request.POST:
            with refusals_on(form):
                sent = actions.message_units(
                    campaign,
                    unit,
                    to=units,
                    subject=form.cleaned_data["subject"],
                    body=form.cleaned_data["text"],
                    by=request.account,
                    at=now(),
                )
                messages.success(request, _("Mail to %(number)s units is on its way.") % {"number": show_number(sent)})
                back = (
                    reverse("campaign-open", args=[pk])
                    if about == "unplaced"
                    else reverse("campaign-board", args=[pk]) + f"?unit={unit.pk}"
                )
                return saved(request, to=back)
        confirming = bool(addressed)
    return page(
        request,
        "campaigns/desk/message.html",
        frame(
            request,
            campaign,
            "campaign-board",
            unit=unit,
            units=units,
            addressed=addressed,
            without=without,
            may_address=set(
                org_access.units_seen_by(request.account, Permission.UNIT_EDIT)
                .filter(pk__in=[one.pk for one in without])
                .values_list("pk", flat=True)
            ),
            form=form,
            about=about,
            words=None if about == "unplaced" else words,
            may_name=about == "owing" and may(request.account, Permission.PERSON_VIEW, unit),
            named=_named(request, campaign, unit, kind, at) if about == "owing" else "",
            confirming=confirming,
            crumbs=_crumbs(request, campaign, unit, at),
        ),
    )

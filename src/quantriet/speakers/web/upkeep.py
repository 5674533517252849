"""What keeps the registers in order: number and quality by unit, the yearly review, training, sources, fields and figures."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import listing, page, saved
from quantriet.kit.web.sheets import workbook
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.speakers import access, actions
from quantriet.speakers.actions import reviews
from quantriet.speakers.actions import training as trainings
from quantriet.speakers.models import Reporter, RosterReview
from quantriet.speakers.queries import figures
from quantriet.speakers.rules.figures import SOURCE_FIGURES
from quantriet.speakers.vocab import (
    EntryOutcome,
    ReporterKind,
    SourceGroup,
    SpeakerRuleKey,
    TheoryLevel,
    TrainingKind,
)
from quantriet.speakers.web.forms import (
    EmptyForm,
    FieldForm,
    ReasonForm,
    ReviewCloseForm,
    ReviewForm,
    ReviewOpenForm,
    RuleForm,
    SourceForm,
    TrainingForm,
    UnitForm,
    year_of,
)
from quantriet.speakers.web.frame import form_page, room_page, trail

# --- number and quality -------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def board(request: DeskRequest) -> HttpResponse:
    """Number and quality by unit and year, the share trained against the target, who has not reviewed (R-108, R-111)."""
    day = today()
    year = year_of(request.GET.get("year"), day)
    rows = access.registers_kept_by(request.account)
    total, lines = figures.registers(rows, year=year, today=day)
    if request.GET.get("format") == "xlsx":
        return _board_excel(lines, year)
    waiting = figures.not_reviewed(lines)
    share = total.share
    context = {
        "year": year, "years": range(day.year, day.year - 5, -1), "total": total, "lines": lines, "waiting": waiting,
        "review_sentence": (
            f"Còn {len(waiting)}/{len(lines)} cấp ủy chưa chốt rà soát năm {year} (rà soát hằng năm, mục 5 Hướng dẫn 26-HD/BTGTU)."
            if waiting
            else f"Tất cả {len(lines)} cấp ủy có sổ đã chốt rà soát năm {year}."
            if lines
            else ""
        ),
        "share_sentence": share.sentence(year) if share else "",
        "fields": figures.fields_counted(rows.on(figures.last_day(year, day))),  # type: ignore[attr-defined]
        "may_edit": org_access.may_anywhere(request.account, Permission.SPEAKER_EDIT),
        "begin": {
            one.unit.pk for one in lines if one.unit and org_access.may(request.account, Permission.SPEAKER_EDIT, one.unit)
        },
    }  # fmt: skip
    return room_page(request, "board.html", context, tab="speaker-board")


def _board_excel(lines: list[figures.Register], year: int) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đơn vị", kind="code"), OutColumn("unit", "Đơn vị", width=36),
        OutColumn("total", "Tổng số người", kind="whole"), OutColumn("reporters", "Báo cáo viên", kind="whole"),
        OutColumn("propagandists", "Tuyên truyền viên", kind="whole"), OutColumn("specialists", "Chuyên sâu", kind="whole"),
        OutColumn("advanced", "Cao cấp, cử nhân", kind="whole"), OutColumn("supplied", "Được cung cấp thông tin", kind="whole"),
        OutColumn("trained", "Được tập huấn", kind="whole"), OutColumn("both", "Cả hai", kind="whole"),
        OutColumn("target", "Mức phải đạt (%)", kind="whole"), OutColumn("review", "Rà soát", width=18),
    ]  # fmt: skip
    rows = (
        {
            "code": one.unit.code, "unit": one.unit.name, "total": one.total, "reporters": one.reporters,
            "propagandists": one.propagandists, "specialists": one.specialists, "advanced": one.advanced,
            "supplied": len(one.supplied), "trained": len(one.trained), "both": one.share.both if one.share else 0,
            "target": one.share.target if one.share else None,
            "review": "đã chốt" if one.review and one.review.closed_at else "đang làm" if one.review else "chưa",
        }
        for one in lines
        if one.unit is not None
    )  # fmt: skip
    return workbook(f"bao-cao-vien-{year}.xlsx", f"Báo cáo viên năm {year}", columns, rows)


# --- the yearly review ----------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_EDIT)
def review_new(request: DeskRequest) -> HttpResponse:
    day = today()
    initial = {"year": year_of(request.GET.get("year"), day)}
    form = ReviewOpenForm(
        request.POST or None, account=request.account, unit=whole_number(request.GET.get("unit")), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = reviews.open_roster_review(
                form.cleaned_data["unit"], form.cleaned_data["year"], by=request.account, at=now()
            )
            return saved(request, to=reverse("roster-review", args=[made.pk]))
    lead = "Hằng năm, cấp ủy rà soát, củng cố, kiện toàn đội ngũ báo cáo viên, tuyên truyền viên (mục 5 Hướng dẫn 26-HD/BTGTU)."
    return form_page(
        request, form, _("Begin a yearly review"), reverse("speaker-board"), lead=lead, submit=_("Begin the review")
    )


@desk_page(Permission.SPEAKER_VIEW)
def review(request: DeskRequest, pk: int) -> HttpResponse:
    """A review: every entry with its outcome and remark while it runs, the frozen figures once it is closed."""
    found = access.get_review(request.account, pk)
    may_edit = org_access.may(request.account, Permission.SPEAKER_EDIT, found.unit)
    items = {one.reporter_id: one for one in found.items.select_related("reporter__person")}
    context: dict[str, Any] = {
        "review": found, "may_edit": may_edit and found.closed_at is None,
        "breadcrumb": trail((_("Number and quality"), f"{reverse('speaker-board')}?year={found.year}")),
    }  # fmt: skip
    if found.closed_at is not None:
        rows = sorted(items.values(), key=lambda one: one.reporter.person.sort_key)
        context |= {"items": [(one, EntryOutcome(one.outcome)) for one in rows], **_frozen(found)}
        return page(request, "speakers/desk/review_closed.html", context)
    rows = Reporter.objects.standing().filter(unit=found.unit).select_related("person")  # type: ignore[attr-defined]
    entries = list(figures.with_training(rows, found.year).order_by("person__sort_key", "pk"))
    initial = {f"outcome_{key}": one.outcome for key, one in items.items()}
    initial |= {f"remark_{key}": one.remark for key, one in items.items()}
    form = ReviewForm(request.POST or None, entries=entries, initial=initial)
    if request.method == "POST":
        org_access.require(request.account, Permission.SPEAKER_EDIT, found.unit)
        if form.is_valid():
            with refusals_on(form):
                reviews.judge_entries(found, form.judged, by=request.account, at=now())
                return saved(request, to=reverse("roster-review", args=[found.pk]), message=_("Saved."))
    judged = sum(1 for one in entries if one.pk in items)
    context |= {
        "form": form, "lines": [
            (one, outcome, remark, outcome.as_hidden(only_initial=True) + remark.as_hidden(only_initial=True))
            for one in entries
            for outcome, remark in [(form[f"outcome_{one.pk}"], form[f"remark_{one.pk}"])]
        ],
        "outcomes": [(one, items.get(one.pk)) for one in entries],
        "sentence": f"Đã rà soát {show_number(judged)}/{show_number(len(entries))} người trong sổ.",
        "is_whole": judged == len(entries),
    }  # fmt: skip
    return page(request, "speakers/desk/review.html", context, status=422 if form.is_bound else 200)


def _frozen(found: RosterReview) -> dict[str, Any]:
    """The figures of a closed review in words."""
    kept = found.figures
    groups = [
        (_("Kind"), [(ReporterKind(key).label, kept["kinds"][key]) for key in ReporterKind if kept["kinds"].get(key)]),
        (
            _("Level of political theory"),
            [(TheoryLevel(key).label, kept["theory"][key]) for key in reversed(TheoryLevel) if kept["theory"].get(key)],
        ),
        (
            _("Group from which the propagandist comes"),
            [(SourceGroup(key).label, kept["sources"][key]) for key in SourceGroup if kept["sources"].get(key)],
        ),
        (_("Outcome"), [(one.label, kept["outcomes"].get(one.value, 0)) for one in EntryOutcome]),
    ]
    return {"total": kept["total"], "specialists": kept["specialists"], "groups": [one for one in groups if one[1]],
            "trained": kept["trained"], "supplied": kept["supplied"]}  # fmt: skip


@desk_page(Permission.SPEAKER_EDIT)
def review_close(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_review(request.account, pk, Permission.SPEAKER_EDIT)
    form = ReviewCloseForm(request.POST or None)
    back = reverse("roster-review", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            reviews.close_roster_review(found, basis=form.cleaned_data["basis"], by=request.account, at=now())
            return saved(request, to=back, message=_("The review is closed."))
    leaving = found.items.filter(outcome=EntryOutcome.END, reporter__valid_to__isnull=True)
    names = [one.reporter.person.full_name for one in leaving.select_related("reporter__person")[:200]]
    lead = f"Chốt rà soát năm {found.year} của {found.unit.name}. " + (
        f"{len(names)} người ra khỏi sổ hôm nay: {', '.join(names)}." if names else "Không ai ra khỏi sổ."
    )
    return form_page(
        request, form, _("Close the review"), back, lead=lead, crumbs=[(str(found), back)], submit=_("Close the review"),
        danger=True,
    )  # fmt: skip


# --- training -------------------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def training_list(request: DeskRequest) -> HttpResponse:
    """Trainings and supplies of information of a year, and the share that they come to."""
    day = today()
    year = year_of(request.GET.get("year"), day)
    total, _lines = figures.registers(access.registers_kept_by(request.account), year=year, today=day)
    rows = access.trainings_seen_by(request.account).filter(held_on__year=year)
    found = listing(
        request, figures.with_people(rows).select_related("unit"), sorts={"day": ["held_on"], "unit": ["unit__path"]},
        default_sort="-day",
    )  # fmt: skip
    context = {
        "year": year, "years": range(day.year, day.year - 5, -1), "trainings": found, "total": total,
        "sentence": total.share.sentence(year) if total.share else f"Năm {year}: sổ chưa có ai.",
        "may_edit": org_access.may_anywhere(request.account, Permission.SPEAKER_EDIT),
    }  # fmt: skip
    return room_page(request, "trainings.html", context, tab="speaker-training-list")


@desk_page(Permission.SPEAKER_EDIT)
def training_new(request: DeskRequest) -> HttpResponse:
    is_search = request.method == "POST" and "find" in request.POST  # another part of the register is to be ticked
    if is_search:
        typed = {name: request.POST.get(name, "") for name in TrainingForm.base_fields}
        typed |= {"reporters": request.POST.getlist("reporters")}
        form = TrainingForm(account=request.account, initial=typed)
    else:
        form = TrainingForm(request.POST or None, account=request.account)
    back = reverse("speaker-training-list")
    if request.method == "POST" and not is_search and form.is_valid():
        with refusals_on(form):
            given = {name: value for name, value in form.cleaned_data.items() if name != "words"}
            made = trainings.record_training(
                given.pop("unit"), TrainingKind(given.pop("kind")), reporters=list(given.pop("reporters")),
                by=request.account, at=now(), **given,
            )  # fmt: skip
            return saved(request, to=reverse("speaker-training", args=[made.pk]), message=_("Saved."))
    return form_page(
        request,
        form,
        _("Record training or information"),
        back,
        crumbs=[(_("Training and information"), back)],
        extra="speakers/desk/_find.html" if "words" in form.fields else "",
    )


@desk_page(Permission.SPEAKER_VIEW)
def training(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_training(request.account, pk)
    # Registers beyond the account's reach may have sent people too: they are counted, not named.
    seen = access.reporters_seen_by(request.account).values("pk")
    taken = found.taken.filter(reporter__in=seen).select_related("reporter__person", "reporter__unit")
    people = [one.reporter for one in taken.order_by("reporter__unit__path", "reporter__person__sort_key")]
    context = {
        "training": found, "people": people, "others": found.taken.count() - len(people),
        "may_withdraw": found.withdrawn_at is None
        and org_access.may(request.account, Permission.SPEAKER_EDIT, found.unit),
        "breadcrumb": trail((_("Training and information"), reverse("speaker-training-list"))),
    }  # fmt: skip
    return page(request, "speakers/desk/training.html", context)


@desk_page(Permission.SPEAKER_EDIT)
def training_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_training(request.account, pk, Permission.SPEAKER_EDIT)
    form = ReasonForm(request.POST or None)
    back = reverse("speaker-training", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            trainings.withdraw_training(found, reason=form.cleaned_data["reason"], by=request.account, at=now())
            return saved(request, to=back, message=_("The record is withdrawn."))
    lead = f"{found.kind_label}: {found.topic}, ngày {show_day(found.held_on)}. Rút rồi thì không tính vào tỷ lệ."
    return form_page(
        request, form, _("Withdraw the record"), back, lead=lead, crumbs=[(found.topic, back)],
        submit=_("Withdraw the record"), danger=True,
    )  # fmt: skip


# --- sources --------------------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def source_list(request: DeskRequest) -> HttpResponse:
    """Where reporters find information: of one's units and of those above (R-115)."""
    rows = access.sources_seen_by(request.account).select_related("unit").order_by("unit__path", "pk")
    may_edit = org_access.may_anywhere(request.account, Permission.SPEAKER_EDIT)
    context = {
        "sources": [(one, org_access.may(request.account, Permission.SPEAKER_EDIT, one.unit)) for one in rows],
        "may_edit": may_edit,
    }
    return room_page(request, "sources.html", context, tab="speaker-source-list")


@desk_page(Permission.SPEAKER_EDIT)
def source_new(request: DeskRequest) -> HttpResponse:
    form = SourceForm(request.POST or None, account=request.account)
    back = reverse("speaker-source-list")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = dict(form.cleaned_data)
            trainings.add_information_source(given.pop("unit"), by=request.account, at=now(), **given)
            return saved(request, to=back, message=_("Saved."))
    return form_page(request, form, _("Add a source"), back, crumbs=[(_("Sources of information"), back)])


@desk_page(Permission.SPEAKER_EDIT)
def source_send(request: DeskRequest) -> HttpResponse:
    """Tell everybody on a register which sources there are."""
    form = UnitForm(request.POST or None, account=request.account)
    back = reverse("speaker-source-list")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            told = trainings.send_information_sources(form.cleaned_data["unit"], by=request.account, at=now())
            words = f"Đã gửi cho {show_number(told)} người." if told else "Hôm nay đã gửi cho tất cả rồi."
            return saved(request, to=back, message=words)
    lead = "Mọi người trong sổ nhận thông báo kèm danh sách nguồn của đơn vị và của cấp trên; mỗi ngày gửi một lần."
    return form_page(
        request, form, _("Send the sources to reporters"), back, lead=lead, crumbs=[(_("Sources of information"), back)],
        submit=_("Send the sources"),
    )  # fmt: skip


@desk_page(Permission.SPEAKER_EDIT)
def source_retire(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_source(request.account, pk, Permission.SPEAKER_EDIT)
    back = reverse("speaker-source-list")
    form = EmptyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            trainings.retire_information_source(found, by=request.account, at=now())
            return saved(request, to=back, message=_("The source is shown no more."))
    lead = f"Bỏ nguồn “{found.title}” của {found.unit.name}: báo cáo viên không thấy nữa."
    return form_page(
        request, form, _("Remove the source"), back, lead=lead, crumbs=[(_("Sources of information"), back)],
        submit=_("Remove the source"), danger=True,
    )  # fmt: skip


# --- fields and figures -----------------------------------------------------------------------------------------------------------


@desk_page(Permission.SPEAKER_VIEW)
def settings_page(request: DeskRequest) -> HttpResponse:
    """The catalogue of fields, and the figures in force with their basis."""
    home = org_access.home_unit(request.account)
    day = today()
    known = figures.Figures()
    in_force = [known.of(home, key, day) if home else SOURCE_FIGURES[key] for key in SpeakerRuleKey]
    fields = access.fields_offered_to(request.account).select_related("unit")
    context = {
        "fields": [
            (one, bool(one.unit and org_access.may(request.account, Permission.SPEAKER_EDIT, one.unit))) for one in fields
        ],
        "figures": in_force,
        "rules": list(access.rules_seen_by(request.account).select_related("unit").order_by("unit__path", "key", "-valid_from")),
        "may_edit": org_access.may_anywhere(request.account, Permission.SPEAKER_EDIT),
        "unit": home,
    }  # fmt: skip
    return room_page(request, "settings.html", context, tab="speaker-settings")


@desk_page(Permission.SPEAKER_EDIT)
def field_new(request: DeskRequest) -> HttpResponse:
    form = FieldForm(request.POST or None, account=request.account)
    back = reverse("speaker-settings")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.add_reporter_field(
                form.cleaned_data["unit"], form.cleaned_data["name"], by=request.account, at=now()
            )
            return saved(request, to=back, message=_("Saved."))
    return form_page(request, form, _("Add a field"), back, crumbs=[(_("Fields and figures"), back)])


@desk_page(Permission.SPEAKER_EDIT)
def field_retire(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_field(request.account, pk)
    back = reverse("speaker-settings")
    form = EmptyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.retire_reporter_field(found, by=request.account, at=now())
            return saved(request, to=back, message=_("The field is offered no more."))
    lead = f"Thôi dùng lĩnh vực “{found.name}”; người đang ghi lĩnh vực này vẫn giữ."
    return form_page(
        request, form, _("Retire the field"), back, lead=lead, crumbs=[(_("Fields and figures"), back)],
        submit=_("Retire the field"), danger=True,
    )  # fmt: skip


@desk_page(Permission.SPEAKER_EDIT)
def rule_new(request: DeskRequest) -> HttpResponse:
    form = RuleForm(request.POST or None, account=request.account)
    back = reverse("speaker-settings")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = dict(form.cleaned_data)
            trainings.set_speaker_rule(
                given.pop("unit"),
                SpeakerRuleKey(given.pop("key")),
                given.pop("value"),
                by=request.account,
                at=now(),
                **given,
            )
            return saved(request, to=back, message=_("Saved."))
    lead = "Mức này áp dụng cho đơn vị và các đơn vị bên dưới chưa đặt mức riêng."
    return form_page(request, form, _("Set a figure"), back, lead=lead, crumbs=[(_("Fields and figures"), back)])

"""The only writer of reports and their templates."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F

from quantriet.audit.actions import record
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit import documents as papers
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.text import nfc, squeeze
from quantriet.kit.time import local, show_day
from quantriet.notify import queries as notify_queries
from quantriet.notify.actions import send_mail, tell_keepers
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Concern, TreeChange
from quantriet.reports import access, queries
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import paper
from quantriet.reports.rules.narrative import narrative
from quantriet.reports.rules.numbering import read_number
from quantriet.reports.vocab import SENT_NOTICE, Before, Figures, ReportKind, ReportState, Section

HEAD_FIELDS = (
    "superior", "body", "number", "place", "signed_on", "subject", "recipients", "authority", "signer_title", "signer_name",
)  # fmt: skip
_CHANGED_MEANWHILE = Refusal(
    "report.changed_meanwhile",
    "Báo cáo vừa được người khác sửa hoặc đã chốt. Hãy mở lại trang để xem bản mới rồi sửa tiếp.",
)


# --- drafting --------------------------------------------------------------------------------------------------------


def draft_report(
    campaign: StudyCampaign,
    unit: Unit,
    *,
    by: Account,
    at: datetime,
    day: date | None = None,
    todays_tree: bool = False,
    corrects: Report | None = None,
) -> Report:
    """Freeze the figures of a unit in a campaign and propose every paragraph; `day` is the end of an earlier day.

    They stand on the tree of that day, or mapped to today's (P-01).

    Refuses a unit outside the campaign's branch, a campaign that has not opened, a correction of what is not sent or of
    another unit's report. Effects: the draft, audit "report.drafted".
    """
    if not campaign_queries.counts_under(campaign, unit):
        raise Refusal(
            "report.unit_outside",
            f"{unit.name} không thuộc phạm vi đợt “{campaign.name}” của {campaign.unit.name}.",
            field="unit",
        )
    if campaign.state not in (CampaignState.OPEN, CampaignState.CLOSED):
        raise Refusal(
            "report.campaign_not_open", "Đợt học tập chưa mở nên chưa có kết quả để báo cáo.", field="campaign"
        )
    if corrects is not None and not (
        corrects.is_sent and corrects.unit_id == unit.pk and corrects.campaign_id == campaign.pk
    ):
        raise Refusal(
            "report.nothing_to_correct", "Chỉ lập báo cáo thay thế cho báo cáo đã gửi của chính đơn vị và đợt này."
        )
    moment = campaign_queries.as_of(day, todays_tree=todays_tree)
    figures = queries.figures(campaign, unit, moment)
    previous, before = queries.what_went_before(campaign, unit, moment, corrects)
    report = Report(
        unit=unit,
        campaign=campaign,
        corrects=corrects,
        todays_tree=todays_tree,
        created_at=at,
        created_by=by,
        changed_at=at,
        **queries.head_defaults(campaign, unit),
    )
    if corrects is not None:
        report.subject = corrects.subject
    _freeze(report, figures, previous, before, moment.moment)
    with transaction.atomic():
        report.save(force_insert=True)
        record("report.drafted", by=by, at=at, thing=report, unit=unit, after={"as_of": figures.as_of})
    return report


def refresh_figures(report: Report, *, revision: int, by: Account, at: datetime, day: date | None = None) -> Report:
    """Take the figures anew. Words that nobody has changed follow them; changed ones stay, with the new proposal beside.

    Every section must be confirmed again. Refuses a sent report, and one changed since `revision`.
    Effects: the draft, audit "report.refreshed".
    """
    _refuse_sent(report)
    moment = campaign_queries.as_of(day, todays_tree=report.todays_tree)
    figures = queries.figures(report.campaign, report.unit, moment)
    previous, before = queries.what_went_before(report.campaign, report.unit, moment, report)
    old = {"as_of": report.figures.get("as_of", ""), "done": report.done, "obliged": report.obliged}
    _freeze(report, figures, previous, before, moment.moment)
    new = {"as_of": figures.as_of, "done": report.done, "obliged": report.obliged}
    names = ("figures", "before", "previous", "narrative", "as_of", "done", "obliged")
    with transaction.atomic():
        _write(report, revision, {name: getattr(report, name) for name in names}, at)
        record("report.refreshed", by=by, at=at, thing=report, unit=report.unit, before=old, after=new)
    return report


def _freeze(report: Report, figures: Figures, previous: Report | None, before: Before | None, moment: datetime) -> None:
    """Put figures and proposals into the report: unchanged words follow, changed ones stay, nothing is confirmed."""
    report.figures = figures.as_json()
    report.previous = previous
    report.before = {"name": before.name, "figures": before.figures.as_json()} if before else None
    report.as_of = moment
    report.done, report.obliged = figures.people.done, figures.people.obliged
    sections = {}
    for section, paragraphs in narrative(figures, before).items():
        proposed = "\n\n".join(paragraphs)
        old = report.narrative.get(section.value)
        kept = old is not None and old["text"] != old["proposed"]
        sections[section.value] = {
            "text": old["text"] if old is not None and kept else proposed,
            "proposed": proposed,
            "confirmed": False,
        }
    report.narrative = sections


def change_report(
    report: Report,
    *,
    revision: int,
    by: Account,
    at: datetime,
    head: Mapping[str, Any] | None = None,
    texts: Mapping[Section, str] | None = None,
    confirmed: Collection[Section] | None = None,
) -> Report:
    """Change the head, the words and which sections a person has confirmed.

    Refuses a sent report, one changed since `revision`, a number that is none, and content marked as a state secret.
    Effects: the draft, audit "report.changed".
    """
    _refuse_sent(report)
    new = {name: _clean(name, value) for name, value in (head or {}).items() if name in HEAD_FIELDS}
    if new.get("number"):
        new["number"] = read_number(new["number"])
    sections = {key: dict(value) for key, value in report.narrative.items()}
    for section, text in (texts or {}).items():
        sections[section.value]["text"] = _lines(text)
    if confirmed is not None:
        for section in Section:
            sections[section.value]["confirmed"] = section in confirmed
    for words in (*new.values(), *(one["text"] for one in sections.values())):
        if isinstance(words, str):
            refuse_if_marked(words, "Nội dung báo cáo")
    old = {name: getattr(report, name) for name in new}
    changed = [name for name in new if new[name] != old[name]]
    changed += [key for key, value in sections.items() if value != report.narrative.get(key)]
    if not changed:
        return report
    with transaction.atomic():
        _write(report, revision, {**new, "narrative": sections}, at)
        record(
            "report.changed", by=by, at=at, thing=report, unit=report.unit,
            before={name: old.get(name, "") for name in changed if name in old},
            after={name: new.get(name, "…") for name in changed},
        )  # fmt: skip
    return report


def _clean(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (
        "\n".join(squeeze(line) for line in nfc(value).splitlines() if line.strip())
        if name == "recipients"
        else squeeze(value)
    )


def _lines(text: str) -> str:
    """Paragraphs apart by one blank line."""
    return "\n\n".join(squeeze(line) for line in nfc(text).splitlines() if line.strip())


def _refuse_sent(report: Report) -> None:
    if report.is_sent:
        raise Refusal(
            "report.sent",
            f"Báo cáo {report.number} đã chốt nên không sửa được; hãy lập báo cáo thay thế nếu có sai sót.",
        )


def _write(report: Report, revision: int, values: dict[str, Any], at: datetime) -> None:
    """Change a draft only as it was seen: a second editor or a sending in between is refused, not overwritten."""
    columns = {**values, "changed_at": at}
    changed = Report.objects.filter(pk=report.pk, state=ReportState.DRAFT, revision=revision).update(
        revision=F("revision") + 1, **columns
    )
    if not changed:
        raise Refusal(_CHANGED_MEANWHILE.code, _CHANGED_MEANWHILE.sentence)
    for name, value in columns.items():
        setattr(report, name, value)
    report.revision = revision + 1


def remove_report(report: Report, *, by: Account, at: datetime) -> None:
    """Throw a draft away. Refuses a sent report."""
    _refuse_sent(report)
    with transaction.atomic():
        record("report.removed", by=by, at=at, thing=report, unit=report.unit, before={"subject": report.subject})
        gone, _ = Report.objects.filter(pk=report.pk, state=ReportState.DRAFT).delete()
        if not gone:
            raise Refusal(_CHANGED_MEANWHILE.code, _CHANGED_MEANWHILE.sentence)


# --- sending ---------------------------------------------------------------------------------------------------------


def faults_before_sending(report: Report) -> list[Refusal]:
    """Everything that must be filled, confirmed or put right before a report may be sent."""
    faults = [
        Refusal(f"report.no_{name}", f"Chưa ghi {words}.", field=name)
        for name, words in (
            ("number", "số báo cáo"),
            ("place", "địa danh"),
            ("signed_on", "ngày ký"),
            ("subject", "trích yếu"),
            ("recipients", "nơi nhận"),
            ("signer_title", "chức vụ người ký"),
            ("signer_name", "họ và tên người ký"),
        )
        if not getattr(report, name)
    ]
    # The figures of an earlier day are those of its end, which is the first moment of the next.
    day = local(report.as_of - timedelta(microseconds=1)).date()
    if report.signed_on and report.signed_on < day:
        faults.append(
            Refusal(
                "report.signed_before_figures",
                f"Ngày ký {show_day(report.signed_on)} trước ngày lấy số liệu {show_day(day)}.",
                field="signed_on",
            )
        )
    taken = queries.taken_in_term(report)
    if taken:
        other, term = taken
        faults.append(
            Refusal(
                "report.number_taken",
                f"Số {report.number} đã dùng cho báo cáo ngày {show_day(other.signed_on or local(other.as_of).date())} trong "
                f"{term.name}; mỗi số chỉ dùng một lần trong một nhiệm kỳ.",
                field="number",
            )
        )
    if not any(one["text"] for one in report.narrative.values()):
        faults.append(Refusal("report.empty", "Báo cáo chưa có nội dung."))
    waiting = [section for section in Section if not report.narrative.get(section.value, {}).get("confirmed")]
    if waiting:
        faults.append(
            Refusal(
                "report.not_confirmed",
                f"Còn {len(waiting)} phần chưa có người duyệt: {', '.join(section.label for section in waiting)}.",
            )
        )
    return faults


def send_report(report: Report, *, revision: int, by: Account, at: datetime) -> Report:
    """Close a report for ever: number, signer, figures, words and both files are kept with their digests (B-17).

    Refuses what is not complete or not confirmed by a person, a template that fails, and a draft changed since
    `revision`. Effects: files and state, the unit directly above as receiver, audit "report.sent", a mail to the receiver
    when it has an address.
    """
    _refuse_sent(report)
    faults = faults_before_sending(report)
    if faults:
        raise Refusals(faults)
    template = queries.template_in_force(report.unit)
    # Made before the transaction: filling takes a second in a child process, and nobody waits for the lock meanwhile.
    docx, xlsx = queries.made_word(report, template), queries.made_excel(report)
    values = {
        "template": template,
        "docx": docx,
        "docx_digest": hashlib.sha256(docx).hexdigest(),
        "xlsx": xlsx,
        "xlsx_digest": hashlib.sha256(xlsx).hexdigest(),
        "sent_at": at,
        "sent_by": by,
        "state": ReportState.SENT,
        "receiver": report.unit.parent,
    }
    with named_lock(f"report-numbers-{report.unit_id}"):
        if queries.taken_in_term(report):
            raise Refusals(faults_before_sending(report))
        _write(report, revision, values, at)
        record(
            "report.sent", by=by, at=at, thing=report, unit=report.unit,
            after={
                "number": report.number,
                "signer": report.signer_name,
                "docx": values["docx_digest"],
                "xlsx": values["xlsx_digest"],
            },
        )  # fmt: skip
        _tell_receiver(report, by=by, at=at)
    return report


def _tell_receiver(report: Report, *, by: Account, at: datetime) -> None:
    receiver = report.receiver
    if receiver is None:
        return
    subject = f"{report.unit.name} gửi Báo cáo {report.number}"
    body = (
        f"{report.unit.name} đã gửi Báo cáo {report.number} {report.subject}.\n\n"
        "Mở mục Báo cáo, chọn “Chờ tiếp nhận” để xem, tải tệp và bấm “Tiếp nhận báo cáo”."
    )
    if receiver.email:
        send_mail(
            kind=SENT_NOTICE, unit=report.unit, to_unit=receiver, address=receiver.email, by=by, at=at, subject=subject,
            body=body,
        )  # fmt: skip
    keepers = notify_queries.keepers_of([receiver], day=local(at).date())[receiver.pk]
    tell_keepers(
        kind=SENT_NOTICE, unit=report.unit, to=receiver, keepers=keepers, subject=subject, body=body,
        link=f"/desk/reports/{report.pk}/", by=by, at=at,
    )  # fmt: skip


def receive_report(report: Report, *, by: Account, at: datetime) -> Report:
    """Say that the unit above has taken a sent report in hand; the sending office sees who did and when.

    Refuses outside the receiver, and twice. Effects: the mark, audit "report.received" at the sending unit.
    """
    if report.receiver is None or not access.may_write(by, report.receiver):
        raise Refusal("report.not_receiver", "Chỉ đơn vị nhận báo cáo mới tiếp nhận được.")
    with transaction.atomic():
        taken = Report.objects.filter(pk=report.pk, received_at__isnull=True).update(received_at=at, received_by=by)
        if not taken:
            report.refresh_from_db(fields=["received_at", "received_by"])
            when = show_day(local(report.received_at).date()) if report.received_at else ""
            raise Refusal(
                "report.received_already",
                f"Báo cáo {report.number} đã được {report.received_by} tiếp nhận ngày {when}.",
            )
        report.received_at, report.received_by = at, by
        record(
            "report.received", by=by, at=at, thing=report, unit=report.unit, after={"receiver": report.receiver.name}
        )
    return report


# --- templates -------------------------------------------------------------------------------------------------------


def upload_template(unit: Unit, *, path: Path, file_name: str, by: Account, at: datetime) -> ReportTemplate:
    """Make a Word file the unit's own template; the one before stays in the history.

    Refuses what is no clean Word file, one with a secrecy mark (B-18), and unknown or broken tags, each in a sentence.
    Effects: the template, audit "template.uploaded".
    """
    refuse_if_marked(Path(file_name).stem, "Tên tệp")
    gated = papers.gate(path, file_name)
    if gated.kind != papers.Kind.DOCX:
        raise Refusal("template.not_word", "Mẫu báo cáo phải là tệp Word (.docx).", field="file")
    refuse_if_marked("\n".join(one.text for one in papers.extract(gated).paragraphs), "Mẫu báo cáo")
    content = path.read_bytes()
    faults = paper.faults_of(content)
    if faults:
        raise Refusals([Refusal("template.tags", sentence, field="file") for sentence in faults])
    with transaction.atomic():
        current = ReportTemplate.objects.filter(unit=unit, kind=ReportKind.CAMPAIGN_RESULT, is_current=True)
        current.update(is_current=False)
        template = ReportTemplate.objects.create(
            unit=unit,
            kind=ReportKind.CAMPAIGN_RESULT,
            content=content,
            file_name=squeeze(nfc(file_name))[:200],
            digest=hashlib.sha256(content).hexdigest(),
            uploaded_at=at,
            uploaded_by=by,
        )
        record("template.uploaded", by=by, at=at, thing=template, unit=unit, after={"digest": template.digest})
    return template


def reset_template(unit: Unit, *, by: Account, at: datetime) -> None:
    """Stop using the unit's own template: that of the unit above holds again, else the built-in one.

    Refuses when there is none of its own. Effects: the template, audit "template.reset".
    """
    with transaction.atomic():
        template = (
            ReportTemplate.objects.filter(unit=unit, kind=ReportKind.CAMPAIGN_RESULT, is_current=True)
            .defer("content")
            .first()
        )
        if template is None:
            raise Refusal("template.none", "Đơn vị đang không dùng mẫu riêng.")
        ReportTemplate.objects.filter(pk=template.pk).update(is_current=False)
        record("template.reset", by=by, at=at, thing=template, unit=unit, before={"file": template.file_name})


# --- the tree --------------------------------------------------------------------------------------------------------


class ReportFollower:
    """What the tree asks of reports (decision 0007): they keep the unit that wrote them, files and all."""

    def hindrances(self, change: TreeChange) -> list[str]:
        return []

    def concerns(self, change: TreeChange) -> list[Concern]:
        drafts = Report.objects.filter(unit__in=list(change.closing), state=ReportState.DRAFT).light()
        number = drafts.count()
        if not number:
            return []
        names = tuple(f"{one.unit.name}: {one.subject}" for one in drafts.select_related("unit").order_by("pk")[:8])
        return [Concern("Báo cáo đang soạn", number, names, "giữ ở đơn vị cũ; đơn vị kế tục thấy và gửi tiếp được")]

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Nothing: a report stands under its unit, and so wherever that unit stands."""

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        number = Report.objects.filter(unit__in=units).count()
        return [f"{number} báo cáo do đơn vị mới lập."] if number else []


FOLLOWER = ReportFollower()

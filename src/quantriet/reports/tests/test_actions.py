"""A report is drafted, worded, confirmed and closed once; what was sent stays byte for byte."""

import datetime as dt
import hashlib
import io

import docx
import pytest
from django.db import IntegrityError, transaction

from quantriet.audit.models import AuditEvent
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, today
from quantriet.org.models import Unit
from quantriet.reports import actions, queries
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import paper
from quantriet.reports.tests.factories import draft, open_campaign, ready, sent, settle
from quantriet.reports.vocab import ReportState, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(cast):
    made = open_campaign(cast)
    settle(made, cast, M1="attended", M2="attended", M3="absent")
    return made


def send(report, cast):
    return actions.send_report(report, revision=report.revision, by=cast.officer, at=now())


def change(report, cast, **given):
    return actions.change_report(report, revision=report.revision, by=cast.officer, at=now(), **given)


def refresh(report, cast):
    return actions.refresh_figures(report, revision=report.revision, by=cast.officer, at=now())


def test_draft_freezes_figures_and_proposes_words(cast, campaign):
    report = draft(cast, campaign)
    assert (report.done, report.obliged) == (2, 12)
    assert "2/12 người phải học" in report.narrative["results"]["text"]
    assert not any(one["confirmed"] for one in report.narrative.values())
    assert report.body == "TỈNH ỦY TÂN LĨNH"
    assert report.place == "Tân Lĩnh"
    settle(campaign, cast, M4="attended")
    assert "2/12" in Report.objects.get(pk=report.pk).narrative["results"]["text"]
    assert AuditEvent.objects.filter(verb="report.drafted").count() == 1


def test_refusals_of_a_draft(cast, campaign):
    own = open_campaign(cast, "X1", name="Đợt học của xã")
    with pytest.raises(Refusal) as refused:
        draft(cast, own, "X2")
    assert (refused.value.code, refused.value.field) == ("report.unit_outside", "unit")
    StudyCampaign.objects.filter(pk=campaign.pk).update(state=CampaignState.DRAFT)
    campaign.refresh_from_db()
    with pytest.raises(Refusal) as refused:
        draft(cast, campaign)
    assert refused.value.code == "report.campaign_not_open"


def test_unchanged_words_follow_new_figures_and_changed_ones_stay(cast, campaign):
    report = change(draft(cast, campaign), cast, texts={Section.URGE: "Tự viết."}, confirmed=set(Section))
    settle(campaign, cast, M4="attended")
    report = refresh(report, cast)
    assert "3/12 người phải học" in report.narrative["results"]["text"]
    assert report.narrative["urge"]["text"] == "Tự viết."
    assert "chưa báo cáo" in report.narrative["urge"]["proposed"]
    assert not any(one["confirmed"] for one in report.narrative.values())
    assert report.done == 3


def test_two_editors_never_overwrite_each_other(cast, campaign):
    report = draft(cast, campaign)
    other = Report.objects.get(pk=report.pk)
    change(report, cast, texts={Section.URGE: "Người thứ nhất."})
    for late in (
        lambda: change(other, cast, texts={Section.URGE: "Người thứ hai."}),
        lambda: refresh(other, cast),
    ):
        with pytest.raises(Refusal) as refused:
            late()
        assert refused.value.code == "report.changed_meanwhile"
    assert Report.objects.get(pk=report.pk).narrative["urge"]["text"] == "Người thứ nhất."


def test_saving_without_a_change_writes_nothing(cast, campaign):
    report = draft(cast, campaign)
    change(report, cast, texts={Section.URGE: report.narrative["urge"]["text"]}, head={"body": report.body})
    assert report.revision == 1
    assert not AuditEvent.objects.filter(verb="report.changed").exists()


@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize(
    "marked",
    [{"texts": {Section.RESULTS: "MẬT\nNội dung"}}, {"head": {"subject": "Độ mật: Tối mật"}}, {"head": {"recipients": "Lưu\nTUYỆT MẬT"}}],
    ids=["words", "subject", "recipients"],
)  # fmt: skip
def test_marked_words_are_refused(cast, campaign, marked):
    report = draft(cast, campaign)
    with pytest.raises(Refusal) as refused:
        change(report, cast, **marked)
    assert refused.value.code == "secret.marked"
    assert Report.objects.get(pk=report.pk).revision == 1


def test_nothing_is_sent_before_a_person_has_confirmed_everything(cast, campaign):
    report = draft(cast, campaign)
    with pytest.raises(Refusals) as refused:
        send(report, cast)
    codes = {one.code for one in refused.value.several}
    assert {"report.no_number", "report.no_signed_on", "report.not_confirmed"} <= codes
    report = ready(report, cast)
    report = change(report, cast, confirmed=set(Section) - {Section.PRAISE})
    with pytest.raises(Refusals) as refused:
        send(report, cast)
    assert [one.code for one in refused.value.several] == ["report.not_confirmed"]
    assert "Đơn vị cần biểu dương" in refused.value.sentence


def test_day_of_signing_is_not_before_the_figures(cast, campaign):
    report = ready(draft(cast, campaign), cast, signed_on=today() - dt.timedelta(days=1))
    with pytest.raises(Refusals) as refused:
        send(report, cast)
    assert [one.code for one in refused.value.several] == ["report.signed_before_figures"]
    earlier = ready(
        draft(cast, campaign, day=today() - dt.timedelta(days=1)), cast, signed_on=today() - dt.timedelta(days=1)
    )
    assert actions.faults_before_sending(earlier) == []


@pytest.mark.req("B-17")
def test_sent_report_is_the_same_for_ever(cast, campaign):
    report = sent(cast, campaign)
    assert report.state == ReportState.SENT
    kept = Report.objects.get(pk=report.pk)
    first_word, first_excel = queries.word_file(kept), queries.excel_file(kept)
    assert hashlib.sha256(first_word).hexdigest() == kept.docx_digest
    assert hashlib.sha256(first_excel).hexdigest() == kept.xlsx_digest
    # The world goes on: results, names, the office's template.
    settle(campaign, cast, M3="attended", M4="attended", M10="attended")
    Unit.objects.filter(pk=cast.units["X1"].pk).update(name="Đảng ủy xã Mới")
    upload(cast)
    again = Report.objects.get(pk=report.pk)
    assert queries.word_file(again) == first_word
    assert queries.excel_file(again) == first_excel
    # And what is frozen gives these very bytes when it is filled again.
    assert queries.made_word(again, None) == first_word
    assert queries.made_excel(again) == first_excel
    assert "2/12 người phải học" in "\n".join(p.text for p in docx.Document(io.BytesIO(first_word)).paragraphs)
    event = AuditEvent.objects.get(verb="report.sent")
    assert event.after["docx"] == kept.docx_digest


@pytest.mark.req("B-17")
def test_sent_report_cannot_be_changed_in_any_way(cast, campaign):
    report = sent(cast, campaign)
    stale = Report.objects.get(pk=report.pk)
    stale.state = ReportState.DRAFT  # as a page that was opened before sees it
    for attempt in (
        lambda one: change(one, cast, texts={Section.URGE: "Sửa."}),
        lambda one: refresh(one, cast),
        lambda one: send(one, cast),
        lambda one: actions.remove_report(one, by=cast.officer, at=now()),
    ):
        for one in (Report.objects.get(pk=report.pk), stale):
            with pytest.raises(Refusal):
                attempt(one)
    assert Report.objects.get(pk=report.pk).docx_digest == report.docx_digest


def test_sent_report_without_files_is_refused_by_the_database(cast, campaign):
    report = draft(cast, campaign)
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(state=ReportState.SENT, sent_at=now())


def test_report_seen_in_one_revision_is_not_sent_in_another(cast, campaign):
    report = ready(draft(cast, campaign), cast)
    seen = Report.objects.get(pk=report.pk)
    change(report, cast, texts={Section.URGE: "Sửa sau khi đã xem."})
    with pytest.raises(Refusal) as refused:
        send(seen, cast)
    assert refused.value.code == "report.changed_meanwhile"


@pytest.mark.req("B-17")
def test_correction_is_a_new_report_that_names_the_old_one(cast, campaign):
    old = sent(cast, campaign)
    settle(campaign, cast, M4="attended")
    new = draft(cast, campaign, corrects=old)
    assert new.subject == old.subject
    assert new.number == "27-BC/TU"
    said = "\n".join(p.text for p in docx.Document(io.BytesIO(queries.word_file(new))).paragraphs)
    assert f"Báo cáo này thay thế Báo cáo 26-BC/TU ngày {old.signed_on:%d/%m/%Y}." in said
    with pytest.raises(Refusal) as refused:
        draft(cast, campaign, corrects=new)
    assert refused.value.code == "report.nothing_to_correct"
    send(ready(new, cast, number="27-BC/TU"), cast)
    # Later reports compare with the one that holds now.
    assert draft(cast, campaign).previous_id == new.pk


@pytest.mark.req("B-17")
def test_comparison_rests_on_the_last_sent_report_then_on_the_campaign_before(cast, campaign):
    first = sent(cast, campaign)
    settle(campaign, cast, M4="attended", M7="attended")
    second = draft(cast, campaign)
    assert second.previous_id == first.pk
    said = second.narrative["comparison"]["text"]
    assert said.startswith("So với Báo cáo 26-BC/TU ngày")
    assert "tỷ lệ học xong tăng 16,6 điểm phần trăm (từ 16,7% lên 33,3%);" in said
    later = open_campaign(cast, name="Đợt học sau", planned_from=today() + dt.timedelta(days=2))
    assert draft(cast, later).previous_id == first.pk
    assert "“Đợt học tập Nghị quyết 2026”" in draft(cast, later).narrative["comparison"]["text"]
    # A unit that never reported is compared with how it stood in the campaign before.
    of_commune = draft(cast, later, "X1")
    assert of_commune.previous_id is None
    assert of_commune.narrative["comparison"]["text"].startswith("So với “Đợt học tập Nghị quyết 2026”: ")


def test_draft_is_thrown_away(cast, campaign):
    report = draft(cast, campaign)
    actions.remove_report(report, by=cast.officer, at=now())
    assert not Report.objects.exists()
    assert AuditEvent.objects.filter(verb="report.removed").exists()


# --- templates -------------------------------------------------------------------------------------------------------


def upload(
    cast, tmp_path=None, unit="T", words="{{ number_line }}: {{ people.done }}/{{ people.obliged }}", name="mau.docx"
):
    import tempfile
    from pathlib import Path

    document = docx.Document()
    for line in words.split("\n"):
        document.add_paragraph(line)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mau.docx"
        document.save(str(path))
        return actions.upload_template(cast.units[unit], path=path, file_name=name, by=cast.officer, at=now())


@pytest.mark.req("P-03")
def test_own_template_holds_for_units_below_until_it_is_given_up(cast, campaign):
    upload(cast)
    report = draft(cast, campaign, "X1")
    [line] = [p.text for p in docx.Document(io.BytesIO(queries.word_file(report))).paragraphs]
    assert line == "Số      -BC/ĐU: 2/9"
    newer = upload(cast, unit="X1", words="{{ body }}")
    assert queries.template_in_force(cast.units["X1"]).pk == newer.pk
    actions.reset_template(cast.units["X1"], by=cast.officer, at=now())
    assert queries.template_in_force(cast.units["X1"]).unit_id == cast.units["T"].pk
    actions.reset_template(cast.units["T"], by=cast.officer, at=now())
    assert queries.template_in_force(cast.units["X1"]) is None
    with pytest.raises(Refusal) as refused:
        actions.reset_template(cast.units["T"], by=cast.officer, at=now())
    assert refused.value.code == "template.none"
    assert ReportTemplate.objects.count() == 2
    assert list(AuditEvent.objects.filter(verb__startswith="template").values_list("verb", flat=True).order_by("pk")) == [
        "template.uploaded", "template.uploaded", "template.reset", "template.reset",
    ]  # fmt: skip


@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize(
    ("words", "name"), [("MẬT\n{{ body }}", "mau.docx"), ("{{ body }}", "TỐI MẬT.docx")], ids=["words", "name"]
)
def test_marked_template_is_refused_and_leaves_nothing(cast, words, name):
    with pytest.raises(Refusal) as refused:
        upload(cast, words=words, name=name)
    assert refused.value.code == "secret.marked"
    assert not ReportTemplate.objects.exists()


def test_template_with_unknown_tags_is_refused_with_a_sentence_for_each(cast):
    with pytest.raises(Refusals) as refused:
        upload(cast, words="{{ bodi }} {{ plase }}")
    assert len(refused.value.several) == 2
    assert "“body”" in refused.value.sentence
    assert not ReportTemplate.objects.exists()


@pytest.mark.parametrize("content", [b"not a word file", b"PK\x03\x04broken"], ids=["text", "broken"])
def test_file_that_is_no_word_template_is_refused(cast, tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        actions.upload_template(cast.units["T"], path=path, file_name="x.docx", by=cast.officer, at=now())
    assert refused.value.code.startswith(("template.", "document.", "file."))
    assert not ReportTemplate.objects.exists()


def test_built_in_template_can_be_uploaded_as_it_is(cast, tmp_path):
    path = tmp_path / "mau.docx"
    path.write_bytes(paper.template())
    assert actions.upload_template(cast.units["T"], path=path, file_name="mau.docx", by=cast.officer, at=now()).pk

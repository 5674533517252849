import io
import re

import docx
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.notify.models import Message
from quantriet.reports import actions
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import paper
from quantriet.reports.tests.factories import HEAD, draft, open_campaign, ready, sent, settle
from quantriet.reports.vocab import Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(cast):
    made = open_campaign(cast)
    settle(made, cast, M1="attended", M2="absent")
    return made


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def posted(report, **changes):
    """The edit form as a browser sends it back."""
    values = {"revision": report.revision, **HEAD, "signed_on": f"{today():%d/%m/%Y}"}
    for section in Section:
        values[f"text_{section.value}"] = report.narrative[section.value]["text"]
        values[f"confirmed_{section.value}"] = "on"
    return {**values, **changes}


@pytest.mark.req("B-17", "P-03")
def test_the_whole_way_from_campaign_to_signed_report(as_user, cast, campaign):
    client = as_user("officer")
    assert "Chưa có báo cáo nào" in client.get(reverse("report-list")).content.decode()
    answer = client.post(reverse("report-new"), {"campaign": campaign.pk, "unit": cast.units["T"].pk})
    report = Report.objects.get()
    assert (answer.status_code, answer.url) == (303, reverse("report-edit", args=[report.pk]))
    page = client.get(answer.url).content.decode()
    assert "1/12 người phải học" in page
    missing = client.get(reverse("report-send", args=[report.pk])).content.decode()
    assert "Chưa ghi số báo cáo" in missing
    assert "Còn 7 phần chưa có người duyệt" in missing
    answer = client.post(
        reverse("report-edit", args=[report.pk]), posted(report, preview="1", text_praise="Biểu dương Chi bộ thôn 1.")
    )
    assert answer.url == reverse("report", args=[report.pk])
    shown = client.get(answer.url).content.decode()
    assert "Số 26-BC/TU" in shown
    assert "Biểu dương Chi bộ thôn 1." in shown
    sending = client.get(reverse("report-send", args=[report.pk])).content.decode()
    assert "Chốt Báo cáo 26-BC/TU" in sending
    assert "1/12 người (8,3%)" in sending
    revision = re.search(r'name="revision" value="(\d+)"', sending)[1]
    assert client.post(reverse("report-send", args=[report.pk]), {"revision": revision}).status_code == 303
    report.refresh_from_db()
    assert report.is_sent
    word = client.get(reverse("report-word", args=[report.pk]))
    assert 'filename="bao-cao-26-BC-TU.docx"' in word["Content-Disposition"]
    content = body_of(word)
    assert content == bytes(report.docx)
    assert "Biểu dương Chi bộ thôn 1." in "\n".join(p.text for p in docx.Document(io.BytesIO(content)).paragraphs)
    excel = body_of(client.get(reverse("report-excel", args=[report.pk])))
    assert excel == bytes(report.xlsx)
    for name in ("report-edit", "report-send"):
        assert client.get(reverse(name, args=[report.pk])).url == reverse("report", args=[report.pk])
    closed = client.get(reverse("report", args=[report.pk])).content.decode()
    assert report.docx_digest in closed
    answer = client.post(reverse("report-correct", args=[report.pk]))
    assert Report.objects.get(corrects=report).pk == int(answer.url.split("/")[-3])


def test_draft_says_in_its_file_name_that_it_is_one(as_user, cast, campaign):
    report = draft(cast, campaign)
    answer = as_user("officer").get(reverse("report-word", args=[report.pk]))
    assert f"bao-cao-{report.pk}-du-thao.docx" in answer["Content-Disposition"]


def test_second_editor_is_told_and_keeps_the_typed_words(as_user, cast, campaign):
    report = draft(cast, campaign)
    old = posted(report, text_urge="Lời của người đến sau.")
    actions.change_report(report, revision=1, by=cast.officer, at=now(), texts={Section.URGE: "Lời của người trước."})
    answer = as_user("officer").post(reverse("report-edit", args=[report.pk]), old)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "vừa được người khác sửa" in text
    assert "Lời của người đến sau." in text


def test_refusals_stand_beside_their_fields(as_user, cast, campaign):
    report = draft(cast, campaign)
    client = as_user("officer")
    answer = client.post(reverse("report-edit", args=[report.pk]), posted(report, number="hai mươi sáu"))
    assert answer.status_code == 422
    assert "Ghi theo mẫu: 26-BC/BTGTU" in answer.context["form"].errors["number"][0]
    answer = client.post(reverse("report-edit", args=[report.pk]), posted(report, text_results="TỐI MẬT"))
    assert "117/2025/QH15" in answer.content.decode()
    wrong = client.post(
        reverse("report-new"), {"campaign": campaign.pk, "unit": cast.units["T"].pk, "as_of": "31/02/2026"}
    )
    assert wrong.status_code == 422


def test_figures_are_taken_anew_on_the_page(as_user, cast, campaign):
    report = draft(cast, campaign)
    settle(campaign, cast, M3="attended")
    client = as_user("officer")
    assert client.get(reverse("report-refresh", args=[report.pk])).status_code == 200
    answer = client.post(reverse("report-refresh", args=[report.pk]), {"revision": report.revision, "as_of": ""})
    assert answer.status_code == 303
    assert "2/12 người phải học" in client.get(answer.url).content.decode()
    again = client.post(reverse("report-refresh", args=[report.pk]), {"revision": report.revision})
    assert again.status_code == 422


def test_throwing_a_draft_away_takes_two_steps(as_user, cast, campaign):
    report = draft(cast, campaign)
    client = as_user("officer")
    assert "Bỏ bản nháp" in client.get(reverse("report-remove", args=[report.pk])).content.decode()
    assert Report.objects.exists()
    assert client.post(reverse("report-remove", args=[report.pk])).url == reverse("report-list")
    assert not Report.objects.exists()


def test_same_number_is_warned_of_before_sending(as_user, cast, campaign):
    sent(cast, campaign)
    twin = ready(draft(cast, campaign), cast)
    assert "Đã có Báo cáo 26-BC/TU" in as_user("officer").get(reverse("report-send", args=[twin.pk])).content.decode()


@pytest.mark.req("B-08")
def test_every_figure_opens_into_what_it_is_made_of(as_user, cast, campaign):
    report = draft(cast, campaign)
    client = as_user("officer")
    links = client.get(reverse("report-edit", args=[report.pk])).context["links"]
    assert {"board", "done", "owing", "absent", "exempt", "silent"} <= set(links)
    for url in links.values():
        assert client.get(url).status_code == 200, url
    names = client.get(links["absent"]).content.decode()
    assert "Trần Văn Bình" in names


# who, of which unit the report is, state → status of reading, of editing
CASES = [
    ("officer", "T", "draft", 200, 200),
    ("officer", "X1", "draft", 200, 200),
    ("organiser1", "X1", "draft", 200, 200),
    ("organiser1", "X1", "sent", 200, 303),
    ("organiser1", "T", "sent", 404, 404),
    ("organiser2", "X1", "sent", 404, 404),
    ("leader", "T", "draft", 200, 403),
    ("leader", "X1", "draft", 404, 403),
    ("leader", "X1", "sent", 200, 403),
    ("leader1", "X1", "draft", 200, 403),
    ("leader1", "X2", "sent", 404, 403),
    ("inspector", "X1", "sent", 200, 403),
    ("inspector", "X1", "draft", 404, 403),
    ("secretary11", "X1", "sent", 404, 403),
    ("admin", "T", "sent", 403, 403),
    ("editor", "T", "sent", 403, 403),
    ("member1", "T", "sent", 403, 403),
]


@pytest.mark.parametrize(("username", "unit", "state", "reading", "editing"), CASES)
def test_who_reads_and_who_writes(as_user, cast, campaign, username, unit, state, reading, editing):
    report = draft(cast, campaign, unit)
    if state == "sent":
        # The files themselves are of no matter here, and making them takes seconds.
        Report.objects.filter(pk=report.pk).update(
            state="sent", sent_at=now(), sent_by=cast.officer, docx=b"d", xlsx=b"x"
        )
    client = as_user(username)
    for name in ("report", "report-excel"):
        assert client.get(reverse(name, args=[report.pk])).status_code == reading, name
    assert client.get(reverse("report-edit", args=[report.pk])).status_code == editing
    for name in ("report-refresh", "report-send", "report-remove", "report-correct"):
        expected = {303} if (name, editing) == ("report-send", 303) else {200} if editing in (200, 303) else {editing}
        assert client.get(reverse(name, args=[report.pk])).status_code in expected, name
    listed = client.get(reverse("report-list"))
    if reading == 403:
        assert listed.status_code == 403
    else:
        assert listed.context["reports"].total == (1 if reading == 200 else 0)


def test_reports_are_written_only_for_the_accounts_own_branch(as_user, cast, campaign):
    client = as_user("organiser1")
    for unit, status in (("T", 422), ("X2", 422), ("X1", 303), ("CB11", 303)):
        answer = client.post(reverse("report-new"), {"campaign": campaign.pk, "unit": cast.units[unit].pk})
        assert answer.status_code == status, unit
    assert set(Report.objects.values_list("unit__code", flat=True)) == {"X1", "CB11"}


def test_filters_and_excel_of_the_list(as_user, cast, campaign):
    for unit, number in (("X1", "05-BC/ĐU"), ("X2", "07-BC/ĐU")):
        actions.change_report(
            draft(cast, campaign, unit), revision=1, by=cast.officer, at=now(), head={"number": number}
        )
    client = as_user("officer")

    def numbers(**query):
        return [one.number for one in client.get(reverse("report-list"), query).context["reports"]]

    assert numbers(sort="number") == ["05-BC/ĐU", "07-BC/ĐU"]
    assert numbers(q="ea tam") == ["05-BC/ĐU"]
    assert numbers(q="07-BC") == ["07-BC/ĐU"]
    assert numbers(state="sent") == []
    assert len(numbers(campaign=campaign.pk)) == 2
    assert len(numbers(campaign="999999", state="x", sort="x")) == 2
    sheet = openpyxl.load_workbook(io.BytesIO(body_of(client.get(reverse("report-list"), {"format": "xlsx"})))).active
    assert "05-BC/ĐU" in [cell.value for row in sheet.iter_rows() for cell in row]


def test_list_asks_the_same_number_of_queries_for_one_and_three_rows(as_user, cast, campaign):
    client = as_user("officer")

    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("report-list")).status_code == 200
        assert not any('"reports_report"."docx"' in one["sql"].split(" FROM ")[0] for one in caught)
        return len(caught)

    draft(cast, campaign)
    queries()
    one = queries()
    for unit in ("X1", "X2"):
        draft(cast, campaign, unit)
    assert queries() == one


# --- templates -------------------------------------------------------------------------------------------------------


def word_upload(*lines: str) -> SimpleUploadedFile:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    content = io.BytesIO()
    document.save(content)
    return SimpleUploadedFile("mau-rieng.docx", content.getvalue())


@pytest.mark.req("P-03")
def test_template_is_downloaded_edited_and_uploaded(as_user, cast, campaign):
    client = as_user("officer")
    assert body_of(client.get(reverse("report-template-built-in"))) == paper.template()
    answer = client.post(
        reverse("report-template"), {"not_secret": "on", "file": word_upload("{{ body }}: {{ subject }}")}
    )
    assert answer.status_code == 303
    page = client.get(answer.url).content.decode()
    assert "mau-rieng.docx" in page
    assert "number_line" in page
    kept = ReportTemplate.objects.get()
    assert body_of(client.get(reverse("report-template-file", args=[kept.pk]))) == bytes(kept.content)
    reset = reverse("report-template-reset") + f"?unit={cast.units['T'].pk}"
    assert "mau-rieng.docx" in client.get(reset).content.decode()
    assert client.post(reset).status_code == 303
    assert not ReportTemplate.objects.filter(is_current=True).exists()
    assert client.post(reset).status_code == 422
    assert "mau-rieng.docx" in client.get(reverse("report-template")).content.decode()


def test_mistakes_of_a_template_are_told_beside_the_file(as_user, cast):
    client = as_user("officer")
    answer = client.post(reverse("report-template"), {"not_secret": "on", "file": word_upload("{{ bodi }}")})
    assert answer.status_code == 422
    assert "Có phải đồng chí muốn viết “body”?" in answer.context["form"].errors["file"][0]
    unanswered = client.post(reverse("report-template"), {"file": word_upload("MẬT")})
    assert "not_secret" in unanswered.context["form"].errors
    assert not ReportTemplate.objects.exists()


@pytest.mark.req("P-05", "B-18")
def test_marked_template_is_refused_on_the_page(as_user, cast, settings):
    answer = as_user("officer").post(
        reverse("report-template"), {"not_secret": "on", "file": word_upload("TUYỆT MẬT", "{{ body }}")}
    )
    assert answer.status_code == 422
    assert "117/2025/QH15" in answer.content.decode()
    assert not ReportTemplate.objects.exists()


def test_templates_of_other_branches_stay_unseen(as_user, cast, campaign):
    client = as_user("organiser2")
    client.post(reverse("report-template"), {"not_secret": "on", "file": word_upload("{{ body }}")})
    kept = ReportTemplate.objects.get()
    assert kept.unit_id == cast.units["X2"].pk
    other = as_user("organiser1")
    assert other.get(reverse("report-template-file", args=[kept.pk])).status_code == 404
    assert other.get(reverse("report-template"), {"unit": cast.units["X2"].pk}).status_code == 404
    assert other.post(reverse("report-template-reset") + f"?unit={cast.units['X2'].pk}").status_code == 404
    upper = as_user("officer")
    assert upper.get(reverse("report-template"), {"unit": cast.units["X2"].pk}).status_code == 200


@pytest.mark.req("B-17")
def test_a_report_says_which_unit_receives_it_and_stands_in_its_list(cast, as_user):
    campaign = open_campaign(cast)
    report = ready(draft(cast, campaign, "X1"), cast)
    client = as_user("officer")
    page = client.get(reverse("report-send", args=[report.pk])).content.decode()
    assert "Đơn vị nhận: <strong>Tỉnh ủy Tân Lĩnh</strong>" in page
    found = actions.send_report(report, revision=report.revision, by=cast.officer, at=now())
    page = client.get(reverse("report", args=[found.pk])).content.decode()
    assert "Chưa tiếp nhận" in page
    assert "Đảng ủy xã Ea Tam" in as_user("leader").get(reverse("report-list")).content.decode()


@pytest.mark.req("B-17")
def test_the_unit_above_receives_what_was_sent(as_user, cast, campaign):
    above = cast.units["T"]
    above.email = "tinhuy@example.vn"
    above.save(update_fields=["email"])
    cast.units["X1"].refresh_from_db()
    report = sent(cast, campaign, "X1")
    assert (report.receiver, report.waits_for_receiver) == (above, True)
    mail = Message.objects.get(kind="report_sent")
    assert (mail.address, mail.to_unit) == ("tinhuy@example.vn", above)
    assert report.number in mail.subject
    address, receive = reverse("report", args=[report.pk]), reverse("report-receive", args=[report.pk])
    waiting = reverse("report-list") + "?receive=on"
    # The sending office sees that nobody has taken it in hand, and cannot do so itself.
    organiser = as_user("organiser1")
    assert "Chưa tiếp nhận" in organiser.get(address).content.decode()
    refused = organiser.post(receive, follow=True).content.decode()
    assert "Chỉ đơn vị nhận báo cáo mới tiếp nhận được." in refused
    officer = as_user("officer")
    assert "1 báo cáo cấp dưới gửi đến, chưa tiếp nhận" in officer.get("/").content.decode()
    assert report.number in officer.get(waiting).content.decode()
    assert "Tiếp nhận báo cáo" in officer.get(address).content.decode()
    assert officer.post(receive).status_code == 303
    report.refresh_from_db()
    assert report.received_by == cast.officer
    assert "Tiếp nhận báo cáo" not in officer.get(address).content.decode()
    assert report.number not in officer.get(waiting).content.decode()
    assert f"{cast.officer}" in as_user("organiser1").get(address).content.decode()
    with pytest.raises(Refusal) as twice:
        actions.receive_report(report, by=cast.officer, at=now())
    assert twice.value.code == "report.received_already"

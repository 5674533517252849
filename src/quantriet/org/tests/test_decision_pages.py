"""Pages of decisions: from the form to the preview, to the second person, to the tree of a day; Excel in and out; proposals."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import imports
from quantriet.org.jobs import do_what_is_due_job
from quantriet.org.models import OrgDecision, Unit, UnitKind
from quantriet.org.rules import event_rows
from quantriet.org.rules.events import Change, Part
from quantriet.org.tests.factories import a_person, an_account
from quantriet.org.tests.test_decisions import DAY, confirmed, drafted, merge


def text_of(answer):
    return answer.content.decode()


def book(*rows):
    import openpyxl

    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    kept = io.BytesIO()
    made.save(kept)
    kept.seek(0)
    kept.name = "quyet-dinh.xlsx"
    return kept


@pytest.mark.req("P-01")
def test_from_the_form_to_the_second_person(cast, as_user):
    client = as_user("officer")
    assert "Chưa có quyết định nào" in text_of(client.get(reverse("decision-list")))
    head = {"unit": "T", "number": "12-QĐ/TU", "decided_on": "20/02/2026", "effective_on": "01/03/2026"}
    answer = client.post(reverse("decision-new"), head)
    decision = OrgDecision.objects.get()
    page = reverse("decision", args=[decision.pk])
    assert (answer.status_code, answer.url) == (303, page)
    event = reverse("decision-event-new", args=[decision.pk, "merge"])
    data = {
        "units": "CB11\nchi bộ thôn 2",
        "name": "Chi bộ thôn Chung",
        "code": "CB19",
        "unit_kind": "CHI_BO",
        "revision": 1,
    }
    wrong = client.post(event, data | {"units": "CB11"})
    assert wrong.status_code == 422
    assert "Sáp nhập cần ít nhất hai đơn vị." in text_of(wrong)
    assert client.post(event, data).status_code == 303
    shown = text_of(client.get(page))
    assert "Hợp nhất Chi bộ thôn 1 và Chi bộ thôn 2 thành Chi bộ thôn Chung." in shown
    assert "Gộp 2 chi bộ trực thuộc, lập 1 đơn vị mới; 9 người" in shown
    assert "cần hai người" in shown
    assert reverse("decision-confirm", args=[decision.pk]) not in shown
    client = as_user("admin")
    confirm = reverse("decision-confirm", args=[decision.pk])
    assert confirm in text_of(client.get(page))
    danger = text_of(client.get(confirm))
    assert "Gộp 2 chi bộ trực thuộc" in danger
    assert "Hợp nhất Chi bộ thôn 1 và Chi bộ thôn 2 thành Chi bộ thôn Chung." in danger
    assert "theo quyết định 12-QĐ/TU ngày 20/02/2026" in danger
    decision.refresh_from_db()
    stale = client.post(confirm, {"revision": decision.revision - 1})
    assert stale.status_code == 422
    assert "vừa được người khác sửa" in text_of(stale)
    assert client.post(confirm, {"revision": decision.revision}).status_code == 303
    assert Unit.objects.get(code="CB19").people.count() == 9
    history = text_of(client.get(reverse("unit-history", args=[Unit.objects.get(code="CB11").pk])))
    assert "Chi bộ thôn Chung" in history
    assert "12-QĐ/TU" in history
    assert "Đơn vị kế tục:" in text_of(client.get(reverse("unit", args=[Unit.objects.get(code="CB11").pk])))
    back = reverse("decision-reverse", args=[decision.pk])
    assert "đơn vị mới lập không còn trong cây" in text_of(client.get(back))
    assert client.post(back, {"reason": ""}).status_code == 422
    assert client.post(back, {"reason": "Ban hành nhầm"}).status_code == 303
    assert "đề nghị hủy bỏ quyết định này" in text_of(client.get(page))
    assert Unit.objects.get(code="CB19").people.count() == 9  # one person alone changes nothing
    undo = reverse("decision-reversal-withdraw", args=[decision.pk])
    assert undo not in text_of(as_user("officer").get(page))  # another's request is not one's own to withdraw
    others = as_user("officer").post(undo)
    assert others.status_code == 422
    assert "Chỉ người đã đề nghị" in text_of(others)
    first = as_user("admin")
    assert undo in text_of(first.get(page))
    assert first.get(undo).status_code == 405
    assert first.post(undo).status_code == 303
    assert "đề nghị hủy bỏ quyết định này" not in text_of(first.get(page))
    decision.refresh_from_db()
    assert (decision.state, decision.reversal_asked_by, decision.ended_reason) == ("in_force", None, "")
    assert AuditEvent.objects.get(verb="decision.reversal_withdrawn").before == {"reason": "Ban hành nhầm"}
    assert first.post(undo).status_code == 422  # nothing is asked for any more
    assert first.post(back, {"reason": "Ban hành nhầm"}).status_code == 303
    second = as_user("officer")
    assert "lý do: Ban hành nhầm." in text_of(second.get(back))
    assert second.post(back).status_code == 303
    assert Unit.objects.get(code="CB11").people.count() == 6


def test_units_of_one_name_are_told_apart_by_the_unit_above(cast, as_user):
    Unit.objects.filter(code__in=("CB11", "CB21")).update(name="Chi bộ thôn 1", name_folded="chi bo thon 1")
    decision = drafted(cast, Change("move", ("CB11",), parent="X2"), Change("dissolve", ("CB21",), receiver="CB11"))
    shown = text_of(as_user("officer").get(reverse("decision", args=[decision.pk])))
    assert "Giải thể Chi bộ thôn 1 (Đảng ủy xã Suối Ngần), Chi bộ thôn 1 (Đảng ủy xã Ea Tam) tiếp nhận." in shown
    merge = reverse("decision-event-new", args=[decision.pk, "merge"])
    answer = text_of(as_user("officer").post(merge, {"units": "chi bộ thôn 1\nCB12", "into": "CB12", "revision": 1}))
    assert "Chi bộ thôn 1, Đảng ủy xã Ea Tam (CB11)" in answer
    assert "Chi bộ thôn 1, Đảng ủy xã Suối Ngần (CB21)" in answer


def test_events_are_changed_and_taken_out_and_a_draft_is_given_up(cast, as_user):
    client = as_user("officer")
    decision = drafted(cast, Change("rename", ("X1",), name="Đảng ủy xã Mới"), Change("move", ("CB21",), parent="X1"))
    edit = reverse("decision-event", args=[decision.pk, 0])
    assert 'value="Đảng ủy xã Mới"' in text_of(client.get(edit))
    assert client.post(edit, {"unit": "X1", "name": "Đảng ủy xã Mới Hơn", "revision": 1}).status_code == 303
    assert client.post(reverse("decision-event-remove", args=[decision.pk, 1])).status_code == 303
    shown = text_of(client.get(reverse("decision", args=[decision.pk])))
    assert "Đổi tên Đảng ủy xã Ea Tam thành Đảng ủy xã Mới Hơn." in shown
    assert "Chuyển" not in shown.split("Các sự kiện, theo thứ tự")[1].split("</ol>")[0]
    for kind in ("establish", "merge", "split", "rename", "move", "change_kind", "dissolve"):
        assert client.get(reverse("decision-event-new", args=[decision.pk, kind])).status_code == 200
    assert client.get(reverse("decision-event-new", args=[decision.pk, "khac"])).status_code == 404
    data = {"number": "13-QĐ/TU", "decided_on": "20/02/2026", "effective_on": "01/03/2026", "revision": 3}
    assert client.post(reverse("decision-edit", args=[decision.pk]), data).status_code == 303
    assert (
        client.post(reverse("decision-withdraw", args=[decision.pk]), {"reason": "Không ban hành"}).status_code == 303
    )
    assert Unit.objects.get(code="X1").name == "Đảng ủy xã Ea Tam"


def test_strangers_and_readers(cast, as_user, client):
    decision = drafted(cast, merge("CB11", "CB12"), unit="X1")
    stranger = an_account("xa-2", "board_officer", cast.units["X2"])
    client.force_login(stranger)
    assert client.get(reverse("decision", args=[decision.pk])).status_code == 404
    assert client.post(reverse("decision-confirm", args=[decision.pk]), {"revision": 1}).status_code == 404
    reader = as_user("organiser1")
    shown = text_of(reader.get(reverse("decision", args=[decision.pk])))
    assert "Xác nhận…" not in shown
    assert reader.post(reverse("decision-confirm", args=[decision.pk]), {"revision": 1}).status_code == 403


def test_the_list_costs_the_same_with_one_row_and_three(cast, as_user):
    client = as_user("officer")
    drafted(cast, merge("CB11", "CB12"))

    def cost():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("decision-list")).status_code == 200
        return len(seen)

    cost()
    one = cost()
    drafted(cast, Change("rename", ("X1",), name="A"), number="13-QĐ/TU")
    drafted(cast, Change("move", ("CB21",), parent="X1"), number="14-QĐ/TU")
    assert cost() == one


@pytest.mark.req("P-01")
def test_the_date_picker_shows_the_tree_of_that_day(cast, as_user):
    confirmed(
        cast,
        merge("X1", "X2", code="X9", name="Đảng ủy xã Ea Ngần", kind="DANG_UY_XA"),
        Change("rename", ("DN",), name="Đảng ủy DN"),
    )
    client, address = as_user("officer"), reverse("unit-list")
    page = text_of(client.get(address))
    assert "Đảng ủy xã Ea Ngần" in page
    assert "Đảng ủy xã Ea Tam" not in page
    page = text_of(client.get(address, {"on": "2026-02-28"}))
    assert "Đảng ủy xã Ea Tam" in page
    assert "Đảng ủy khối doanh nghiệp Tân Lĩnh" in page
    assert "Đảng ủy xã Ea Ngần" not in page
    assert "1 tổ chức cơ sở đảng, 3 chi bộ trực thuộc, 12 đảng viên." in page
    assert "unit=X1&amp;on=2026-02-28" in page or "unit=X1&on=2026-02-28" in page
    page = text_of(client.get(address, {"on": "28/02/2026", "unit": "X1"}))
    assert "Chi bộ thôn 1" in page
    assert "Hệ thống có cây tổ chức từ ngày 01/01/2020" in text_of(client.get(address, {"on": "2019-01-01"}))
    answer = client.get(address, {"on": "2026-02-28", "format": "xlsx"})
    from python_calamine import CalamineWorkbook

    cells = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert ["X1", "Đảng ủy xã Ea Tam"] in [row[:2] for row in cells]
    # Who looks after the successor sees the two of then.
    organiser = as_user("organiser1")
    page = text_of(organiser.get(address, {"on": "2026-02-28"}))
    assert "Đảng ủy xã Ea Tam" in page
    assert "Đảng ủy xã Suối Ngần" in page


def test_decisions_come_from_excel_and_go_there(cast, as_user):
    client = as_user("officer")
    rows = [
        ["Số quyết định", "Ngày quyết định", "Ngày hiệu lực", "Sự kiện", "Đơn vị", "Mã đơn vị mới", "Tên đơn vị mới", "Loại đơn vị mới", "Cấp trên hoặc nơi nhận"],
        ["21-QĐ/TU", "20/02/2026", "01/03/2026", "Hợp nhất", "CB11; CB12", "CB19", "Chi bộ thôn Chung", "Chi bộ trực thuộc", ""],
        ["", "", "", "Đổi tên", "X2", "", "Đảng ủy xã Suối Mới", "", ""],
        ["22-QĐ/TU", "21/02/2026", "01/04/2026", "Chuyển", "Chi bộ thôn Thượng", "", "", "", "X1"],
    ]  # fmt: skip
    head = {"unit": "T", "decided_on": "20/02/2026", "effective_on": "01/03/2026"}
    answer = client.post(reverse("decision-file"), head | {"file": book(*rows)})
    assert answer.status_code == 303, text_of(answer)
    first, second = OrgDecision.objects.order_by("number")
    assert [event.kind for event in first.events.all()] == ["merge", "rename"]
    assert second.effective_on == dt.date(2026, 4, 1)
    assert Change.from_json(second.events.get().details) == Change("move", ("CB21",), parent="X1")
    out = client.get(reverse("decision-list"), {"format": "xlsx"})
    kept = io.BytesIO(b"".join(out))
    kept.name = "ra.xlsx"
    answer = client.post(reverse("decision-file"), head | {"file": kept})
    assert answer.status_code == 422
    assert "Số 21-QĐ/TU năm 2026 đã có trong hệ thống" in text_of(answer)
    for one in (first, second):
        actions.withdraw_decision(one, by=cast.officer, at=now())
    kept.seek(0)
    answer = client.post(reverse("decision-file"), head | {"file": kept})
    assert answer.status_code == 303, text_of(answer)
    assert OrgDecision.objects.count() == 4
    again = OrgDecision.objects.filter(number="21-QĐ/TU").latest("pk")
    assert [event.details for event in again.events.all()] == [event.details for event in first.events.all()]
    bad = [rows[0], ["23-QĐ/TU", "hôm qua", "", "Xóa", "CB11", "", "", "", ""]]
    answer = client.post(reverse("decision-file"), head | {"file": book(*bad)})
    assert answer.status_code == 422
    assert "Dòng 2: Không rõ sự kiện “Xóa”" in text_of(answer)
    answer = client.post(reverse("decision-file"), head | {"file": book(["Họ tên", "Ngày sinh"], ["A", "B"])})
    assert answer.status_code == 422
    assert OrgDecision.objects.count() == 4


def test_the_template_says_how_and_its_examples_are_read_back(cast, as_user):
    from openpyxl import load_workbook

    client = as_user("officer")
    written = b"".join(client.get(reverse("decision-template")))
    template = load_workbook(io.BytesIO(written))
    assert template.sheetnames == ["Danh sách", "Hướng dẫn", "Ví dụ"]
    heads = [label for _, label, *_ in event_rows.COLUMNS]
    assert [[cell.value for cell in row] for row in template["Danh sách"].iter_rows()] == [heads]
    told = {row[0]: row[1] for row in template["Hướng dẫn"].iter_rows(min_row=2, values_only=True)}
    assert list(told) == heads
    assert all(word in told["Sự kiện"] for word in event_rows.EVENT_WORD.values())
    assert "dấu chấm phẩy" in told["Đơn vị"]
    assert "Ngày/tháng/năm" in told["Ngày hiệu lực"]
    assert all(kind.name in told["Loại đơn vị mới"] for kind in UnitKind.objects.all())
    examples = list(template["Ví dụ"].iter_rows(min_row=2))
    assert {row[3].value for row in examples} == set(event_rows.EVENT_WORD.values())
    # As it is, the file holds no event: guide and examples are for people.
    head = {"unit": "T", "decided_on": "20/02/2026", "effective_on": "01/03/2026"}
    answer = client.post(reverse("decision-file"), head | {"file": named(written)})
    assert answer.status_code == 422
    assert "không có dòng dữ liệu nào" in text_of(answer)
    # Filled in as the examples are, it is read.
    known = {"DU01": "X1", "DU02": "X2", "CB01": "CB11", "CB02": "CB12"}
    for row in examples:
        for cell in row:
            value = cell.value
            for code, one in known.items():
                value = value.replace(code, one) if isinstance(value, str) else value
            template["Danh sách"].cell(cell.row, cell.column, value)
    filled = io.BytesIO()
    template.save(filled)
    answer = client.post(reverse("decision-file"), head | {"file": named(filled.getvalue())})
    assert answer.status_code == 303, text_of(answer)
    first, second = OrgDecision.objects.order_by("number")
    assert [event.kind for event in first.events.all()] == ["merge", "split", "rename", "move"]
    assert [event.kind for event in second.events.all()] == ["establish", "change_kind", "dissolve"]
    merged, split = (Change.from_json(event.details) for event in first.events.all()[:2])
    assert (merged.units, merged.parts[0].parent) == (("CB11", "CB12"), "X1")
    assert [(part.code, part.name) for part in split.parts] == [
        ("CB03A", "Chi bộ thôn Đông"),
        ("CB03B", "Chi bộ thôn Tây"),
    ]


def named(content):
    file = io.BytesIO(content)
    file.name = "Quyết định.xlsx"
    return file


def previewed(cast, tmp_path, rows):
    """A list of units, compared with the tree."""
    path = tmp_path / "sau-sap-xep.xlsx"
    path.write_bytes(book(*rows).getvalue())
    run = imports.start_import(
        kind="units", unit=cast.units["T"], file_name=path.name, source=path, by=cast.officer, at=now()
    )
    imports.start_preview(run, by=cast.officer, at=now())
    imports.preview_import(run.pk, at=now())
    run.refresh_from_db()
    return run


@pytest.mark.req("P-01")
def test_a_rearranged_list_proposes_events_instead_of_moves(cast, as_user, tmp_path):
    client = as_user("officer")
    rows = [
        ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Sáp nhập từ"],
        ["X9", "Đảng ủy xã Ea Ngần", "Đảng ủy xã", "T", "X1; Đảng ủy xã Suối Ngần"],
        ["CB11", "Chi bộ thôn 1", "Chi bộ trực thuộc", "X9", ""],
        ["CB21", "Chi bộ buôn Thượng", "Chi bộ trực thuộc", "X9", ""],
        ["DN", "Đảng ủy khối doanh nghiệp Tân Lĩnh", "", "T", ""],
        ["CS1", "Chi bộ cơ sở Công ty Vận tải", "", "DN", ""],
    ]
    run = previewed(cast, tmp_path, rows)
    page = text_of(client.get(reverse("import-run", args=[run.pk])))
    assert "Đề xuất quyết định từ danh sách này" in page
    words = [sentence for sentence, _ in imports.proposals(run)]
    assert words == [
        "Hợp nhất Đảng ủy xã Ea Tam và Đảng ủy xã Suối Ngần thành Đảng ủy xã Ea Ngần.",
        "Đổi tên Chi bộ thôn Thượng thành Chi bộ buôn Thượng.",
        "Giải thể Chi bộ thôn 2.",
    ]
    address = reverse("import-proposals", args=[run.pk])
    assert "Hợp nhất Đảng ủy xã Ea Tam" in text_of(client.get(address))
    data = {"number": "31-QĐ/TU", "decided_on": "20/02/2026", "effective_on": "01/03/2026", "kept": ["0", "1"]}
    answer = client.post(address, data)
    decision = OrgDecision.objects.get()
    assert answer.url == reverse("decision", args=[decision.pk])
    actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())
    assert Unit.objects.get(code="CB12").parent.code == "X9"
    assert Unit.objects.get(code="CB21").name == "Chi bộ buôn Thượng"


def test_what_a_decision_is_to_rename_the_list_leaves_alone(cast, tmp_path):
    rows = [
        ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Điện thoại"],
        ["CB12", "Chi bộ thôn 2", "Chi bộ trực thuộc", "X2", ""],
        ["CB11", "Chi bộ thôn Mới", "Chi bộ trực thuộc", "X1", "0262.3.123.456"],
    ]
    run = previewed(cast, tmp_path, rows)
    assert "Đổi tên Chi bộ thôn 1 thành Chi bộ thôn Mới." in [sentence for sentence, _ in imports.proposals(run)]
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    imports.apply_import(run.pk, at=now())
    unit = Unit.objects.get(code="CB11")
    assert (unit.name, bool(unit.phone)) == ("Chi bộ thôn 1", True)


def test_terms_stand_on_the_unit(cast, as_user):
    client, unit = as_user("admin"), cast.units["T"]
    data = {"name": "Nhiệm kỳ 2025–2030", "valid_from": "01/10/2025", "valid_to": "30/09/2030"}
    assert client.post(reverse("term-new", args=[unit.pk]), data).status_code == 303
    assert "Nhiệm kỳ 2025–2030" in text_of(client.get(reverse("unit", args=[unit.pk])))
    term = unit.terms.get()
    assert client.post(reverse("term-edit", args=[term.pk]), data | {"valid_to": "01/10/2024"}).status_code == 422
    assert client.post(reverse("term-remove", args=[term.pk])).status_code == 303
    assert client.post(reverse("term-new", args=[cast.units["CB11"].pk]), data).status_code == 422


def test_a_coming_transfer_is_shown_and_given_up(cast, as_user):
    client, person = as_user("officer"), cast.people["M1"]
    later = today() + dt.timedelta(days=5)
    data = {"to": "CB12", "on": f"{later:%d/%m/%Y}", "basis": "7-GT"}
    assert client.post(reverse("person-transfer", args=[person.pk]), data).status_code == 303
    page = text_of(client.get(reverse("person", args=[person.pk])))
    assert "sắp tới, chưa thực hiện" in page
    fact = person.transfers.get(is_waiting=True)
    assert client.post(reverse("transfer-cancel", args=[fact.pk])).status_code == 303
    assert "không thực hiện" in text_of(client.get(reverse("person", args=[person.pk])))


def test_a_large_decision_is_carried_out_by_a_job(cast, as_user, monkeypatch):
    monkeypatch.setattr("quantriet.org.queries.decisions.AT_ONCE", 3)
    decision = drafted(cast, merge("CB11", "CB12"))
    actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())
    assert decision.state == "scheduled"
    client = as_user("officer")
    page = text_of(client.get(reverse("decision", args=[decision.pk])))
    assert reverse("decision-progress", args=[decision.pk]) in page
    assert client.get(reverse("decision-progress", args=[decision.pk])).status_code == 200
    do_what_is_due_job.func()
    decision.refresh_from_db()
    assert decision.state == "in_force"


def test_who_comes_in_later_stands_in_the_successor(cast):
    confirmed(cast, merge("CB11", "CB12"))
    made = Unit.objects.get(code="M1")
    a_person(made, code="P-NEW")
    assert made.people.count() == 10
    assert UnitKind.objects.filter(units=made).get().code == "CHI_BO"
    assert made.established_on == DAY
    assert Part("A").is_new


@pytest.mark.req("R-002")
def test_a_day_that_is_none_or_still_to_come_is_told(cast, as_user):
    client = as_user("officer")
    for typed, told in (
        ("31/02/2026", "“31/02/2026” không phải một ngày có trong lịch"),
        ("abc", "“abc” không phải một ngày"),
        ("01/01/2100", "Ngày 01/01/2100 chưa đến"),
    ):
        assert told in text_of(client.get(reverse("unit-list"), {"on": typed}))
    for typed in ("", f"{today():%d/%m/%Y}"):
        assert "đây là cây hôm nay" not in text_of(client.get(reverse("unit-list"), {"on": typed}))

"""The main job from start to finish, by hand in the browser: from the member list to the signed report."""

import datetime as dt
import io

import docx
import openpyxl
import pytest
from playwright.sync_api import Page, expect

from quantriet.attendance.models import CatchUp
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.kit.jobs import Worker
from quantriet.kit.time import VIETNAM
from quantriet.library.models import GuidingDocument
from quantriet.org import actions as org_actions
from quantriet.org.models import Person, PostKind
from quantriet.reports.models import Report

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LIST = """DANH SÁCH ĐẢNG VIÊN CHI BỘ THÔN 1
STT\tMã số\tHọ và tên\tNgày sinh\tMã đơn vị\tĐiện thoại
1\tM1\tNguyễn Thị Hường\t09/03/1958\tCB11\t0912345678
2\tE1\tNguyễn Văn Mới\t01/02/1990\tCB11\t
3\tE2\tTrần Thị Thêm\t31/02/1990\tCB11\t
"""
TEXT = """1. Trách nhiệm của cấp ủy
- Bí thư trực tiếp chủ trì lớp học.
2. Quản lý lớp học
- Vắng trên 40% thời gian của lớp học thì học lại."""


@pytest.fixture
def clock(time_machine):
    """Set the server's clock of today, in Vietnam."""
    today = dt.datetime.now(VIETNAM).date()

    def at(hour: int, minute: int = 0) -> dt.date:
        time_machine.move_to(dt.datetime.combine(today, dt.time(hour, minute), tzinfo=VIETNAM))
        return today

    return at


def send(page: Page, button: str) -> None:
    """Press a button or link by its words and wait for the next page."""
    target = page.get_by_role("button", name=button, exact=False).or_(
        page.get_by_role("link", name=button, exact=False)
    )
    with page.expect_navigation():
        target.locator("visible=true").first.click()


def submit(page: Page, field: str) -> None:
    """Send the form that holds a field."""
    with page.expect_navigation():
        page.locator(f"form:has([name={field}])").locator("button[type=submit], button:not([type])").last.click()


def work() -> None:
    Worker([]).run_all()


@pytest.mark.req("R-013", "R-027", "R-039", "R-065", "R-072", "B-02", "B-08", "P-12")
def test_from_the_member_list_to_the_signed_report(cast, desk, sign_in, axe, clock):
    today = clock(7, 40)
    give_leaders(cast)
    page = desk
    sign_in(page, cast.officer)

    # 1. The list in: one known, one new, one with an impossible date. The wrong row is named, then mended.
    page.goto("/desk/imports/new/")
    page.fill("[name=pasted]", LIST)
    if page.locator("select[name=unit]").count():
        page.select_option("select[name=unit]", cast.units["X1"].code)
    submit(page, "pasted")
    work()
    page.reload()
    send(page, "Xem trước")
    work()
    page.reload()
    assert "31/02/1990" in page.content() or page.get_by_text("Lỗi").count()
    assert not Person.objects.filter(code="E1").exists()
    page.goto("/desk/imports/new/")
    page.fill("[name=pasted]", LIST.replace("31/02/1990", "28/02/1990"))
    if page.locator("select[name=unit]").count():
        page.select_option("select[name=unit]", cast.units["X1"].code)
    submit(page, "pasted")
    work()
    page.reload()
    send(page, "Xem trước")
    work()
    page.reload()
    with page.expect_navigation():
        page.locator("form[action$='/apply/'] button").click()
    work()
    assert Person.objects.get(code="E2").full_name == "Trần Thị Thêm"

    # 2. The document.
    page.goto("/desk/documents/new/")
    page.check("[name=not_secret]")
    page.fill("[name=reference_number]", "26-HD/BTGTU")
    page.fill("[name=issued_on]", f"{today - dt.timedelta(days=10):%d/%m/%Y}")
    page.fill("[name=issuing_body]", "Ban Tuyên giáo Tỉnh ủy")
    page.select_option("[name=level]", "province")
    page.fill("[name=subject]", "Hướng dẫn học tập nghị quyết")
    page.fill("[name=body]", TEXT)
    send(page, "Đăng ký")
    expect(page.locator("h1")).to_contain_text("26-HD/BTGTU")
    document = GuidingDocument.objects.get()
    assert document.clauses.count() == 4
    axe(page)

    # 3. Rulebook, campaign, audience.
    page.goto("/desk/rulebooks/new/")
    page.fill("[name=name]", "Quy tắc 2026")
    page.select_option("[name=unit]", str(cast.units["T"].pk))
    submit(page, "name")
    page.goto("/desk/campaigns/new/")
    page.select_option("[name=unit]", str(cast.units["T"].pk))
    page.fill("[name=name]", "Đợt học tập thử")
    page.check(f"[name=documents][value='{document.pk}']")
    page.fill("[name=planned_from]", f"{today:%d/%m/%Y}")
    page.fill("[name=planned_to]", f"{today + dt.timedelta(days=30):%d/%m/%Y}")
    submit(page, "planned_from")
    campaign = StudyCampaign.objects.get()
    page.goto(f"/desk/campaigns/{campaign.pk}/audience/rules/new/")
    page.fill("[name=name]", "Đảng viên xã Ea Tam")
    page.select_option("select[name=units]", str(cast.units["X1"].pk))
    submit(page, "effect")
    page.goto(f"/desk/campaigns/{campaign.pk}/proof/")
    send(page, "Lập danh sách theo đối tượng")
    send(page, "Giao cấp dưới xếp lịch")
    expect(page.locator("main")).to_contain_text("chưa ở lớp nào")
    axe(page)

    # 4. The class of the commune, made by its own organiser, this morning.
    sign_in(page, cast.accounts["organiser1"])
    page.goto("/desk/classes/new/")
    page.select_option("[name=campaign]", str(campaign.pk))
    page.select_option("[name=unit]", str(cast.units["X1"].pk))
    page.fill("[name=title]", "Lớp học tại xã")
    page.fill("[name=venue_name]", "Nhà văn hóa thôn 1")
    page.fill("[name=capacity]", "50")
    page.fill("[name=session_title]", "Buổi sáng")
    page.fill("[name=day]", f"{today:%d/%m/%Y}")
    page.fill("[name=starts]", "07:30")
    page.fill("[name=ends]", "11:00")
    submit(page, "session_title")
    study_class = campaign.classes.get()
    session = study_class.sessions.get()
    page.goto(f"/desk/classes/{study_class.pk}/sessions/{session.pk}/items/new/")
    page.select_option("[name=kind]", "discussion")
    page.fill("[name=starts]", "10:00")
    page.fill("[name=ends]", "11:00")
    submit(page, "kind")
    page.goto(f"/desk/classes/{study_class.pk}/parts/?q=anh")
    giving = page.locator("form.give").first
    for part in ("chair", "opening", "closing", "leader_presenter"):
        giving.locator(f"[name=kind][value={part}]").check()
    with page.expect_navigation():
        giving.locator("button").click()
    page.goto(f"/desk/classes/{study_class.pk}/roster/fill/")
    with page.expect_navigation():
        page.locator("main form button.button--primary").first.click()
    assert study_class.roster.count() == 11
    page.goto(f"/desk/classes/{study_class.pk}/")
    axe(page)
    with page.expect_navigation():
        page.locator("form[action$='/release/'] button").first.click()
    expect(page.locator("main")).to_contain_text("Đã chốt")

    # 5. Nobody has fallen out: the campaign opens.
    sign_in(page, cast.officer)
    page.goto(f"/desk/campaigns/{campaign.pk}/open/")
    send(page, "Mở đợt học tập")
    campaign.refresh_from_db()
    assert campaign.state == "open"

    # 6. The roll: everybody but one, who is told why.
    sign_in(page, cast.accounts["organiser1"])
    page.goto(f"/desk/classes/{study_class.pk}/roll/")
    axe(page)
    page.keyboard.type("hen nie")
    page.keyboard.press("Enter")
    expect(page.locator("[data-count=came]")).to_have_text("1")
    page.reload()
    row = page.locator(".roll__row", has_text="Phạm Đức Ổn")
    row.locator("summary").click()
    row.locator("button[data-kind=absent]").click()
    expect(page.locator("[data-count=none]")).to_have_text("9")
    clock(14)
    page.goto(f"/desk/classes/{study_class.pk}/roll/")
    page.locator("details.danger summary").first.click()
    with page.expect_navigation():
        page.locator("form[action$='/roll/rest/'] button").click()
    page.goto(f"/desk/classes/{study_class.pk}/roll/close/")
    with page.expect_navigation():
        page.locator("details.danger button.button--danger").click()
    assert CatchUp.objects.get().duty.person == cast.people["M6"]

    # 7. Who has not done it yet?
    sign_in(page, cast.accounts["leader"])
    page.goto("/")
    expect(page.locator("main")).to_contain_text("Đợt học tập thử")
    axe(page)
    page.goto(f"/desk/campaigns/{campaign.pk}/board/")
    page.get_by_role("link", name="Đảng ủy xã Ea Tam").first.click()
    page.get_by_role("link", name="Chi bộ thôn 1").first.click()
    page.goto(f"/desk/campaigns/{campaign.pk}/names/?state=owing")
    expect(page.locator("main")).to_contain_text("Phạm Đức Ổn")
    assert campaign_queries.audit_ledger(campaign) == []

    # 8. The report, as Word and Excel, sent and kept.
    sign_in(page, cast.officer)
    page.goto("/desk/reports/new/")
    page.select_option("[name=campaign]", str(campaign.pk))
    page.select_option("[name=unit]", str(cast.units["T"].pk))
    submit(page, "campaign")
    report = Report.objects.get()
    page.goto(f"/desk/reports/{report.pk}/")
    axe(page)
    for address, opened in (("word", docx.Document), ("excel", openpyxl.load_workbook)):
        got = page.request.get(f"/desk/reports/{report.pk}/{address}/")
        assert got.status == 200
        opened(io.BytesIO(got.body()))

    # 9. The absentee reads on the telephone what is owed and why.
    absentee = org_actions.add_account(
        by=None,
        at=dt.datetime.now(dt.UTC),
        username="m6",
        display_name="Phạm Đức Ổn",
        password="mat-khau-thu-nghiem",
        person=cast.people["M6"],
    )
    sign_in(page, absentee)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/me/")
    expect(page.locator("main")).to_contain_text("còn 1 việc")
    axe(page)


def give_leaders(cast) -> None:
    """M5 is deputy secretary of the commune and may lead a class."""
    org_actions.give_post(
        cast.people["M5"], by=None, at=dt.datetime.now(dt.UTC), post=PostKind.objects.get(code="PHO_BI_THU"),
        unit=cast.units["X1"], valid_from=dt.date(2025, 1, 1), managed_by="commune",
    )  # fmt: skip

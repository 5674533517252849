"""Every page opens for whom it is meant, and for nobody else."""

import datetime as dt
import io
from html import unescape
from urllib.parse import quote

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.campaigns import actions
from quantriet.campaigns.models import AudienceRule, CampaignPlan, StudyCampaign, StudyDuty
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.jobs import Worker
from quantriet.kit.time import now, today
from quantriet.library.actions import masters, materials
from quantriet.library.vocab import Audience, MaterialKind, PartKind
from quantriet.org.models import Unit


@pytest.fixture
def running(cast):
    made = factories.open_campaign(cast.units["T"], cast.officer)
    duty = StudyDuty.objects.get(campaign=made, person=cast.people["M1"])
    actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())
    return made


@pytest.fixture
def draft(cast):
    return factories.campaign(cast.units["T"], cast.officer)


def addresses(campaign):
    plan = CampaignPlan.objects.filter(campaign=campaign).first()
    return [
        *(reverse(name) for name in ("campaign-list", "plan-list", "unstudied-list", "rulebook-list")),
        *(
            reverse(name, args=[campaign.pk])
            for name in (
                "campaign", "campaign-review", "campaign-audience", "campaign-people", "campaign-board",
                "campaign-names", "campaign-silent", "campaign-plans",
            )
        ),
        reverse("rulebook", args=[campaign.rulebook_id]),
        reverse("plan", args=[plan.pk]),
    ]  # fmt: skip


def planning(campaign):
    rule = AudienceRule.objects.filter(campaign=campaign).first()
    return [
        reverse("campaign-new"), reverse("rulebook-new"),
        reverse("rulebook-edit", args=[campaign.rulebook_id]),
        reverse("rulebook-value", args=[campaign.rulebook_id, "retake_limit_percent"]),
        *(
            reverse(name, args=[campaign.pk])
            for name in (
                "campaign-edit", "campaign-proof", "campaign-open", "audience-rule-new", "campaign-adjustments",
                "campaign-form", "campaign-message",
            )
        ),
        reverse("audience-rule", args=[campaign.pk, rule.pk]),
        reverse("study-notice", args=[campaign.documents.first().pk]),
    ]  # fmt: skip


def test_every_page_opens_for_the_officer(cast, running, draft, as_user):
    client = as_user("officer")
    for address in [*addresses(running), *planning(running), *planning(draft)]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        for sign in ("&amp;amp;", ">None<", "{{", "{%"):
            assert sign not in answer.content.decode(), (address, sign)


@pytest.mark.parametrize("username", ["organiser1", "secretary11", "inspector", "leader", "leader1"])
def test_a_lower_unit_reads_but_does_not_plan(cast, running, as_user, username):
    client = as_user(username)
    for address in addresses(running):
        wanted = 200
        if address.startswith("/desk/plans/") and address != "/desk/plans/":
            continue
        assert client.get(address).status_code == wanted, address
    for name in ("campaign-edit", "campaign-proof", "campaign-open", "campaign-adjustments"):
        assert client.get(reverse(name, args=[running.pk])).status_code == 403


def test_a_member_has_no_desk(cast, running, as_user):
    client = as_user("member1")
    for address in addresses(running):
        assert client.get(address).status_code == 403, address


def test_a_draft_is_unknown_below(cast, draft, as_user):
    assert as_user("organiser1").get(reverse("campaign", args=[draft.pk])).status_code == 404


def test_a_sibling_does_not_see_a_campaign_of_its_neighbour(cast, as_user):
    theirs = factories.open_campaign(cast.units["X1"], cast.officer)
    for name in ("campaign", "campaign-board", "campaign-names", "campaign-audience"):
        assert as_user("organiser2").get(reverse(name, args=[theirs.pk])).status_code == 404


def test_names_stay_inside_the_viewers_units(cast, running, as_user):
    address = reverse("campaign-names", args=[running.pk])
    shown = as_user("organiser2").get(address).content.decode()
    assert "Hoàng Văn Sửu" in shown
    assert "Nguyễn Thị Hường" not in shown
    outside = as_user("organiser2").get(f"{address}?unit={cast.units['X1'].pk}")
    assert outside.status_code == 404
    people = as_user("organiser2").get(reverse("campaign-people", args=[running.pk])).content.decode()
    assert "Nguyễn Thị Hường" not in people


def test_a_plan_is_for_its_unit_and_those_above(cast, running, as_user):
    plan = CampaignPlan.objects.get(campaign=running, unit=cast.units["X1"])
    address = reverse("plan", args=[plan.pk])
    assert as_user("organiser1").get(address).status_code == 200
    assert as_user("officer").get(address).status_code == 200
    assert as_user("organiser2").get(address).status_code == 404
    assert as_user("secretary11").get(address).status_code == 404


@pytest.mark.req("R-027", "R-015", "R-028", "R-014")
def test_a_campaign_is_made_from_the_form(cast, as_user):
    unit = cast.units["T"]
    central = factories.document(unit, cast.officer, "114-QĐ/TW", level="central", issued_on=dt.date(2023, 7, 11))
    own = factories.document(unit, cast.officer, "26-HD/BTGTU")
    rulebook = factories.rulebook(unit, cast.officer)
    answer = as_user("officer").post(
        reverse("campaign-new"),
        {
            "unit": unit.pk, "name": "Thông báo nhanh và học tập quý IV/2026 – tháng 01/2027",
            "documents": [central.pk, own.pk], "planned_from": "15/11/2026", "planned_to": "31/01/2027",
            "form": "mixed", "is_quick_briefing": "on", "rulebook": rulebook.pk,
        },
    )  # fmt: skip
    made = StudyCampaign.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == reverse("campaign-audience", args=[made.pk])
    assert {one.level for one in made.documents.all()} == {"central", "province"}
    assert made.is_quick_briefing
    assert (made.planned_from, made.planned_to) == (dt.date(2026, 11, 15), dt.date(2027, 1, 31))
    page = as_user("officer").get(reverse("campaign", args=[made.pk])).content.decode()
    assert "114-QĐ/TW ngày 11/07/2023" in page


def test_errors_of_the_form_come_together(cast, as_user):
    unit = cast.units["T"]
    document = factories.document(unit, cast.officer)
    elsewhere = factories.rulebook(cast.units["X1"], cast.officer)
    answer = as_user("officer").post(
        reverse("campaign-new"),
        {
            "unit": unit.pk, "name": "Đợt", "documents": [document.pk], "planned_from": "15/11/2026",
            "planned_to": "01/11/2026", "form": "mixed", "rulebook": elsewhere.pk,
        },
    )  # fmt: skip
    # Without a rulebook of its own the officer is told so before the form; with one, both faults stand beside their fields.
    assert not StudyCampaign.objects.exists()
    factories.rulebook(unit, cast.officer)
    answer = as_user("officer").post(
        reverse("campaign-new"),
        {
            "unit": unit.pk, "name": "Đợt", "documents": [document.pk], "planned_from": "15/11/2026",
            "planned_to": "01/11/2026", "form": "mixed", "rulebook": elsewhere.pk,
        },
    )  # fmt: skip
    page = answer.content.decode()
    assert "Ngày kết thúc phải từ ngày 15/11/2026 trở đi." in page
    assert "không áp dụng cho Tỉnh ủy Tân Lĩnh" in page


def test_counting_a_rule_saves_nothing(cast, draft, as_user):
    client = as_user("officer")
    given = {"effect": "oblige", "tier": "key_cadre", "posts": ["BI_THU"], "count": "1"}
    answer = client.post(reverse("audience-rule-new", args=[draft.pk]), given)
    assert "<strong>4</strong>" in answer.content.decode()
    partial = client.post(reverse("audience-rule-new", args=[draft.pk]), given, headers={"HX-Request": "true"})
    assert "<html" not in partial.content.decode()
    assert "<strong>4</strong>" in partial.content.decode()
    assert draft.audience_rules.count() == 1


def test_opening_from_the_page_tells_every_problem(cast, as_user):
    made = factories.campaign(cast.units["T"], cast.officer, everybody=False)
    answer = as_user("officer").post(reverse("campaign-open", args=[made.pk]))
    assert answer.status_code == 409
    assert "Chưa có ai trong danh sách đối tượng." in answer.content.decode()
    made.refresh_from_db()
    assert made.state == CampaignState.DRAFT


@pytest.mark.req("B-08")
def test_a_figure_opens_into_its_parts(cast, running, as_user):
    client = as_user("officer")
    board = client.get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert f"/desk/campaigns/{running.pk}/names/?unit={cast.units['T'].pk}&amp;state=done" in board
    page = client.get(reverse("campaign-names", args=[running.pk]), {"unit": cast.units["X1"].pk}).content.decode()
    for words in ("Tử số", "Mẫu số", "Không tính", "Đơn vị chưa báo cáo", "Danh sách người học"):
        assert words in page
    done = client.get(reverse("campaign-names", args=[running.pk]), {"state": "done"}).content.decode()
    assert "Danh sách người đã học xong" in done
    assert "Nguyễn Thị Hường" in done
    assert "Lê Thị Ánh" not in done
    silent = client.get(reverse("campaign-silent", args=[running.pk])).content.decode()
    assert "Chi bộ thôn Thượng" in silent
    assert "Chi bộ thôn 1<" not in silent


@pytest.mark.req("B-08")
def test_names_of_a_whole_province_say_the_commune_above_the_cell(cast, running, as_user):
    client = as_user("officer")
    address = reverse("campaign-names", args=[running.pk])
    assert '<span class="muted small">Đảng ủy xã Ea Tam</span>' in client.get(address).content.decode()
    commune = client.get(address, {"unit": cast.units["X1"].pk}).content.decode()
    assert '<span class="muted small">Đảng ủy xã Ea Tam</span>' not in commune  # the page stands there already
    for unit, above in (("T", "Đảng ủy xã Ea Tam"), ("X1", "Đảng ủy xã Ea Tam"), ("CB11", None)):
        answer = client.get(address, {"unit": cast.units[unit].pk, "format": "xlsx"})
        rows = list(load_workbook(io.BytesIO(b"".join(answer))).active.iter_rows(values_only=True))
        head = next(row for row in rows if "Trực thuộc" in row)
        line = next(row for row in rows if "Nguyễn Thị Hường" in row)
        assert line[head.index("Đơn vị")] == "Chi bộ thôn 1"
        assert line[head.index("Trực thuộc")] == above
    reminded = client.get(reverse("campaign-message", args=[running.pk]) + "?about=owing&names=1").content.decode()
    assert f"- {cast.people['M6'].full_name} (Chi bộ thôn 1, Đảng ủy xã Ea Tam)" in reminded


def test_nothing_of_a_credit_is_ticked_beforehand(running, as_user):
    for name in ("credit-new", "credit-many"):
        page = as_user("officer").get(reverse(name), {"campaign": running.pk}).content.decode()
        assert 'name="documents"' in page
        assert "checked" not in page.split('name="kind"', 1)[1].split('name="evidence"')[0]


def test_the_board_of_a_cell_is_its_names(cast, running, as_user):
    page = as_user("secretary11").get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert f"unit={cast.units['CB11'].pk}" in page


@pytest.mark.parametrize(
    "name", ["campaign-board", "campaign-names", "campaign-silent", "campaign-plans", "campaign-people"]
)
def test_lists_go_out_to_excel(cast, running, as_user, name):
    answer = as_user("officer").get(reverse(name, args=[running.pk]), {"format": "xlsx"})
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert b"".join(answer.streaming_content).startswith(b"PK")
    answer.close()


@pytest.mark.parametrize(
    "name", ["campaign-list", "campaign-names", "campaign-plans", "campaign-people", "campaign-board", "plan-list"]
)
def test_queries_do_not_grow_with_rows(cast, running, as_user, name, django_assert_max_num_queries):
    client = as_user("officer")
    address = reverse(name, args=[running.pk] if name not in ("campaign-list", "plan-list") else [])
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(
            address, {"unit": cast.units["X2"].pk, "q": "zzz"} if "list" in name else {"unit": cast.units["X2"].pk}
        )
    factories.open_campaign(cast.units["T"], cast.officer, name="Đợt hai")
    factories.open_campaign(cast.units["T"], cast.officer, name="Đợt ba")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) <= len(few) + (4 if "list" in name else 1)


@pytest.mark.req("R-031")
def test_a_message_goes_to_just_the_units_that_have_not_organised(cast, running, as_user, mailoutbox):
    Unit.objects.filter(code="X2").update(email="x2@example.vn")
    actions.mark_held(running, cast.units["X1"], at=now())
    client = as_user("officer")
    address = reverse("campaign-message", args=[running.pk]) + "?about=unorganised"
    page = client.get(address).content.decode()
    assert "Đảng ủy xã Suối Ngần" in page
    assert "Đảng ủy xã Ea Tam" not in page.split('id="message-text"')[1].split("</textarea>")[0]
    given = {"subject": "Đôn đốc học tập", "text": "Đề nghị các đơn vị khẩn trương tổ chức."}
    asked = client.post(address, given).content.decode()
    assert "Gửi thư này đến 1 đơn vị?" in asked
    assert client.post(address, {**given, "confirmed": "1"}).status_code == 303
    from quantriet.notify.models import Message

    assert list(Message.objects.values_list("address", flat=True)) == ["x2@example.vn"]


def test_a_reminder_leads_to_where_an_address_is_entered_and_back(cast, running, as_user):
    address = reverse("campaign-message", args=[running.pk]) + "?about=unorganised"
    edit = reverse("unit-edit", args=[cast.units["X2"].pk])
    client = as_user("officer")
    link = unescape(client.get(address).content.decode().split(f'<a href="{edit}', 1)[1].split('"')[0])
    assert link == f"?next={quote(address)}#id_email"
    form = {"name": "Đảng ủy xã Suối Ngần", "code": "X2", "kind": cast.units["X2"].kind_id, "email": "x2@example.vn"}
    assert client.post(edit + link.split("#")[0], form).url == address
    assert edit not in client.get(address).content.decode()
    assert client.post(edit + "?next=https://example.org/", form).url == reverse("unit", args=[cast.units["X2"].pk])


def test_a_reminder_counts_who_owes_and_names_them_only_when_asked(cast, running, as_user):
    client = as_user("officer")
    address = reverse("campaign-message", args=[running.pk]) + "?about=owing"
    page = client.get(address).content.decode()
    text = page.split('id="message-text"')[1].split("</textarea>")[0]
    assert "Đảng ủy xã Ea Tam: còn" in text
    assert cast.people["M6"].full_name not in page
    assert "Hiện cả tên người" in page
    named = client.get(address + "&names=1").content.decode()
    assert cast.people["M6"].full_name in named
    assert cast.people["M6"].full_name not in named.split('id="message-text"')[1].split("</textarea>")[0]
    assert client.post(address, {"words": "[đơn vị] nhắc: [danh sách]"}).status_code == 303
    assert "Tỉnh ủy Tân Lĩnh nhắc: 1. " in client.get(address).content.decode()
    assert "Không có chỗ điền [tên]" in client.post(address, {"words": "[tên]"}).content.decode()


@pytest.mark.req("R-018")
def test_units_are_told_of_a_document_that_waits(cast, as_user):
    document = factories.document(cast.units["T"], cast.officer, "08-CT/TU")
    client = as_user("officer")
    assert "08-CT/TU" in client.get(reverse("unstudied-list")).content.decode()
    address = reverse("study-notice", args=[document.pk])
    given = {"unit": cast.units["T"].pk, "expected": "quý I/2027"}
    preview = client.post(address, {**given, "preview": "1"}).content.decode()
    assert "chưa tổ chức học tập ngay được" in preview
    assert client.post(address, given).status_code == 303
    notice = document.study_notices.get()
    assert notice.units_told == 3
    assert "quý I/2027" in notice.text
    factories.campaign(cast.units["T"], cast.officer, documents=[document])
    assert '<th scope="row">08-CT/TU' not in client.get(reverse("unstudied-list")).content.decode()


@pytest.mark.req("R-029", "R-035")
def test_a_lower_unit_schedules_its_own_plan(cast, running, as_user):
    plan = CampaignPlan.objects.get(campaign=running, unit=cast.units["X1"])
    client = as_user("organiser1")
    assert "Đảng ủy xã Ea Tam" in client.get(reverse("plan-list")).content.decode()
    given = {"form": "online", "planned_from": today().strftime("%d/%m/%Y"), "planned_to": today().strftime("%d/%m/%Y")}
    refused = client.post(reverse("plan", args=[plan.pk]), given)
    assert refused.status_code == 200
    answer = client.post(
        reverse("plan", args=[plan.pk]),
        {**given, "assignment": "Văn phòng: chuẩn bị hội trường", "responsible": cast.people["M5"].pk},
    )
    assert answer.status_code == 303
    plan.refresh_from_db()
    assert (plan.state, plan.form, plan.responsible) == ("scheduled", "online", cast.people["M5"])
    page = unescape(client.get(reverse("plan", args=[plan.pk])).content.decode())
    assert f"{reverse('class-new')}?campaign={running.pk}&unit={plan.unit_id}" in page
    assert as_user("leader1").post(reverse("plan", args=[plan.pk]), given).status_code == 403


@pytest.mark.req("R-005", "R-006")
def test_the_board_leads_to_the_report_of_its_node_for_who_writes_it(cast, running, as_user):
    top, below = cast.units["T"], cast.units["X1"]
    board = reverse("campaign-board", args=[running.pk])

    def link(username, address):
        return unescape(as_user(username).get(address).content.decode())

    new = f"{reverse('report-new')}?campaign={running.pk}&unit="
    assert f"{new}{top.pk}" in link("officer", board)
    assert f"{new}{below.pk}&as_of=2026-01-05" in link("officer", f"{board}?unit={below.pk}&as_of=2026-01-05")
    assert reverse("report-new") not in link("leader", board)
    form = as_user("officer").get(f"{new}{below.pk}&as_of=2026-01-05").content.decode()
    assert f'<option value="{below.pk}" selected>' in form
    assert 'value="05/01/2026"' in form


def test_the_board_names_who_answers_for_each_unit(cast, running, as_user):
    from quantriet.org import actions as org_actions

    org_actions.give_responsibility(
        cast.people["M12"], by=cast.officer, at=now(), unit=cast.units["X2"], kind="direct", valid_from=today()
    )
    page = as_user("officer").get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert "Lê Thị Ánh" in page  # secretary of X1
    assert "Bùi Quang Đại" in page  # answers for X2


@pytest.mark.req("B-08", "R-031")
def test_a_unit_that_has_not_organised_is_called_so_on_every_page_though_people_there_have_studied(
    cast, running, as_user
):
    client = as_user("officer")
    plan = CampaignPlan.objects.get(campaign=running, unit=cast.units["X1"])
    assert plan.first_held_at is None
    board = client.get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert "Chưa tổ chức (chưa xếp lịch)" in board.split("Đảng ủy xã Ea Tam</a>")[-1].split("</tr>")[0]
    for page in (board, client.get(reverse("campaign-plans", args=[running.pk])).content.decode()):
        assert "chưa có lớp nào của đơn vị chốt điểm danh" in page
    actions.mark_held(running, cast.units["X1"], at=now())
    board = client.get(reverse("campaign-board", args=[running.pk])).content.decode()
    assert "Đã tổ chức" in board.split("Đảng ủy xã Ea Tam</a>")[-1].split("</tr>")[0]


@pytest.mark.req("B-08", "R-031")
def test_silent_units_have_a_message_of_their_own(cast, running, as_user):
    address = reverse("campaign-silent", args=[running.pk])
    page = unescape(as_user("officer").get(address, {"unit": cast.units["T"].pk}).content.decode())
    asked = f"{reverse('campaign-message', args=[running.pk])}?unit={cast.units['T'].pk}&about=silent"
    assert asked in page
    assert "chưa ghi nhận được kết quả của người nào" in page
    assert "about=silent" not in as_user("inspector").get(address).content.decode()


@pytest.mark.req("B-08")
def test_the_list_behind_a_figure_is_counted_to_the_last_person(as_user, cast, running, monkeypatch):
    monkeypatch.setattr("quantriet.kit.db.MOST_COUNTED", 3)
    page = as_user("officer").get(reverse("campaign-names", args=[running.pk]), {"state": "owing"}).content.decode()
    owing = StudyDuty.objects.filter(campaign=running, state="owing").count()
    assert owing > 3
    assert f"{owing} người" in page
    assert "hơn 3" not in page


@pytest.mark.req("R-038", "R-089")
def test_before_a_campaign_the_page_asks_for_the_propaganda_outline_and_says_what_stands_ready(cast, draft, as_user):
    client, address = as_user("officer"), reverse("campaign", args=[draft.pk])
    page = client.get(address).content.decode()
    assert "Chưa có đề cương tuyên truyền của 26-HD/BTGTU." in page
    assert "Đề cương viết thu hoạch: chưa có" in page
    document = draft.documents.get()
    master = masters.compose_master(document, by=cast.accounts["editor"], at=now())
    clause = document.clauses.create(order=1, number="1", text="Cả tỉnh học xong trong quý.")
    for kind, title, body in ((PartKind.GOAL, "", "Cả tỉnh xong trong quý."), (PartKind.TASK, "Cử người theo dõi", "")):
        said = masters.PartText(kind, (Audience.RURAL,), title, body, clause=clause)
        masters.add_part(master, said, by=cast.accounts["editor"], at=now())
    master.refresh_from_db()
    masters.submit_master(master, revision=master.revision, by=cast.accounts["editor"], at=now())
    masters.approve_master(master, revision=master.revision, by=cast.officer, at=now())
    kinds = [MaterialKind.PROPAGANDA, MaterialKind.ESSAY]
    materials.ask_for(master, kinds, Audience.RURAL, by=cast.accounts["editor"], at=now())
    assert "Chưa có đề cương tuyên truyền" in client.get(address).content.decode()  # asked for, not yet made
    Worker([]).run_all()
    page = client.get(address).content.decode()
    assert "Chưa có đề cương tuyên truyền" not in page
    assert "Đề cương tuyên truyền: Đảng viên ở nông thôn" in page
    assert "Đề cương viết thu hoạch: Đảng viên ở nông thôn" in page

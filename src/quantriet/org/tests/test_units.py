"""The unit tree: counts, kinds, heads and leaders in charge, its pages and its writers."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import Person, Unit, UnitKind
from quantriet.org.queries import units as unit_queries
from quantriet.org.tests.factories import a_person, a_post, a_unit
from quantriet.org.vocab import DecisionBody, Level
from tests.cast import LONG_AGO


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.req("R-001")
def test_counts_are_kept_at_every_node(cast):
    party = a_unit(cast.units["X2"], "DANG_BO_CO_SO", code="DB1", name="Đảng bộ cơ sở Trường Cao đẳng")
    cell = a_unit(party, code="DB1C1", name="Chi bộ 1")
    a_person(cell)
    a_person(cell, kind="association")  # no member: not counted
    gone = a_person(cell)
    actions.remove_person(gone, by=cast.officer, at=now(), on=today(), reason="died")
    closed = a_unit(cast.units["X1"], code="CU", name="Chi bộ cũ")
    actions.close_unit(closed, by=cast.officer, at=now(), on=today(), decision_number="1-QĐ")
    counts = unit_queries.unit_counts(Unit.objects.all())
    by_code = {unit.code: counts[unit.pk] for unit in Unit.objects.all()}

    def seen(code):
        return (by_code[code].grassroots, by_code[code].cells, by_code[code].members)

    assert seen("T") == (2, 4, 13)
    assert seen("X1") == (0, 2, 9)
    assert seen("X2") == (1, 2, 3)
    assert seen("DB1") == (1, 1, 1)
    assert seen("DN") == (1, 0, 1)
    assert seen("CS1") == (1, 0, 1)
    assert seen("CB12") == (0, 1, 3)


@pytest.mark.req("R-001")
def test_the_tree_page_shows_one_level_with_counts_and_their_sum(cast, as_user):
    client = as_user("officer")
    page = client.get(reverse("unit-list")).content.decode()
    assert "2 tổ chức" not in page
    assert "1 tổ chức cơ sở đảng, 3 chi bộ trực thuộc, 12 đảng viên." in page
    assert "Đảng ủy xã Ea Tam" in page
    assert "Chi bộ thôn 1" not in page
    page = client.get(reverse("unit-list"), {"unit": "X1"}).content.decode()
    assert "Chi bộ thôn 1" in page
    assert "Trần Văn Bình" in page  # its secretary
    assert "Chi bộ thôn Thượng" not in page


@pytest.mark.req("R-001")
def test_counts_take_two_statements_for_one_unit_and_for_many(cast):
    for units in ([cast.units["X1"]], list(Unit.objects.all())):
        with CaptureQueriesContext(connection) as seen:
            unit_queries.unit_counts(units)
        assert len(seen) == 2


def test_the_tree_page_costs_the_same_with_one_row_and_three(cast, as_user):
    client = as_user("organiser2")
    client.get(reverse("unit-list"))
    one = queries_of(client, reverse("unit-list"))
    for _ in range(2):
        a_post(a_person(a_unit(cast.units["X2"])), cast.units["X2"])
    assert queries_of(client, reverse("unit-list")) == one
    one = queries_of(client, reverse("unit-list") + "?q=thuong")
    assert queries_of(client, reverse("unit-list") + "?q=chi+bo") == one
    one = queries_of(client, reverse("unit-switch") + "?q=thuong")
    assert queries_of(client, reverse("unit-switch") + "?q=chi+bo") == one


def test_the_unit_page_costs_the_same_with_one_unit_below_and_three(cast, as_user):
    client = as_user("organiser2")
    page = reverse("unit", args=[cast.units["X2"].pk])
    a_post(cast.people["M10"], cast.units["X2"])
    one = queries_of(client, page)
    for _ in range(2):
        cell = a_unit(cast.units["X2"])
        a_post(a_person(cell), cast.units["X2"], "CAP_UY_VIEN")
        actions.give_responsibility(
            cast.people["M11"], by=None, at=now(), unit=cell, kind="direct", valid_from=LONG_AGO
        )
    assert queries_of(client, page) == one


@pytest.mark.req("R-002")
@pytest.mark.req("R-004")
def test_the_tree_holds_sectors_agencies_and_enterprises(cast, as_user):
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    enterprise = kinds["DANG_UY_DOANH_NGHIEP"]
    assert not enterprise.is_territorial
    assert enterprise.level == Level.DISTRICT  # one level above the grassroots
    day = dt.date(2021, 3, 1)
    made = []
    for code in ("SO_BAN_NGANH", "DOAN_THE", "BAN_CAN_SU", "DANG_DOAN", "HUYEN_UY", "TINH_DOAN"):
        assert kinds[code].is_territorial == (code == "HUYEN_UY")
        made.append(
            actions.add_unit(
                by=None, at=now(), code=f"K-{code}", name=kinds[code].name, kind=kinds[code], parent=cast.units["T"],
                valid_from=day,
            )
        )  # fmt: skip
    page = as_user("officer").get(reverse("unit-list")).content.decode()
    assert all(unit.name in page for unit in made)
    page = as_user("officer").get(reverse("unit", args=[cast.units["DN"].pk])).content.decode()
    assert "Theo ngành, cơ quan, doanh nghiệp" in page


@pytest.mark.req("R-004")
def test_kinds_that_ended_are_not_offered_and_not_taken_any_more(cast):
    ended = UnitKind.objects.get(code="HUYEN_UY")
    assert ended not in unit_queries.kinds_in_force(on=dt.date(2025, 7, 1))
    assert ended in unit_queries.kinds_in_force(on=dt.date(2025, 6, 30))
    with pytest.raises(Refusal) as refusal:
        actions.add_unit(
            by=None, at=now(), code="H", name="Huyện ủy", kind=ended, parent=cast.units["T"],
            valid_from=dt.date(2025, 7, 1),
        )  # fmt: skip
    assert refusal.value.code == "unit.kind_ended"


@pytest.mark.req("R-003")
@pytest.mark.parametrize(
    "kind, body, words",
    [
        ("DANG_UY_XA", DecisionBody.STANDING_COMMITTEE, "Ban thường vụ"),
        ("DANG_BO_CO_SO", DecisionBody.EXECUTIVE_COMMITTEE, "Ban chấp hành"),
        ("CHI_BO", DecisionBody.PARTY_ORGANIZATION, "Tổ chức đảng không có cấp ủy"),
        ("SO_BAN_NGANH", DecisionBody.LEADERSHIP_COLLECTIVE, "Tập thể lãnh đạo"),
    ],
)
def test_each_kind_says_which_body_decides(cast, as_user, kind, body, words):
    unit = a_unit(cast.units["T"], kind)
    assert unit.kind.decision_body == body
    page = as_user("officer").get(reverse("unit", args=[unit.pk])).content.decode()
    assert words in page


@pytest.mark.req("R-005")
def test_a_leader_in_charge_stands_on_the_unit_and_on_those_below(cast, as_user):
    leader = cast.people["M5"]
    given = actions.give_responsibility(
        leader, by=None, at=now(), unit=cast.units["X1"], kind="direct", valid_from=LONG_AGO, basis="5-TB/ĐU"
    )
    actions.give_responsibility(
        cast.people["M8"], by=None, at=now(), unit=cast.units["CB12"], kind="follow", valid_from=LONG_AGO
    )
    found = unit_queries.responsible_leaders(cast.units["CB12"])
    assert [one.person.full_name for one in found] == ["Vàng A Pao", "Lê Thị Ánh"]
    assert [one.person for one in unit_queries.responsible_leaders(cast.units["CB11"])] == [leader]
    page = as_user("organiser1").get(reverse("unit", args=[cast.units["CB12"].pk])).content.decode()
    assert "Lê Thị Ánh: Chỉ đạo và chịu trách nhiệm (Đảng ủy xã Ea Tam)" in page
    actions.end_responsibility(given, by=cast.officer, at=now(), on=today() - dt.timedelta(days=1))
    assert [one.person for one in unit_queries.responsible_leaders(cast.units["CB11"])] == []
    assert unit_queries.responsible_leaders(cast.units["CB11"], on=LONG_AGO)[0].person == leader


@pytest.mark.req("R-006")
def test_the_head_of_a_unit_is_named_as_accountable(cast, as_user):
    a_post(cast.people["M4"], cast.units["X1"], "CHU_TICH_UBND")
    a_post(cast.people["M3"], cast.units["X1"], "PHO_BI_THU")
    heads = unit_queries.unit_heads([cast.units["X1"]])[cast.units["X1"].pk]
    assert [held.person.full_name for held in heads] == ["Lê Thị Ánh", "K' Brêu"]
    page = as_user("leader1").get(reverse("unit", args=[cast.units["X1"].pk])).content.decode()
    assert "Người đứng đầu chịu trách nhiệm" in page
    assert "Lê Thị Ánh</a>, Bí thư" in page
    held = cast.people["M5"].posts.get()
    actions.end_post(held, by=cast.officer, at=now(), on=today() - dt.timedelta(days=1))
    heads = unit_queries.unit_heads([cast.units["X1"]])[cast.units["X1"].pk]
    assert [one.person.full_name for one in heads] == ["K' Brêu"]


def test_units_are_found_by_words_without_marks_and_by_code(cast, as_user):
    client = as_user("officer")
    for typed in ("ea tam", "EA TAM dang uy", "Đảng ủy xã Ea", "x1"):
        page = client.get(reverse("unit-list"), {"q": typed}).content.decode()
        assert "Đảng ủy xã Ea Tam" in page, typed
        assert "Suối Ngần" not in page, typed
    page = client.get(reverse("unit-list"), {"q": "khong co dau"})
    assert "Không có đơn vị nào khớp" in page.content.decode()
    page = as_user("organiser2").get(reverse("unit-list"), {"q": "ea tam"}).content.decode()
    assert "Đảng ủy xã Ea Tam" not in page


def test_the_finder_answers_as_page_json_and_proposals(cast, as_user):
    client = as_user("organiser1")
    page = client.get(reverse("unit-switch"), {"q": "thon"}).content.decode()
    assert "Chi bộ thôn 2" in page
    found = client.get(reverse("unit-switch"), {"q": "thon", "format": "json"}).json()["units"]
    assert [one["code"] for one in found] == ["CB11", "CB12"]
    assert found[0]["above"].endswith("Đảng ủy xã Ea Tam")
    lines = client.get(reverse("unit-switch"), {"pick": "person.edit", "field": "to", "to": "thôn 2"}).content.decode()
    assert '<option value="CB12 – Chi bộ thôn 2">Đảng ủy xã Ea Tam</option>' in lines
    # Proposals are those of the permission asked for: the secretary reads, but changes nobody.
    lines = as_user("secretary11").get(reverse("unit-switch"), {"pick": "person.edit", "q": "thon"}).content.decode()
    assert "option" not in lines


def test_the_excel_list_holds_the_subtree_in_the_shape_of_the_import(cast, as_user):
    from python_calamine import CalamineWorkbook

    answer = as_user("organiser1").get(reverse("unit-list"), {"unit": "X1", "format": "xlsx"})
    assert answer["Content-Disposition"].startswith("attachment")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    head = next(number for number, row in enumerate(rows) if "Mã đơn vị" in row)
    assert {row[0] for row in rows[head + 1 :] if row[0]} == {"X1", "CB11", "CB12"}
    answer = as_user("organiser1").get(reverse("unit-list"), {"unit": "X2", "format": "xlsx"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    assert "X2" not in {row[0] for row in rows}


# ------------------------------------------------------------------------------------------------------------ changing


def unit_data(**given):
    kind = UnitKind.objects.get(code="CHI_BO").pk
    return {"name": "Chi bộ  thôn 3", "code": "CB13", "kind": kind, "valid_from": "01/02/2026"} | given


def test_a_unit_is_entered_through_the_form(cast, as_user):
    client = as_user("officer")
    answer = client.post(reverse("unit-new"), unit_data(parent="X1", decision_number="12-QĐ/ĐU"))
    made = Unit.objects.get(code="CB13")
    assert answer.status_code == 303
    assert answer.url == reverse("unit", args=[made.pk])
    assert (made.name, made.parent, made.established_on) == ("Chi bộ thôn 3", cast.units["X1"], dt.date(2026, 2, 1))
    assert made.path.startswith(cast.units["X1"].path)
    assert made.versions.get().decision_number == "12-QĐ/ĐU"
    event = AuditEvent.objects.filter(verb="unit.added").latest("pk")
    assert (event.actor_id, event.thing_id, event.unit_path) == (cast.officer.pk, str(made.pk), made.path)


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"parent": "X1", "code": "CB11"}, "Mã đơn vị “CB11” đã có"),
        ({"parent": "CB11"}, "là chi bộ, không lập đơn vị dưới chi bộ"),
        ({"parent": "khong co"}, "Không tìm thấy đơn vị “khong co” trong phạm vi được giao."),
        ({"parent": "chi bộ thôn"}, "Có nhiều đơn vị khớp với “chi bộ thôn”: Chi bộ thôn 1 (CB11, Đảng ủy xã Ea Tam)"),
    ],
)
def test_a_wrong_new_unit_is_refused_in_words(cast, as_user, given, sentence):
    answer = as_user("officer").post(reverse("unit-new"), unit_data(**given))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Unit.objects.count() == 8


def test_the_superior_of_a_new_unit_lies_in_the_scope(cast, client):
    from quantriet.org.tests.factories import an_account

    client.force_login(an_account("xa-1", "board_officer", cast.units["X1"]))
    answer = client.post(reverse("unit-new"), unit_data(parent="X2"))
    assert "Không tìm thấy đơn vị" in answer.content.decode()
    assert client.get(reverse("unit-new"), {"parent": cast.units["X2"].pk}).status_code == 404


def test_a_change_of_name_is_kept_in_the_version_and_the_log(cast, as_user):
    unit = cast.units["CB11"]
    data = unit_data(name="Chi bộ buôn Một", code="CB11")
    assert as_user("officer").post(reverse("unit-edit", args=[unit.pk]), data).status_code == 303
    unit.refresh_from_db()
    assert unit.name_folded == "chi bo buon mot"
    assert unit.versions.get().name == "Chi bộ buôn Một"
    event = AuditEvent.objects.filter(verb="unit.changed").latest("pk")
    assert (event.before["name"], event.after["name"]) == ("Chi bộ thôn 1", "Chi bộ buôn Một")
    page = as_user("officer").get(reverse("unit", args=[unit.pk])).content.decode()
    assert "Tên: Chi bộ thôn 1 → Chi bộ buôn Một" in page


def test_a_unit_with_members_keeps_a_kind_that_holds_members(cast):
    with pytest.raises(Refusal) as refusal:
        actions.change_unit(
            cast.units["CB11"], by=cast.officer, at=now(), kind=UnitKind.objects.get(code="DANG_BO_CO_SO")
        )
    assert refusal.value.code == "unit.kind_holds_members"


def test_closing_names_the_thing_and_the_number_and_refuses_while_people_are_there(cast, as_user):
    client = as_user("officer")
    page = reverse("unit-close", args=[cast.units["CB12"].pk])
    assert "Ngừng hoạt động Chi bộ thôn 2 (mã CB12), hiện có 3 đảng viên" in client.get(page).content.decode()
    data = {"on": "01/11/2026", "decision_number": "3-QĐ/ĐU"}
    answer = client.post(page, data)
    assert "Chi bộ thôn 2 còn đảng viên" in answer.content.decode()
    answer = client.post(reverse("unit-close", args=[cast.units["X1"].pk]), data)
    assert "còn" in answer.content.decode()
    for person in Person.objects.filter(unit=cast.units["CB12"]):
        actions.transfer_person(person, by=cast.officer, at=now(), to=cast.units["CB11"], on=today())
    assert client.post(page, data).status_code == 303
    unit = Unit.objects.get(pk=cast.units["CB12"].pk)
    assert unit.closed_on == unit.versions.get().valid_to == dt.date(2026, 11, 1)
    client.get(page)  # takes the message of the last step
    assert "Chi bộ thôn 2" not in client.get(reverse("unit-list"), {"unit": "X1"}).content.decode()
    assert "Chi bộ thôn 2" in client.get(reverse("unit-list"), {"closed": "1"}).content.decode()
    assert "đã ngừng hoạt động" in client.post(page, data).content.decode()

"""The list of people: search without marks, filters, one name and two people, Excel, and what a person's page shows."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import access, actions
from quantriet.org.models import MembershipTransfer, Person, PostHeld, PostKind
from quantriet.org.queries import people as people_queries
from quantriet.org.queries.people import PeopleFilter
from quantriet.org.tests.factories import a_person, a_post, an_account
from tests.cast import LONG_AGO


def names(cast, username="officer", **wanted):
    rows = access.people_list(cast.accounts[username])
    found = people_queries.filtered_people(rows, PeopleFilter(**wanted))
    return list(found.order_by("sort_key", "pk").values_list("full_name", flat=True))


@pytest.mark.parametrize(
    "typed, found",
    [
        ("huong", ["Nguyễn Thị Hường"]),
        ("HƯỜNG", ["Nguyễn Thị Hường"]),
        ("nguyễn thị h", ["Nguyễn Thị Hường"]),
        ("thi huo", ["Nguyễn Thị Hường"]),
        ("van bi", ["Trần Văn Bình", "Trần Văn Bình"]),
        ("tran", ["Trần Văn Bình", "Trần Văn Bình"]),
        ("h'hen", ["H'Hen Niê"]),
        ("nie", ["H'Hen Niê"]),
        ("k' br", ["K' Brêu"]),
        ("y", ["Đỗ Thị Ỷ"]),
        ("do thi y", ["Đỗ Thị Ỷ"]),
        ("đại", ["Bùi Quang Đại"]),
        ("dai", ["Bùi Quang Đại"]),
        ("quang", ["Bùi Quang Đại"]),  # a word in the middle, when nothing else fits
        ("M12", ["Bùi Quang Đại"]),
        ("m12", ["Bùi Quang Đại"]),
        ("khong ai", []),
        ("", None),
    ],
)
def test_a_list_is_narrowed_by_any_way_of_typing_a_name(cast, typed, found):
    seen = names(cast, search=typed)
    if found is None:
        assert len(seen) == 12
    else:
        assert seen == found


def test_what_is_no_telephone_number_is_said_and_never_dropped(cast, as_user):
    person = cast.people["M3"]
    address = reverse("person-edit", args=[person.pk])
    form = as_user("officer").get(address).context["form"]
    given = {name: form[name].value() or "" for name in form.fields}
    for wrong in ("không nhớ", "số nhà 12", "12345"):
        answer = as_user("officer").post(address, given | {"phone": wrong})
        assert answer.context["form"].errors["phone"]
    answer = as_user("officer").post(address, given | {"phone": "+84 912.345.678"})
    assert answer.status_code == 303, answer.context["form"].errors
    person.refresh_from_db()
    assert person.phone == "0912345678"


def test_people_are_found_by_telephone(cast):
    actions.change_person(cast.people["M3"], by=cast.officer, at=now(), phone="0912345678")
    assert names(cast, search="0912 345 678") == ["H'Hen Niê"]


def test_the_list_is_in_the_order_of_given_names(cast):
    assert names(cast, "organiser1") == [
        "Lê Thị Ánh", "Trần Văn Bình", "Trần Văn Bình", "K' Brêu", "Nguyễn Thị Hường", "H'Hen Niê", "Phạm Đức Ổn",
        "Vàng A Pao", "Đỗ Thị Ỷ",
    ]  # fmt: skip


def test_each_filter_narrows_by_what_it_says(cast):
    people = cast.people
    posts = {post.code: post for post in PostKind.objects.all()}
    actions.give_exemption(
        people["M6"], by=None, at=now(), valid_from=LONG_AGO, valid_to=None, reason="Tuổi cao, sức yếu"
    )
    a_post(people["M1"], cast.units["T"], "CAP_UY_VIEN", managed_by="province")
    actions.change_person(people["M9"], by=cast.officer, at=now(), kind="probationary")
    assert names(cast, post=posts["CAP_UY_VIEN"]) == ["Nguyễn Thị Hường"]
    assert names(cast, managed_by="province") == ["Nguyễn Thị Hường"]
    assert names(cast, post=posts["BI_THU"], managed_by="province") == []
    assert names(cast, kind="probationary") == ["Đỗ Thị Ỷ"]
    assert names(cast, exempt=True) == ["Phạm Đức Ổn"]
    assert len(names(cast, exempt=False)) == 11
    day = dt.date(2026, 11, 22)
    rows = people_queries.filtered_people(Person.objects.all(), PeopleFilter(age_from=60), on=day)
    assert set(rows.values_list("code", flat=True)) == {"M1", "M6", "M10"}
    rows = people_queries.filtered_people(Person.objects.all(), PeopleFilter(age_from=30, age_to=31), on=day)
    assert set(rows.values_list("code", flat=True)) == {"M5"}
    rows = people_queries.filtered_people(Person.objects.all(), PeopleFilter(age_to=27), on=day)
    assert set(rows.values_list("code", flat=True)) == {"M9"}
    actions.remove_person(people["M12"], by=cast.officer, at=now(), on=today(), reason="moved_out")
    assert names(cast, gone=True) == ["Bùi Quang Đại"]
    assert "Bùi Quang Đại" not in names(cast)


def test_the_page_filters_by_unit_and_shows_removable_chips(cast, as_user):
    client = as_user("officer")
    page = client.get(reverse("people-list"), {"unit": "CB11", "kind": "member", "q": "binh"}).content.decode()
    assert page.count("Trần Văn Bình") == 1
    assert "Từ khóa: “binh”" in page
    assert "Đơn vị: Chi bộ thôn 1" in page
    assert "?kind=member&amp;unit=CB11" in page  # the address without the words
    page = client.get(reverse("people-list"), {"unit": "không có"}).content.decode()
    assert "Không tìm thấy đơn vị" in page
    assert "Trần Văn Bình" not in page


def test_two_of_one_name_are_always_told_apart_by_cell_and_birth(cast, as_user):
    page = as_user("organiser1").get(reverse("people-list"), {"q": "binh"}).content.decode()
    for words in ("01/05/1975", "20/08/1981", "Chi bộ thôn 1", "Chi bộ thôn 2"):
        assert words in page
    page = as_user("organiser1").get(reverse("person", args=[cast.people["M2"].pk])).content.decode()
    assert "Người trùng tên" in page
    assert "sinh năm 1981, Chi bộ thôn 2" in page
    # A namesake outside the scope stays outside.
    a_person(cast.units["CB21"], "Trần Văn Bính", birth_date=dt.date(1933, 1, 1))
    page = as_user("organiser1").get(reverse("person", args=[cast.people["M2"].pk])).content.decode()
    assert "1933" not in page


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_the_list_costs_the_same_with_one_row_and_three(cast, as_user):
    client = as_user("organiser1")
    page = reverse("people-list")
    one = queries_of(client, page + "?q=huong")
    for person in (
        cast.people["M1"],
        a_person(cast.units["CB12"], "Lý Hương"),
        a_person(cast.units["CB11"], "Vũ Hướng"),
    ):
        a_post(person, cast.units["X1"], "CAP_UY_VIEN")
        actions.give_exemption(person, by=None, at=now(), valid_from=LONG_AGO, valid_to=None, reason="Ốm")
    assert queries_of(client, page + "?q=huong") == one
    assert queries_of(client, page) <= one


def test_the_person_page_costs_the_same_with_one_fact_and_three(cast, as_user):
    person = cast.people["M2"]
    page = reverse("person", args=[person.pk])
    client = as_user("organiser1")
    actions.give_responsibility(person, by=None, at=now(), unit=cast.units["CB12"], kind="direct", valid_from=LONG_AGO)
    one = queries_of(client, page)
    for code in ("CAP_UY_VIEN", "CHI_UY_VIEN"):
        a_post(person, cast.units["CB11"], code)
    for unit in ("CB11", "X1"):
        actions.give_responsibility(
            person, by=None, at=now(), unit=cast.units[unit], kind="follow", valid_from=LONG_AGO
        )
    a_person(cast.units["CB12"], "Tran Van Binh")
    assert queries_of(client, page) == one


def test_excel_goes_out_in_the_shape_it_comes_in(cast, as_user):
    from python_calamine import CalamineWorkbook

    from quantriet.org.queries import imports as import_queries

    answer = as_user("organiser1").get(reverse("people-list"), {"format": "xlsx", "unit": "CB11"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()
    labels = [column.label for column in import_queries.member_columns()]
    head = next(number for number, row in enumerate(rows) if row[: len(labels)] == labels)
    assert {row[labels.index("Họ và tên")] for row in rows[head + 1 :]} >= {"Nguyễn Thị Hường", "K' Brêu"}
    assert len([row for row in rows[head + 1 :] if row[0]]) == 6


# ------------------------------------------------------------------------------------------------------------- entering


def person_data(**given):
    return {
        "full_name": "Y  Bhăm Niê",
        "birth": "09/03/1988",
        "kind": "member",
        "unit": "CB11",
        "gender": "male",
    } | given


def test_a_person_is_entered_with_a_made_code_and_a_first_transfer(cast, as_user):
    answer = as_user("organiser1").post(reverse("person-new"), person_data(joined_on="02/09/2015"))
    made = Person.objects.get(full_name="Y Bhăm Niê")
    assert answer.status_code == 303
    assert made.code == "QT0000001"
    assert a_person(cast.units["CB11"], code="").code == "QT0000002"
    assert (made.birth_date, made.unit, made.gender) == (dt.date(1988, 3, 9), cast.units["CB11"], "male")
    assert [(fact.from_unit, fact.to_unit, fact.on) for fact in made.transfers.all()] == [
        (None, cast.units["CB11"], dt.date(2015, 9, 2))
    ]


def test_only_the_year_of_birth_is_enough(cast, as_user):
    as_user("organiser1").post(reverse("person-new"), person_data(birth="1946"))
    made = Person.objects.get(full_name="Y Bhăm Niê")
    assert (made.birth_date, made.birth_precision) == (dt.date(1946, 1, 1), "year")
    assert people_queries.shown_birth(made) == "1946"
    page = as_user("organiser1").get(reverse("person-edit", args=[made.pk])).content.decode()
    assert 'value="1946"' in page


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"full_name": "  "}, "Họ và tên"),
        ({"birth": "31/02/1960"}, "Ghi ngày sinh dạng 09/03/1958"),
        ({"birth": "01/01/2090"}, "không thể có"),
        ({"birth": "0000"}, "không thể có"),
        ({"unit": "X1"}, "không phải chi bộ"),
        ({"unit": "CB21"}, "Không tìm thấy đơn vị “CB21” trong phạm vi được giao."),
        ({"code": "M10"}, "Mã M10 đã có"),
        ({"joined_on": "02/09/2015", "official_on": "01/09/2015"}, "Ngày chính thức không thể trước ngày vào Đảng."),
    ],
)
def test_a_wrong_person_is_refused_in_words(cast, as_user, given, sentence):
    answer = as_user("organiser1").post(reverse("person-new"), person_data(**given))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Person.objects.count() == 12


def test_a_namesake_of_the_same_year_is_asked_about_once(cast, as_user):
    client = as_user("organiser1")
    data = person_data(full_name="Tran Van Bình", birth="1975", unit="CB12")
    answer = client.post(reverse("person-new"), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Trần Văn Bình, sinh năm 1975, Chi bộ thôn 1, Đảng ủy xã Ea Tam (M2)" in page
    assert "1981" not in page  # another year is another person
    assert 'name="another"' in page
    assert client.post(reverse("person-new"), data | {"another": "on"}).status_code == 303
    # Namesakes outside the scope are neither asked about nor told.
    data = person_data(full_name="Hoàng Văn Sửu", birth="1966")
    assert client.post(reverse("person-new"), data).status_code == 303


def test_a_taken_code_tells_nothing_of_people_outside_the_scope(cast, as_user):
    page = as_user("organiser1").post(reverse("person-new"), person_data(code="M10")).content.decode()
    assert "Hoàng Văn Sửu" not in page
    assert "Chi bộ thôn Thượng" not in page


def test_a_changed_name_changes_its_keys_and_the_log_keeps_both(cast, as_user):
    person = cast.people["M1"]
    page = reverse("person-edit", args=[person.pk])
    data = {"full_name": "Nguyễn Thị Hướng", "birth": "09/03/1958", "kind": "member", "code": "M1"}
    assert as_user("organiser1").post(page, data).status_code == 303
    person.refresh_from_db()
    assert person.name_folded == "nguyen thi huong"
    assert person.sort_key == text.name_key("Nguyễn Thị Hướng")
    event = AuditEvent.objects.filter(verb="person.changed").latest("pk")
    assert event.before["full_name"] == "Nguyễn Thị Hường"
    assert event.after["full_name"] == "Nguyễn Thị Hướng"
    assert "sort_key" not in event.after
    page = as_user("leader1").get(reverse("person", args=[person.pk])).content.decode()
    assert "Họ và tên: Nguyễn Thị Hường → Nguyễn Thị Hướng" in page


def test_taking_off_the_list_names_the_person_and_keeps_what_was_written(cast, as_user):
    person = cast.people["M6"]
    page = reverse("person-leave", args=[person.pk])
    client = as_user("organiser1")
    shown = client.get(page).content.decode()
    assert "Đưa 1 người ra khỏi danh sách: Phạm Đức Ổn (mã M6, sinh năm 1949), Chi bộ thôn 1." in shown
    assert client.post(page, {"reason": "", "on": "20/11/2026"}).status_code == 422
    assert client.post(page, {"reason": "died", "on": "20/11/2026"}).status_code == 303
    person.refresh_from_db()
    assert (person.left_on, person.left_reason) == (dt.date(2026, 11, 20), "died")
    assert "Từ trần" in client.get(reverse("person", args=[person.pk])).content.decode()
    with pytest.raises(Refusal) as refusal:
        actions.remove_person(person, by=cast.officer, at=now(), on=today(), reason="died")
    assert refusal.value.code == "person.left_already"


# ---------------------------------------------------------------------------------------------------------- dated facts


@pytest.mark.req("P-02")
def test_a_transfer_is_a_dated_fact_and_moves_the_person(cast, as_user):
    person = cast.people["M1"]
    page = reverse("person-transfer", args=[person.pk])
    data = {"to": "thôn 2", "on": "01/10/2026", "basis": "Giấy giới thiệu số 15"}
    assert as_user("organiser1").post(page, data).status_code == 303
    person.refresh_from_db()
    assert person.unit == cast.units["CB12"]
    facts = list(person.transfers.order_by("on"))
    assert [(fact.from_unit, fact.to_unit, fact.on) for fact in facts] == [
        (None, cast.units["CB11"], LONG_AGO),
        (cast.units["CB11"], cast.units["CB12"], dt.date(2026, 10, 1)),
    ]
    event = AuditEvent.objects.filter(verb="person.transferred").latest("pk")
    assert (event.before["unit"], event.after["unit"]) == ("Chi bộ thôn 1", "Chi bộ thôn 2")
    page = as_user("organiser1").get(reverse("person", args=[person.pk])).content.decode()
    assert "01/10/2026: Chi bộ thôn 1 → Chi bộ thôn 2 · Giấy giới thiệu số 15" in page


@pytest.mark.req("P-02")
@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"to": "CB11"}, "đang sinh hoạt ở Chi bộ thôn 1"),
        ({"to": "X1"}, "không phải chi bộ"),
        ({"to": "CB21"}, "Không tìm thấy đơn vị “CB21” trong phạm vi được giao."),
        ({"to": "CB12", "on": "31/12/2019"}, "Lần chuyển trước là ngày 01/01/2020"),
    ],
)
def test_an_impossible_transfer_is_refused(cast, as_user, given, sentence):
    person = cast.people["M1"]
    answer = as_user("organiser1").post(
        reverse("person-transfer", args=[person.pk]), {"to": "CB12", "on": "01/10/2026"} | given
    )
    assert sentence in answer.content.decode()
    assert MembershipTransfer.objects.filter(person=person).count() == 1


@pytest.mark.req("R-012")
def test_a_post_carries_the_level_that_manages_it(cast, as_user):
    person = cast.people["M3"]
    client = as_user("officer")
    post = PostKind.objects.get(code="UV_BAN_THUONG_VU")
    data = {
        "post": post.pk, "unit": "X1", "managed_by": "province", "valid_from": "01/06/2025", "basis": "88-QĐ/TU",
    }  # fmt: skip
    assert client.post(reverse("post-new", args=[person.pk]), data).status_code == 303
    held = PostHeld.objects.get(person=person)
    assert (held.managed_by, held.unit, held.basis) == ("province", cast.units["X1"], "88-QĐ/TU")
    page = client.get(reverse("person", args=[person.pk])).content.decode()
    assert "Ủy viên Ban Thường vụ, Đảng ủy xã Ea Tam (diện quản lý: Tỉnh)" in page
    assert names(cast, managed_by="province") == ["H'Hen Niê"]
    again = client.post(reverse("post-new", args=[person.pk]), data)
    assert "đang giữ chức Ủy viên Ban Thường vụ" in again.content.decode()
    assert client.post(reverse("post-end", args=[held.pk]), {"on": "31/05/2025"}).status_code == 422
    assert client.post(reverse("post-end", args=[held.pk]), {"on": "31/10/2026"}).status_code == 303
    assert names(cast, managed_by="province") == []
    rows = people_queries.filtered_people(
        Person.objects.all(), PeopleFilter(managed_by="province"), on=dt.date(2026, 10, 31)
    )
    assert list(rows) == [person]


def test_an_exemption_is_given_for_a_time_and_two_never_overlap(cast, as_user):
    person = cast.people["M6"]
    client = as_user("organiser1")
    page = reverse("exemption-new", args=[person.pk])
    data = {"reason": "Tuổi cao, sức yếu", "valid_from": "01/01/2026", "valid_to": "30/06/2026"}
    assert client.post(page, data).status_code == 303
    overlap = client.post(page, data | {"valid_from": "30/06/2026", "valid_to": ""})
    assert "hai lần miễn không chồng nhau" in overlap.content.decode()
    assert client.post(page, data | {"valid_from": "01/07/2026", "valid_to": ""}).status_code == 303
    assert "Miễn sinh hoạt" in client.get(reverse("person", args=[person.pk])).content.decode()
    latest = person.exemptions.get(valid_to__isnull=True)
    assert client.post(reverse("exemption-end", args=[latest.pk]), {"on": "30/09/2026"}).status_code == 303
    assert names(cast, exempt=True) == []


@pytest.mark.req("R-005")
def test_a_leader_is_put_in_charge_through_the_form_and_ends(cast, as_user):
    person = cast.people["M5"]
    client = as_user("organiser1")
    page = reverse("responsibility-new", args=[person.pk])
    data = {"unit": "CB12", "kind": "direct", "valid_from": "01/02/2026", "basis": "5-TB/ĐU"}
    assert client.post(page, data).status_code == 303
    assert "đang phụ trách Chi bộ thôn 2" in client.post(page, data).content.decode()
    given = person.responsibilities.get()
    assert (
        "Chi bộ thôn 2: Chỉ đạo và chịu trách nhiệm" in client.get(reverse("person", args=[person.pk])).content.decode()
    )
    assert client.post(reverse("responsibility-end", args=[given.pk]), {"on": "01/11/2026"}).status_code == 303
    given.refresh_from_db()
    assert given.valid_to == dt.date(2026, 11, 1)


def test_the_history_on_the_page_is_the_persons_own(cast, as_user):
    a_post(cast.people["M3"], cast.units["CB11"], "CHI_UY_VIEN")
    page = as_user("leader1").get(reverse("person", args=[cast.people["M3"].pk])).content.decode()
    assert "Hệ thống ghi chức vụ" in page
    assert "Diện quản lý: Tỉnh" in page
    page = as_user("leader1").get(reverse("person", args=[cast.people["M4"].pk])).content.decode()
    assert "Hệ thống ghi chức vụ" not in page


def test_actions_are_offered_only_to_who_may_take_them(cast, as_user):
    page = reverse("person", args=[cast.people["M1"].pk])
    edit = reverse("person-edit", args=[cast.people["M1"].pk])
    assert edit in as_user("organiser1").get(page).content.decode()
    for username in ("secretary11", "leader", "inspector"):
        assert edit not in as_user(username).get(page).content.decode()
    assert reverse("account-new") not in as_user("organiser1").get(page).content.decode()
    shown = as_user("admin").get(reverse("person", args=[cast.people["M3"].pk])).content.decode()
    assert f"{reverse('account-new')}?person=M3" in shown


def test_an_account_without_right_sees_no_list(cast, client):
    client.force_login(an_account("khong"))
    assert client.get(reverse("people-list")).status_code == 403

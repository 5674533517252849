"""Personal data: who sees which detail, who looked, what people ask, what erasure does, what one may take along."""

import datetime as dt
import io
import json
import re
import zipfile

import pytest
from django.core.management import call_command
from django.db.models import JSONField
from django.urls import reverse
from django.utils import translation

from quantriet.audit.actions import chain, prune_looks, record
from quantriet.audit.models import AuditEvent, Look
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, now, today
from quantriet.org import access, actions
from quantriet.org.actions import erasure, own_data, privacy
from quantriet.org.models import Account, ActivityExemption, DataRequest, Person
from quantriet.org.queries import imports as import_queries
from quantriet.org.queries import log_words
from quantriet.org.queries import privacy as queries
from quantriet.org.rules import letterhead, requests
from quantriet.org.rules.own_data import LABELS, SHAPES, UNREADABLE
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Permission, RequestKind, RequestState, Role, SignInMethod
from quantriet.org.web.log import told

PRIVATE = {"phone": "0905123456", "email": "huong@example.vn", "address": "12 Lê Duẩn", "ethnicity": "Ê Đê"}


@pytest.fixture
def person(cast):
    """M1 of cell CB11, whose every private detail is known."""
    known = cast.people["M1"]
    actions.change_person(known, by=cast.officer, at=now(), **PRIVATE)
    return known


# ------------------------------------------------------------------------------------------------------- details by right


SEES = {
    "admin": {"phone", "email", "address", "ethnicity", "birth"},
    "officer": {"phone", "email", "address", "ethnicity", "birth"},
    "organiser1": {"phone", "email", "address", "ethnicity", "birth"},
    "secretary11": {"phone", "email", "address"},
    "inspector": set(),
    "leader": set(),
    "leader1": set(),
}
SHOWN = {**PRIVATE, "birth": "09/03/1958"}


@pytest.mark.req("P-06")
@pytest.mark.parametrize("name", SEES)
def test_a_role_sees_the_details_that_it_needs_on_the_page_and_in_excel(person, as_user, name):
    client = as_user(name)
    page = client.get(reverse("person", args=[person.pk])).content.decode()
    # The log below the page speaks of the same person.
    assert {key for key, words in SHOWN.items() if words in page} == SEES[name]
    assert "1958" in page
    listed = client.get(reverse("people-list")).content.decode()
    assert (SHOWN["birth"] in listed) == ("birth" in SEES[name])
    file = io.BytesIO(b"".join(client.get(reverse("people-list"), {"format": "xlsx"}).streaming_content))
    cells = _strings(file)
    assert {key for key in PRIVATE if PRIVATE[key] in cells} == SEES[name] - {"birth"}


def _strings(file: io.BytesIO) -> str:
    with zipfile.ZipFile(file) as packed:
        return " ".join(packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml"))


def test_every_role_is_in_the_table_of_details(cast):
    viewing = {name for name, one in cast.accounts.items() if access.may_anywhere(one, Permission.PERSON_VIEW)}
    assert viewing - {"organiser2", "secretary21"} == SEES.keys()  # these two see no one of CB11


def test_a_telephone_number_is_found_only_by_whom_it_is_shown_to(person, as_user):
    asked = {"q": PRIVATE["phone"]}
    assert person.full_name in as_user("officer").get(reverse("people-list"), asked).content.decode()
    assert person.full_name not in as_user("leader").get(reverse("people-list"), asked).content.decode()


def test_the_log_says_that_a_detail_changed_but_not_what_to_whom_it_is_hidden(person, cast):
    lines = AuditEvent.objects.filter(verb="person.changed", person_id=person.pk)
    with translation.override("vi"):
        seen = {name: {w: a for w, _, a in told(lines, cast.accounts[name])[0]["changes"]} for name in SEES}
        own = told(lines, cast.accounts["member1"])[0]["changes"]
    assert seen["officer"]["Điện thoại"] == PRIVATE["phone"]
    assert seen["leader"]["Điện thoại"] == "không hiển thị"
    assert ("Điện thoại", "", PRIVATE["phone"]) in own


def test_right_in_one_unit_opens_no_detail_in_another(person, cast):
    sight = access.FieldSight(cast.accounts["organiser2"])
    assert sight.hides("phone", person.unit.path)
    assert not sight.hides("phone", cast.units["CB21"].path)
    assert not sight.hides("occupation", person.unit.path)


def test_rows_of_the_list_keep_the_year_of_birth_alone(person, cast):
    sight = access.FieldSight(cast.accounts["leader"])
    (row,) = import_queries.member_rows(Person.objects.filter(pk=person.pk), sight=sight)
    assert (row["birth"], row["phone"], row["ethnicity"], row["address"]) == ("1958", "", "", "")
    person.refresh_from_db()
    assert person.phone == PRIVATE["phone"]


# ----------------------------------------------------------------------------------------------------------------- looks


@pytest.mark.req("P-06")
def test_a_look_is_noted_once_a_day_with_role_and_unit(person, as_user, cast):
    client = as_user("leader1")
    for _ in range(3):
        client.get(reverse("person", args=[person.pk]))
    look = Look.objects.get()
    assert (look.viewer_label, look.what) == ("leader1", "xem trang thông tin cá nhân")
    assert look.viewer_post == "Lãnh đạo, Đảng ủy xã Ea Tam"
    assert queries.looks_of(person) == [look]


def test_a_page_seen_again_writes_nothing(person, as_user, django_assert_max_num_queries):
    client = as_user("officer")
    client.get(reverse("person", args=[person.pk]))
    before = Look.objects.count()
    client.get(reverse("person", args=[person.pk]))
    assert Look.objects.count() == before


def test_ones_own_page_is_no_look(cast, as_user):
    as_user("secretary11").get(reverse("person", args=[cast.people["M2"].pk]))
    assert not Look.objects.exists()


def test_a_list_taken_along_is_one_line_that_each_person_of_the_unit_sees(cast, as_user):
    client = as_user("officer")
    client.get(reverse("people-list"), {"format": "xlsx", "unit": cast.units["X1"].code})
    look = Look.objects.get()
    assert (look.unit_label, look.count, look.person_id) == ("Đảng ủy xã Ea Tam", 9, None)
    assert queries.looks_of(cast.people["M1"]) == [look]
    assert queries.looks_of(cast.people["M10"]) == []


def test_a_list_counts_for_whom_was_there_then(cast):
    moved = cast.people["M3"]
    early, late = now() - dt.timedelta(days=10), now()
    for at in (early, late):
        privacy.note_list(cast.officer, cast.units["X1"], "tải danh sách", 9, at=at)
    actions.transfer_person(moved, by=cast.officer, at=now(), to=cast.units["CB21"], on=today() - dt.timedelta(days=5))
    moved.refresh_from_db()
    assert [look.at for look in queries.looks_of(moved)] == [early]


def test_the_whole_scope_is_named_place_by_place(cast, as_user):
    as_user("organiser1").get(reverse("people-list"), {"format": "xlsx"})
    assert [look.unit_label for look in Look.objects.all()] == ["Đảng ủy xã Ea Tam"]


def test_looks_go_when_their_time_is_over(person, cast, settings):
    settings.LOOKS_DAYS = 30
    privacy.note_look(cast.officer, person, "xem", at=now() - dt.timedelta(days=31))
    privacy.note_look(cast.officer, person, "xem", at=now())
    assert prune_looks(at=now()) == 1
    assert Look.objects.count() == 1


# -------------------------------------------------------------------------------------------------------------- requests


def ask(person, by, kind=RequestKind.CORRECTION, **said):
    said = said or {"about": "phone", "proposed": "0912 000 111"}
    return privacy.enter_request(person, by=by, at=now(), kind=kind, **said)


@pytest.mark.req("P-06")
def test_a_deadline_is_dated_with_its_basis_and_the_office_sets_its_own():
    day = dt.date(2026, 11, 28)
    assert requests.deadline(RequestKind.ACCESS, day)[0] == dt.date(2026, 12, 8)
    assert "do cơ quan quy định" in requests.deadline(RequestKind.ERASURE, day)[1]
    assert requests.deadline(RequestKind.ACCESS, dt.date(2025, 5, 1)) == (
        dt.date(2025, 5, 4),
        "Điều 14 và Điều 16 Nghị định 13/2023/NĐ-CP (72 giờ)",
    )
    own = {"own_days": "access=2, erasure=15", "own_basis": "Quy chế 5-QC/TU"}
    assert requests.deadline(RequestKind.ERASURE, day, **own) == (dt.date(2026, 12, 13), "Quy chế 5-QC/TU")
    assert requests.deadline(RequestKind.CORRECTION, day, **own)[0] == dt.date(2026, 12, 8)
    assert requests.deadline(RequestKind.ACCESS, dt.date(2025, 5, 1), **own)[0] == dt.date(2025, 5, 4)
    with pytest.raises(Refusal) as no:
        requests.deadline(RequestKind.ACCESS, day, own_days="access=soon")
    assert no.value.code == "request.days_unread"


@pytest.mark.parametrize(
    "about, proposed, code",
    [
        ("birth_date", "31/02/1958", "request.no_day"),
        ("gender", "khác", "request.no_gender"),
        ("email", "khong-phai", "request.no_email"),
        ("phone", "0" * 21, "request.too_long"),
        ("phone", "không nhớ", "request.no_phone"),
        ("phone", "12345", "request.no_phone"),
        ("code", "X", "request.field_unknown"),
        ("phone", " ", "request.proposed_missing"),
        ("full_name", "Nguyễn  Thị Hường", "request.same_value"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(person, cast, about, proposed, code):
    with pytest.raises(Refusal) as no:
        ask(person, cast.accounts["member1"], about=about, proposed=proposed)
    assert no.value.code == code
    assert not DataRequest.objects.exists()


@pytest.mark.req("P-06")
def test_a_correction_is_applied_by_one_button_and_the_person_sees_it(person, cast, as_user):
    client = as_user("member1")
    form = {"kind": "correction", "about": "phone", "proposed": "0912000111"}
    assert client.post(reverse("my-request-new"), form).status_code == 303
    found = DataRequest.objects.get()
    assert (found.old_value, found.is_proxy, found.state) == (PRIVATE["phone"], False, RequestState.RECEIVED)
    client = as_user("officer")
    page = client.get(reverse("request", args=[found.pk])).content.decode()
    assert "Sửa thành “0912000111”" in page
    assert client.post(reverse("request", args=[found.pk]), {"step": "apply"}).status_code == 303
    found.refresh_from_db()
    person.refresh_from_db()
    assert (found.state, found.is_applied, person.phone) == (RequestState.DONE, True, "0912000111")
    assert "Đã sửa điện thoại thành “0912000111”." in as_user("member1").get(reverse("my-requests")).content.decode()
    letter = client.get(reverse("my-letter", args=[found.pk])).content.decode()
    assert "Kính gửi: đồng chí Nguyễn Thị Hường" in letter


def test_the_form_calls_nothing_optional_that_a_kind_needs(cast, as_user):
    page = as_user("member1").get(reverse("my-request-new")).content.decode()
    assert "(không bắt buộc)" not in page
    for words in ("Yêu cầu sửa thì phải chọn", "Yêu cầu sửa thì phải ghi", "yêu cầu xóa thì phải ghi lý do"):
        assert words in page


def test_a_correction_is_not_applied_over_a_later_change(person, cast):
    found = ask(person, cast.accounts["member1"])
    actions.change_person(person, by=cast.officer, at=now(), phone="0999")
    with pytest.raises(Refusal) as no:
        privacy.apply_correction(found, by=cast.officer, at=now())
    assert no.value.code == "request.changed_since"
    assert person.phone == "0999"


def test_states_follow_each_other_and_no_step_is_taken_twice(person, cast):
    found = ask(person, cast.accounts["member1"], RequestKind.ACCESS, wish="Xin xem")
    for step in (
        lambda: privacy.finish_request(found, by=cast.officer, at=now()),
        lambda: privacy.apply_correction(found, by=cast.officer, at=now()),
        lambda: privacy.refuse_request(found, by=cast.officer, at=now(), reason=" "),
    ):
        with pytest.raises(Refusal):
            step()
    privacy.take_request(found, by=cast.officer, at=now())
    with pytest.raises(Refusal):
        privacy.take_request(found, by=cast.officer, at=now())
    privacy.answer_request(found, by=cast.officer, at=now(), answer="Thông tin ở trang của đồng chí.")
    with pytest.raises(Refusal):
        privacy.refuse_request(found, by=cast.officer, at=now(), reason="Không")
    privacy.finish_request(found, by=cast.officer, at=now())
    assert found.state == RequestState.DONE
    verbs = AuditEvent.objects.filter(thing_kind="org.datarequest").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["request.received", "request.taken", "request.answered", "request.done"]


def test_the_same_request_is_open_once(person, cast):
    ask(person, cast.accounts["member1"])
    with pytest.raises(Refusal) as no:
        ask(person, cast.accounts["secretary11"])
    assert no.value.code == "request.open_already"


def test_a_secretary_enters_for_the_person_and_it_is_marked(person, cast, as_user):
    form = {"kind": "access", "wish": "Muốn biết thông tin nào được giữ"}
    address = reverse("request-new", args=[person.pk])
    assert as_user("secretary21").get(address).status_code == 404
    assert as_user("leader").get(address).status_code == 403
    assert as_user("secretary11").post(address, form).status_code == 303
    found = DataRequest.objects.get()
    assert found.is_proxy
    assert "nhập thay bởi Trần Văn Bình" in as_user("member1").get(reverse("my-requests")).content.decode()


def test_officers_see_requests_of_their_units_overdue_ones_first_and_on_the_first_page(person, cast, as_user):
    late = ask(person, cast.accounts["member1"])
    DataRequest.objects.filter(pk=late.pk).update(due_on=today() - dt.timedelta(days=2))
    ask(cast.people["M10"], cast.accounts["secretary21"], RequestKind.ACCESS, wish="Xem")
    client = as_user("officer")
    page = client.get(reverse("request-list")).content.decode()
    assert page.index("Nguyễn Thị Hường") < page.index("Hoàng Văn Sửu")
    assert "1 yêu cầu đã quá hạn." in page
    assert "yêu cầu về thông tin cá nhân đã quá hạn" in client.get(reverse("home")).content.decode()
    assert "Hoàng Văn Sửu" not in client.get(reverse("request-list"), {"state": "overdue"}).content.decode()
    file = io.BytesIO(b"".join(client.get(reverse("request-list"), {"format": "xlsx"}).streaming_content))
    assert "0912 000 111" not in _strings(file)
    assert "Nguyễn Thị Hường" in _strings(file)
    assert as_user("leader").get(reverse("request-list")).status_code == 403


def test_a_request_is_not_another_branchs(person, cast, as_user):
    found = ask(person, cast.accounts["member1"])
    local = actions.add_account(
        by=None, at=now(), username="admin2", display_name="Quản trị xã", password="mat-khau-dai-lam", person=None, is_demo=False
    )  # fmt: skip
    actions.give_appointment(
        local, by=None, at=now(), role="administrator", unit=cast.units["X2"], valid_from=today() - dt.timedelta(days=1)
    )
    cast.accounts["admin2"] = local
    client = as_user("admin2")
    for name in ("request", "request-letter", "request-erase"):
        assert client.get(reverse(name, args=[found.pk])).status_code == 404
    assert as_user("member10").get(reverse("my-letter", args=[found.pk])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_requests_asks_no_more_for_three_than_for_one(cast, as_user, count, django_assert_max_num_queries):
    for code in ("M3", "M4", "M5")[:count]:
        ask(cast.people[code], cast.accounts["secretary11"], RequestKind.ACCESS, wish="Xem")
    client = as_user("officer")
    with django_assert_max_num_queries(12):
        assert client.get(reverse("request-list")).status_code == 200


# --------------------------------------------------------------------------------------------------------------- erasure


@pytest.fixture
def leaving(person, cast, settings, tmp_path):
    """A granted erasure of a person who left, with traces in several places."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "files")
    actions.give_exemption(person, by=cast.officer, at=now(), valid_from=today(), valid_to=None, reason="Bệnh nặng")
    privacy.note_look(cast.officer, person, "xem", at=now())
    actions.begin_session(
        cast.accounts["member1"], at=now(), session_key="phien-thu", method=SignInMethod.PASSWORD, address="127.0.0.1"
    )
    chain.seal_log(at=now())
    found = ask(person, cast.accounts["member1"], RequestKind.ERASURE, wish="Đã chuyển đi nơi khác")
    privacy.answer_request(found, by=cast.officer, at=now(), answer="Đồng ý xóa.")
    actions.remove_person(person, by=cast.officer, at=now(), on=today(), reason="moved_out")
    found.refresh_from_db()
    return found


def _holds(words: str) -> list[str]:
    """The columns of the whole database in which these words still stand."""
    from django.apps import apps

    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.get_internal_type() in ("CharField", "TextField", "EmailField", "JSONField", "SlugField"):
                values = model._base_manager.values_list(field.name, flat=True)
                if any(words in json.dumps(value, ensure_ascii=False) for value in values):
                    found.append(f"{model._meta.label}.{field.name}")
    return found


@pytest.mark.req("P-06")
def test_an_erased_person_is_nowhere_by_name_and_the_figures_stay(leaving, person, cast):
    assert _holds("Nguyễn Thị Hường")
    erasure.erase_person(leaving, by=cast.officer, at=now(), typed=" M1 ")
    for words in ("Nguyễn Thị Hường", *PRIVATE.values(), "Bệnh nặng", "Đã chuyển đi nơi khác"):
        assert _holds(words) == [], words
    person.refresh_from_db()
    assert person.full_name == f"Người đã xóa số {person.pk}"
    assert (person.unit, person.birth_date, person.left_reason) == (cast.units["CB11"], None, "moved_out")
    assert ActivityExemption.objects.get(person=person).reason == "(đã xóa)"
    account = Account.objects.get(person=person)
    assert account.username == f"xoa-{person.pk}"
    assert not account.is_active
    assert not account.has_usable_password()
    assert leaving.state == RequestState.DONE
    assert not Look.objects.filter(person_id=person.pk).exists()


def test_the_log_is_whole_after_an_erasure(leaving, cast, tmp_path):
    from quantriet.audit.tests.test_chain import verdict

    assert verdict(tmp_path) == ""
    erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M1")
    chain.seal_log(at=now())
    assert verdict(tmp_path) == ""


def test_an_erasure_needs_its_grant_the_code_and_the_end_of_membership(leaving, person, cast, as_user):
    with pytest.raises(Refusal) as no:
        erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M2")
    assert no.value.code == "erasure.code"
    Person.objects.filter(pk=person.pk).update(left_on=None, left_reason="")
    with pytest.raises(Refusal) as no:
        erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M1")
    assert no.value.code == "erasure.in_list"
    DataRequest.objects.update(state=RequestState.RECEIVED)
    with pytest.raises(Refusal) as no:
        erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M1")
    assert no.value.code == "erasure.not_granted"
    assert not erasure.erasures_file().exists()
    assert as_user("officer").get(reverse("request-erase", args=[leaving.pk])).status_code == 404


def test_the_page_of_an_erasure_names_the_person_and_asks_for_the_code(leaving, as_user):
    client = as_user("officer")
    address = reverse("request-erase", args=[leaving.pk])
    assert "Xóa vĩnh viễn thông tin của 1 người: Nguyễn Thị Hường (mã M1" in client.get(address).content.decode()
    assert client.post(address, {"typed": "X"}).status_code == 422
    assert client.post(address, {"typed": "M1"}).status_code == 303
    assert client.get(reverse("request", args=[leaving.pk])).status_code == 200
    with pytest.raises(Refusal):
        ask(Person.objects.get(pk=leaving.person_id), leaving.entered_by)


def test_the_page_of_an_erasure_says_at_once_that_who_is_listed_cannot_be_erased(leaving, person, as_user):
    Person.objects.filter(pk=person.pk).update(left_on=None, left_reason="")
    client, address = as_user("officer"), reverse("request-erase", args=[leaving.pk])
    page = client.get(address).content.decode()
    assert "Đưa ra khỏi danh sách trước rồi mới xóa được." in page
    assert reverse("person-leave", args=[person.pk]) in page
    for words in ('name="typed"', "Xóa vĩnh viễn"):
        assert words not in page
    assert client.post(address, {"typed": "M1"}).status_code == 422
    person.refresh_from_db()
    assert person.code == "M1"


def test_who_leaves_is_no_longer_counted_as_a_member(person, as_user):
    page = as_user("officer").get(reverse("person-leave", args=[person.pk])).content.decode()
    assert "không còn tính vào số đảng viên" in page
    assert "quân số" not in page + as_user("member1").get(reverse("my-data")).content.decode()


@pytest.mark.parametrize(
    ("unit", "sender", "place", "signed"),
    [
        ("T", "Tỉnh ủy Tân Lĩnh", "Tân Lĩnh", "T/M TỈNH ỦY"),
        ("X1", "Đảng ủy xã Ea Tam", "Ea Tam", "T/M ĐẢNG ỦY"),
    ],
)
def test_the_letter_is_from_the_unit_that_answered_with_place_subject_and_room_to_sign(
    person, cast, as_user, unit, sender, place, signed
):
    by = an_account("tra-loi", Role.BOARD_OFFICER, cast.units[unit])
    found = ask(person, cast.accounts["member1"])
    day = at_local(dt.date(2026, 2, 5), dt.time(9))
    privacy.answer_request(found, by=by, at=now(), answer="Đã xem.")
    DataRequest.objects.update(decided_at=day)
    for url, user in (("request-letter", "officer"), ("my-letter", "member1")):
        page = as_user(user).get(reverse(url, args=[found.pk])).content.decode()
        assert f"<p><strong>{sender}</strong></p>" in page
        assert f"<em>{place}, ngày 05 tháng 02 năm 2026</em>" in page
        assert "<em>V/v trả lời yêu cầu về dữ liệu cá nhân</em>" in page
        assert "<h1>V/v" not in page
        signature = page[page.index('<div class="signatures">') :]
        assert signature.index(signed) < signature.index("signatures__space") < signature.index("………")


def test_a_place_that_nothing_tells_is_left_to_be_written():
    assert letterhead.place_and_day(["Chi bộ cơ sở"], dt.date(2026, 11, 9)) == "……, ngày 09 tháng 11 năm 2026"


def test_erased_people_stay_erased_after_a_restore(leaving, person, cast, capsys):
    before = {name: getattr(person, name) for name in ("code", "full_name", "phone", "sort_key", "name_folded")}
    erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M1")
    assert "Nguyễn" not in erasure.erasures_file().read_text()
    Person.objects.filter(pk=person.pk).update(**before)  # what a copy of yesterday brings back
    with erasure.erasures_file().open("a") as file:
        file.write('{"person": 99')
    call_command("reapply-erasures")
    assert "xóa lại 1 người" in capsys.readouterr().out
    assert Person.objects.get(pk=person.pk).full_name.startswith("Người đã xóa")
    call_command("reapply-erasures")
    assert "xóa lại 0 người, 1 người đã xóa sẵn" in capsys.readouterr().out


def test_a_number_that_is_somebody_elses_now_is_not_erased(leaving, person, cast, capsys):
    erasure.erase_person(leaving, by=cast.officer, at=now(), typed="M1")
    Person.objects.filter(pk=person.pk).update(code="M77", full_name="Người khác")
    with pytest.raises(SystemExit):
        call_command("reapply-erasures")
    assert Person.objects.get(pk=person.pk).full_name == "Người khác"


# -------------------------------------------------------------------------------------------------------------- own data


@pytest.mark.req("P-06")
def test_every_field_that_is_kept_of_people_has_a_short_name():
    wanted = {
        (one.model.__name__, name)
        for one in queries.declarations()
        if one.holding.person
        for name in one.holding.names
        if name not in UNREADABLE | {"password"}
    }
    assert not [f"{model}.{name}" for model, name in wanted if not {f"{model}.{name}", name} & LABELS.keys()]
    assert not [name for name in LABELS if name.partition(".")[2] not in ("", *(name for _model, name in wanted))]
    assert max(map(len, LABELS.values())) <= 32


@pytest.mark.req("P-06")
def test_every_value_that_is_kept_as_json_is_told_in_words():
    untold = [
        f"{one.model.__name__}.{field.name}"
        for one in queries.declarations()
        if one.holding.person
        for field in one.model._meta.concrete_fields
        if isinstance(field, JSONField) and field.name in one.holding.names
        if (one.model._meta.label_lower, field.name) not in log_words.LISTS.keys() | log_words.KEYED.keys()
    ]
    # The log speaks of the things it names, and the row of a list has the columns of a person.
    by_key = ["AuditEvent.after", "AuditEvent.before", "IdentityDecision.incoming"]
    assert sorted(untold) == sorted([*SHAPES, *by_key]), (
        "say in rules/own_data.py or queries/log_words.py how it is told"
    )


@pytest.mark.req("P-06")
def test_ones_own_data_show_words_and_days_not_codes(person, cast, as_user, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    record(
        "person.changed", by=cast.officer, at=now(), thing=person, unit=person.unit, person_id=person.pk,
        before={"is_active": True},
        after={"documents": ["15-NQ/TU", "16-NQ/TU"], "kind": "sector", "studied_on": "2026-11-17", "ends_on": "2027-12-29"},
    )  # fmt: skip
    DataRequest.objects.create(
        person=person, kind=RequestKind.CORRECTION, about="gender", old_value="male", proposed="female",
        entered_by=cast.accounts["member1"], received_at=now(), due_on=today(), basis="Nghị định",
    )  # fmt: skip
    packed = zipfile.ZipFile(io.BytesIO(b"".join(as_user("member1").post(reverse("my-data")).streaming_content)))
    page = packed.read("thong-tin-cua-toi.html").decode()
    for words in (
        "Văn bản: 15-NQ/TU, 16-NQ/TU", "Loại: Đã học lớp ngành dọc", "Ngày học: 17/11/2026", "Dùng được đến: 29/12/2027",
        "Thông tin nào: <strong>Giới tính</strong>", "Giá trị đề nghị: <strong>Nữ</strong>",
    ):  # fmt: skip
        assert words in page, words
    shown = re.sub(r"<[^>]+>", "\n", page.split("<body>")[1])
    assert not re.search(r"\b\d{4}-\d\d-\d\d\b|\[|\{|\bNone\b|\bTrue\b|\bdocuments\b|\bsector\b", shown)


def test_what_only_machines_keep_is_told_as_people_say_it():
    told = {
        "AbsenceProposal.absences": [
            {"entry": 1, "campaign": 1, "title": "Lớp A", "day": "2026-11-18", "refused": True}
        ],
        "MeetingLogName.intervals": [[1794356520, 1794369840]],
        "QuestionnaireAnswer.answers": [0, "Ý kiến", None],
        "SelfStudyFact.answers": {"2": [0, 2]},
        "SelfStudyOutline.sections": [{"title": "Mục tiêu", "version": 3, "parts": [[5, "c995e346ee10e3d5"]]}],
        "IdentityDecision.candidates": [[7, ["trùng tên", "trùng ngày sinh"]]],
    }
    assert {name: SHAPES[name](value) for name, value in told.items()} == {
        "AbsenceProposal.absences": "“Lớp A” ngày 18/11/2026, lý do không được chấp nhận",
        "MeetingLogName.intervals": "07:22 ngày 11/11/2026 – 11:04 ngày 11/11/2026",
        "QuestionnaireAnswer.answers": "lựa chọn 1; Ý kiến; không trả lời",
        "SelfStudyFact.answers": "lựa chọn 1, lựa chọn 3",
        "SelfStudyOutline.sections": "Mục tiêu (bản 3)",
        "IdentityDecision.candidates": "trùng tên, trùng ngày sinh",
    }


@pytest.mark.req("P-06")
def test_ones_own_data_come_as_a_page_and_for_machines(person, cast, as_user, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    privacy.note_look(cast.officer, person, "xem trang", at=now())
    client = as_user("member1")
    assert "Lập tệp toàn bộ thông tin của tôi" in client.get(reverse("my-data")).content.decode()
    packed = zipfile.ZipFile(io.BytesIO(b"".join(client.post(reverse("my-data")).streaming_content)))
    page = packed.read("thong-tin-cua-toi.html").decode()
    data = json.loads(packed.read("thong-tin-cua-toi.json"))
    for words in (*PRIVATE.values(), "Nguyễn Thị Hường", "09/03/1958", "xem trang"):
        assert words in page, words
    assert "<li>Ngày sinh: <strong>09/03/1958</strong></li>" in page
    models = {one["model"] for one in data["holdings"]}
    assert {"org.Person", "org.Account", "org.MembershipTransfer", "org.Appointment", "audit.AuditEvent"} <= models
    assert '"password"' not in packed.read("thong-tin-cua-toi.json").decode()
    assert data["looks"][0]["who"] == "officer"
    assert AuditEvent.objects.filter(verb="person.exported", person_id=person.pk).count() == 1
    assert client.get(reverse("my-data-file")).status_code == 200


def test_long_data_are_gathered_by_a_job_and_go_after_a_day(person, cast, as_user, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(own_data, "AT_ONCE", 0)
    client = as_user("member1")
    assert client.post(reverse("my-data")).status_code == 302
    assert own_data.made_file(cast.accounts["member1"]) is None
    assert client.get(reverse("my-data-file")).status_code == 302
    path = own_data.make_own_data(cast.accounts["member1"].pk, at=now())
    assert own_data.made_file(cast.accounts["member1"]) == path
    assert own_data.made_file(cast.accounts["member10"]) is None
    monkeypatch.setattr(own_data, "KEPT_SECONDS", -1)
    assert own_data.made_file(cast.accounts["member1"]) is None
    assert own_data.drop_old_exports() == 1


def test_an_account_of_nobody_has_no_data(cast, as_user):
    client = as_user("officer")
    for name in ("my-record", "my-looks", "my-requests", "my-request-new", "my-data", "my-data-file"):
        assert client.get(reverse(name)).status_code == 404


# ------------------------------------------------------------------------------------------------------ pages about the log


def test_the_notice_is_for_everybody_and_says_what_is_kept(client, db):
    page = client.get(reverse("privacy")).content.decode()
    assert "Hồ sơ của người trong danh sách" in page
    assert "số ngày do cơ quan đặt" in page
    assert "Dấu niêm nhật ký" not in page
    assert reverse("privacy") in client.get(reverse("sign-in")).content.decode()


def test_seals_and_anchors_stand_on_the_administrators_page(cast, as_user, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    chain.anchor_log(at=now())
    page = as_user("admin").get(reverse("log-seals")).content.decode()
    assert "số 1, đến dòng" in page
    assert as_user("officer").get(reverse("log-seals")).status_code == 403


@pytest.mark.req("P-06")
def test_the_log_is_searched_by_person_and_taken_as_excel(person, cast, as_user):
    actions.change_person(cast.people["M10"], by=cast.officer, at=now(), occupation="Nông dân")
    client = as_user("leader1")
    page = client.get(reverse("log"), {"person": "nguyen thi huong"}).content.decode()
    assert "sửa thông tin" in page
    assert PRIVATE["phone"] not in page
    assert "Không có dòng nào" in page or "officer sửa thông tin" in page
    assert "officer" not in _table(client.get(reverse("log"), {"person": "M10"}).content.decode())
    file = io.BytesIO(b"".join(client.get(reverse("log"), {"person": "M1", "format": "xlsx"}).streaming_content))
    text = _strings(file)
    assert "sửa thông tin" in text
    assert "không hiển thị" in text
    assert PRIVATE["phone"] not in text


def _table(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]

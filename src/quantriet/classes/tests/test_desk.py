"""The pages: what can be done on them without a script, what strangers get, and how much they ask of the database."""

import datetime as dt
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.classes import actions, queries
from quantriet.classes.models import StudyClass
from quantriet.classes.tests import factories
from quantriet.classes.vocab import ClassState
from quantriet.kit.time import now, show_day
from quantriet.org import actions as org_actions

pytestmark = pytest.mark.django_db

READ_PAGES = (
    "class", "class-programme", "class-roles", "class-venues", "class-roster", "class-roster-print", "class-summons",
    "class-summons-print", "class-calendar",
)  # fmt: skip
EDIT_PAGES = ("class-edit", "session-new", "venue-new", "class-roster-fill", "class-roster-call")
EDIT_POSTS = (
    "class-release", "class-reopen", "class-cancel", "class-outsiders", "class-summons-send", "class-summons-printed",
)  # fmt: skip


@pytest.fixture
def ready(cast, campaign):
    return factories.ready_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)


@pytest.fixture
def released(cast, ready):
    return actions.release_class(ready, by=cast.officer, at=now())


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READ_PAGES)
def test_pages_open_for_who_sees_the_class_and_not_for_the_sibling(as_user, released, name):
    address = reverse(name, args=[released.pk])
    for username, status in (("officer", 200), ("organiser1", 200), ("leader1", 200), ("organiser2", 404)):
        assert as_user(username).get(address).status_code == status, username


@pytest.mark.parametrize("name", EDIT_PAGES)
def test_changing_pages_are_for_the_organiser(as_user, released, name):
    address = reverse(name, args=[released.pk])
    for username, status in (("organiser1", 200), ("leader1", 403), ("secretary11", 403), ("organiser2", 404)):
        assert as_user(username).get(address).status_code == status, username


@pytest.mark.parametrize("name", EDIT_POSTS)
def test_changing_posts_are_for_the_organiser(as_user, released, name):
    address = reverse(name, args=[released.pk])
    for username, status in (("leader1", 403), ("secretary11", 403), ("organiser2", 404)):
        assert as_user(username).post(address).status_code == status, username
    assert as_user("organiser1").get(address).status_code == 405


def test_parts_of_another_class_are_no_such_page(as_user, cast, campaign, ready):
    other = factories.study_class(campaign, cast.units["X2"], cast.officer)
    session = factories.session(other)
    venue = other.venues.get()
    client = as_user("organiser1")
    assert client.get(reverse("session", args=[ready.pk, session.pk])).status_code == 404
    assert client.get(reverse("venue", args=[ready.pk, venue.pk])).status_code == 404
    assert client.post(reverse("session-remove", args=[ready.pk, session.pk])).status_code == 404


# --- a class from the form to the release ---------------------------------------------------------------------------


@pytest.mark.req("R-049", "R-051", "R-056", "B-10", "R-053")
def test_officer_plans_a_class_and_releases_it_in_the_browser(as_user, cast, campaign):
    client = as_user("officer")
    day = campaign.planned_from + dt.timedelta(days=3)
    answer = client.post(
        reverse("class-new"),
        {
            "campaign": campaign.pk, "unit": cast.units["X1"].pk, "title": "Lớp cơ sở xã Ea Tam", "form": "in_person",
            "level": "grassroots", "tier": "grassroots", "venue_name": "Hội trường xã", "capacity": "120",
            "session_title": "Buổi sáng", "day": show_day(day), "starts": "7h30", "ends": "11:00",
            "rules_of_conduct": "Tắt điện thoại.",
        },
    )  # fmt: skip
    made = StudyClass.objects.get()
    assert answer.status_code == 303
    assert answer.url == reverse("class", args=[made.pk])
    page = client.post(reverse("class-release", args=[made.pk])).content.decode()
    assert "Chưa làm được" in page
    assert "Chương trình chưa bố trí thời gian thảo luận" in page

    session = made.sessions.get()
    address = reverse("item-new", args=[made.pk, session.pk])
    proposed = client.get(address, {"kind": "discussion"}).context["form"].initial["starts"]
    assert f"{proposed:%H:%M}" == "10:18"  # the last fifth of 07:30 – 11:00
    assert client.post(address, {"kind": "discussion", "starts": "10:20", "ends": "11:00"}).status_code == 303
    late = client.post(address, {"kind": "lecture", "starts": "10:00", "ends": "11:30"})
    assert "Nội dung phải nằm trong giờ của buổi học (07:30 – 11:00)." in late.content.decode()

    parts = reverse("class-roles", args=[made.pk])
    found = client.get(parts, {"q": "le thi anh"}).content.decode()
    assert "Lê Thị Ánh" in found
    assert "Bí thư, Đảng ủy xã Ea Tam" in found
    refused = client.post(parts, {"kind": "chair", "person": cast.people["M1"].pk}).content.decode()
    assert "Đồng chí Nguyễn Thị Hường" in refused
    assert "chưa có ai được phân công" in client.get(address).content.decode()  # where presenters are named
    assert "Chưa đánh dấu phần việc nào" in client.post(parts, {"person": cast.people["M5"].pk}).content.decode()
    leading = ["chair", "opening", "closing", "leader_presenter"]  # one person takes several parts at once
    assert client.post(parts, {"kind": leading, "person": cast.people["M5"].pk}).status_code == 303
    assert sorted(made.roles.values_list("kind", flat=True)) == sorted(leading)
    assert "chưa có ai được phân công" not in client.get(address).content.decode()

    filled = client.post(reverse("class-roster-fill", args=[made.pk]), {"tier": "grassroots"}, follow=True)
    assert "Đã thêm 9 người vào danh sách." in filled.content.decode()
    assert client.post(reverse("class-release", args=[made.pk])).status_code == 303
    made.refresh_from_db()
    assert made.state == ClassState.RELEASED


def test_wrong_first_session_leaves_no_half_made_class(as_user, cast, campaign):
    answer = as_user("officer").post(
        reverse("class-new"),
        {
            "campaign": campaign.pk, "unit": cast.units["X1"].pk, "title": "Lớp", "form": "in_person",
            "level": "grassroots", "tier": "grassroots", "venue_name": "Hội trường", "session_title": "Buổi sáng",
            "day": show_day(campaign.planned_from), "starts": "11:00", "ends": "07:30",
        },
    )  # fmt: skip
    assert answer.status_code == 200
    assert "Giờ kết thúc phải sau giờ bắt đầu." in answer.content.decode()
    assert not StudyClass.objects.exists()


def test_organiser_cannot_plan_in_a_sibling_unit(as_user, cast, campaign):
    page = as_user("organiser1").get(reverse("class-new"), {"unit": cast.units["X2"].pk}).content.decode()
    assert "Đảng ủy xã Suối Ngần" not in page


@pytest.mark.req("R-061")
def test_lower_unit_joins_the_conference_of_its_host_on_the_form(as_user, cast):
    campaign = campaign_factories.open_campaign(cast.units["T"], cast.officer)
    answer = as_user("organiser1").post(
        reverse("class-new"),
        {
            "campaign": campaign.pk, "unit": cast.units["X1"].pk, "title": "Điểm cầu xã Ea Tam", "form": "online",
            "level": "local_cadres", "tier": "key_cadre", "host_unit": cast.units["T"].pk, "venue_name": "Phòng họp",
            "session_title": "Buổi sáng", "day": show_day(campaign.planned_from), "starts": "07:30", "ends": "11:00",
        },
    )  # fmt: skip
    assert answer.status_code == 303
    made = StudyClass.objects.get()
    assert made.host_unit == cast.units["T"]
    assert "Tỉnh ủy Tân Lĩnh" in as_user("organiser1").get(reverse("class", args=[made.pk])).content.decode()


def test_cancel_asks_for_the_reason_and_names_the_number(as_user, released):
    client = as_user("officer")
    page = client.get(reverse("class", args=[released.pk])).content.decode()
    assert "9 người trở lại “chưa có lớp”" in page
    assert "Hãy ghi lý do hủy lớp." in client.post(reverse("class-cancel", args=[released.pk])).content.decode()
    answer = client.post(reverse("class-cancel", args=[released.pk]), {"cancel-reason": "Bão số 5"})
    assert answer.status_code == 303
    released.refresh_from_db()
    assert released.state == ClassState.CANCELLED


# --- roster -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("P-09")
def test_codes_pasted_from_excel_are_added_and_the_rest_is_told(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    pasted = "STT\tMã\tHọ tên\n1\tM1\tNguyễn Thị Hường\n2\tM7\tTrần Văn Bình\n3\tM99\tKhông có"
    answer = as_user("officer").post(
        reverse("class-roster-call", args=[made.pk]),
        {"codes": pasted, "reason": "Danh sách bổ sung", "venue": made.venues.get().pk},
        follow=True,
    )
    page = answer.content.decode()
    assert set(made.roster.values_list("person__code", flat=True)) == {"M1", "M7"}
    assert "Đã thêm 2 người vào danh sách." in page
    assert "2 không tìm thấy mã" in page
    assert "dòng 4 (3 M99 Không có)" in page


def test_codes_of_people_outside_the_own_scope_are_not_found(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    as_user("organiser1").post(
        reverse("class-roster-call", args=[made.pk]),
        {"codes": "M10\nM1", "reason": "Bổ sung", "venue": made.venues.get().pk},
    )
    assert set(made.roster.values_list("person__code", flat=True)) == {"M1"}


def test_one_person_found_by_name_is_added_with_a_reason(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    address = reverse("class-roster-call", args=[made.pk])
    client = as_user("officer")
    assert "Đỗ Thị Ỷ" in client.get(address, {"q": "do thi y"}).content.decode()
    data = {"person": cast.people["M9"].pk, "venue": made.venues.get().pk}
    client.post(address, data)
    assert not made.roster.exists()
    client.post(address, {**data, "reason": "Chuyển từ lớp khác"})
    assert made.roster.get().person == cast.people["M9"]


def test_ticked_people_are_removed_in_two_steps(as_user, released):
    client = as_user("officer")
    address = reverse("class-roster", args=[released.pk])
    ids = list(released.roster.values_list("pk", flat=True)[:2])
    asked = client.post(address, {"action": "remove", "ids": ids}).content.decode()
    assert "Đưa 2 người khỏi danh sách" in asked
    assert released.roster.count() == 9
    client.post(address, {"action": "remove", "ids": ids, "confirmed": "1", "reason": "Đi công tác"})
    assert released.roster.count() == 7


@pytest.mark.req("R-065", "P-09")
def test_roster_goes_out_to_excel(as_user, released):
    answer = as_user("officer").get(reverse("class-roster", args=[released.pk]), {"format": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    texts = [str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert "Nguyễn Thị Hường" in texts
    assert "H'Hen Niê" in texts


@pytest.mark.req("R-065", "R-066")
def test_printed_roster_has_signature_columns_and_the_exempt_apart(as_user, cast):
    org_actions.give_exemption(
        cast.people["M6"], by=None, at=now(), valid_from=dt.date(2020, 1, 1), valid_to=None, reason="Tuổi cao"
    )
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    made = factories.ready_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)
    page = as_user("officer").get(reverse("class-roster-print", args=[made.pk])).content.decode()
    called, exempt = page.split("Được miễn, không triệu tập", maxsplit=1)
    assert "Ký tên: Buổi sáng" in called
    assert "Nguyễn Thị Hường" in called
    assert "Phạm Đức Ổn" not in called
    assert "Phạm Đức Ổn" in exempt


def test_secretary_prints_only_the_own_people(as_user, released):
    page = as_user("secretary11").get(reverse("class-roster-print", args=[released.pk])).content.decode()
    assert "Nguyễn Thị Hường" in page
    assert "Đỗ Thị Ỷ" not in page


# --- venues ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-061")
def test_venue_organiser_names_the_own_clerk(as_user, cast, campaign):
    conference = factories.study_class(campaign, cast.units["T"], cast.officer)
    venue = factories.venue(conference, name="Điểm cầu Suối Ngần", unit=cast.units["X2"])
    address = reverse("venue", args=[conference.pk, venue.pk])
    answer = as_user("organiser2").post(
        address,
        {"name": venue.name, "unit": cast.units["X2"].pk, "capacity": "40", "clerk": cast.accounts["secretary21"].pk},
    )
    assert answer.status_code == 303
    venue.refresh_from_db()
    assert (venue.clerk, venue.capacity) == (cast.accounts["secretary21"], 40)
    assert as_user("organiser1").get(address).status_code == 404


def test_clerk_lists_the_own_classes(as_user, cast, released):
    actions.change_venue(released.venues.get(), by=cast.officer, at=now(), clerk=cast.accounts["organiser2"])
    page = as_user("organiser2").get(reverse("class-list"), {"mine": "1"}).content.decode()
    assert released.title in page


# --- summons --------------------------------------------------------------------------------------------------------


def test_summons_are_sent_and_noted_from_their_page(as_user, cast, released):
    campaign_actions.hand_down(released.campaign, by=cast.officer, at=now())
    org_actions.change_person(cast.people["M1"], by=None, at=now(), email="m1@example.org")
    client = as_user("officer")
    told = client.post(reverse("class-summons-send", args=[released.pk]), follow=True).content.decode()
    assert "Đã gửi 1 giấy mời qua thư điện tử. 8 người chưa có địa chỉ thư" in told
    paper = client.get(reverse("class-summons-print", args=[released.pk])).content.decode()
    assert "Nguyễn Thị Hường" not in paper
    assert "Đỗ Thị Ỷ" in paper
    told = client.post(reverse("class-summons-printed", args=[released.pk]), follow=True).content.decode()
    assert "Đã ghi: 8 người được mời bằng giấy." in told
    assert not released.roster.filter(summoned_at__isnull=True).exists()


def test_summons_print_by_cell_lists_each_cell(as_user, released):
    page = as_user("officer").get(reverse("class-summons-print", args=[released.pk]), {"by": "cell"}).content.decode()
    assert page.count("GIẤY MỜI") == 2
    assert "Kính gửi: Chi bộ thôn 1" in page


def test_calendar_file_is_an_attachment(as_user, released):
    answer = as_user("leader1").get(reverse("class-calendar", args=[released.pk]))
    assert answer["Content-Type"].startswith("text/calendar")
    assert "attachment" in answer["Content-Disposition"]


# --- placement --------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-02", "B-08")
def test_who_has_no_class_is_named_and_a_class_can_be_planned_there(as_user, cast, campaign):
    client = as_user("officer")
    address = reverse("class-placement", args=[campaign.pk])
    page = client.get(address).content.decode()
    assert "Còn 12 người chưa có lớp trong tổng số 12 người của Tỉnh ủy Tân Lĩnh." in page
    assert f"{reverse('class-new')}?campaign={campaign.pk}&amp;unit={cast.units['X1'].pk}" in page
    names = client.get(address, {"unit": cast.units["X2"].pk, "how": "none"}).content.decode()
    assert "Hoàng Văn Sửu" in names
    assert "Nguyễn Thị Hường" not in names
    sheet = client.get(address, {"how": "none", "format": "xlsx"})
    assert sheet["Content-Type"].endswith("sheet")


def test_placement_of_another_branch_is_no_such_page(as_user, cast):
    campaign = campaign_factories.open_campaign(cast.units["T"], cast.officer)
    address = reverse("class-placement", args=[campaign.pk])
    assert as_user("organiser1").get(address).status_code == 200
    assert as_user("organiser1").get(address, {"unit": cast.units["X2"].pk}).status_code == 404


# --- how much the pages ask of the database -------------------------------------------------------------------------------


def asked(client, address) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_class_list_asks_no_more_for_three_classes_than_for_one(as_user, cast, campaign):
    client = as_user("officer")
    factories.study_class(campaign, cast.units["X1"], cast.officer)
    one = asked(client, reverse("class-list"))
    for unit in ("X2", "DN"):
        made = factories.study_class(campaign, cast.units[unit], cast.officer)
        factories.session(made)
        actions.fill_roster(made, by=cast.officer, at=now())
    assert asked(client, reverse("class-list")) == one


@pytest.mark.parametrize(
    "name", ["class-roster", "class-roster-print", "class-summons", "class-summons-print", "class"]
)
def test_pages_of_a_class_ask_no_more_for_three_people_than_for_one(as_user, cast, campaign, name):
    client = as_user("officer")
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.programme(made)
    factories.roster_entry(made, cast.people["M1"])
    address = reverse(name, args=[made.pk])
    one = asked(client, address)
    for code in ("M2", "M7"):
        factories.roster_entry(made, cast.people[code])
    assert asked(client, address) == one


@pytest.mark.parametrize("name", ["class-venues", "class-programme", "class-roles"])
def test_pages_of_a_class_ask_no_more_for_three_parts_than_for_one(as_user, cast, campaign, name):
    client = as_user("officer")
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.programme(made)
    actions.give_role(made, by=None, at=now(), kind="reporter", person=cast.people["M1"])
    address = reverse(name, args=[made.pk])
    one = asked(client, address)
    for number, code in enumerate(("M2", "M7")):
        factories.venue(made, name=f"Điểm cầu {number}", clerk=cast.accounts["organiser1"])
        actions.give_role(made, by=None, at=now(), kind="reporter", person=cast.people[code])
        session = factories.session(
            made, start=f"1{number * 2 + 3}:00", end=f"1{number * 2 + 4}:30", title=f"Chiều {number}"
        )
        factories.item(session, "discussion", f"1{number * 2 + 3}:00", f"1{number * 2 + 4}:00")
    assert asked(client, address) == one


def test_placement_page_asks_no_more_for_three_units(as_user, cast, campaign):
    client = as_user("officer")
    one = asked(client, reverse("class-placement", args=[campaign.pk]) + f"?unit={cast.units['X2'].pk}")
    assert asked(client, reverse("class-placement", args=[campaign.pk])) <= one


def test_programme_item_is_changed_and_moved_on_its_pages(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.programme(made)
    lecture, pause, *_rest = made.sessions.get().items.all()
    client = as_user("organiser1")
    address = reverse("item", args=[made.pk, lecture.pk])
    page = client.get(address).content.decode()
    assert 'value="07:30"' in page
    assert 'value="09:00"' in page
    sent = {"kind": "lecture", "starts": "07:30", "ends": "09:10", "title": "Chuyên đề 1"}
    assert "Trùng giờ với nội dung" in client.post(address, sent).content.decode()
    assert client.post(address, sent | {"ends": "08:50"}).status_code == 303
    assert client.post(reverse("item-earlier", args=[made.pk, pause.pk])).status_code == 303
    page = client.get(reverse("class-programme", args=[made.pk])).content.decode()
    assert page.index(f">{pause.title}<") < page.index(">Chuyên đề 1<")
    for name in ("item", "item-earlier"):
        foreign = reverse(name, args=[factories.study_class(campaign, cast.units["X1"]).pk, lecture.pk])
        assert client.post(foreign).status_code == 404


def test_several_parts_are_given_together_or_not_at_all(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    address = reverse("class-roles", args=[made.pk])
    page = as_user("officer").post(address, {"kind": ["reporter", "chair"], "person": cast.people["M1"].pk})
    assert "Đồng chí Nguyễn Thị Hường" in page.content.decode()
    assert not made.roles.exists()


def test_a_class_of_a_campaign_not_open_says_so_before_its_release(as_user, cast, ready):
    address = reverse("class", args=[ready.pk])
    said = "Đợt học tập chưa mở: mời được, nhưng chỉ điểm danh được từ khi mở."
    assert said in as_user("officer").get(address).content.decode()
    ready.campaign.state = "open"
    ready.campaign.save()
    assert said not in as_user("officer").get(address).content.decode()


def test_filling_says_who_stays_out_as_of_another_tier(as_user, cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer, capacity=200)
    duty = StudyDuty.objects.filter(campaign=campaign, kind="attend", person=cast.people["M1"])
    duty.update(tier="key_cadre")
    page = as_user("officer").post(reverse("class-roster-fill", args=[made.pk]), {"tier": "grassroots"}, follow=True)
    assert "1 người khác cũng chưa có lớp nhưng không thuộc đối tượng" in page.content.decode()


def test_a_printed_summons_carries_number_place_day_and_signature(as_user, released):
    page = as_user("officer").get(reverse("class-summons-print", args=[released.pk])).content.decode()
    assert "-GM/ĐU" in page
    assert re.search(r"Ea Tam, ngày \d\d tháng \d+ năm \d{4}", page)
    assert "T/M ĐẢNG ỦY" in page
    assert "ĐƠN VỊ TỔ CHỨC" not in page


def test_words_for_zalo_are_ready_to_copy_and_changed_by_who_sends_messages(as_user, cast, released):
    address = reverse("class-zalo", args=[released.pk])
    page = as_user("officer").get(address).content.decode()
    assert f"mời các đồng chí dự {released.title}" in page
    assert 'data-copy="#zalo-text"' in page
    assert cast.people["M1"].full_name not in page
    client = as_user("officer")
    assert client.post(address, {"body": "Kính mời dự [tên lớp] tại [địa điểm]."}).status_code == 303
    assert f"Kính mời dự {released.title} tại" in client.get(address).content.decode()
    wrong = client.post(address, {"body": "Mời [họ tên]"})
    assert "Không có chỗ điền [họ tên]" in wrong.content.decode()
    # Of several venues each stands with the cells called there.
    second = factories.venue(released, cast.officer, name="Nhà văn hóa thôn 2")
    cell = cast.units["CB12"]
    released.roster.filter(unit=cell).update(venue=second)
    places = queries.SummonsLetter(released).places()["địa điểm"]
    assert f"Nhà văn hóa thôn 2 ({cell.name})" in places
    assert places.count("\n") == 2
    # Who only reads the class finds the text, not the form.
    assert "Sửa mẫu lời nhắn" not in as_user("leader").get(address).content.decode()
    assert as_user("leader").post(address, {"body": "x"}).status_code == 403

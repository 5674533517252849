"""The log page: in words, inside the scope, narrowed, paged by key."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from quantriet.audit import queries as audit_queries
from quantriet.audit.models import AuditEvent
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import questions
from quantriet.org.models import IdentityDecision
from quantriet.org.queries import log_words
from quantriet.org.tests import lists
from quantriet.org.vocab import SignInMethod
from quantriet.org.web import log
from quantriet.org.web.log import told


def test_a_line_says_who_did_what_with_before_and_after_in_words(cast, as_user):
    person = cast.people["M1"]
    actions.change_person(
        person, by=cast.officer, at=now(), kind="probationary", joined_on=dt.date(2026, 3, 9), gender="female"
    )
    actions.remove_person(cast.people["M6"], by=cast.officer, at=now(), on=dt.date(2026, 11, 20), reason="died")
    page = as_user("inspector").get(reverse("log"), {"actor": "OFFICER"}).content.decode()
    assert "officer sửa thông tin" in page
    assert "Nguyễn Thị Hường" in page
    assert "Loại: Đảng viên chính thức → Đảng viên dự bị" in page
    assert "Ngày vào Đảng: 01/01/2020 → 09/03/2026" in page
    assert "Giới tính: Nữ" in page
    assert "officer đưa ra khỏi danh sách" in page
    assert "Lý do: Từ trần" in page
    assert "Ngày: 20/11/2026" in page


def test_a_verb_does_not_say_again_what_the_name_begins_with(cast, monkeypatch):
    monkeypatch.setattr(audit_queries, "phrase", lambda _event: "chốt và gửi báo cáo")
    event = AuditEvent(
        thing_id="1",
        verb="test.sent",
        thing_kind="org.unit",
        thing_label="Báo cáo 15-BC/ĐU",
        after={"signed_on": "2026-11-23"},
    )
    with translation.override("vi"):
        (line,) = told([event], cast.officer)
    assert line["phrase"] == "chốt và gửi"
    assert line["changes"] == [("Ngày ký", "", "23/11/2026")]
    assert log._phrase(AuditEvent(verb="test.sent", thing_label="Số liệu")) == "chốt và gửi báo cáo"


def test_a_kind_written_about_a_person_by_a_room_above_is_said_in_words(cast):
    event = AuditEvent(
        thing_id="1", verb="test.sent", thing_kind="org.person", thing_label="M1", after={"kind": "excuse"}
    )
    with translation.override("vi"):
        (line,) = told([event], cast.officer)
    assert line["changes"] == [("Loại", "", "Đơn xin vắng")]


@pytest.mark.parametrize(
    ("kind", "after", "words"),
    [
        ("attendance.catchup", {"step": "superior", "way": "sms"}, ["Đã báo cấp ủy cấp trên", "Qua tin nhắn SMS"]),
        ("campaigns.studycampaign", {"effect": "oblige"}, ["Phải học"]),
        (
            "campaigns.studycampaign",
            {"criteria": {"posts": ["BI_THU"], "post_levels": ["commune", "cell"], "unit_kinds": ["CHI_BO"]}},
            ["Chức vụ: Bí thư; Chức vụ ở cấp: Xã, phường, Chi bộ; Thuộc loại đơn vị: Chi bộ trực thuộc"],
        ),
        ("classes.studyclass", {"kind": "leader_presenter"}, ["Lãnh đạo trực tiếp quán triệt"]),
        ("classes.studyclass", {"kind": "break"}, ["Nghỉ giải lao"]),
        ("classes.venue", {"equipment": ["camera", "line"]}, ["Camera, Đường truyền"]),
        ("library.guidingdocument", {"kind": "guides"}, ["hướng dẫn thực hiện"]),
        (
            "library.studymaster",
            {"kind": "core", "audiences": ["rural"]},
            ["Nội dung cốt lõi", "Đảng viên ở nông thôn"],
        ),
        ("notify.notice", {"channels": ["sms", "mail"]}, ["Tin nhắn SMS, Thư"]),
        ("org.apitoken", {"scopes": ["unit.view"]}, ["Xem đơn vị"]),
        ("org.orgdecision", {"kind": "merge"}, ["Sáp nhập, hợp nhất"]),
        ("org.person", {"grade": "review"}, ["Tự kiểm điểm trước chi bộ"]),
    ],
)
def test_codes_of_every_room_are_said_in_words(cast, kind, after, words):
    event = AuditEvent(thing_id="1", verb="test.sent", thing_kind=kind, thing_label="Một mục", after=after)
    with translation.override("vi"):
        (line,) = told([event], cast.officer)
    assert [said for _word, _before, said in line["changes"]] == words


def test_counts_and_settings_are_said_by_the_name_of_what_is_counted():
    with translation.override("vi"):
        for name in log_words.KEYS:  # a word that the log itself has for a key comes before
            assert all(
                log_words.word_of(key) == words
                for key, words in log_words.listed(name).items()
                if key not in log_words.FIELDS
            )
        assert "học lại" in log_words.word_of("retake_limit_percent")


def test_every_list_of_words_stands_in_its_room():
    for name in {name for names in log_words.LISTS.values() for name in names} | set(log_words.KEYS):
        assert log_words.listed(name), name


def test_no_english_word_is_left_in_the_log_of_this_room(cast):
    admin = cast.accounts["admin"]
    actions.change_unit(cast.units["X1"], by=admin, at=now(), name="Đảng ủy xã Ea Tam mới", phone="0262")
    actions.change_account(cast.accounts["leader"], by=admin, at=now(), display_name="Lãnh đạo", email="a@b.vn")
    actions.reset_password(cast.accounts["leader"], by=admin, at=now())
    actions.begin_session(admin, at=now(), session_key="x", method=SignInMethod.PASSWORD, address="127.0.0.1")
    from django.utils.translation import override

    with override("vi"):
        words = {word for line in told(AuditEvent.objects.all(), cast.officer) for word, _, _ in line["changes"]}
    with override("en"):
        english = {word for line in told(AuditEvent.objects.all(), cast.officer) for word, _, _ in line["changes"]}
    assert not words & english


def test_the_log_links_to_no_page_its_reader_may_not_open(cast):
    actions.change_account(cast.accounts["leader"], by=cast.officer, at=now(), display_name="Lãnh đạo")
    lines = AuditEvent.objects.filter(verb="account.changed")
    seen_by = {name: told(lines, cast.accounts[name])[0]["url"] for name in ("admin", "leader")}
    assert seen_by == {"admin": reverse("account", args=[cast.accounts["leader"].pk]), "leader": ""}


def test_the_log_stays_inside_the_scope(cast, as_user):
    actions.change_person(cast.people["M10"], by=cast.officer, at=now(), occupation="Nông dân")
    actions.change_person(cast.people["M1"], by=cast.officer, at=now(), occupation="Giáo viên")
    page = as_user("leader1").get(reverse("log")).content.decode()
    assert "Giáo viên" in page
    assert "Nông dân" not in page
    assert "Hoàng Văn Sửu" not in page
    page = as_user("leader1").get(reverse("log"), {"unit": "X2"}).content.decode()
    assert "Không tìm thấy đơn vị" in page
    for username in ("organiser1", "secretary11", "member1", "speaker"):
        assert as_user(username).get(reverse("log")).status_code == 403


def test_the_log_is_narrowed_by_unit_verb_thing_and_days(cast, as_user):
    client = as_user("officer")
    actions.change_person(cast.people["M10"], by=cast.officer, at=now(), occupation="Nông dân")
    actions.change_person(cast.people["M1"], by=cast.officer, at=now() - dt.timedelta(days=40), occupation="Giáo viên")
    page = client.get(reverse("log"), {"unit": "X2", "verb": "person.changed"}).content.decode()
    assert "Nông dân" in page
    assert "Giáo viên" not in page
    assert "Đơn vị: Đảng ủy xã Suối Ngần" in page
    page = client.get(reverse("log"), {"of": f"org.person:{cast.people['M1'].pk}"}).content.decode()
    assert "Giáo viên" in page
    assert "Nông dân" not in page
    day = f"{today() - dt.timedelta(days=39):%d/%m/%Y}"
    page = client.get(reverse("log"), {"until": day, "verb": "person.changed"}).content.decode()
    assert "Giáo viên" in page
    assert "Nông dân" not in page
    page = client.get(reverse("log"), {"since": day, "verb": "person.changed"}).content.decode()
    assert "Giáo viên" not in page
    page = client.get(reverse("log"), {"actor": "khong-co"}).content.decode()
    assert "Nhật ký không có việc nào khớp" in page


def test_pages_follow_each_other_by_key_without_gap_or_repeat(cast, as_user):
    at = now()
    for number in range(7):
        for _ in range(3):  # lines of one moment
            actions.change_person(
                cast.people["M1"],
                by=cast.officer,
                at=at + dt.timedelta(seconds=number),
                occupation=f"Việc {_} {number}",
            )
    rows = AuditEvent.objects.filter(verb="person.changed")
    everything = list(rows.order_by("-at", "-pk"))
    assert len(everything) == 21
    saved_page, audit_queries.PAGE = audit_queries.PAGE, 4
    try:
        seen, before = [], None
        while True:
            shown = audit_queries.event_page(rows, before=before)
            seen += shown.events
            last = shown
            if shown.older is None:
                break
            before = audit_queries.EventKey.read(str(shown.older))
        assert seen == everything
        back = audit_queries.event_page(rows, after=last.newer)
        assert list(back.events) == everything[16:20]
        assert audit_queries.event_page(rows).newer is None
    finally:
        audit_queries.PAGE = saved_page
    assert audit_queries.EventKey.read("hôm qua") is None
    assert as_user("officer").get(reverse("log"), {"before": "bậy"}).status_code == 200


def test_the_log_costs_the_same_with_one_line_and_many(cast, as_user):
    client = as_user("officer")

    def cost(query):
        client.get(reverse("log") + query)
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("log") + query)
        return len(seen)

    actions.change_person(cast.people["M1"], by=cast.officer, at=now(), occupation="Giáo viên")
    one = cost("?verb=person.changed")
    for name in ("M2", "M3"):
        actions.change_person(cast.people[name], by=cast.officer, at=now(), occupation="Giáo viên")
    assert cost("?verb=person.changed") == one
    assert cost("") == one


def test_an_import_stands_in_the_log_in_words(cast, tmp_path, as_user):
    header = [*lists.HEADER, "Chức vụ", "Điện thoại"]
    rows = [
        ["Z9", "Trần Lạ Lùng", dt.date(1980, 1, 1), "CB11", "Bí thư", None],
        ["M3", "H'Hen Niê", dt.date(1990, 12, 31), "CB11", None, "0912345678"],
        ["NEW77", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12", None, None],
    ]
    lists.imported(lists.workbook(tmp_path / "a.xlsx", [header, *rows]), cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get()
    questions.decide_identity(question, by=cast.officer, at=now(), person=None, is_new=True)
    with translation.override("vi"):
        lines = log.told(AuditEvent.objects.filter(actor_id=cast.officer.pk), cast.officer)
        said = "\n".join(f"{word}: {before} → {after}" for line in lines for word, before, after in line["changes"])
    assert "Chức vụ:  → Bí thư" in said
    assert "Người được xác định:  → Người khác" in said
    for code in ("BI_THU", "Doubtful", "Same", "day", ": 0", "member", "new"):
        assert code not in said, said


def test_how_exact_a_birth_date_is_stands_beside_a_birth_date_only(cast):
    event = AuditEvent(thing_id="1", verb="person.added", thing_kind="org.person", thing_label="M1")
    event.after = {"full_name": "Lê Thị Thử", "birth_date": None, "birth_precision": "day"}
    with translation.override("vi"):
        (line,) = told([event], cast.officer)
        assert [one[0] for one in line["changes"]] == ["Họ và tên"]
        event.after["birth_date"] = "1958-03-09"
        (line,) = told([event], cast.officer)
        assert "Độ chính xác của ngày sinh" in [one[0] for one in line["changes"]]
        event.after, event.before = {"birth_precision": "year"}, {"birth_precision": "day"}
        (line,) = told([event], cast.officer)
        assert [one[0] for one in line["changes"]] == ["Độ chính xác của ngày sinh"]

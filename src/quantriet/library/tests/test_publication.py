"""The publication clock: rules, states, placements, reach, reminders, pages (R-016, R-017, R-120, R-121, R-123)."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.links import read_link
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local, now, today
from quantriet.library import access, actions
from quantriet.library.actions import publication
from quantriet.library.models import Placement, PublicationClock, ReachCount
from quantriet.library.queries import publication as queries
from quantriet.library.rules.publication import is_told_on, judge
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import MASS_MEDIA, Channel, PublicationState, ReachKind
from quantriet.notify.models import Message
from quantriet.org.models import Unit, UnitResponsibility
from quantriet.org.vocab import ResponsibilityKind

ISSUED = dt.date(2026, 10, 12)
BASIS = "mục 6 Hướng dẫn 26-HD/BTGTU"
LINK = "https://tanlinh.gov.vn/tin/26-hd"


def issued_ago(cast, days: int, number: str = "26-HD/BTGTU", unit: str = "T", **details):
    return make_document(cast, number=number, unit=unit, issued_on=today() - dt.timedelta(days=days), **details)


def place(cast, document, *, unit="T", channel=Channel.PORTAL, days_ago=0, title="Toàn văn Hướng dẫn", url="", by=None):
    return publication.add_placement(
        document, cast.units[unit], channel=channel, placed_on=today() - dt.timedelta(days=days_ago), title=title, url=url,
        by=by or cast.officer, at=now(),
    )  # fmt: skip


def refuses(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def verdict_on(day: dt.date, **given):
    values = {
        "issued_on": ISSUED, "remind_on": ISSUED + dt.timedelta(days=1), "due_on": ISSUED + dt.timedelta(days=2),
        "basis": BASIS, "done_on": None,
    }  # fmt: skip
    return judge(day, **values | given)


# --- rules --------------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-016")
@pytest.mark.parametrize(
    ("day", "state", "near", "words"),
    [
        (12, PublicationState.NOT_DUE, False, "còn 2 ngày"),
        (13, PublicationState.NOT_DUE, True, "còn 1 ngày"),
        (14, PublicationState.DUE_TODAY, True, "hôm nay là ngày cuối"),
        (15, PublicationState.OVERDUE, False, "quá hạn 1 ngày"),
        (31, PublicationState.OVERDUE, False, "quá hạn 17 ngày"),
    ],
)
def test_open_clock_says_days_figures_and_basis(day, state, near, words):
    verdict = verdict_on(dt.date(2026, 10, day))
    assert (verdict.state, verdict.is_near) == (state, near)
    assert words in verdict.sentence
    assert verdict.sentence.endswith(f"theo {BASIS}.")
    assert "12/10/2026" in verdict.sentence
    assert "14/10/2026" in verdict.sentence


@pytest.mark.req("R-016")
@pytest.mark.parametrize(
    ("done", "state", "words"),
    [
        (12, PublicationState.IN_TIME, "sau 0 ngày"),
        (14, PublicationState.IN_TIME, "đúng hạn"),
        (15, PublicationState.LATE, "chậm 1 ngày"),
    ],
)
def test_published_in_time_or_late(done, state, words):
    verdict = verdict_on(dt.date(2026, 12, 1), done_on=dt.date(2026, 10, done))
    assert verdict.state == state
    assert words in verdict.sentence


def test_exempt_names_reason_and_basis_and_publishing_all_the_same_counts():
    exempt = {"exempt_reason": "văn bản nội bộ", "exempt_basis": "Thông báo 5-TB/TU"}
    assert verdict_on(dt.date(2026, 12, 1), **exempt).sentence == (
        "Ban hành ngày 12/10/2026; không đăng tải vì văn bản nội bộ, theo Thông báo 5-TB/TU."
    )
    assert verdict_on(dt.date(2026, 12, 1), done_on=ISSUED, **exempt).state == PublicationState.IN_TIME


def test_mails_come_daily_for_a_week_then_on_mondays_then_end():
    due = dt.date(2026, 10, 14)
    told = [
        day for day in (due + dt.timedelta(days=n) for n in range(-5, 90))
        if is_told_on(day, remind_on=due - dt.timedelta(days=1), due_on=due)
    ]  # fmt: skip
    assert told[:9] == [due + dt.timedelta(days=n) for n in range(-1, 8)]
    assert all(day.weekday() == 0 for day in told[9:])
    assert told[-1] <= due + dt.timedelta(days=60)


@pytest.mark.req("R-120")
@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "file:///etc/passwd", "ftp://tanlinh.gov.vn/a", "data:text/html,x", "//tanlinh.gov.vn",
        "http://localhost/", "http://localhost:8000/a", "https://may-chu/", "http://10.1.2.3/tin", "http://192.168.1.1/",
        "http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
        "http://2130706433/", "http://0x7f.1/", "http://127.1/", "https://intranet.local/a", "https://a.internal/",
        "https://user:mk@tanlinh.gov.vn/", "https://tanlinh.gov.vn/a b", "https://tanlinh.gov.vn:0/",
        "https://tanlinh.gov.vn:99999/", "https://tanlinh.gov.vn/<script>", "https://" + "a" * 600 + ".vn/", "https:///a",
    ],
)  # fmt: skip
def test_link_that_is_no_public_address_is_refused(link):
    with pytest.raises(Refusal, check=lambda refusal: refusal.field == "url"):
        read_link(link)


@pytest.mark.parametrize(
    "link",
    [LINK, "http://tanlinh.gov.vn", "https://báotânlĩnh.vn/bài-viết?số=1#đầu", "https://zalo.me/123", "https://8.8.8.8/a", ""],
)  # fmt: skip
def test_public_link_is_kept_as_typed(link):
    assert read_link(f" {link} ") == link


# --- the clock ----------------------------------------------------------------------------------------------------------

with_database = pytest.mark.django_db


@with_database
@pytest.mark.req("R-016")
def test_registering_winds_the_clock_and_a_mass_medium_stops_it(cast):
    document = issued_ago(cast, 1)
    clock = document.clock
    assert (clock.remind_on, clock.due_on, clock.basis) == (today(), today() + dt.timedelta(days=1), BASIS)
    place(cast, document, channel=Channel.SOCIAL)
    clock.refresh_from_db()
    assert clock.done_on is None, "a page on a social network is no mass medium"
    place(cast, document, channel=Channel.RADIO)
    clock.refresh_from_db()
    assert clock.done_on == today()
    assert clock.verdict(today()).state == PublicationState.IN_TIME


@with_database
def test_first_standing_placement_counts_and_withdrawing_it_lets_the_clock_run(cast):
    document = issued_ago(cast, 9)
    late = place(cast, document, days_ago=1)
    early = place(cast, document, days_ago=8, title="Bản tin thời sự", channel=Channel.TELEVISION)
    clock = PublicationClock.objects.select_related("document").get(document=document)
    assert clock.verdict(today()).state == PublicationState.IN_TIME
    publication.withdraw_placement(early, reason="Ghi nhầm văn bản", by=cast.officer, at=now())
    clock.refresh_from_db()
    assert clock.verdict(today()).state == PublicationState.LATE
    publication.withdraw_placement(late, reason="Bài đã gỡ", by=cast.officer, at=now())
    clock.refresh_from_db()
    assert clock.verdict(today()).state == PublicationState.OVERDUE
    with refuses("placement.withdrawn"):
        publication.withdraw_placement(late, reason="Lần nữa", by=cast.officer, at=now())
    told = AuditEvent.objects.filter(verb="placement.withdrawn")
    assert [event.after["reason"] for event in told.order_by("pk")] == ["Ghi nhầm văn bản", "Bài đã gỡ"]


@with_database
def test_another_day_of_issue_winds_the_clock_again(cast):
    document = issued_ago(cast, 5)
    actions.change_document(document, by=cast.officer, at=now(), issued_on=today() - dt.timedelta(days=3))
    assert PublicationClock.objects.get(document=document).due_on == today() - dt.timedelta(days=1)
    place(cast, document, days_ago=2)
    with refuses("document.placed_before"):
        actions.change_document(document, by=cast.officer, at=now(), issued_on=today() - dt.timedelta(days=1))


@with_database
def test_document_older_than_the_rule_has_no_deadline(cast):
    document = make_document(cast, issued_on=dt.date(2020, 5, 5))
    clock = PublicationClock.objects.select_related("document").get(document=document)
    assert clock.due_on is None
    assert clock.verdict(today()).state == PublicationState.NO_RULE
    place(cast, document)
    clock.refresh_from_db()
    assert clock.verdict(today()).state == PublicationState.IN_TIME


@with_database
@pytest.mark.req("R-016")
def test_rule_of_the_nearest_unit_holds_from_its_day_on(cast):
    old, new = issued_ago(cast, 20, "1-HD/DU", unit="X1"), issued_ago(cast, 2, "2-HD/DU", unit="X1")
    elsewhere = issued_ago(cast, 2, "3-HD/DU", unit="X2")
    since = today() - dt.timedelta(days=10)

    def rule(unit, due):
        return publication.set_publication_rule(
            cast.units[unit], remind_days=1, due_days=due, basis=f"Quy chế {due}", valid_from=since, by=cast.officer, at=now()
        )  # fmt: skip

    rule("X1", 5)
    rule("T", 3)
    days = {
        clock.document_id: ((clock.due_on - clock.document.issued_on).days, clock.basis)
        for clock in PublicationClock.objects.select_related("document")
    }
    assert days == {old.pk: (2, BASIS), new.pk: (5, "Quy chế 5"), elsewhere.pk: (3, "Quy chế 3")}
    with refuses("publication.not_after_last"):
        rule("X1", 4)
    fresh = issued_ago(cast, 0, "4-HD/DU", unit="X1")
    assert fresh.clock.basis == "Quy chế 5"


@with_database
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"basis": " "}, "publication.basis_missing"),
        ({"remind_days": 3}, "publication.remind_after_due"),
        ({"due_days": 400}, "publication.days"),
        ({"basis": "ĐỘ MẬT: MẬT"}, "secret.marked"),
    ],
)
def test_rule_without_sense_is_refused(cast, given, code):
    values = {"remind_days": 1, "due_days": 2, "basis": "Quy chế", "valid_from": today()}
    with refuses(code):
        publication.set_publication_rule(cast.units["T"], by=cast.officer, at=now(), **values | given)


@with_database
@pytest.mark.req("R-017")
def test_exempt_needs_reason_and_basis_is_logged_and_lifted(cast):
    document = issued_ago(cast, 9)
    for given, code in (
        ({"reason": "", "basis": "x"}, "publication.reason_missing"),
        ({"reason": "x", "basis": ""}, "publication.basis_missing"),
        ({"reason": "TỐI MẬT", "basis": "x"}, "secret.marked"),
    ):
        with refuses(code):
            publication.exempt_document(document, by=cast.officer, at=now(), **given)
    publication.exempt_document(document, reason="văn bản nội bộ", basis="Thông báo 5-TB/TU", by=cast.officer, at=now())
    clock = PublicationClock.objects.select_related("document").get(document=document)
    assert clock.verdict(today()).state == PublicationState.EXEMPT
    assert clock.exempt_by == cast.officer
    with refuses("publication.exempt_already"):
        publication.exempt_document(document, reason="x", basis="y", by=cast.officer, at=now())
    publication.lift_exemption(document, by=cast.officer, at=now())
    clock.refresh_from_db()
    assert clock.verdict(today()).state == PublicationState.OVERDUE
    assert AuditEvent.objects.filter(verb__startswith="publication.exempt").count() == 2
    place(cast, document)
    with refuses("publication.published"):
        publication.exempt_document(document, reason="x", basis="y", by=cast.officer, at=now())


@with_database
@pytest.mark.req("R-017", "P-05")
def test_classified_document_never_gets_a_clock(cast):
    with refuses("secret.marked"):
        make_document(cast, paragraphs=["MẬT", "1. Nội dung"])
    assert not PublicationClock.objects.exists()


@with_database
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": "  "}, "placement.title_missing"),
        ({"title": "TUYỆT MẬT"}, "secret.marked"),
        ({"note": "Độ mật: Mật"}, "secret.marked"),
        ({"url": "http://10.0.0.1/"}, "link.inner"),
        ({"placed_on": ISSUED - dt.timedelta(days=1)}, "placement.before_issue"),
        ({"placed_on": dt.date(2999, 1, 1)}, "placement.to_come"),
    ],
)
@pytest.mark.req("B-18")
def test_placement_without_sense_is_refused_and_nothing_kept(cast, given, code):
    document = make_document(cast)
    values = {"channel": Channel.PORTAL, "placed_on": ISSUED, "title": "Toàn văn", "url": "", "note": ""}
    with refuses(code):
        publication.add_placement(document, cast.units["T"], by=cast.officer, at=now(), **values | given)
    assert not Placement.objects.exists()


@with_database
def test_same_placement_is_logged_once_also_by_the_database(cast):
    document = make_document(cast)
    first = place(cast, document, url=LINK)
    with refuses("placement.logged_already"):
        place(cast, document, url=LINK, title="Tên khác")
    place(cast, document, unit="X1", url=LINK)
    place(cast, document, channel=Channel.RADIO)
    with refuses("placement.logged_already"):
        place(cast, document, channel=Channel.RADIO, title="TOÀN VĂN hướng dẫn")
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.create(
            document=document, unit=first.unit, channel=first.channel, placed_on=first.placed_on, title="x", title_folded="x",
            url=LINK, entered_at=now(), entered_by=cast.officer,
        )  # fmt: skip
    publication.withdraw_placement(first, reason="Gỡ bài", by=cast.officer, at=now())
    place(cast, document, url=LINK)


@with_database
def test_correction_moves_the_clock_and_keeps_the_reason(cast):
    document = issued_ago(cast, 9)
    placement = place(cast, document, days_ago=1)
    values = {"channel": Channel.PORTAL, "placed_on": today() - dt.timedelta(days=8), "title": placement.title}
    with refuses("correction.reason_missing"):
        publication.correct_placement(placement, reason=" ", by=cast.officer, at=now(), **values)
    publication.correct_placement(placement, reason="Ghi sai ngày", by=cast.officer, at=now(), **values)
    clock = PublicationClock.objects.select_related("document").get(document=document)
    assert clock.verdict(today()).state == PublicationState.IN_TIME
    assert AuditEvent.objects.get(verb="placement.corrected").after["reason"] == "Ghi sai ngày"


@with_database
@pytest.mark.req("R-120")
def test_reach_keeps_its_history_and_the_same_again_changes_nothing(cast):
    placement = place(cast, issued_ago(cast, 9), days_ago=8, channel=Channel.ZALO)
    early, late = today() - dt.timedelta(days=4), today()

    def count(as_of, **numbers):
        return publication.count_reach(
            placement, as_of=as_of, numbers={ReachKind(kind): value for kind, value in numbers.items()}, by=cast.officer,
            at=now(),
        )  # fmt: skip

    assert count(late, views=500, shares=3) == 2
    assert count(late, views=500, shares=3) == 0
    assert count(early, views=100) == 1
    assert count(late, views=520) == 1
    latest = queries.with_reach(Placement.objects.filter(pk=placement.pk)).get()
    assert (latest.views, latest.shares, latest.copies, latest.reach_as_of) == (520, 3, None, late)
    assert ReachCount.objects.filter(placement=placement, kind="views").count() == 3
    for as_of, numbers, code in (
        (late + dt.timedelta(days=1), {"views": 1}, "reach.to_come"),
        (today() - dt.timedelta(days=9), {"views": 1}, "reach.before"),
        (late, {"views": -1}, "reach.impossible"),
        (late, {}, "reach.nothing"),
    ):
        with refuses(code):
            count(as_of, **numbers)


@with_database
@pytest.mark.parametrize("days", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("done", [None, 0, 2, 3])
@pytest.mark.parametrize("is_exempt", [False, True])
def test_condition_of_each_state_says_the_same_as_the_rule(cast, days, done, is_exempt):
    document = issued_ago(cast, days)
    clock = document.clock
    if done is not None and done <= days:
        clock.done_on = document.issued_on + dt.timedelta(days=done)
    if is_exempt:
        clock.exempt_reason, clock.exempt_basis = "nội bộ", "x"
    clock.save()
    state = clock.verdict(today()).state
    found = {
        one for one in PublicationState if PublicationClock.objects.filter(queries.in_state(one, today())).exists()
    }
    assert found == {state}


# --- reminders ----------------------------------------------------------------------------------------------------------


@with_database
@pytest.mark.req("R-016")
def test_overdue_is_told_once_a_day_to_register_and_leader_in_charge(cast):
    unit = cast.units["X1"]
    Unit.objects.filter(pk=unit.pk).update(email="xa@example.test")
    leader = cast.people["M1"]
    leader.email = "lanhdao@example.test"
    leader.save()
    UnitResponsibility.objects.create(
        person=leader, unit=unit, kind=ResponsibilityKind.PROPAGANDA, valid_from=dt.date(2026, 1, 1)
    )
    document = issued_ago(cast, 4, "1-HD/DU", unit="X1")
    issued_ago(cast, 0, "2-HD/DU", unit="X1")
    exempt = issued_ago(cast, 4, "3-HD/DU", unit="X1")
    publication.exempt_document(exempt, reason="nội bộ", basis="x", by=cast.officer, at=now())
    night, morning = at_local(today(), dt.time(5, 0)), at_local(today(), dt.time(8, 0))
    assert publication.alert_publication(at=night) == 0
    assert publication.alert_publication(at=morning) == 2
    assert publication.alert_publication(at=morning + dt.timedelta(hours=3)) == 0
    mails = Message.objects.filter(kind="publication_due")
    assert set(mails.values_list("address", flat=True)) == {"xa@example.test", "lanhdao@example.test"}
    body = mails.first().body
    assert document.citation in body
    assert "quá hạn 2 ngày" in body
    assert "2-HD/DU" not in body
    assert "3-HD/DU" not in body
    assert publication.alert_publication(at=morning + dt.timedelta(days=1)) == 2
    place(cast, document, unit="X1")
    # The one issued today is reminded of on the next day, the published one no more.
    assert publication.alert_publication(at=morning + dt.timedelta(days=2)) == 2
    assert "1-HD/DU" not in Message.objects.filter(kind="publication_due").latest("pk").body


# --- pages --------------------------------------------------------------------------------------------------------------


@with_database
@pytest.mark.req("R-016", "R-123")
def test_from_board_to_placement_and_back(as_user, cast):
    document = issued_ago(cast, 9)
    client = as_user("officer")
    page = client.get(reverse("publication-board")).content.decode()
    assert "Còn 1 văn bản chưa đăng tải, trong đó 1 quá hạn" in page
    entry = {
        "unit": cast.units["X1"].pk, "channel": "website", "placed_on": f"{today():%d/%m/%Y}",
        "title": "<script>alert(1)</script> Đề cương", "url": LINK, "note": "",
    }  # fmt: skip
    response = client.post(reverse("placement-new", args=[document.pk]), entry)
    assert response.status_code == 303
    placement = Placement.objects.get()
    assert placement.unit == cast.units["X1"]
    told = client.get(response.url).content.decode()
    assert "&lt;script&gt;alert(1)" in told
    assert "<script>alert" not in told
    assert "Đăng chậm" in told
    board = client.get(reverse("publication-board"), {"state": "late"}).content.decode()
    assert "Trang thông tin điện tử của đơn vị" in board
    assert "Không còn văn bản nào chờ đăng tải" in board
    response = client.post(reverse("placement", args=[placement.pk]), {"as_of": entry["placed_on"], "views": "1200"})
    assert response.status_code == 303
    assert "1.200" in client.get(response.url).content.decode()


@with_database
def test_refused_form_keeps_its_words_and_notes_the_mark(as_user, cast):
    document = make_document(cast)
    entry = {
        "unit": cast.units["T"].pk, "channel": "portal", "placed_on": f"{today():%d/%m/%Y}", "title": "TỐI MẬT",
        "url": LINK, "note": "Ghi chú của tôi",
    }  # fmt: skip
    response = as_user("officer").post(reverse("placement-new", args=[document.pk]), entry)
    assert response.status_code == 422
    assert "Ghi chú của tôi" in response.content.decode()
    assert AuditEvent.objects.filter(verb="document.refused").exists()
    assert not Placement.objects.exists()


@with_database
def test_board_filters_by_unit_period_and_state(as_user, cast):
    issued_ago(cast, 30, "1-HD/BTGTU")
    issued_ago(cast, 9, "2-HD/DU", unit="X1")
    client = as_user("officer")
    board = reverse("publication-board")
    first = f"{today() - dt.timedelta(days=10):%d/%m/%Y}"
    assert "1-HD/BTGTU" not in client.get(board, {"first": first}).content.decode()
    below = client.get(board, {"unit": cast.units["X1"].pk}).content.decode()
    assert ("2-HD/DU" in below, "1-HD/BTGTU" in below) == (True, False)
    assert "2-HD/DU" not in client.get(board, {"state": "in_time"}).content.decode()
    assert client.get(board, {"unit": "99999999"}).status_code == 404
    assert client.get(board, {"unit": "²", "first": "31/02/2026", "state": "x", "page": "-1"}).status_code == 200


@with_database
def test_lower_unit_reads_papers_above_only_when_it_asks(as_user, cast):
    issued_ago(cast, 9, "1-HD/BTGTU")
    client = as_user("organiser1")
    board = reverse("publication-board")
    assert "1-HD/BTGTU" not in client.get(board).content.decode()
    assert "1-HD/BTGTU" in client.get(board, {"unit": "all"}).content.decode()


@with_database
def test_rights_of_placements_and_exemptions(as_user, cast):
    document = issued_ago(cast, 9)
    mine, theirs = place(cast, document, unit="X1"), place(cast, document, unit="X2")
    client = as_user("organiser1")
    assert client.get(reverse("placement", args=[mine.pk])).status_code == 200
    assert client.get(reverse("placement", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("placement-edit", args=[mine.pk])).status_code == 200
    assert client.get(reverse("publication-exempt", args=[document.pk])).status_code == 403
    above = place(cast, document, title="Bài của tỉnh")
    assert client.get(reverse("placement", args=[above.pk])).status_code == 200
    assert client.get(reverse("placement-edit", args=[above.pk])).status_code == 403
    entry = {
        "unit": cast.units["X2"].pk,
        "channel": "portal",
        "placed_on": f"{today():%d/%m/%Y}",
        "title": "Của xã khác",
    }
    assert client.post(reverse("placement-new", args=[document.pk]), entry).status_code == 422
    assert as_user("leader").get(reverse("placement-new", args=[document.pk])).status_code == 403


@with_database
def test_board_goes_to_excel_with_its_sentence(as_user, cast):
    document = issued_ago(cast, 9)
    place(cast, document, days_ago=8)
    sent = as_user("officer").get(reverse("publication-board"), {"format": "xlsx"})
    cells = [str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(b"".join(sent))).active for cell in row]
    assert any("đúng hạn, theo mục 6" in one for one in cells)
    assert any("Cổng thông tin điện tử (Tỉnh ủy Tân Lĩnh" in one for one in cells)


@with_database
def test_exempting_and_lifting_on_the_page(as_user, cast):
    document = issued_ago(cast, 9)
    client = as_user("editor")
    address = reverse("publication-exempt", args=[document.pk])
    assert client.post(address, {"reason": "Văn bản nội bộ", "basis": "Ý kiến Thường trực"}).status_code == 303
    page = client.get(reverse("publication", args=[document.pk])).content.decode()
    assert "không đăng tải vì Văn bản nội bộ, theo Ý kiến Thường trực." in page
    assert client.post(address, {}).status_code == 303
    assert not PublicationClock.objects.get(document=document).exempt_reason


@with_database
def test_leader_reads_on_the_first_page_what_is_not_published(as_user, cast):
    issued_ago(cast, 9)
    page = as_user("leader").get(reverse("home")).content.decode()
    assert "Văn bản nào chưa đăng tải?" in page
    assert "quá hạn 7 ngày" in page


@with_database
def test_rule_page_sets_a_deadline(as_user, cast):
    client = as_user("officer")
    entry = {
        "unit": cast.units["T"].pk, "remind_days": "1", "due_days": "3", "basis": "Quy chế phát ngôn",
        "valid_from": f"{today():%d/%m/%Y}",
    }  # fmt: skip
    assert client.post(reverse("publication-rule-new"), entry).status_code == 303
    assert "Quy chế phát ngôn" in client.get(reverse("publication-rules")).content.decode()


@with_database
@pytest.mark.parametrize("address", ["publication-board", "placement-list"])
def test_lists_ask_as_often_for_three_as_for_one(as_user, cast, address):
    client = as_user("officer")
    asked = []
    for number in range(1, 4):
        document = issued_ago(cast, 9, f"{number}-HD/BTGTU")
        placement = place(cast, document, days_ago=number)
        publication.count_reach(placement, as_of=today(), numbers={ReachKind.VIEWS: 5}, by=cast.officer, at=now())
        if number in (1, 3):
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse(address))
            asked.append(len(captured))
    assert asked[0] == asked[1]


@with_database
def test_api_lists_placements_of_the_branch(cast):
    document = issued_ago(cast, 9)
    place(cast, document, unit="X1")
    place(cast, document, unit="X2")
    seen = access.placements_seen_by(cast.accounts["organiser1"])
    assert [one.unit for one in seen] == [cast.units["X1"]]
    assert set(MASS_MEDIA) < set(Channel)

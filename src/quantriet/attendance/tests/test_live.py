"""A conference on its day: the live board for many screens, quick counts apart from the roll, the quick report."""

import datetime as dt
import io
import shutil
import subprocess

import docx
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.attendance import actions
from quantriet.attendance.models import HeadCount, PresenceFact
from quantriet.attendance.queries import live
from quantriet.attendance.rules import quick_report
from quantriet.attendance.tests.factories import add_entry, clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, VenueStanding
from quantriet.classes import actions as class_actions
from quantriet.classes.models import ClassSession, RosterEntry, Venue, VenueReadiness
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Each question reads anew: tests do not wait two seconds, and no board outlives its test."""
    live.forget_boards()
    monkeypatch.setattr(live, "FRESH", 0.0)
    yield
    live.forget_boards()


@pytest.fixture
def hall(cast, time_machine_at_work):
    """A conference of the province today with a venue of each commune: three people at one, one at the other."""
    made = make_class(cast, make_campaign(cast, unit="T"), [], unit="T", title="Hội nghị trực tuyến")
    class_actions.make_conference(made.study_class, by=cast.officer, at=now(), last_day=today())
    class_actions.open_conference(made.study_class.conference, by=cast.officer, at=now())
    for code, people in (("X1", ("M1", "M2", "M7")), ("X2", ("M10",))):
        venue = Venue.objects.create(study_class=made.study_class, unit=cast.units[code], name=f"Điểm cầu {code}")
        VenueReadiness.objects.create(venue=venue, distance_km=20)
        for person in people:
            made.entries[person] = add_entry(cast, made, person, venue=venue)
    return made


@pytest.fixture
def time_machine_at_work():
    import time_machine

    with time_machine.travel(clock(8), tick=True):
        yield


def venue_of(hall, code):
    return Venue.objects.get(study_class=hall.study_class, name=f"Điểm cầu {code}")


def arrive(hall, cast, *people, kind=FactKind.ARRIVE, at=None):
    actions.record_marks([hall.mark(one, kind, at or clock(7, 40)) for one in people], by=cast.officer, at=now())


def figures(hall):
    return live.summed(live.snapshot(hall.study_class, hall.session).venues)


# --- the board -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-057")
def test_the_board_follows_each_mark_and_tells_silence_from_zero(cast, hall):
    assert (figures(hall).venues, figures(hall).open, figures(hall).here) == (3, 0, 0)
    arrive(hall, cast, "M1", "M2")
    assert (figures(hall).open, figures(hall).present, figures(hall).by_roll) == (1, 2, 2)
    arrive(hall, cast, "M2", kind=FactKind.LEAVE, at=clock(7, 50))
    assert (figures(hall).present, figures(hall).by_roll) == (1, 2)  # was there, is not any more
    fact = PresenceFact.objects.get(entry=hall.entries["M1"])
    actions.void_mark(fact, by=cast.officer, at=now(), nonce="lay-lai")
    assert (figures(hall).present, figures(hall).by_roll) == (0, 1)
    arrive(hall, cast, "M10", kind=FactKind.ABSENT)
    found = live.snapshot(hall.study_class, hall.session)
    standings = {one.name: one.standing for one in found.venues}
    assert standings == {
        "Hội trường": VenueStanding.SILENT, "Điểm cầu X1": VenueStanding.ROLL, "Điểm cầu X2": VenueStanding.ROLL,
    }  # fmt: skip
    assert figures(hall).silent == 1


@pytest.mark.django_db
def test_only_venues_with_new_marks_are_counted_again_and_a_late_commit_is_found(cast, hall, monkeypatch):
    arrive(hall, cast, "M1")
    figures(hall)
    counted = []
    whole = live._Board._count
    monkeypatch.setattr(live._Board, "_count", lambda self, venues=None: counted.append(venues) or whole(self, venues))
    figures(hall)
    assert counted == []
    arrive(hall, cast, "M10")
    assert figures(hall).present == 2
    assert counted == [{venue_of(hall, "X2").pk}]
    # A transaction that began earlier and commits later brings a lower key.
    last = PresenceFact.objects.order_by("-pk").first()
    counted.clear()
    PresenceFact.objects.create(
        pk=last.pk + 5, nonce="x", entry=hall.entries["M7"], session=hall.session, kind="arrive", at=now(), recorded_at=now(),
        method="code",
    )  # fmt: skip
    assert figures(hall).present == 3
    PresenceFact.objects.create(
        pk=last.pk + 2, nonce="y", entry=hall.entries["M2"], session=hall.session, kind="arrive", at=now(), recorded_at=now(),
        method="code",
    )  # fmt: skip
    assert figures(hall).present == 4


@pytest.mark.django_db
def test_moved_people_are_counted_where_they_sit(cast, hall, monkeypatch):
    arrive(hall, cast, "M1", "M2")
    figures(hall)
    monkeypatch.setattr(live, "STANDING", 0.0)
    RosterEntry.objects.filter(person__code="M2").update(venue=venue_of(hall, "X2"))
    by_name = {one.name: one.present for one in live.snapshot(hall.study_class, hall.session).venues}
    assert by_name == {"Hội trường": 0, "Điểm cầu X1": 1, "Điểm cầu X2": 1}


@pytest.mark.django_db
def test_screens_within_two_seconds_ask_the_database_for_no_figure(as_user, cast, hall, monkeypatch):
    monkeypatch.setattr(live, "FRESH", 60.0)
    arrive(hall, cast, "M1")
    address = reverse("conference-figures", args=[hall.study_class.pk])
    officer = as_user("officer")
    first = officer.get(address)
    assert first.status_code == 200
    assert "1/3 điểm cầu" in first.content.decode()
    with CaptureQueriesContext(connection) as asked:
        again = officer.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert not [one for one in asked.captured_queries if "presencefact" in one["sql"] or "rosterentry" in one["sql"]]
    assert first["Cache-Control"] == "private, no-cache"
    arrive(hall, cast, "M10")
    assert officer.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304  # two seconds are not over
    monkeypatch.setattr(live, "FRESH", 0.0)
    later = officer.get(address, headers={"If-None-Match": first["ETag"]})
    assert later.status_code == 200
    assert "2/3 điểm cầu" in later.content.decode()


@pytest.mark.django_db
@pytest.mark.req("R-061")
def test_a_unit_below_sees_its_own_venues_alone(as_user, cast, hall):
    arrive(hall, cast, "M1", "M10")
    pk = hall.study_class.pk
    for name in ("conference-live", "conference-figures", "conference-screen", "conference-report"):
        text = as_user("organiser1").get(reverse(name, args=[pk])).content.decode()
        assert "Suối Ngần" not in text, name
        assert "Điểm cầu X2" not in text, name
    own = as_user("organiser1").get(reverse("conference-figures", args=[pk])).content.decode()
    assert "1/1 điểm cầu" in own
    # Looking into a unit of somebody else shows nothing of it.
    other = reverse("conference-figures", args=[pk]) + f"?unit={cast.units['X2'].pk}"
    assert "1/1 điểm cầu" in as_user("organiser1").get(other).content.decode()
    assert (
        "Điểm cầu X2"
        not in as_user("organiser1")
        .get(reverse("conference-live", args=[pk]) + f"?unit={cast.units['X2'].pk}")
        .content.decode()
    )
    assert as_user("member1").get(reverse("conference-live", args=[pk])).status_code == 403


@pytest.mark.django_db
def test_the_board_and_the_projector_page_open_into_venues(as_user, cast, hall):
    arrive(hall, cast, "M1")
    officer, pk = as_user("officer"), hall.study_class.pk
    page = officer.get(reverse("conference-live", args=[pk])).content.decode()
    assert "Đảng ủy xã Ea Tam" in page
    assert f"unit={cast.units['X1'].pk}" in page
    silent = officer.get(reverse("conference-live", args=[pk]) + "?state=silent")
    assert {row["venue"].name for row in silent.context["listing"]} == {"Hội trường", "Điểm cầu X2"}
    screen = officer.get(reverse("conference-screen", args=[pk])).content.decode()
    assert "projector-body--dark" in screen
    assert "navigation--desk" not in screen
    assert (
        "projector-body--dark"
        not in officer.get(reverse("conference-screen", args=[pk]) + "?theme=light").content.decode()
    )
    book = load_workbook(
        io.BytesIO(b"".join(officer.get(reverse("conference-live", args=[pk]) + "?format=xlsx").streaming_content))
    )
    rows = {row[1].value: [cell.value for cell in row] for row in book.active.iter_rows()}
    assert rows["Điểm cầu X1"][2:6] == ["Đang điểm danh", 3, 1, 1]
    assert rows["Điểm cầu X2"][2] == "Chưa báo cáo"
    assert rows["Điểm cầu X2"][4] is None


@pytest.mark.django_db
def test_the_board_asks_as_much_for_three_venues_as_for_thirty(as_user, cast, hall, monkeypatch):
    officer, address = as_user("officer"), reverse("conference-live", args=[hall.study_class.pk])

    def counted():
        live.forget_boards()
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(address).status_code == 200
        return len(asked)

    counted()
    before = counted()
    Venue.objects.bulk_create(
        Venue(study_class=hall.study_class, unit=cast.units["X1"], name=f"Thôn {number}") for number in range(27)
    )
    assert counted() == before


# --- quick counts ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-057")
def test_a_number_stands_beside_the_roll_and_zero_is_an_answer(as_user, cast, hall):
    x1, x2 = venue_of(hall, "X1"), venue_of(hall, "X2")
    organiser = as_user("organiser2")
    address = reverse("conference-counts", args=[hall.study_class.pk])
    page = organiser.get(address).content.decode()
    assert "Điểm cầu X2" in page
    assert "Điểm cầu X1" not in page
    organiser.post(address, {"session": hall.session.pk, f"people-{x2.pk}": "120", f"people-{x1.pk}": "900"})
    assert list(HeadCount.objects.values_list("venue_id", "people")) == [(x2.pk, 120)]  # another unit's is not theirs
    assert (figures(hall).open, figures(hall).by_count, figures(hall).delegates) == (1, 120, 120)
    arrive(hall, cast, "M10")  # the roll has all who were called: it counts from now, the number stays beside it
    assert (figures(hall).by_roll, figures(hall).by_count) == (1, 0)
    row = next(one for one in live.snapshot(hall.study_class, hall.session).venues if one.pk == x2.pk)
    assert (row.came, row.counted) == (1, 120)
    as_user("organiser1").post(address, {"session": hall.session.pk, f"people-{x1.pk}": "0"})
    assert figures(hall).open == 2
    assert figures(hall).silent == 1
    wrong = as_user("organiser1").post(address, {"session": hall.session.pk, f"people-{x1.pk}": "đông"})
    assert "phải là số nguyên" in wrong.content.decode()
    assert as_user("leader").get(address).status_code == 403
    with pytest.raises(Refusal) as refused:
        class_actions.remove_venue(x1, by=cast.officer, at=now())
    assert refused.value.code in ("venue.has_people", "venue.has_facts")
    RosterEntry.objects.filter(venue=x1).delete()
    with pytest.raises(Refusal) as refused:
        class_actions.remove_venue(x1, by=cast.officer, at=now())
    assert refused.value.code == "venue.has_facts"


@pytest.mark.django_db
def test_numbers_are_taken_on_the_day_of_a_released_class(cast, hall):
    x1 = venue_of(hall, "X1")

    def report(at=None, people=5):
        return actions.report_head_counts(
            hall.study_class, hall.session, {x1.pk: people}, by=cast.officer, at=at or now()
        )

    with pytest.raises(Refusal) as refused:
        report(at=now() - dt.timedelta(days=1))
    assert refused.value.code == "head_count.too_early"
    with pytest.raises(Refusal) as refused:
        report(people=100_001)
    assert refused.value.code == "head_count.too_many"
    assert report() == 1
    assert report() == 0
    assert report(people=6) == 1
    assert HeadCount.objects.get().people == 6
    hall.study_class.state = "closed"
    hall.study_class.save()
    with pytest.raises(Refusal) as refused:
        report(people=7)
    assert refused.value.code == "head_count.not_running"


@pytest.mark.django_db
def test_a_closed_quick_count_leads_to_what_would_open_it(as_user, cast, hall):
    made = hall.study_class
    address = reverse("conference-counts", args=[made.pk])

    def told(username, state="released"):
        type(made).objects.filter(pk=made.pk).update(state=state)
        return as_user(username).get(address).content.decode()

    assert '" disabled>' not in told("officer")
    release = f'class="button" href="{reverse("class", args=[made.pk])}"'
    draft = told("officer", "draft")
    assert "chưa chốt danh sách" in draft
    assert '" disabled>' in draft
    assert release in draft
    below = told("organiser2", "draft")  # of a venue: it is the host who releases
    assert f"Việc này do {made.unit.name} làm." in below
    assert release not in below
    closed = told("officer", "closed")
    assert f'class="button" href="{reverse("roll-result", args=[made.pk])}"' in closed
    assert "đã hủy nên không báo nhanh" in told("officer", "cancelled")
    start = hall.session.starts_at + dt.timedelta(days=2)
    type(hall.session).objects.filter(pk=hall.session.pk).update(
        starts_at=start, ends_at=start + dt.timedelta(minutes=5)
    )
    early = told("officer")
    assert "báo nhanh từ ngày ấy" in early
    assert '" disabled>' in early


@pytest.mark.django_db
@pytest.mark.django_db
def test_a_clerk_sees_the_venues_they_look_after(as_user, cast, hall):
    """The secretary of a cell looks after a venue of the commune, which stands outside the own branch."""
    client, address = as_user("secretary11"), reverse("conference-live", args=[hall.study_class.pk])
    Venue.objects.create(
        study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu thôn", clerk=cast.accounts["secretary11"]
    )
    live.forget_boards()
    page = client.get(address)
    assert [row["venue"].name for row in page.context["listing"]] == ["Điểm cầu thôn"]
    text = page.content.decode()
    assert "0/1" in text
    assert cast.units["X1"].name in text
    into = client.get(f"{address}?unit={cast.units['X1'].pk}")
    assert [row["venue"].name for row in into.context["listing"]] == ["Điểm cầu thôn"]
    for name in ("conference-figures", "conference-screen", "conference-report"):
        shown = client.get(reverse(name, args=[hall.study_class.pk]))
        assert shown.status_code == 200
        assert "X2" not in shown.content.decode()
    # A clerk's screen asks one statement more than the host's, whose screens ask for nobody's venues.
    for name, most in (("secretary11", 1), ("officer", 0)):
        client = as_user(name)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("conference-figures", args=[hall.study_class.pk]))
        own = [one["sql"] for one in asked if 'FROM "classes_venue"' in one["sql"].partition(" WHERE ")[0]]
        assert len([one for one in own if '"clerk_id" = ' in one]) == most
    Venue.objects.filter(name="Điểm cầu thôn").delete()
    Venue.objects.create(study_class=hall.study_class, unit=cast.units["CB21"], name="Nơi khác")
    client = as_user("secretary11")
    empty = client.get(address).content.decode()
    assert "bỏ bớt bộ lọc" not in empty.lower()
    assert "điểm cầu mình được giao phụ trách" in empty


def test_the_clerk_of_one_venue_reports_for_it_alone(as_user, cast, hall):
    x2 = venue_of(hall, "X2")
    x2.clerk = cast.accounts["member1"]  # no appointment at all
    x2.save()
    address = reverse("conference-counts", args=[hall.study_class.pk])
    clerk = as_user("member1")
    clerk.post(address, {"session": hall.session.pk, f"people-{x2.pk}": "7", f"people-{venue_of(hall, 'X1').pk}": "9"})
    assert list(HeadCount.objects.values_list("venue_id", "people")) == [(x2.pk, 7)]


@pytest.mark.django_db
@pytest.mark.req("R-057")
def test_the_first_marks_of_a_roll_take_no_reported_number_away(as_user, cast, hall):
    x1, officer = venue_of(hall, "X1"), as_user("officer")
    actions.report_head_counts(hall.study_class, hall.session, {x1.pk: 480}, by=cast.officer, at=now())
    arrive(hall, cast, "M1", kind=FactKind.ABSENT)
    assert (figures(hall).delegates, figures(hall).here) == (480, 480)
    arrive(hall, cast, "M2")
    found = figures(hall)
    assert (found.delegates, found.here, found.by_roll, found.present, found.being_marked) == (480, 480, 0, 0, 1)
    pk = hall.study_class.pk
    board = officer.get(reverse("conference-live", args=[pk]) + "?state=counted").content.decode()
    assert "Đang điểm danh tại 1 điểm cầu đã báo nhanh" in board
    assert "đang điểm danh 2/3" in board
    assert "Đang điểm danh tại 1 điểm cầu" in officer.get(reverse("conference-screen", args=[pk])).content.decode()
    said = officer.get(reverse("conference-report", args=[pk])).context["sentences"]
    assert any(
        "480 người của 1 điểm cầu báo nhanh, chưa điểm danh xong theo tên (1 điểm cầu đang" in one for one in said
    )
    arrive(hall, cast, "M7")  # the third of three: the roll tells now
    assert (figures(hall).delegates, figures(hall).by_count, figures(hall).being_marked) == (2, 0, 0)
    # A number that the roll has reached holds nobody back: a reported 0 does not hide who came since.
    fewer = live.VenueLive(1, "A", 1, "1.", False, called=500, present=60, came=60, counted=0, marked=60)
    assert (fewer.has_roll, fewer.delegates) == (True, 60)


@pytest.mark.django_db
@pytest.mark.req("R-057")
def test_a_number_belongs_to_the_session_that_the_page_was_opened_for(as_user, cast, hall):
    import time_machine

    morning, x2 = hall.session, venue_of(hall, "X2")
    afternoon = ClassSession.objects.create(
        study_class=hall.study_class, title="Buổi chiều", starts_at=clock(13, 30), ends_at=clock(17)
    )
    ClassSession.objects.filter(pk=morning.pk).update(ends_at=clock(11, 30))
    clerk, address = as_user("organiser2"), reverse("conference-counts", args=[hall.study_class.pk])
    with time_machine.travel(clock(11, 20)):
        page = clerk.get(address)
    assert f'name="session" value="{morning.pk}"' in page.content.decode()
    with time_machine.travel(clock(11, 35)):
        assert f'name="session" value="{afternoon.pk}"' in clerk.get(address).content.decode()
        sent = clerk.post(address, {"session": morning.pk, f"people-{x2.pk}": "120"})
        assert sent.url == f"{address}?session={morning.pk}"
        for session in ({}, {"session": ""}, {"session": "10000000"}):
            told = clerk.post(f"{address}?session={afternoon.pk}", {f"people-{x2.pk}": "130", **session})
            assert "Không rõ số báo là của buổi nào" in told.content.decode()
    assert list(HeadCount.objects.values_list("session_id", "people")) == [(morning.pk, 120)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "people"),
    [("1.250", 1_250), ("100.000", 100_000), ("1250", 1_250), ("12.5", None), ("1.25", None), ("0.125", None), ("1,250", None),
     ("-5", None), ("100.001", None)],
)  # fmt: skip
def test_a_dot_parts_thousands_and_nothing_else(as_user, cast, hall, typed, people):
    x2 = venue_of(hall, "X2")
    told = as_user("organiser2").post(
        reverse("conference-counts", args=[hall.study_class.pk]), {"session": hall.session.pk, f"people-{x2.pk}": typed}
    )
    assert list(HeadCount.objects.values_list("people", flat=True)) == ([] if people is None else [people])
    assert told.status_code == (200 if people is None else 303)
    if people is None:
        assert f"Điểm cầu X2: “{typed}” phải là số nguyên từ 0 đến 100.000." in told.content.decode()


# --- the quick report -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("venues", "people", "said"),
    [
        pytest.param(119, 7_345, "119 điểm cầu, 7.345 đại biểu", marks=pytest.mark.req("R-057")),
        pytest.param(169, 14_535, "169 điểm cầu, 14.535 đại biểu", marks=pytest.mark.req("R-058")),
        pytest.param(259, 11_056, "259 điểm cầu, 11.056 đại biểu", marks=pytest.mark.req("R-059")),
    ],
)
def test_the_report_of_a_conference_in_the_numbers_of_the_day(as_user, cast, hall, venues, people, said):
    """Venues of any size: the last conference has more of them and fewer people."""
    class_actions.change_conference(
        hall.study_class.conference, by=cast.officer, at=now(), host_name="Bộ Chính trị, Ban Bí thư"
    )
    there = Venue.objects.filter(study_class=hall.study_class).count()
    Venue.objects.bulk_create(
        Venue(study_class=hall.study_class, unit=cast.units["X1"], name=f"Điểm cầu {number}")
        for number in range(venues - there)
    )
    keys = list(Venue.objects.filter(study_class=hall.study_class).values_list("pk", flat=True))
    counts = dict.fromkeys(keys, people // venues)
    counts[keys[0]] += people - sum(counts.values())
    actions.report_head_counts(hall.study_class, hall.session, counts, by=cast.officer, at=now())
    page = as_user("officer").get(reverse("conference-report", args=[hall.study_class.pk])).content.decode()
    assert said in page
    assert "do Bộ Chính trị, Ban Bí thư chủ trì" in page
    assert "Tất cả các điểm cầu đã báo cáo." in page


@pytest.mark.django_db
@pytest.mark.req("R-057", "R-062")
def test_the_word_file_says_the_same_and_names_who_is_silent(as_user, cast, hall, tmp_path):
    arrive(hall, cast, "M1", "M2")
    officer, address = as_user("officer"), reverse("conference-report", args=[hall.study_class.pk])
    page = officer.get(address)
    said = page.context["sentences"]
    assert "1/3 điểm cầu đã báo cáo, 2 đại biểu" in said[0]
    assert any(
        "Còn 2 điểm cầu chưa báo cáo, chưa tính là không có người dự: Hội trường, Điểm cầu X2." in one for one in said
    )
    # Two people, twenty kilometres there and back, one day.
    assert any(f"{2 * 40 * 4000 + 2 * 200_000:,}".replace(",", ".") + " đồng" in one for one in said)
    file = tmp_path / "bao-cao.docx"
    file.write_bytes(b"".join(officer.get(address + "?format=docx").streaming_content))
    paper = docx.Document(str(file))
    words = "\n".join(one.text for one in paper.paragraphs)
    assert all(one in words for one in said)
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for table in paper.tables for row in table.rows}
    assert rows["Đảng ủy xã Ea Tam"] == ["1", "1", "3", "2"]
    assert rows["Đảng ủy xã Suối Ngần"][3] == "chưa báo cáo"
    office = shutil.which("soffice")
    if office:  # a second program reads the same words
        subprocess.run(
            [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "txt:Text", "--outdir", str(tmp_path), str(file)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        text = (tmp_path / "bao-cao.txt").read_text("utf-8-sig")
        assert "1/3 điểm cầu đã báo cáo, 2 đại biểu" in text
        assert "chưa báo cáo" in text


def test_a_report_with_nothing_known_makes_nothing_up():
    empty = quick_report.QuickReport(
        title="Hội nghị", unit="Tỉnh ủy", host="", session="Buổi sáng", day="12/01/2026", until="", venues=2, called=0, by_roll=0,
        by_count=0, counted_venues=0, silent=("A", "B"),
    )  # fmt: skip
    said = quick_report.sentences(empty)
    assert said[0].endswith("0/2 điểm cầu đã báo cáo, 0 đại biểu.")
    assert len(said) == 2
    assert "chưa báo cáo" in said[1]
    many = quick_report.QuickReport(
        title="Hội nghị", unit="", host="", session="", day="", until="", venues=30, called=0, by_roll=0, by_count=0,
        counted_venues=0, silent=[f"Điểm cầu {number}" for number in range(30)],
    )  # fmt: skip
    assert "và 18 điểm cầu khác" in quick_report.sentences(many)[1]


# --- a province filling up -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_load_program_fills_a_conference_while_the_board_shows_it(cast):
    """The small one; the whole province is `bench live-board` and the slow test beside it."""
    from bench.live_board import fill

    told = fill(venues=40, people=400, batch=50, cast=cast)
    assert [one.by_roll for one in told] == sorted(one.by_roll for one in told)
    assert (told[-1].venues, told[-1].open, told[-1].by_roll) == (40, 40, 400)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_load_program_fills_a_province(cast):
    from bench.live_board import fill

    told = fill(venues=2_212, people=94_938, batch=5_000, cast=cast)
    assert (told[-1].venues, told[-1].open, told[-1].by_roll) == (2_212, 2_212, 94_938)
    call_command("check")

"""A log from the file to the verdict: preview, decisions, facts, the same file again, a longer one, undo."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quantriet.attendance import actions
from quantriet.attendance.actions import meeting_logs
from quantriet.attendance.models import (
    ClassVerdict,
    LogIdentity,
    MeetingLog,
    MeetingLogName,
    PresenceFact,
    VenueConnection,
)
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, LogMeaning, MeetingLogState, Method, Verdict
from quantriet.audit.models import AuditEvent
from quantriet.classes.models import Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, today

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M7"]
AFTER = 12  # o'clock, when the log is brought


def line(name, start, end, email=""):
    day = f"{today():%d/%m/%Y}"
    return f"{name},{email},{day} {start},{day} {end},,Yes\n"


HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
WHOLE = [("Nguyễn Thị Hường", "07:30:00", "11:00:00"), ("Trần Văn Bình", "07:35:00", "11:00:00")]


@pytest.fixture
def hall(cast):
    made = make_class(cast, make_campaign(cast), PEOPLE)
    Venue.objects.create(study_class=made.study_class, unit=cast.units["CB12"], name="Điểm cầu thôn 2")
    return made


@pytest.fixture
def clerk(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def bring(hall, clerk, tmp_path):
    def brought(lines, *, name="nhat-ky.csv", at=None, head=HEAD, study_class=None, **given) -> MeetingLog:
        path = tmp_path / name
        text = lines if isinstance(lines, str) else head + "".join(line(*one) for one in lines)
        path.write_bytes(text.encode(given.get("encoding", "utf-8")) if isinstance(text, str) else text)
        log, _ = actions.take_meeting_log(
            study_class or hall.study_class, file_name=name, source=path, by=clerk, at=at or clock(AFTER)
        )
        return log

    return brought


def apply(log, clerk, at=None):
    log = actions.confirm_meeting_log(log, by=clerk, at=at or clock(AFTER, 1))
    actions.follow_check_ins(at=at or clock(AFTER, 2))
    return log


def facts(hall, person):
    found = PresenceFact.objects.filter(entry=hall.entries[person], voided_by__isnull=True).exclude(kind=FactKind.VOID)
    return sorted((FactKind(one.kind).value, f"{local(one.at):%H:%M}") for one in found)


def verdict(hall, person):
    return ClassVerdict.objects.get(entry=hall.entries[person])


@pytest.mark.req("B-05")
@pytest.mark.req("B-06")
def test_a_log_is_told_then_confirmed_then_counts(hall, bring, clerk):
    log = bring(
        [
            ("Nguyễn Thị Hường", "07:30:00", "09:00:00"),
            ("CB thôn 1 - Nguyễn Thị Hường", "08:50:00", "11:05:00"),
            ("Trần Văn Bình", "07:30:00", "11:00:00"),
            ("Điểm cầu thôn 2", "07:20:00", "11:05:00"),
            ("Otter.ai", "07:30:00", "11:00:00"),
            ("Mẹ Bông", "07:30:00", "11:00:00"),
        ]
    )
    told = {one.said: one for one in log.names.all()}
    assert log.state == MeetingLogState.READY
    assert {name: one.meaning for name, one in told.items()} == {
        "Nguyễn Thị Hường": LogMeaning.SURE, "CB thôn 1 - Nguyễn Thị Hường": LogMeaning.SURE,
        "Trần Văn Bình": LogMeaning.DOUBTFUL, "Điểm cầu thôn 2": LogMeaning.VENUE, "Otter.ai": LogMeaning.IGNORED,
        "Mẹ Bông": LogMeaning.UNKNOWN,
    }  # fmt: skip
    assert {one[0] for one in told["Trần Văn Bình"].candidates} == {hall.entries["M2"].pk, hall.entries["M7"].pk}
    assert not PresenceFact.objects.exists()

    log = apply(log, clerk)
    assert log.state == MeetingLogState.DONE
    assert not log.file
    # Two devices are united: one arrival, one departure at the end, all 210 minutes.
    assert verdict(hall, "M1").seconds_present == 210 * 60
    assert verdict(hall, "M1").verdict == Verdict.PRESENT
    assert not ClassVerdict.objects.exclude(entry=hall.entries["M1"]).exists()
    fact = PresenceFact.objects.filter(kind=FactKind.ARRIVE).first()
    assert (fact.method, fact.account_id, fact.is_followed) == (Method.LOG, clerk.pk, True)
    # The hall was connected for the session and is nobody's presence.
    assert [
        (f"{local(one.starts_at):%H:%M}", f"{local(one.ends_at):%H:%M}") for one in VenueConnection.objects.all()
    ] == [("07:30", "11:00")]
    assert AuditEvent.objects.filter(verb="meeting_log.applied").count() == 1
    assert AuditEvent.objects.filter(verb="roll.marked", person_id=hall.entries["M1"].person_id).exists()


@pytest.mark.req("B-06")
def test_a_decision_counts_at_once_and_is_remembered(hall, bring, clerk, cast):
    log = apply(bring([("Nguyễn Thị Hường", "07:30:00", "11:00:00"), ("Trần Văn Bình", "07:30:00", "09:00:00")]), clerk)
    name = log.names.get(said="Trần Văn Bình")
    actions.decide_log_name(name, entry=hall.entries["M7"], by=clerk, at=clock(AFTER, 5))
    actions.follow_check_ins(at=clock(AFTER, 6))
    assert verdict(hall, "M7").seconds_present == 90 * 60
    assert not facts(hall, "M2")
    # The next class of the organiser: not asked again. A class without the person asks anew.
    other = make_class(cast, make_campaign(cast), ["M2", "M7"], title="Lớp sau")
    again = bring([("TRẦN VĂN BÌNH", "07:30:00", "11:00:00")], name="sau.csv", study_class=other.study_class)
    assert again.names.get().entry_id == other.entries["M7"].pk
    assert LogIdentity.objects.get().person_id == hall.entries["M7"].person_id
    without = make_class(cast, make_campaign(cast), ["M2"], title="Lớp khác")
    third = bring([("Trần Văn Bình", "07:30:00", "11:00:00")], name="ba.csv", study_class=without.study_class)
    assert third.names.get().entry_id in (None, without.entries["M2"].pk)


@pytest.mark.req("B-06")
def test_names_of_other_marks_are_other_people(hall, bring, clerk):
    from quantriet.org.models import Person

    Person.objects.filter(pk=hall.entries["M2"].person_id).update(full_name="Nguyễn Văn Hùng")
    Person.objects.filter(pk=hall.entries["M7"].person_id).update(full_name="Nguyễn Văn Hưng")
    hung = ("Nguyễn Văn Hùng", "07:30:00", "09:00:00")
    log = bring([hung, ("Nguyễn Văn Hưng", "09:00:00", "11:00:00"), ("nguyen van hung", "07:30:00", "11:00:00")])
    assert {one.said: (one.meaning, one.entry_id, one.seconds) for one in log.names.all()} == {
        "Nguyễn Văn Hùng": (LogMeaning.SURE, hall.entries["M2"].pk, 90 * 60),
        "Nguyễn Văn Hưng": (LogMeaning.SURE, hall.entries["M7"].pk, 120 * 60),
        "nguyen van hung": (LogMeaning.DOUBTFUL, None, 210 * 60),
    }
    # What is decided of the one, or of the name without marks, makes nobody else sure.
    actions.decide_log_name(log.names.get(said=hung[0]), entry=hall.entries["M2"], by=clerk, at=clock(AFTER))
    actions.decide_log_name(log.names.get(said="nguyen van hung"), entry=hall.entries["M2"], by=clerk, at=clock(AFTER))
    later = [("Nguyễn Văn Hưng", "07:30:00", "11:00:00"), ("NGUYEN VAN HUNG", "07:30:00", "11:00:00"), hung]
    again = bring(later, name="sau.csv")
    assert {one.said: (one.meaning, one.entry_id) for one in again.names.all()} == {
        "Nguyễn Văn Hùng": (LogMeaning.SURE, hall.entries["M2"].pk),
        "Nguyễn Văn Hưng": (LogMeaning.SURE, hall.entries["M7"].pk),
        "NGUYEN VAN HUNG": (LogMeaning.DOUBTFUL, None),
    }


@pytest.mark.req("B-06")
def test_a_remembered_name_on_two_devices_at_once_is_asked_again(hall, bring, clerk):
    first = bring([("Trần Văn Bình", "07:30:00", "09:00:00")])
    actions.decide_log_name(first.names.get(), entry=hall.entries["M2"], by=clerk, at=clock(AFTER))
    twice = [("Trần Văn Bình", "07:30:00", "11:00:00"), ("Trần Văn Bình", "08:00:00", "11:00:00")]
    assert bring(twice[:1], name="mot.csv").names.get().entry_id == hall.entries["M2"].pk
    assert bring(twice, name="hai.csv").names.get().meaning == LogMeaning.DOUBTFUL


@pytest.mark.req("B-06")
def test_what_is_written_by_a_name_is_not_given_to_another(hall, bring, clerk):
    log = apply(bring(WHOLE[:1]), clerk)
    name = log.names.get()
    with pytest.raises(Refusal) as refusal:
        actions.decide_log_name(name, entry=hall.entries["M3"], by=clerk, at=clock(AFTER, 5))
    assert refusal.value.code == "log.name_written"
    other = Venue.objects.create(study_class=make_class_of(hall), unit=hall.study_class.unit, name="Nơi khác")
    with pytest.raises(Refusal) as refusal:
        actions.decide_log_name(name, venue=other, by=clerk, at=clock(AFTER, 5))
    assert refusal.value.code == "log.other_class"


def make_class_of(hall):
    from quantriet.classes.models import StudyClass

    return StudyClass.objects.create(campaign=hall.campaign, unit=hall.study_class.unit, code="KHAC", title="Lớp khác")


def test_the_same_file_twice_changes_nothing(hall, bring, clerk):
    log = apply(bring(WHOLE[:1]), clerk)
    before = PresenceFact.objects.count()
    again = bring(WHOLE[:1])
    assert again.pk == log.pk
    # Saved again by another program it is other bytes; it still adds nothing.
    other = apply(bring(HEAD.replace(",", ";") + line(*WHOLE[0]).replace(",", ";")), clerk)
    assert other.pk != log.pk
    assert other.counts["facts"] == 0
    assert PresenceFact.objects.count() == before


def test_a_longer_log_only_adds_and_the_first_is_not_taken_back_below_it(hall, bring, clerk):
    first = apply(bring([("Nguyễn Thị Hường", "07:30:00", "09:00:00")], at=clock(9, 30)), clerk, clock(9, 31))
    assert verdict(hall, "M1").seconds_present == 90 * 60
    second = apply(bring(WHOLE[:1], name="sau.csv"), clerk, clock(AFTER, 3))
    assert verdict(hall, "M1").seconds_present == 210 * 60
    with pytest.raises(Refusal) as refusal:
        actions.undo_meeting_log(first, by=clerk, at=clock(AFTER, 10))
    assert refusal.value.code == "log.rests"

    assert actions.undo_meeting_log(second, by=clerk, at=clock(AFTER, 10)) == (2, 1)
    actions.follow_check_ins(at=clock(AFTER, 11))
    assert verdict(hall, "M1").seconds_present == 90 * 60
    assert actions.undo_meeting_log(second, by=clerk, at=clock(AFTER, 12)) == (0, 0)
    assert actions.undo_meeting_log(first, by=clerk, at=clock(AFTER, 12)) == (2, 1)
    actions.follow_check_ins(at=clock(AFTER, 13))
    assert verdict(hall, "M1").verdict == Verdict.UNDECIDED
    assert AuditEvent.objects.filter(verb="roll.voided").count() == 4
    # What was taken back can be brought again.
    third = apply(bring(WHOLE[:1], name="lai.csv"), clerk, clock(AFTER, 20))
    assert third.pk not in (first.pk, second.pk)
    assert verdict(hall, "M1").seconds_present == 210 * 60


def test_a_closed_roll_takes_nothing_and_gives_nothing_back(hall, bring, clerk):
    log = apply(bring(WHOLE[:1]), clerk)
    ready = bring([("H'Hen Niê", "07:30:00", "11:00:00")], name="sau.csv")
    actions.close_roll(hall.study_class, by=clerk, at=clock(13))
    for act in (
        lambda: actions.undo_meeting_log(log, by=clerk, at=clock(14)),
        lambda: actions.confirm_meeting_log(ready, by=clerk, at=clock(14)),
    ):
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.code == "mark.class_closed"
    assert hall.study_class.__class__.objects.get(pk=hall.study_class.pk).state == ClassState.CLOSED


@pytest.mark.req("B-05")
def test_other_ways_and_the_log_are_covered_together(hall, bring, clerk):
    actions.record_marks(
        [hall.mark("M1", FactKind.ARRIVE, clock(7, 30)), hall.mark("M1", FactKind.LEAVE, clock(8, 30)), hall.mark("M3", FactKind.ABSENT, clock(11, 30))],
        by=clerk, at=clock(11, 30),
    )  # fmt: skip
    log = bring([("Nguyễn Thị Hường", "08:00:00", "10:00:00"), ("H'Hen Niê", "07:30:00", "11:00:00")])
    foreseen = actions.foresee_meeting_log(log)
    assert (foreseen.people, foreseen.known, foreseen.absent) == (1, 0, {hall.entries["M3"].pk})
    before = PresenceFact.objects.count()
    log = apply(log, clerk)
    assert PresenceFact.objects.count() - before == len(foreseen.marks) == log.counts["facts"]
    assert verdict(hall, "M1").seconds_present == 150 * 60
    assert not [one for one in facts(hall, "M3") if one[0] != "absent"]
    assert log.names.get(said="H'Hen Niê").is_absent
    assert log.counts["absent"] == 1


def test_a_log_of_two_sessions_is_parted(cast, clerk, tmp_path):
    from quantriet.attendance.tests.factories import AFTERNOON, MORNING

    made = make_class(cast, make_campaign(cast), ["M1"], times=(MORNING, AFTERNOON))
    path = tmp_path / "ngay.csv"
    path.write_text(HEAD + line("Nguyễn Thị Hường", "07:00:00", "17:30:00"))
    log, _ = actions.take_meeting_log(made.study_class, file_name="ngay.csv", source=path, by=clerk, at=clock(18))
    apply(log, clerk, clock(18))
    assert ClassVerdict.objects.get().seconds_present == 420 * 60
    assert [f"{local(one):%H:%M}" for one in PresenceFact.objects.order_by("at").values_list("at", flat=True)] == [
        "07:30", "11:00", "13:30", "17:00",
    ]  # fmt: skip


def test_a_clock_of_greenwich_is_asked_and_stated(hall, bring, clerk):
    log = bring([("Nguyễn Thị Hường", "00:30:00", "04:00:00")])
    assert (log.state, log.understood["questions"]) == (MeetingLogState.ASKING, ["place"])
    log = actions.answer_log_questions(log, offset=0, by=clerk, at=clock(AFTER))
    assert log.state == MeetingLogState.READY
    apply(log, clerk)
    assert verdict(hall, "M1").seconds_present == 210 * 60
    with pytest.raises(Refusal) as refusal:
        actions.answer_log_questions(log, offset=10_000, by=clerk, at=clock(AFTER))
    assert refusal.value.code == "log.offset"


def test_dates_that_can_be_read_in_two_ways_are_asked(cast, clerk, tmp_path):
    made = make_class(cast, make_campaign(cast), ["M1"], day=dt.date(2026, 3, 12))
    path = tmp_path / "x.csv"
    path.write_text(HEAD + "Nguyễn Thị Hường,,05/06/2026 07:30:00,05/06/2026 11:00:00,210,Yes\n")
    log, _ = actions.take_meeting_log(made.study_class, file_name="x.csv", source=path, by=clerk, at=clock(18))
    assert log.understood["questions"] == ["order"]
    log = actions.answer_log_questions(log, order="mdy", by=clerk, at=clock(18))
    assert log.understood["questions"] == ["place"]


@pytest.mark.req("B-05")
def test_totals_only_are_refused_and_leave_nothing(hall, bring):
    log = bring("Name (Original Name),User Email,Total Duration (Minutes),Guest\nNguyễn Thị Hường,,200,Yes\n")
    assert log.state == MeetingLogState.REFUSED
    assert "Show unique users" in log.refusal
    assert not log.file
    assert not MeetingLogName.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bom.xlsx", b"PK\x03\x04" + b"\x00" * 100), ("anh.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50), ("rong.csv", b""),
        ("trang.csv", b"<html><body>x</body></html>"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_before_anything_is_kept(hall, clerk, tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Refusal):
        actions.take_meeting_log(hall.study_class, file_name=name, source=path, by=clerk, at=clock(AFTER))
    assert not MeetingLog.objects.exists()


def test_marked_files_are_refused(hall, bring, clerk, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(HEAD + line(*WHOLE[0]))
    with pytest.raises(Refusal):
        actions.take_meeting_log(hall.study_class, file_name="TỐI MẬT.csv", source=path, by=clerk, at=clock(AFTER))
    log = bring("TỐI MẬT\n" + HEAD + line(*WHOLE[0]))
    assert log.state == MeetingLogState.REFUSED
    assert not log.file


def test_hostile_cells_stay_text_and_name_nobody(hall, bring, clerk):
    log = bring(
        [
            ("=cmd|'/c calc'!A1", "07:30:00", "11:00:00"),
            ("<script>alert(1)</script>", "07:30:00", "11:00:00"),
            *WHOLE[:1],
        ]
    )
    assert log.counts["unknown"] == 2
    assert "=cmd|'/c calc'!A1" in set(log.names.values_list("said", flat=True))
    apply(log, clerk)
    assert set(PresenceFact.objects.values_list("entry_id", flat=True)) == {hall.entries["M1"].pk}


def test_a_renamed_person_is_one_person(hall, bring, clerk):
    log = bring(
        [
            ("Nguyễn Thị Hường", "07:30:00", "09:00:00", "h@eatam.example"),
            ("iPad", "09:00:00", "11:00:00", "h@eatam.example"),
        ]
    )
    assert set(log.names.values_list("entry_id", flat=True)) == {hall.entries["M1"].pk}
    apply(log, clerk)
    assert verdict(hall, "M1").seconds_present == 210 * 60
    both = bring(
        [("Nguyễn Thị Hường", "07:30:00", "11:00:00", "c@eatam.example"), ("Bà Hai", "07:30:00", "11:00:00", "c@eatam.example")],
        name="chung.csv",
    )  # fmt: skip
    assert both.names.get(said="Bà Hai").meaning == LogMeaning.DOUBTFUL


def test_reading_asks_as_many_statements_for_many_names_as_for_few(hall, bring, clerk):
    counts = []
    for number, many in enumerate((1, 1, 40)):
        lines = [(f"Người lạ số {stranger}", "07:30:00", "11:00:00") for stranger in range(many)]
        with CaptureQueriesContext(connection) as asked:
            log = bring([*WHOLE[:1], *lines, (f"Người thứ {number}", "07:30:00", "11:00:00")], name=f"{number}.csv")
            apply(log, clerk)
        counts.append(len(asked))
    assert counts[1] == counts[2]  # the first one writes the facts


def test_a_log_killed_while_written_is_written_once(hall, bring, clerk, monkeypatch):
    log = bring(WHOLE[:1])
    MeetingLog.objects.filter(pk=log.pk).update(state=MeetingLogState.APPLYING, confirmed_by=clerk)
    real = meeting_logs.insert_facts

    def die(*args, **given):
        real(*args, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(meeting_logs, "insert_facts", die)
    with pytest.raises(KeyboardInterrupt):
        actions.apply_meeting_log(log.pk, at=clock(AFTER))
    assert not PresenceFact.objects.exists()
    monkeypatch.setattr(meeting_logs, "insert_facts", real)
    actions.apply_meeting_log(log.pk, at=clock(AFTER))
    actions.apply_meeting_log(log.pk, at=clock(AFTER))
    assert PresenceFact.objects.count() == 2


@pytest.mark.parametrize("state", [MeetingLogState.CANCELLED, MeetingLogState.APPLYING, MeetingLogState.UNDONE])
def test_a_decision_sees_what_was_done_with_the_log_meanwhile(hall, bring, clerk, state):
    name = bring([("Mẹ Bông", "07:30:00", "11:00:00")]).names.select_related("log").get()
    MeetingLog.objects.filter(pk=name.log_id).update(state=state)
    with pytest.raises(Refusal) as refusal:
        actions.decide_log_name(name, entry=hall.entries["M1"], by=clerk, at=clock(AFTER))
    assert refusal.value.code == "log.state"
    assert not LogIdentity.objects.exists()


def test_a_decision_on_a_log_written_meanwhile_counts(hall, bring, clerk):
    log = bring([*WHOLE[:1], ("Mẹ Bông", "07:30:00", "11:00:00")])
    name = log.names.select_related("log").get(said="Mẹ Bông")
    apply(MeetingLog.objects.get(pk=log.pk), clerk)
    actions.decide_log_name(name, entry=hall.entries["M3"], by=clerk, at=clock(AFTER, 5))
    assert facts(hall, "M3") == [("arrive", "07:30"), ("leave", "11:00")]
    assert MeetingLog.objects.get(pk=log.pk).counts["written"] == 2  # M1, and M3 by the decision
    assert MeetingLog.objects.get(pk=log.pk).counts["facts"] == 4


def test_a_decision_on_a_name_that_was_read_anew_is_refused(hall, bring, clerk):
    log = bring([("Mẹ Bông", "07:30:00", "11:00:00")])
    name = log.names.select_related("log").get()
    actions.answer_log_questions(log, offset=7 * 60, by=clerk, at=clock(AFTER))
    with pytest.raises(Refusal) as refusal:
        actions.decide_log_name(name, entry=hall.entries["M1"], by=clerk, at=clock(AFTER))
    assert refusal.value.code == "log.state"


@pytest.mark.parametrize("state", [MeetingLogState.CANCELLED, MeetingLogState.READY])
def test_a_reading_that_comes_second_leaves_the_names(hall, bring, clerk, monkeypatch, state):
    log = bring(WHOLE)
    before = set(log.names.values_list("pk", flat=True))
    MeetingLog.objects.filter(pk=log.pk).update(state=MeetingLogState.READING)
    real = meeting_logs._tell

    def overtaken(*args):
        rows = real(*args)
        MeetingLog.objects.filter(pk=log.pk).update(state=state)
        return rows

    monkeypatch.setattr(meeting_logs, "_tell", overtaken)
    actions.read_meeting_log(log.pk, at=clock(AFTER))
    assert set(log.names.values_list("pk", flat=True)) == before
    assert MeetingLog.objects.get(pk=log.pk).state == state


def killed(*args, **given):
    raise KeyboardInterrupt


@pytest.fixture
def job_clock(monkeypatch):
    monkeypatch.setattr("quantriet.attendance.jobs.now", lambda: clock(AFTER, 10))


def test_a_small_log_whose_request_was_killed_is_read_by_its_job(hall, bring, clerk, monkeypatch, job_clock):
    with monkeypatch.context() as patch:
        patch.setattr(meeting_logs, "read_meeting_log", killed)
        with pytest.raises(KeyboardInterrupt):
            bring(WHOLE[:1])
    log = MeetingLog.objects.get()
    assert log.state == MeetingLogState.READING
    assert Worker([]).run_all() == 1
    log.refresh_from_db()
    assert (log.state, log.names.get().entry_id) == (MeetingLogState.READY, hall.entries["M1"].pk)
    # Answered, and killed again.
    with monkeypatch.context() as patch:
        patch.setattr(meeting_logs, "read_meeting_log", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.answer_log_questions(log, offset=7 * 60, by=clerk, at=clock(AFTER))
    assert Worker([]).run_all() == 1
    log.refresh_from_db()
    assert log.state == MeetingLogState.READY


def test_a_small_log_whose_request_was_killed_is_written_by_its_job(hall, bring, clerk, monkeypatch, job_clock):
    log = bring(WHOLE[:1])
    Worker([]).run_all()
    with monkeypatch.context() as patch:
        patch.setattr(meeting_logs, "apply_meeting_log", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.confirm_meeting_log(log, by=clerk, at=clock(AFTER))
    assert MeetingLog.objects.get().state == MeetingLogState.APPLYING
    Worker([]).run_all()
    assert MeetingLog.objects.get().state == MeetingLogState.DONE
    assert facts(hall, "M1") == [("arrive", "07:30"), ("leave", "11:00")]


def test_the_jobs_of_a_log_done_at_once_change_nothing(hall, bring, clerk, job_clock):
    log = bring(WHOLE[:1])
    name = log.names.get().pk
    Worker([]).run_all()
    assert log.names.get().pk == name
    actions.confirm_meeting_log(log, by=clerk, at=clock(AFTER))
    before = set(PresenceFact.objects.values_list("pk", flat=True))
    assert Worker([]).run_all() == 2  # to write it, and to follow it
    assert set(PresenceFact.objects.values_list("pk", flat=True)) == before
    assert AuditEvent.objects.filter(verb="meeting_log.applied").count() == 1
    # Given up before its job comes: nothing is read, and the file that is gone is no failure.
    given_up = bring(WHOLE[:1], name="sau.csv", head=HEAD + "\n")
    actions.give_up_log(given_up, by=clerk, at=clock(AFTER))
    assert Worker([]).run_all() == 1
    assert MeetingLog.objects.get(pk=given_up.pk).state == MeetingLogState.CANCELLED


def test_a_reading_whose_file_went_with_the_log_ends_quietly(hall, bring, clerk, monkeypatch):
    log = bring(WHOLE[:1])
    MeetingLog.objects.filter(pk=log.pk).update(state=MeetingLogState.READING)

    def given_up_meanwhile(*args):
        MeetingLog.objects.filter(pk=log.pk).update(state=MeetingLogState.CANCELLED)
        raise FileNotFoundError

    monkeypatch.setattr(meeting_logs, "_understand", given_up_meanwhile)
    actions.read_meeting_log(log.pk, at=clock(AFTER))
    assert MeetingLog.objects.get(pk=log.pk).state == MeetingLogState.CANCELLED


def test_a_reading_by_older_answers_leaves_the_log_to_the_newer(hall, bring, clerk, monkeypatch):
    log = bring(WHOLE[:1])
    MeetingLog.objects.filter(pk=log.pk).update(state=MeetingLogState.READING)
    real = meeting_logs._tell

    def answered_meanwhile(*args):
        MeetingLog.objects.filter(pk=log.pk).update(choices={"offset": 480})
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(meeting_logs, "_tell", answered_meanwhile)
        actions.read_meeting_log(log.pk, at=clock(AFTER))
    assert MeetingLog.objects.get(pk=log.pk).state == MeetingLogState.READING
    actions.read_meeting_log(log.pk, at=clock(AFTER))
    log.refresh_from_db()
    assert (log.state, log.understood["offset"]) == (MeetingLogState.READY, 480)

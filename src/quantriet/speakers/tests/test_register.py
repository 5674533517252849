"""The register: entries, reviews, training and its share, search, sources, lists from Excel."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, today
from quantriet.notify.models import Notice
from quantriet.org.models import Unit
from quantriet.speakers import access, actions
from quantriet.speakers.actions import Profile, reviews, training
from quantriet.speakers.actions.lists import profile_of
from quantriet.speakers.models import Reporter, ReporterField, RosterReview, TrainingTaken
from quantriet.speakers.queries import figures
from quantriet.speakers.queries.search import Wanted, fitting
from quantriet.speakers.tests.factories import a_reporter, an_invitation, fields
from quantriet.speakers.vocab import (
    EndReason,
    EntryOutcome,
    Half,
    ReporterKind,
    SourceGroup,
    SpeakerRuleKey,
    TheoryLevel,
    TrainingKind,
)

pytestmark = pytest.mark.django_db
PROPAGANDIST = ReporterKind.PROPAGANDIST


def refused(call, *args, **given):
    with pytest.raises(Refusal) as found:
        call(*args, **given)
    return found.value


# --- entries ----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-108")
def test_nobody_stands_twice_on_one_register_and_who_left_may_come_back(cast):
    first = a_reporter(cast)
    assert refused(a_reporter, cast).code == "reporter.stands"
    actions.end_reporter(first, valid_to=today(), reason=EndReason.WISH, by=cast.officer, at=now())
    a_reporter(cast)
    assert Reporter.objects.filter(person=cast.people["M5"]).count() == 2  # the ended one stays readable
    assert refused(actions.change_reporter, first, Profile(), by=cast.officer, at=now()).code == "reporter.ended"
    assert AuditEvent.objects.filter(verb="reporter.ended", person_id=cast.people["M5"].pk).count() == 1


@pytest.mark.req("R-109")
def test_fields_are_asked_of_nobody_but_a_specialist_covers_several(cast):
    assert a_reporter(cast).fields.count() == 0
    one, two = fields("Kinh tế", "Dân tộc")
    fault = refused(a_reporter, cast, person="M6", is_specialist=True, fields=(one,))
    assert (fault.code, fault.field) == ("reporter.specialist", "subjects")
    assert a_reporter(cast, person="M6", is_specialist=True, fields=(one, two)).is_specialist


@pytest.mark.req("R-110")
def test_a_propagandist_has_a_grassroots_committee_with_its_decision_and_a_group(cast):
    assert refused(a_reporter, cast, unit="T", kind=PROPAGANDIST).code == "reporter.not_grassroots"
    for missing, value in (("source", None), ("decision_number", " "), ("decided_on", None)):
        assert refused(a_reporter, cast, unit="X1", kind=PROPAGANDIST, **{missing: value}).field == missing
    made = a_reporter(cast, unit="X1", kind=PROPAGANDIST, source=SourceGroup.BORDER)
    assert made.source_label
    assert len(SourceGroup) == 7
    with pytest.raises(IntegrityError), transaction.atomic():
        Reporter.objects.filter(pk=made.pk).update(decision_number="")
    assert refused(a_reporter, cast, person="M6", unit="CB11").code == "reporter.cell"


def test_marked_words_are_refused(cast):
    assert refused(a_reporter, cast, experience="TUYỆT MẬT").code.startswith("secret")
    assert not Reporter.objects.exists()


# --- the yearly review --------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-108")
def test_closing_the_review_writes_the_endings_and_freezes_number_and_quality(cast):
    one = a_reporter(cast, theory_level=TheoryLevel.ADVANCED)
    two, three = a_reporter(cast, person="M6"), a_reporter(cast, person="M7")
    year = today().year
    review = reviews.open_roster_review(cast.units["T"], year, by=cast.officer, at=now())
    assert reviews.open_roster_review(cast.units["T"], year, by=cast.officer, at=now()) == review
    reviews.judge_entries(
        review, {one.pk: (EntryOutcome.KEEP, ""), two.pk: (EntryOutcome.END, "Ít báo cáo")}, by=cast.officer, at=now()
    )
    fault = refused(reviews.close_roster_review, review, basis="", by=cast.officer, at=now())
    assert fault.code == "review.not_judged"
    assert three.person.full_name in fault.sentence
    with pytest.raises(Refusals) as several:
        reviews.judge_entries(review, {three.pk: (EntryOutcome.CONSOLIDATE, " ")}, by=cast.officer, at=now())
    assert several.value.several[0].field == f"remark_{three.pk}"
    reviews.judge_entries(review, {three.pk: (EntryOutcome.CONSOLIDATE, "Cần tập huấn")}, by=cast.officer, at=now())
    reviews.close_roster_review(review, basis="Kết luận 5-KL/TU", by=cast.officer, at=now())
    two.refresh_from_db()
    assert (two.valid_to, two.end_reason, two.end_note) == (today(), EndReason.REVIEW, "Ít báo cáo")
    kept = RosterReview.objects.get(pk=review.pk).figures
    assert (kept["total"], kept["theory"]) == (2, {"advanced": 1, "none": 1})
    assert kept["outcomes"] == {"keep": 1, "consolidate": 1, "end": 1}
    assert refused(reviews.close_roster_review, review, basis="", by=cast.officer, at=now()).code == "review.closed"


@pytest.mark.req("R-108")
def test_who_is_promised_cannot_be_taken_off_and_then_nothing_is_closed(cast):
    one, two = a_reporter(cast), a_reporter(cast, person="M6")
    an_invitation(cast, two)
    review = reviews.open_roster_review(cast.units["T"], today().year, by=cast.officer, at=now())
    ended = (EntryOutcome.END, "Thôi")
    reviews.judge_entries(review, {one.pk: ended, two.pk: ended}, by=cast.officer, at=now())
    assert refused(reviews.close_roster_review, review, basis="", by=cast.officer, at=now()).code == "reporter.promised"
    assert Reporter.objects.standing().count() == 2
    review.refresh_from_db()
    assert review.closed_at is None


@pytest.mark.req("R-108")
def test_the_board_tells_who_has_not_reviewed_and_counts_a_person_once(cast, as_user):
    a_reporter(cast)
    a_reporter(cast, unit="X1", kind=PROPAGANDIST)
    total, lines = figures.registers(access.registers_kept_by(cast.officer), year=today().year, today=today())
    assert (total.total, total.reporters, total.propagandists) == (1, 1, 1)
    assert [one.unit.code for one in figures.not_reviewed(lines)] == ["T", "X1"]
    answer = as_user("officer").get(reverse("speaker-board"))
    assert "Còn 2/2 cấp ủy chưa chốt rà soát" in answer.content.decode()


def test_the_register_of_a_closed_unit_is_reviewed_as_long_as_somebody_stands_on_it(cast, as_user):
    one, unit = a_reporter(cast, person="M1", unit="X1"), cast.units["X1"]
    Unit.objects.filter(pk=unit.pk).update(closed_on=today())
    client, begin = as_user("officer"), f"{reverse('roster-review-new')}?year={today().year}&unit={unit.pk}"
    assert begin.replace("&", "&amp;") in client.get(reverse("speaker-board")).content.decode()
    page = client.get(begin)
    assert page.context["form"]["unit"].value() == unit.pk
    assert f"{unit.name} (kết thúc ngày" in page.content.decode()
    told = client.post(begin, {"unit": unit.pk, "year": today().year})
    review = unit.roster_reviews.get()
    assert told.url == reverse("roster-review", args=[review.pk])
    judged = {f"outcome_{one.pk}": "end", f"remark_{one.pk}": "Đơn vị đã sáp nhập"}
    shown = {f"initial-outcome_{one.pk}": "", f"initial-remark_{one.pk}": ""}
    assert client.post(told.url, judged | shown).status_code == 303
    assert client.post(reverse("roster-review-close", args=[review.pk]), {"basis": ""}).status_code == 303
    assert not Reporter.objects.standing().filter(unit=unit).exists()
    # Nobody left: nothing is offered any more, and a unit beside is nobody's of here.
    assert unit not in access.reviewing_units(cast.officer)
    assert not access.reviewing_units(cast.accounts["organiser2"]).filter(pk=unit.pk).exists()


# --- training -------------------------------------------------------------------------------------------------------------------


def give(cast, kind, *reporters, held_on=None, unit="T"):
    return training.record_training(
        cast.units[unit],
        kind,
        held_on=held_on or today(),
        topic="Kỹ năng",
        reporters=reporters,
        by=cast.officer,
        at=now(),
    )


def test_two_at_one_review_keep_each_others_answers(cast, as_user):
    first, second = a_reporter(cast, person="M1"), a_reporter(cast, person="M3")
    review = reviews.open_roster_review(cast.units["T"], today().year, by=cast.officer, at=now())
    reviews.judge_entries(review, {first.pk: (EntryOutcome.KEEP, "")}, by=cast.officer, at=now())
    address = reverse("roster-review", args=[review.pk])
    shown = {
        f"outcome_{first.pk}": "keep",
        f"remark_{first.pk}": "",
        f"outcome_{second.pk}": "",
        f"remark_{second.pk}": "",
    }
    page = shown | {f"initial-{name}": value for name, value in shown.items()}
    sent = as_user("officer").get(address).content.decode()
    assert all(f'name="{name}"' in sent for name in page)
    taken_off = {f"outcome_{first.pk}": "end", f"remark_{first.pk}": "Chuyển đi"}
    as_user("officer").post(address, page | taken_off)
    # Opened before that, and showing what was then: what nobody touched on this page is not sent back over it.
    as_user("officer").post(address, page | {f"outcome_{second.pk}": "keep"})
    assert dict(review.items.values_list("reporter", "outcome")) == {first.pk: "end", second.pk: "keep"}


def test_a_field_taken_away_is_taken_up_again_by_its_own_unit(cast):
    above = actions.add_reporter_field(cast.units["T"], "Du lịch", by=cast.officer, at=now())
    actions.retire_reporter_field(above, by=cast.officer, at=now())
    own = actions.add_reporter_field(cast.units["X1"], "Du lịch", by=cast.officer, at=now())
    assert (
        refused(actions.add_reporter_field, cast.units["X1"], "du lịch", by=cast.officer, at=now()).code
        == "reporter_field.known"
    )
    actions.retire_reporter_field(own, by=cast.officer, at=now())
    again = actions.add_reporter_field(cast.units["X1"], "Du lịch", by=cast.officer, at=now())
    assert (again.pk, again.retired_on) == (own.pk, None)


def test_of_many_reporters_words_choose_whom_the_boxes_show(cast, as_user, monkeypatch):
    monkeypatch.setattr("quantriet.speakers.web.forms.MOST_TICKED", 1)
    one, two, three = (a_reporter(cast, person=key) for key in ("M1", "M3", "M5"))
    client, address = as_user("officer"), reverse("speaker-training-new")

    def boxes(answer):
        return {one.data["value"] for one in answer.context["form"]["reporters"].subwidgets}

    first = client.get(address)
    assert len(boxes(first)) == 1
    assert "Còn 2 người trong sổ chưa hiện" in first.content.decode()
    given = {"unit": cast.units["T"].pk, "kind": "training", "held_on": f"{today():%d/%m/%Y}", "topic": "Kỹ năng"}
    found = client.post(address, given | {"reporters": [one.pk], "words": "hen nie", "find": "1"})
    assert found.status_code == 200
    assert boxes(found) == {one.pk, two.pk}
    assert found.context["form"]["topic"].value() == "Kỹ năng"
    assert not found.context["form"].errors
    wrong = client.post(address, given | {"topic": "", "reporters": [one.pk, two.pk]})
    assert boxes(wrong) >= {one.pk, two.pk}
    assert client.post(address, given | {"reporters": [one.pk, three.pk], "words": "x"}).status_code == 303
    assert set(TrainingTaken.objects.values_list("reporter", flat=True)) == {one.pk, three.pk}


@pytest.mark.req("R-111")
def test_the_share_of_a_year_takes_both_on_whatever_register_and_leaves_withdrawn_and_other_years_out(cast):
    one, two = a_reporter(cast), a_reporter(cast, person="M6")
    same = a_reporter(cast, unit="X1", kind=PROPAGANDIST)  # M5 again, on the register of the commune
    give(cast, TrainingKind.SUPPLY, one, two)
    event = give(cast, TrainingKind.TRAINING, same, unit="X1")
    give(cast, TrainingKind.TRAINING, two, held_on=today().replace(month=1, day=1) - dt.timedelta(days=5))

    def shares():
        _total, lines = figures.registers(Reporter.objects.all(), year=today().year, today=today())
        return {line.unit.code: (line.share.supplied, line.share.trained, line.share.both) for line in lines}

    assert shares() == {"T": (2, 1, 1), "X1": (1, 1, 1)}
    training.withdraw_training(event, reason="Ghi nhầm", by=cast.officer, at=now())
    assert shares() == {"T": (2, 0, 0), "X1": (1, 0, 0)}
    new = a_reporter(cast, person="M7", valid_from=today())
    before = today() - dt.timedelta(days=1)
    assert refused(give, cast, TrainingKind.TRAINING, new, held_on=before).code == "training.not_on_register"


@pytest.mark.req("R-111")
def test_a_unit_sets_its_own_target_with_a_basis(cast):
    a_reporter(cast, unit="X1")
    given = {"valid_from": today(), "by": cast.officer, "at": now()}
    key = SpeakerRuleKey.TRAINED_SHARE
    assert refused(training.set_speaker_rule, cast.units["T"], key, 90, basis=" ", **given).field == "basis"
    assert refused(training.set_speaker_rule, cast.units["T"], key, 101, basis="x", **given).field == "value"
    training.set_speaker_rule(cast.units["T"], key, 90, basis="Kế hoạch 5-KH/TU", **given)
    _total, lines = figures.registers(Reporter.objects.all(), year=today().year, today=today())
    assert "90% theo Kế hoạch 5-KH/TU" in lines[0].share.sentence(today().year)


# --- sources ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-115")
def test_reporters_see_the_sources_of_their_committee_and_above_and_are_told_once_a_day(cast, as_user):
    a_reporter(cast, person="M1", unit="X1")
    for unit, title in (("T", "Cổng tỉnh"), ("X1", "Bản tin xã"), ("X2", "Bản tin xã bên")):
        training.add_information_source(
            cast.units[unit], title=title, link="https://tanlinh.example/tin", by=cast.officer, at=now()
        )
    page = as_user("member1").get(reverse("my-speaking")).content.decode()
    assert "Cổng tỉnh" in page
    assert "Bản tin xã" in page
    assert "Bản tin xã bên" not in page
    send = {"by": cast.accounts["organiser1"], "at": now()}
    assert training.send_information_sources(cast.units["X1"], **send) == 1
    assert training.send_information_sources(cast.units["X1"], **send) == 0
    body = Notice.objects.get(person=cast.people["M1"]).body
    assert "Cổng tỉnh: https://tanlinh.example/tin" in body
    assert "Bản tin xã bên" not in body
    fault = refused(training.add_information_source, cast.units["T"], title="x", link="javascript:alert(1)", **send)
    assert fault.field == "link"


# --- the search -------------------------------------------------------------------------------------------------------------------


def found(account, **wanted):
    rows = fitting(access.reporters_seen_by(account), Wanted(**wanted), day=today())
    return [one.person.code for one in rows.order_by("person__sort_key")]


@pytest.mark.req("R-112")
def test_a_reporter_is_found_by_what_the_resolution_needs_without_diacritics(cast):
    economy, faith = fields("Kinh tế", "Dân tộc")
    a_reporter(
        cast, theory_level=TheoryLevel.ADVANCED, profession="Kỹ sư nông nghiệp", since_year=today().year - 12,
        fields=(economy, faith), is_specialist=True,
    )  # fmt: skip
    a_reporter(cast, person="M6", theory_level=TheoryLevel.ELEMENTARY, prestige="Già làng có uy tín", fields=(economy,))
    a_reporter(cast, person="M3")
    officer = cast.officer
    assert found(officer) == ["M5", "M3", "M6"]  # by given name: Ánh, Niê, Ổn
    assert found(officer, words="ky su nong nghiep") == ["M5"]
    assert found(officer, words="gia lang uy tin") == ["M6"]
    assert found(officer, words="on pham") == ["M6"]
    assert found(officer, words="h'hen") == ["M3"]
    assert found(officer, theory=TheoryLevel.INTERMEDIATE) == ["M5"]
    assert found(officer, years=12) == ["M5"]
    assert found(officer, years=13) == []
    assert found(officer, field=economy) == ["M5", "M6"]
    assert found(officer, field=economy, is_specialist=True) == ["M5"]


@pytest.mark.req("R-112", "R-113")
def test_a_unit_looks_on_its_own_registers_and_above_never_beside(cast):
    a_reporter(cast, person="M3", unit="T")
    a_reporter(cast, person="M5", unit="X1")
    a_reporter(cast, person="M10", unit="X2")
    assert found(cast.accounts["secretary11"]) == ["M5", "M3"]
    assert found(cast.accounts["organiser2"]) == ["M3", "M10"]
    assert found(cast.officer) == ["M5", "M3", "M10"]


@pytest.mark.req("R-112")
def test_who_is_busy_or_promised_is_not_free_then(cast):
    from quantriet.speakers.actions.invitations import accept_invitation

    one, two = a_reporter(cast), a_reporter(cast, person="M6")
    day = today() + dt.timedelta(days=10)
    training.enter_busy(one.person, first_on=day, half=Half.MORNING, by=cast.officer, at=now())
    accept_invitation(an_invitation(cast, two, half=Half.AFTERNOON), by=cast.officer, at=now())
    assert found(cast.officer, free_on=day, half=Half.MORNING) == ["M6"]
    assert found(cast.officer, free_on=day, half=Half.AFTERNOON) == ["M5"]
    assert found(cast.officer, free_on=day, half=Half.EVENING) == ["M5", "M6"]
    assert found(cast.officer, free_on=day) == []
    assert found(cast.officer, free_on=day + dt.timedelta(days=1)) == ["M5", "M6"]
    fault = refused(training.enter_busy, two.person, first_on=day, by=cast.officer, at=now())
    assert fault.code == "busy.promised"


# --- lists from Excel ---------------------------------------------------------------------------------------------------------------

HEAD = ["Mã đơn vị", "Loại", "Họ và tên", "Chi bộ", "Lĩnh vực", "Chuyên sâu", "Trình độ lý luận", "Khối", "Số quyết định", "Ngày quyết định"]  # fmt: skip


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in (["SỔ BÁO CÁO VIÊN"], HEAD, *rows):
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile("so.xlsx", content.getvalue())


def send(client, cast, *rows):
    return client.post(reverse("speaker-import"), {"unit": cast.units["T"].pk, "file": workbook(*rows)})


GOOD = (
    ["", "Báo cáo viên", "Lê Thị Ánh", "Chi bộ thôn 1", "Kinh tế; Dân tộc, tôn giáo", "x", "Cao cấp", "", "", ""],
    ["X1", "TTV", "H'Hen Niê", "Chi bộ thôn 1", "", "", "sơ cấp", "Y tế", "12-QĐ/ĐU", "01/03/2024"],
)


@pytest.mark.req("R-108")
def test_a_register_from_excel_is_shown_then_written_and_the_same_again_changes_nothing(cast, as_user):
    client = as_user("officer")
    a_reporter(cast, theory_level=TheoryLevel.INTERMEDIATE)
    answer = send(client, cast, *GOOD)
    page = answer.content.decode()
    assert "1 người mới, 1 người thay đổi, 0 dòng đã có sẵn. Chưa ghi gì." in page
    assert "Trình độ lý luận" in page
    assert Reporter.objects.count() == 1
    client.post(reverse("speaker-import"), answer.context["form"].initial)
    one, two = Reporter.objects.get(person=cast.people["M5"]), Reporter.objects.get(person=cast.people["M3"])
    assert (one.theory_level, one.is_specialist, one.fields.count()) == (TheoryLevel.ADVANCED, True, 2)
    assert (two.unit.code, two.kind, two.source) == ("X1", PROPAGANDIST, SourceGroup.HEALTH)
    assert "2 dòng đã có sẵn" in send(client, cast, *GOOD).content.decode()
    out = b"".join(client.get(reverse("speaker-list") + "?format=xlsx").streaming_content)
    again = client.post(
        reverse("speaker-import"), {"unit": cast.units["T"].pk, "file": SimpleUploadedFile("so.xlsx", out)}
    )
    assert "2 dòng đã có sẵn" in again.content.decode()


@pytest.mark.req("R-108")
def test_a_list_keeps_a_field_that_its_entry_has_and_that_is_offered_no_more(cast, as_user):
    own = actions.add_reporter_field(cast.units["T"], "Du lịch", by=cast.officer, at=now())
    a_reporter(cast, fields=[own])
    actions.retire_reporter_field(own, by=cast.officer, at=now())
    client = as_user("officer")
    out = b"".join(client.get(reverse("speaker-list") + "?format=xlsx").streaming_content)
    kept = {"unit": cast.units["T"].pk, "file": SimpleUploadedFile("so.xlsx", out)}
    assert "1 dòng đã có sẵn" in client.post(reverse("speaker-import"), kept).content.decode()
    more = ["", "Báo cáo viên", "Lê Thị Ánh", "Chi bộ thôn 1", "Du lịch; Kinh tế", "", "", "", "", ""]
    answer = send(client, cast, more)
    assert "1 người thay đổi" in answer.content.decode()
    client.post(reverse("speaker-import"), answer.context["form"].initial)
    assert own in Reporter.objects.get().fields.all()
    # Somebody without it does not get it.
    another = ["X1", "Báo cáo viên", "H'Hen Niê", "Chi bộ thôn 1", "Du lịch", "", "", "", "", ""]
    assert "chưa có lĩnh vực “Du lịch”" in send(client, cast, another).content.decode()


@pytest.mark.req("R-110")
def test_every_fault_of_a_list_is_told_by_row_and_column(cast, as_user):
    bad = (
        ["T", "Tuyên truyền viên", "Lê Thị Ánh", "Chi bộ thôn 1", "", "", "", "Y tế", "1-QĐ/ĐU", "01/03/2024"],
        ["X9", "Báo cáo viên", "H'Hen Niê", "Chi bộ thôn 1", "Thiên văn", "", "Tiến sĩ", "", "", ""],
        ["", "", "Không Có Ai", "", "", "", "", "", "", ""],
    )
    page = send(as_user("officer"), cast, *bad).content.decode()
    for told in (
        "Dòng 3, cột “Mã đơn vị”: Tuyên truyền viên do đảng ủy cơ sở quyết định",
        "Dòng 4, cột “Mã đơn vị”: không có đơn vị “X9”",
        "Dòng 4, cột “Lĩnh vực”: chưa có lĩnh vực “Thiên văn”",
        "Dòng 4, cột “Trình độ lý luận”: không nhận ra trình độ “Tiến sĩ”",
        "Dòng 5, cột “Họ và tên”",
        "Dòng 5, cột “Loại”: còn trống.",
    ):
        assert told in page
    assert not Reporter.objects.exists()


# --- pages --------------------------------------------------------------------------------------------------------------------------


def test_a_person_is_entered_and_changed_on_the_desk(cast, as_user):
    client, (one, two) = as_user("officer"), fields("Kinh tế", "Dân tộc")
    given = {
        "unit": cast.units["T"].pk, "person": "M5", "kind": "reporter", "valid_from": "01/02/2024", "theory_level": "advanced",
        "subjects": [one.pk, two.pk], "is_specialist": "on",
    }  # fmt: skip
    answer = client.post(reverse("speaker-new"), given)
    made = Reporter.objects.get()
    assert answer.url == reverse("speaker", args=[made.pk])
    wrong = client.post(reverse("speaker-edit", args=[made.pk]), given | {"subjects": [one.pk]})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["subjects"]
    assert set(profile_of(Reporter.objects.get()).fields) == {one, two}


def test_a_field_of_a_unit_is_offered_below_it_and_nowhere_beside(cast):
    made = actions.add_reporter_field(cast.units["X1"], "Du lịch cộng đồng", by=cast.officer, at=now())
    assert made in access.fields_offered_to(cast.accounts["secretary11"])
    assert made not in access.fields_offered_to(cast.accounts["organiser2"])
    fault = refused(actions.add_reporter_field, cast.units["X1"], "du lịch CỘNG ĐỒNG", by=cast.officer, at=now())
    assert fault.code == "reporter_field.known"
    actions.retire_reporter_field(made, by=cast.officer, at=now())
    assert made not in access.fields_offered_to(cast.accounts["secretary11"])
    assert ReporterField.objects.filter(pk=made.pk).exists()


@pytest.mark.parametrize("name", ["speaker-list", "speaker-search", "speaker-board", "speaker-training-list"])
def test_queries_do_not_grow_with_rows(cast, as_user, name, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_user("officer")
    give(cast, TrainingKind.TRAINING, a_reporter(cast, fields=fields("Kinh tế")))
    client.get(reverse(name))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(name))
    for person in ("M6", "M7"):
        give(cast, TrainingKind.TRAINING, a_reporter(cast, person=person, fields=fields("Kinh tế", "Dân tộc")))
    with django_assert_max_num_queries(len(one)):
        client.get(reverse(name))

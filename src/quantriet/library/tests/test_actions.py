import datetime as dt

import pytest

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.library import actions, queries
from quantriet.library.models import Clause, GuidingDocument, KeyPoint
from quantriet.library.tests.factories import GUIDANCE, make_document
from quantriet.library.vocab import DocumentStatus, PointKind, PointTheme, RelationKind
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db


@pytest.mark.req("R-013", "R-023")
def test_register_document_splits_its_text_and_logs(cast):
    document = make_document(cast, finish_before_on=dt.date(2026, 12, 15))
    assert (document.number, document.type_code, document.body_code) == (26, "HD", "BTGTU")
    assert list(document.clauses.values_list("number", flat=True)) == ["1", "1.-1", "1.-2", "2", "2.-1", "2.-2"]
    assert document.clauses.get(number="2.-2").parent.number == "2"
    assert document.finish_before_on == dt.date(2026, 12, 15)
    assert AuditEvent.objects.get(verb="document.registered").thing_label == "26-HD/BTGTU"


@pytest.mark.req("R-014")
def test_document_is_cited_by_number_and_date(cast):
    document = make_document(cast)
    assert document.citation == "26-HD/BTGTU ngày 12/10/2026"
    assert queries.cite(document.clauses.get(number="2")) == "mục 2 Hướng dẫn 26-HD/BTGTU"


def test_register_document_twice_refused_and_nothing_written(cast):
    make_document(cast)
    with pytest.raises(Refusal) as refusal:
        make_document(cast, number="Số: 26-hd/btgtu")
    assert refusal.value.code == "document.registered_already"
    assert GuidingDocument.objects.count() == 1


@pytest.mark.parametrize("day", [dt.date(1899, 1, 1), dt.date(2999, 1, 1)])
def test_register_document_with_impossible_date_refused(cast, day):
    with pytest.raises(Refusal) as refusal:
        make_document(cast, issued_on=day)
    assert refusal.value.field == "issued_on"


@pytest.mark.req("P-05", "B-18", "R-019")
@pytest.mark.parametrize(
    "where",
    [
        {"paragraphs": ["TỈNH ỦY", "MẬT", "1. Nội dung"]},
        {"paragraphs": ["Độ mật: Tối mật", "1. Nội dung"]},
        {"paragraphs": ["T U Y Ệ T  M Ậ T", "1. Nội dung"]},
        {"subject": "TUYỆT MẬT"},
        {"file_name": "TỐI MẬT.docx"},
    ],
)
def test_marked_document_is_refused_and_leaves_nothing(cast, where):
    with pytest.raises(Refusal) as refusal:
        make_document(cast, **where)
    assert refusal.value.code.startswith("secret")
    assert not GuidingDocument.objects.exists()
    assert not Clause.objects.exists()
    assert not AuditEvent.objects.filter(verb="document.registered").exists()


@pytest.mark.req("P-05", "B-18")
def test_document_that_talks_about_secrecy_is_registered(cast):
    lines = [
        "1. Đăng tải trong vòng 01-02 ngày (trừ các nghị quyết, chỉ thị có độ Mật)",
        '- Đối với nội dung "Mật", "Tối Mật": theo phạm vi.',
    ]
    assert make_document(cast, paragraphs=lines).clauses.count() == 2


@pytest.mark.req("P-05", "B-18")
def test_every_way_of_changing_a_document_is_guarded(cast):
    document = make_document(cast)
    clause = document.clauses.first()
    point = actions.add_point(
        document, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.FORMS, body="Điểm", clause=clause
    )
    for attempt in (
        lambda: actions.outline_document(document, by=cast.officer, at=now(), body="TỐI MẬT\n1. a"),
        lambda: actions.change_document(document, by=cast.officer, at=now(), subject="TỐI MẬT"),
        lambda: actions.add_point(
            document, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.FORMS, body="MẬT", clause=None
        ),
        lambda: actions.change_point(
            point, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.FORMS, body="MẬT", clause=None
        ),
    ):
        with pytest.raises(Refusal) as refusal:
            attempt()
        assert refusal.value.code.startswith("secret")
    document.refresh_from_db()
    assert "MẬT" not in document.text + document.subject


@pytest.mark.req("R-024")
def test_points_cite_a_clause_and_the_five_themes_are_watched(cast):
    document = make_document(cast)
    assert len(queries.themes_without_points(document)) == 5
    actions.add_point(
        document, by=cast.officer, at=now(), kind=PointKind.NEW, theme=PointTheme.LEADERSHIP, body="Người đứng đầu chịu trách nhiệm",
        clause=document.clauses.get(number="1.-2"),
    )  # fmt: skip
    assert PointTheme.LEADERSHIP not in queries.themes_without_points(document)
    other = make_document(cast, number="08-CT/TU")
    with pytest.raises(Refusal):
        actions.add_point(
            document,
            by=cast.officer,
            at=now(),
            kind=PointKind.KEY,
            theme=PointTheme.FORMS,
            body="x",
            clause=other.clauses.first(),
        )


def test_outline_again_keeps_points_on_clauses_that_still_stand(cast):
    document = make_document(cast)
    kept = actions.add_point(
        document,
        by=cast.officer,
        at=now(),
        kind=PointKind.KEY,
        theme=PointTheme.LEARNERS,
        body="Học lại",
        clause=document.clauses.get(number="2.-2"),
    )
    lost = actions.add_point(
        document,
        by=cast.officer,
        at=now(),
        kind=PointKind.KEY,
        theme=PointTheme.LEARNERS,
        body="b",
        clause=document.clauses.get(number="1.-2"),
    )
    actions.outline_document(
        document,
        by=cast.officer,
        at=now(),
        body=GUIDANCE.replace("- Người đứng đầu chịu trách nhiệm trước cấp trên.\n", ""),
    )
    assert KeyPoint.objects.get(pk=kept.pk).clause.number == "2.-2"
    assert KeyPoint.objects.get(pk=lost.pk).clause is None


def test_replacing_and_amending_change_the_status_and_back(cast):
    old, new = make_document(cast, issued_on=dt.date(2021, 11, 12)), make_document(cast, number="05-HD/BTGTU")
    relation = actions.add_relation(new, by=cast.officer, at=now(), kind=RelationKind.REPLACES, target=old)
    old.refresh_from_db()
    assert old.status == DocumentStatus.REPLACED
    actions.remove_relation(relation, by=cast.officer, at=now())
    old.refresh_from_db()
    assert old.status == DocumentStatus.IN_FORCE
    with pytest.raises(Refusal) as refusal:
        actions.add_relation(old, by=cast.officer, at=now(), kind=RelationKind.REPLACES, target=new)
    assert refusal.value.code == "relation.older"


def test_quoted_documents_are_proposed_until_related(cast):
    directive = make_document(cast, number="08-CT/TU")
    guidance = make_document(cast, paragraphs=["1. Thực hiện Chỉ thị 08-CT/TU."])
    every = GuidingDocument.objects.all()
    assert queries.quoted_in(guidance, every) == [directive]
    actions.add_relation(guidance, by=cast.officer, at=now(), kind=RelationKind.GUIDES, target=directive)
    assert queries.quoted_in(guidance, every) == []


@pytest.mark.parametrize("words", ["26-hd", "thuc hien chi thi", "hướng dẫn THỰC", "btgtu"])
def test_search_finds_without_marks(cast, words):
    document = make_document(cast)
    assert list(queries.searched(GuidingDocument.objects.all(), words)) == [document]


def test_replacing_a_superiors_document_is_refused_and_the_superior_reads_who_did_it(cast):
    editor = an_account("bientap.x1", Role.EDITOR, cast.units["X1"])
    above = make_document(cast, issued_on=dt.date(2021, 11, 12))
    own = make_document(cast, number="05-HD/BTGTU", unit="X1")
    for kind in (RelationKind.REPLACES, RelationKind.AMENDS):
        with pytest.raises(Refusal) as refusal:
            actions.add_relation(own, by=editor, at=now(), kind=kind, target=above)
        assert refusal.value.code == "relation.foreign_target"
        assert above.unit.name in refusal.value.sentence
    above.refresh_from_db()
    assert above.status == DocumentStatus.IN_FORCE
    actions.add_relation(own, by=editor, at=now(), kind=RelationKind.GUIDES, target=above)
    replaced = actions.add_relation(own, by=cast.officer, at=now(), kind=RelationKind.REPLACES, target=above)
    line = AuditEvent.objects.get(verb="document.status_changed")
    assert (line.unit_id, line.thing_id) == (above.unit_id, str(above.pk))
    assert line.after == {"status": "replaced", "document": own.citation}
    with pytest.raises(Refusal):
        actions.remove_relation(replaced, by=editor, at=now())
    above.refresh_from_db()
    assert above.status == DocumentStatus.REPLACED


def test_correcting_the_entry_keeps_the_text_that_was_outlined_meanwhile(cast):
    stale = make_document(cast)
    fresh = GuidingDocument.objects.get(pk=stale.pk)
    actions.outline_document(fresh, by=cast.officer, at=now(), body="1. Mục mới")
    actions.change_document(stale, by=cast.officer, at=now(), subject="Trích yếu đã sửa")
    document = GuidingDocument.objects.get()
    assert (document.subject, document.text) == ("Trích yếu đã sửa", "1. Mục mới")
    assert [one.text or one.heading for one in document.clauses.all()] == ["Mục mới"]


def test_what_was_removed_meanwhile_is_refused_in_a_sentence(cast):
    document = make_document(cast)
    values = {"kind": PointKind.KEY, "theme": PointTheme.FORMS, "clause": None}
    point = actions.add_point(document, by=cast.officer, at=now(), body="Điểm", **values)
    actions.remove_point(KeyPoint.objects.get(), by=cast.officer, at=now())
    with pytest.raises(Refusal) as refusal:
        actions.change_point(point, by=cast.officer, at=now(), body="Điểm khác", **values)
    assert refusal.value.code == "row.gone"
    assert not KeyPoint.objects.exists()

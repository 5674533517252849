"""The only writer of what the public sees of a document."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from quantriet.kit import text
from quantriet.library.models import Clause, GuidingDocument, MasterVersion, PublicationClock, PublicDocument
from quantriet.library.queries.masters import published_among
from quantriet.library.queries.public import public_parts

BATCH = 500


def follow_publication(documents: Collection[int], *, at: datetime) -> None:
    """Bring what the public sees of these documents to what is published at that moment, or take it away.

    A document is shown with its text once it stands on a mass medium; before that its published content alone, as far as it
    is for the public; and nothing of it while it is exempt from publication (decision 0018).
    Whoever changes a document, its text, its clock or its published version calls this inside the same transaction. A
    handful of statements for all of them.
    """
    keys = list(documents)
    rows = {one.pk: one for one in GuidingDocument.objects.filter(pk__in=keys).defer("text")}
    clocks = {one.document_id: one for one in PublicationClock.objects.filter(document__in=keys)}
    before = {one.document_id: one for one in PublicDocument.objects.filter(document__in=keys)}
    # Of the register in which the document stands, and only what has a part for the public.
    versions = {
        key: one
        for key, one in published_among(keys, at).items()
        if one.master.unit_id == rows[key].unit_id and public_parts(one)
    }
    with_text: set[int] = set()
    kept: list[int] = []
    for key in rows:
        clock = clocks.get(key)
        has_text = clock is not None and clock.done_on is not None
        is_exempt = clock is not None and not has_text and bool(clock.exempt_reason)
        if has_text:
            with_text.add(key)
        if not is_exempt and (has_text or key in versions):
            kept.append(key)
    clauses: dict[int, list[str]] = {key: [] for key in kept}
    asked = Clause.objects.filter(document__in=[key for key in kept if key in with_text])
    for key, heading, body in asked.values_list("document_id", "heading", "text").iterator():
        clauses[key] += [heading, body]
    new: list[PublicDocument] = []
    changed: list[PublicDocument] = []
    for key in kept:
        shown = before.get(key) or PublicDocument(document_id=key, since_at=at)
        shown.issued_on, shown.version = rows[key].issued_on, versions.get(key)
        shown.shows_text, shown.changed_at = key in with_text, at
        shown.words = _words(rows[key], shown.version, clauses[key])
        (changed if shown.pk else new).append(shown)
    PublicDocument.objects.filter(document__in=set(keys) - set(kept)).delete()
    PublicDocument.objects.bulk_create(new, batch_size=BATCH)
    names = ["issued_on", "version", "shows_text", "changed_at", "words"]
    PublicDocument.objects.bulk_update(changed, names, batch_size=BATCH)


def _words(document: GuidingDocument, version: MasterVersion | None, clauses: Iterable[str]) -> str:
    said = [document.reference_number, document.issuing_body, document.subject, *clauses]
    if version is not None:
        said.append(version.content["title"])
        for part in public_parts(version):
            said += [part.title, part.text, part.source, part.figure]
    return " ".join(sorted(set(text.index_words(" ".join(said)))))

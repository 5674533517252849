"""Addresses of the organisation; each module of pages brings its own."""

from quantriet.org.web import (
    accounts,
    central,
    facts,
    import_questions,
    imports,
    log,
    people,
    security,
    sign_in,
    slips,
    units,
)

urlpatterns = [
    *sign_in.urlpatterns,
    *security.urlpatterns,
    *central.urlpatterns,
    *slips.urlpatterns,
    *units.urlpatterns,
    *people.urlpatterns,
    *facts.urlpatterns,
    *accounts.urlpatterns,
    *imports.urlpatterns,
    *import_questions.urlpatterns,
    *log.urlpatterns,
]

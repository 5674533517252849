"""Addresses of the organisation; each module of pages brings its own."""

from quantriet.org.web import (
    accounts,
    bodies,
    central,
    decisions,
    facts,
    import_questions,
    imports,
    log,
    people,
    privacy,
    security,
    sign_in,
    slips,
    tokens,
    units,
)

urlpatterns = [
    *sign_in.urlpatterns,
    *security.urlpatterns,
    *central.urlpatterns,
    *slips.urlpatterns,
    *units.urlpatterns,
    *bodies.urlpatterns,
    *decisions.urlpatterns,
    *people.urlpatterns,
    *facts.urlpatterns,
    *accounts.urlpatterns,
    *imports.urlpatterns,
    *import_questions.urlpatterns,
    *log.urlpatterns,
    *privacy.urlpatterns,
    *tokens.urlpatterns,
]

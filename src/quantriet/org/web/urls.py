"""Addresses of the organisation; each module of pages brings its own."""

from quantriet.org.web import accounts, decisions, facts, import_questions, imports, log, people, sign_in, units

urlpatterns = [
    *sign_in.urlpatterns,
    *units.urlpatterns,
    *decisions.urlpatterns,
    *people.urlpatterns,
    *facts.urlpatterns,
    *accounts.urlpatterns,
    *imports.urlpatterns,
    *import_questions.urlpatterns,
    *log.urlpatterns,
]

"""Addresses of the organisation; each module of pages brings its own."""

from quantriet.org.web import accounts, facts, import_questions, imports, log, people, sign_in, tokens, units

urlpatterns = [
    *sign_in.urlpatterns,
    *units.urlpatterns,
    *people.urlpatterns,
    *facts.urlpatterns,
    *accounts.urlpatterns,
    *imports.urlpatterns,
    *import_questions.urlpatterns,
    *log.urlpatterns,
    *tokens.urlpatterns,
]

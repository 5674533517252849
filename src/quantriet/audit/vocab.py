"""The verbs of the log. Every room registers its own in `apps.py::ready()`: verb → Vietnamese phrase."""

from datetime import timedelta

from quantriet.kit.registry import Registry

# "essay.returned" → "trả lại bài thu hoạch"; the page writes "<actor> <phrase> <thing>".
VERBS: Registry[str] = Registry("audit verb")

BLOCK = 1000  # lines of a seal at most
# How long after a seal a line with a number inside its block may still come in: a transaction on PostgreSQL takes its
# numbers when it writes and shows its lines when it commits. Longer than any job may run (kit.jobs.LEASE).
LATE = timedelta(hours=6)
# From these ages on, `doctor` and the page of seals say that sealing or anchoring lags.
SEALING_LAGS = timedelta(minutes=10)
ANCHORING_LAGS = timedelta(hours=3)

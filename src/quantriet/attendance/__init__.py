"""Presence: the facts, the minutes, the verdicts.

Owns: presence facts (append-only), excuses, attendance records, verdicts with their sentence, the catch-up chain,
self-study of who cannot gather,
notes on conduct in class.
Does not own: rosters and sessions (classes), what is owed (campaigns).
Stands on: classes, campaigns, library, notify, org, audit, kit.
Doors: `actions.record_marks` for every way of taking the roll, /desk/classes/<id>/roll/.
"""

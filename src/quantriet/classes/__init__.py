"""Classes and conferences: when, where, by whom, for whom.

Owns: classes, their venues, sessions, programme items, roles, rosters, summons.
Does not own: presence (attendance), who is obliged (campaigns).
Stands on: campaigns, library, notify, org, audit, kit.
Doors: `queries.placement` (proof B-02), `access.get_class`, /desk/classes/.
"""

"""Classes and conferences: when, where, by whom, for whom.

Owns: classes, their venues, sessions, programme items, roles, rosters, summons; conferences of many units; rooms and equipment.
Does not own: presence (attendance), who is obliged (campaigns).
Stands on: campaigns, speakers, library, notify, org, audit, kit.
Doors: `queries.placement` (proof B-02), `access.get_class`, `access.get_conference`, /desk/classes/, /desk/conferences/, /desk/facilities/.
"""

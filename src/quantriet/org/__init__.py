"""The tree of units, the people in it, and who may do what.

Owns: units with their dated versions and places, decisions on the organisation, terms, people with their dated facts
(transfers, posts, exemptions, responsibilities), accounts, roles and appointments, sign-in, scope, imports of units and
members, the screen of the log, which details of people a right opens, requests about personal data, erasure and export
of all that the rooms have declared.
Does not own: what people owe or did (campaigns and the rooms above it).
Stands on: audit, kit.
Doors: `access.scope` and `access.units_seen_by`; `web.pages` for every page of the house; /desk/units/, /desk/people/,
/desk/accounts/, /desk/imports/, /desk/log/, /desk/requests/; `actions.privacy.note_look` and `note_list` for every page
that shows one person's record or gives a list of people away.
"""

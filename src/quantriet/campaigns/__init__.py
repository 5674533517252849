"""The spine: who owes what in which campaign, and how far it is done.

Owns: campaigns and their plans per unit, rulebooks, audiences, the ledger of duties, tallies per unit.
Does not own: how a duty is fulfilled (classes, attendance and the rooms beside them push results through `actions`).
Stands on: library, notify, org, audit, kit.
Doors: `actions.settle_duties` (the only way into the ledger), `vocab.DUTY_KINDS`, /desk/campaigns/.
"""

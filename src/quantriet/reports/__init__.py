"""The papers an office signs.

Owns: report forms, their templates, figures frozen at sending, narrative, Word and Excel files.
Does not own: the figures' sources (campaigns, classes, attendance).
Stands on: attendance, classes, campaigns, library, notify, org, audit, kit.
Doors: /desk/reports/.
"""

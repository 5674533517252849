"""Who presents the resolutions: reporters and propagandists, and the invitations that bring them to a hall.

Owns: the register of reporters (báo cáo viên) and propagandists (tuyên truyền viên) of each committee, its yearly review,
training and supply of information with their shares, sources of information, days on which somebody is not free; invitations
across levels, outlines filed before the day, what listeners and officers say after it; the figures of these by unit.
Does not own: classes and who presents an item of a class (classes), ready-made slides and outlines of a document (library).
Stands on: notify, org, audit, kit.
Doors: `queries.search.reporters_free` for rooms above, `vocab.ENGAGEMENTS` for what they know of somebody's day, /desk/speakers/, /me/speaking/, /me/ratings/.
"""

"""Who did what to which thing, when.

Owns: the append-only log of every write, its sentence in words, the pages that show it.
Does not own: the things themselves; it keeps their kind, number and label only, so it has no foreign keys.
Stands on: kit.
Doors: `actions.record` for every writing action of every room; `vocab.VERBS` for their sentences; /desk/log/.
"""

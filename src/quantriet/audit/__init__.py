"""Who did what to which thing, when.

Owns: the append-only log of every write, its sentence in words, its order and its pages of lines; the chain of seals over
it and their anchors; who looked at whose record.
Does not own: the things themselves; it keeps their kind, number and label only, so it has no foreign keys.
The screen stands in org, which knows who may read what.
Stands on: kit.
Doors: `actions.record` for every writing action of every room; `vocab.VERBS` for their sentences;
`queries.event_page` for whoever shows lines; `actions.chain` for seals; scripts/verify_log.py checks it from outside.
"""

"""The guiding documents and what is in them.

Owns: the register of resolutions, directives, conclusions, regulations; their clauses, key and new points, relations;
the gate that refuses content marked as a state secret.
Does not own: who must study them (campaigns).
Stands on: notify, org, audit, kit.
Doors: `access.documents_seen_by`, `rules.secrecy` for every room that accepts text or files, /desk/documents/.
"""

"""The guiding documents and what is in them.

Owns: the register of resolutions, directives, conclusions, regulations; their clauses, key and new points, relations;
study masters and the products made from them (outline, questions, leaflets, infographic, slides) or brought (verse, clip);
the gate that refuses content marked as a state secret; the clock of publication, placements and their reach; the log of
dissemination activities; what the public sees of a document.
Does not own: who must study them (campaigns), presence in classes (attendance).
Stands on: notify, org, audit, kit.
Doors: `access.documents_seen_by`, `queries.public` for the portal, `rules.secrecy` for every room that accepts text or files, /desk/documents/, /desk/publication/, /desk/activities/.
"""

"""Office documents: text out of Word, PDF and text files; Word files in the official format. No domain word, no Django.

gated = documents.gate(path, "huong-dan.docx")                 # Refusal: scan, locked, macro, bomb, not a document …
found = documents.extract(gated)                               # read in a limited child process
for one in found.paragraphs:                                   # text, level, kind, page
    if one.kind in ("header", "footer", "box"): ...            # where secrecy marks stand
if found.encoding:                                             # TCVN3 or VNI: show before/after, ask, then
    found = documents.extract(gated, legacy=found.encoding.choice)
pasted = documents.extract_text(form.cleaned_data["text"])
docx = official.build(Paper(body="…", kind="BÁO CÁO", blocks=[Text("…")]), at=now, author="…", title="…")
same = official.render_template(template, context, at=sent_at, author="…", title="…")    # the same bytes every time
"""

from quantriet.kit.documents.extract import MOST_LETTERS, Extract, Paragraph, extract, extract_text
from quantriet.kit.documents.gate import LIMIT, Gated, Kind, gate

__all__ = ["LIMIT", "MOST_LETTERS", "Extract", "Gated", "Kind", "Paragraph", "extract", "extract_text", "gate"]

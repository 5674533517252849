"""The parts of a published text as every page shows them: the same groups, names and order on the portal and in the handbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantriet.library.models import Clause
from quantriet.library.queries.masters import Part
from quantriet.library.rules.products.content import GROUP_NAMES, SHOWN
from quantriet.library.vocab import MaterialKind, PartKind

ORDER = SHOWN[MaterialKind.OUTLINE]  # as the study outline has them


@dataclass(frozen=True)
class Group:
    """Parts of one kind under their heading, each with where on the page its clause stands ("" where it does not)."""

    kind: PartKind
    name: str
    parts: list[tuple[Part, str]]


def groups_of(
    parts: Sequence[Part], *, document: int, clauses: Iterable[Clause], with_questions: bool = False
) -> list[Group]:
    """The parts by kind, no empty group; `with_questions` keeps the place of the questions for those that people asked.

    `clauses` are those that the same page shows of the document, as `#clause-…` with their order.
    """
    orders = {one.number: one.order for one in clauses}

    def anchor(part: Part) -> str:
        known = part.document == document and part.clause in orders
        return f"#clause-{orders[part.clause]}" if known else ""

    found = [
        Group(kind, GROUP_NAMES[kind], [(one, anchor(one)) for one in parts if one.kind == kind]) for kind in ORDER
    ]
    return [one for one in found if one.parts or (with_questions and one.kind == PartKind.QUESTION)]

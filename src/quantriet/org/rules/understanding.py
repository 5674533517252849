"""What was understood of an uploaded file, as it is kept with the import and changed by the officer. Pure."""

from dataclasses import asdict, dataclass, field
from typing import Any

from quantriet.kit.spreadsheets import Look, Mapping, SheetLook

_MOST_ROWS = 14
_MOST_COLUMNS = 40


@dataclass
class SheetPlan:
    """One sheet: whether it is read, its mapping, its first rows, and the unit whose people it lists, if one."""

    index: int
    name: str
    hidden: bool
    rows: int
    use: bool
    mapping: dict[str, Any] | None
    texts: dict[str, str]
    head: list[tuple[int, list[str]]]
    titles: list[str]
    unit: int | None = None

    def columns(self) -> Mapping | None:
        return Mapping.from_json(self.mapping) if self.mapping else None


@dataclass
class Understanding:
    """A file as understood. `legacy` is the chosen conversion of old fonts; `elsewhere` warns of another unit's list."""

    sheets: list[SheetPlan] = field(default_factory=list)
    encoding: dict[str, Any] | None = None
    legacy: str | None = None
    elsewhere: str = ""
    accepted_elsewhere: bool = False
    left_out: list[list[Any]] = field(default_factory=list)
    left_out_count: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Understanding":
        return cls(
            **{
                **data,
                "sheets": [SheetPlan(**{**one, "head": [(n, c) for n, c in one["head"]]}) for one in data["sheets"]],
            }
        )

    @property
    def used(self) -> list[SheetPlan]:
        """The sheets that will be read."""
        return [sheet for sheet in self.sheets if sheet.use and sheet.mapping]

    @property
    def asks_encoding(self) -> bool:
        """Whether the officer must still say what to do with text of old fonts."""
        return bool(self.encoding and not self.encoding["applied"] and self.legacy is None)


def understood(look: Look, kind: str) -> Understanding:
    """Make sense of a first look: which sheets to read and how."""
    sheets = [_sheet(sheet, kind) for sheet in look.sheets]
    readable = [sheet for sheet in sheets if not sheet.hidden and _complete(sheet, kind)]
    best = look.best if look.best is not None else None
    for sheet in sheets:
        # Several visible sheets with the same kind of header are one list cut into pieces, a sheet a cell.
        sheet.use = sheet in readable if len(readable) > 1 and kind == "members" else sheet.index == best
    encoding = None
    if look.encoding:
        one = look.encoding
        encoding = {
            "name": one.name, "label": one.label, "applied": one.applied, "choice": one.choice,
            "before": list(one.before[:8]), "after": list(one.after[:8]),
        }  # fmt: skip
    return Understanding(sheets=sheets, encoding=encoding)


def _sheet(sheet: SheetLook, kind: str) -> SheetPlan:
    mapping = sheet.mapping
    if mapping and kind == "members":
        mapping = _split_name(mapping, sheet.header_texts)
    first = mapping.header_row if mapping else 0
    titles = [" ".join(cell for cell in row.cells if cell) for row in sheet.head if row.number < first]
    return SheetPlan(
        index=sheet.index,
        name=sheet.name,
        hidden=sheet.hidden,
        rows=sheet.rows,
        use=False,
        mapping=mapping.as_json() if mapping else None,
        texts={str(index): said for index, said in sheet.header_texts.items()},
        head=[(row.number, row.cells[:_MOST_COLUMNS]) for row in sheet.head[:_MOST_ROWS]],
        titles=titles,
    )


def _split_name(mapping: Mapping, texts: dict[int, str]) -> Mapping:
    """ "Họ và tên" over two columns, family name and given name: the second one belongs to the name as well."""
    whole = next((index for index, key in mapping.columns.items() if key == "full_name"), None)
    if whole is None or "given_name" in mapping.columns.values():
        return mapping
    beside = whole + 1
    same_label = beside not in mapping.columns and texts.get(beside) and texts.get(beside) == texts.get(whole)
    if same_label or mapping.columns.get(beside) == "full_name":
        return Mapping(
            mapping.sheet,
            mapping.header_row,
            mapping.depth,
            {**mapping.columns, beside: "given_name"},
            mapping.confidence,
        )
    return mapping


def _complete(sheet: SheetPlan, kind: str) -> bool:
    return (
        bool(sheet.mapping) and names_somebody(set(sheet.mapping["columns"].values()), kind) if sheet.mapping else False
    )


def names_somebody(keys: set[str], kind: str) -> bool:
    """Whether these columns suffice: a name, for people whole or in two parts."""
    return "name" in keys if kind == "units" else bool(keys & {"full_name", "given_name"})

"""Find the unit that a row, a heading, a sheet name or a title means. Pure: works on a directory of all units."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from quantriet.kit import text

_HEADS = re.compile(
    r"^(?:dang uy cap tren(?: truc tiep)? co so|dang bo cap tren co so|ban chap hanh|ban thuong vu|dang uy|dang bo co so|"
    r"dang bo bo phan|dang bo|chi bo co so|chi bo truc thuoc|chi bo|chi uy|tinh uy|thanh uy|huyen uy|thi uy)\s+"
)
_SPLIT = re.compile(r"\s+[-–—]\s+|\s*[,;(/]\s*|\s+(?:thuoc|truc thuoc)\s+")


class Place(NamedTuple):
    """A unit as an import needs it."""

    pk: int
    code: str
    name: str
    name_folded: str
    path: str
    holds_members: bool
    closed: bool
    short_folded: str = ""


class Found(NamedTuple):
    """The unit meant, or a sentence why none; `elsewhere`: it is no unit of the one imported into."""

    place: Place | None = None
    sentence: str = ""
    column: str = "unit_name"
    elsewhere: bool = False


NOTHING = Found()


def core(folded: str) -> str:
    """A unit's own name without the kind of organisation: "dang uy xa ea tam" → "xa ea tam"."""
    return _HEADS.sub("", folded)


class Directory:
    """All units, looked up by code and by name inside one of them (`root`)."""

    def __init__(self, places: Iterable[Place], root: Place) -> None:
        self.root = root
        self.by_pk: dict[int, Place] = {}
        self.by_path: dict[str, Place] = {}
        self._codes: dict[str, Place] = {}
        self._names: dict[str, list[Place]] = defaultdict(list)
        self._cores: dict[str, list[Place]] = defaultdict(list)
        self._widths: set[int] = set()
        for place in places:
            self.by_pk[place.pk] = place
            self.by_path[place.path] = place
            if place.closed:
                continue
            self._codes[place.code.casefold()] = place
            if place.code.isdigit():
                self._widths.add(len(place.code))
            if not self.inside(place):
                continue
            for name in {place.name_folded, place.short_folded} - {""}:
                self._names[name].append(place)
            for name in {core(place.name_folded), core(place.short_folded)} - {""}:
                self._cores[name].append(place)
        self._asked: dict[tuple[str, str, str, bool], Found] = {}

    def inside(self, place: Place) -> bool:
        """Whether the unit is the root or below it."""
        return place.path.startswith(self.root.path)

    def above(self, place: Place) -> list[Place]:
        """The units above, nearest first."""
        found = []
        path = place.path
        while cut := path[:-1].rfind(".") + 1:
            path = path[:cut]
            if path in self.by_path:
                found.append(self.by_path[path])
        return found

    def cell(self, code: str, name: str, above: str, *, any_unit: bool = False) -> Found:
        """The unit with members that a row names by code, or by name with what stands above it.

        `any_unit`: guests and members of associations may belong to a unit without members of its own.
        """
        key = (code, name, above, any_unit)
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = self._by_code(code) if code else self._by_name(name, above)
            if found.place and not found.place.holds_members and not any_unit:
                sentence = f"{found.place.name} không phải chi bộ; đảng viên sinh hoạt ở một chi bộ, hãy ghi mã hoặc tên chi bộ."
                found = self._asked[key] = Found(sentence=sentence, column=found.column)
        return found

    def by_code(self, code: str) -> Place | None:
        """The unit of this code anywhere, also when a number has lost its leading zeros."""
        place = self._codes.get(code.casefold())
        if place is None and code.isdigit():
            places = {self._codes[full].pk for width in self._widths if (full := code.zfill(width)) in self._codes}
            if len(places) == 1:
                place = self.by_pk[places.pop()]
        return place

    def _by_code(self, code: str) -> Found:
        place = self.by_code(code)
        if place is None or not self.inside(place):
            # The same sentence for "elsewhere" and "nowhere": a stranger learns nothing about other units.
            return Found(
                sentence=f"Không có chi bộ mã “{code}” trong {self.root.name}.", column="unit_code", elsewhere=True
            )
        return Found(place, column="unit_code")

    def _by_name(self, name: str, above: str) -> Found:
        if not name:
            return NOTHING
        candidates = self.named(name, above)
        if len(candidates) == 1:
            return Found(candidates[0])
        if not candidates:
            return Found(sentence=f"Không có chi bộ “{name}” trong {self.root.name}.", elsewhere=True)
        if any(place.holds_members for place in candidates) and len(candidates) > 1:
            return Found(
                sentence=f"Có {len(candidates)} chi bộ tên “{name}” trong {self.root.name}; hãy ghi thêm mã chi bộ hoặc đảng bộ.",
            )
        return Found(candidates[0])

    def named(self, name: str, above: str = "") -> list[Place]:
        """All units inside the root of this name, in any usual writing; cells first when both fit."""
        folded = text.fold(name).strip(" .:")
        candidates = self._matching(folded, above)
        if not candidates:
            pieces = [piece for piece in _SPLIT.split(folded) if piece]
            for cut in range(len(pieces) - 1, 0, -1):
                # "Chi bộ thôn 1 - Đảng bộ xã Ea Tam": the name, then where it is.
                candidates = self._matching(pieces[0], " ".join(pieces[1 : cut + 1]))
                if candidates:
                    break
        cells = [place for place in candidates if place.holds_members]
        return cells or candidates

    def _matching(self, folded: str, above: str) -> list[Place]:
        candidates = self._names.get(folded) or self._cores.get(core(folded)) or []
        if len(candidates) > 1:
            cells = [place for place in candidates if place.holds_members]
            candidates = cells or candidates
        if above and len(candidates) > 1:
            wanted = core(text.fold(above).strip(" ."))
            near = [
                place
                for place in candidates
                if any(
                    wanted in (core(one.name_folded), core(one.short_folded), one.code.casefold())
                    for one in self.above(place)
                )
            ]
            candidates = near or candidates
        return candidates

    def spoken_of(self, said: str) -> tuple[list[Place], list[Place]]:
        """Units that a title names: (inside the root or above it, elsewhere). Short names of cells count only inside."""
        padded = f" {' '.join(re.findall(r'[a-z0-9]+', text.fold(said)))} "
        here: list[Place] = []
        elsewhere: list[Place] = []
        for place in self.by_pk.values():
            if place.closed:
                continue
            inside = self.inside(place)
            if place.holds_members:
                named = inside and f" {' '.join(re.findall(r'[a-z0-9]+', place.name_folded))} " in padded
            else:
                own = " ".join(re.findall(r"[a-z0-9]+", core(place.name_folded)))
                named = len(own) >= 5 and f" {own} " in padded
            if not named:
                continue
            if inside or self.root.path.startswith(place.path):
                here.append(place)
            else:
                elsewhere.append(place)
        # "xã Ea Tam" also stands inside "xã Ea Tam Đông": the longer name is the one meant.
        longest = max((len(place.name_folded) for place in here), default=0)
        if here and all(len(place.name_folded) >= longest for place in elsewhere) and elsewhere:
            cores = [core(place.name_folded) for place in elsewhere]
            if any(core(place.name_folded) in one for place in here for one in cores) and not any(
                self.inside(place) and place.holds_members for place in here
            ):
                here = [place for place in here if not any(core(place.name_folded) in one for one in cores)]
        return here, elsewhere

"""Find the unit that a row, a heading, a sheet name or a title means. Pure: works on a directory of all units.

A unit is understood as the product and offices write it: by code, by name, by name and what stands above it ("Chi bộ thôn 1
Đảng bộ Bưu điện", "thôn 1 – Bưu điện", "Chi bộ thôn 1 trực thuộc Đảng bộ Bưu điện"), by code and name; marks, capitals and
signs between the words do not matter.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from quantriet.kit import text

_HEADS = re.compile(
    r"^(?:dang uy cap tren(?: truc tiep)? co so|dang bo cap tren co so|ban chap hanh|ban thuong vu|dang uy|dang bo co so|"
    r"dang bo bo phan|dang bo|chi bo co so|chi bo truc thuoc|chi bo|chi uy|tinh uy|thanh uy|huyen uy|thi uy|cb|db)\s+"
)
_SPLIT = re.compile(r"\s+[-–—]\s+|\s*[,;(/]\s*|\s+(?:thuoc|truc thuoc)\s+")
_WORD = re.compile(r"[a-z0-9]+")
_LINKS = (("truc", "thuoc"), ("thuoc",), ("cua",))
_TOLD = 5  # candidates that a sentence names

Words = tuple[str, ...]


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
    """The unit meant, or a sentence why none; `elsewhere`: it is no unit of the one imported into; `among`: one of these."""

    place: Place | None = None
    sentence: str = ""
    column: str = "unit_name"
    elsewhere: bool = False
    among: tuple[int, ...] = ()


NOTHING = Found()


def core(folded: str) -> str:
    """A unit's own name without the kind of organisation: "dang uy xa ea tam" → "xa ea tam"."""
    return _HEADS.sub("", folded)


def words(said: str) -> Words:
    """The words of a name as they are compared: folded, without signs, numbers without leading zeros."""
    return tuple(word.lstrip("0") or "0" if word.isdigit() else word for word in _WORD.findall(text.fold(said)))


def _spellings(place: Place) -> set[Words]:
    """A unit's names as words, with and without the kind of organisation."""
    folded = {place.name_folded, place.short_folded}
    return {words(name) for name in folded | {core(name) for name in folded}} - {()}


class Directory:
    """All units, looked up by code and by name inside one of them (`root`)."""

    def __init__(self, places: Iterable[Place], root: Place) -> None:
        self.root = root
        self.by_pk: dict[int, Place] = {}
        self.by_path: dict[str, Place] = {}
        self._codes: dict[str, Place] = {}
        self._names: dict[str, list[Place]] = defaultdict(list)
        self._spoken: dict[Words, list[Place]] = defaultdict(list)
        self._longest = 0
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
            for spelling in _spellings(place):
                self._spoken[spelling].append(place)
                self._longest = max(self._longest, len(spelling))
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
            named = self.named(code) if " " in code else []
            if len(named) == 1:
                return Found(named[0], column="unit_code")
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
            return Found(sentence=self._nowhere(name, above), elsewhere=True)
        if any(place.holds_members for place in candidates):
            told = "; ".join(self._told(place) for place in candidates[:_TOLD])
            more = f"; và {len(candidates) - _TOLD} chi bộ khác" if len(candidates) > _TOLD else ""
            return Found(
                sentence=f"Có {len(candidates)} chi bộ tên “{name}” trong {self.root.name}: {told}{more}. "
                "Hãy ghi thêm mã chi bộ, hoặc tên đảng bộ của chi bộ đó.",
                among=tuple(place.pk for place in candidates),
            )
        return Found(candidates[0])

    def _nowhere(self, name: str, above: str) -> str:
        near = self.named(name) if above else []
        if not near:
            return f"Không có chi bộ “{name}” trong {self.root.name}."
        told = "; ".join(self._told(place) for place in near[:_TOLD])
        return (
            f"“{above}” không có chi bộ “{name}”; trong {self.root.name} chi bộ tên đó là: {told}. Hãy ghi mã chi bộ."
        )

    def _told(self, place: Place) -> str:
        """A unit in a sentence that lets choose: "mã CB11 (Chi bộ thôn 1, Đảng bộ Bưu điện)"."""
        above = next(iter(self.above(place)), None)
        return f"mã {place.code} ({place.name}{f', {above.name}' if above else ''})"

    def named(self, name: str, above: str = "") -> list[Place]:
        """All units inside the root of this name, in any usual writing; cells first when both fit.

        With `above`, only those that stand there; what is said above and names no unit at all is passed over.
        """
        folded = text.fold(name).strip(" .:")
        said = words(folded)
        candidates = self._names.get(folded) or self._spoken.get(said) or self._with_place(said)
        if not candidates and (coded := self._coded(folded, said)):
            candidates = [coded]
        if not candidates:
            pieces = [piece for piece in _SPLIT.split(folded) if piece]
            if len(pieces) > 1 and not any(self._candidates(words(piece)) for piece in pieces[1:]):
                # "Chi bộ thôn 1 - (cũ)": the name, then something that names no unit, or only a part of its superior's name.
                candidates = self._names.get(pieces[0]) or self._candidates(words(pieces[0]))
                candidates = self._standing(self._cells_first(candidates), words(" ".join(pieces[1:])))
        candidates = self._cells_first(candidates)
        if above:
            candidates = self._standing(candidates, words(above))
        return candidates

    def _cells_first(self, candidates: list[Place]) -> list[Place]:
        return [place for place in candidates if place.holds_members] or candidates

    def _with_place(self, said: Words) -> list[Place]:
        """Units whose name begins what is said, with their superiors named behind it, or the other way round."""
        for cut in range(min(len(said) - 1, self._longest), 0, -1):
            for own, rest in ((said[:cut], said[cut:]), (said[-cut:], said[:-cut])):
                fits = [place for place in self._candidates(own) if self._are_above(rest, self.above(place))]
                if fits:
                    return fits
        return []

    def _candidates(self, said: Words) -> list[Place]:
        return self._spoken.get(said) or self._spoken.get(words(core(" ".join(said)))) or []

    def _are_above(self, said: Words, superiors: list[Place]) -> bool:
        """Whether the words name one or several of the superiors, nearest first, and nothing else."""
        if not said:
            return True
        for link in _LINKS:
            if said[: len(link)] == link and self._are_above(said[len(link) :], superiors):
                return True
        for place, further in zip(superiors, (superiors[at:] for at in range(1, len(superiors) + 1)), strict=True):
            for spelling in _spellings(place) | {words(place.code)}:
                if said[: len(spelling)] == spelling and self._are_above(said[len(spelling) :], further):
                    return True
            kind = len(said) - len(words(core(" ".join(said))))
            # "Đảng bộ cơ sở Công an" of what is stored as "Đảng bộ Công an".
            if kind and self._are_above(said[kind:], [place, *further]):
                return True
        return False

    def _standing(self, candidates: list[Place], above: Words) -> list[Place]:
        """Those of the candidates that stand under what is named above, if that names anything."""
        near = [place for place in candidates if self._are_above(above, [place, *self.above(place)])]
        if near or self._candidates(above):
            return near
        return [place for place in candidates if self._are_partly_above(above, place)] or candidates

    def _are_partly_above(self, said: Words, place: Place) -> bool:
        """Whether several words stand together in a superior's name: "Khu dân cư phía Bắc" of "… phía Bắc xã Tân Lĩnh"."""
        own = f" {' '.join(words(core(' '.join(said))))} "
        return own.count(" ") > 2 and any(own in f" {' '.join(words(one.name_folded))} " for one in self.above(place))

    def _coded(self, folded: str, said: Words) -> Place | None:
        """The unit whose code is said, alone or with its name before or behind: "CB11", "CB11 – Chi bộ thôn 1"."""
        place = self.by_code(folded)
        if place is None:
            pieces = [piece.strip("()[]:,;.–—-") for piece in folded.split()]
            for at in (0, -1):
                found = self._codes.get(pieces[at]) if pieces else None
                if found is None:
                    continue
                own = words(found.code)
                rest = said[len(own) :] if at == 0 else said[: -len(own)]
                if rest in _spellings(found) or self._are_above(rest, [found, *self.above(found)]):
                    place = found
                    break
        return place if place is not None and self.inside(place) else None

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

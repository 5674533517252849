"""A plan file: what an import will do with each row, one JSON line a row, in sections that can be paged.

Written once while previewing, read page by page and in whole when applying. Layout: the lines of one section after the
other, then one line with the directory, then its offset in 20 digits.
"""

import hashlib
import heapq
import json
import tempfile
from collections.abc import Iterator
from typing import IO, Any

Line = dict[str, Any]
_STEP = 50  # rows between two known offsets: one page of the preview


class PlanWriter:
    """Collects lines by section and writes them in one go; `digest` tells whether two plans are the same."""

    def __init__(self) -> None:
        self._sections: dict[str, IO[bytes]] = {}
        self._offsets: dict[str, list[int]] = {}
        self.counts: dict[str, int] = {}

    def add(self, section: str, line: Line) -> None:
        """Append a line to a section; rows come in the order of the file."""
        file = self._sections.get(section)
        if file is None:
            file = self._sections[section] = tempfile.TemporaryFile()  # noqa: SIM115 closed by close()
            self._offsets[section] = []
            self.counts[section] = 0
        if self.counts[section] % _STEP == 0:
            self._offsets[section].append(file.tell())
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.counts[section] += 1

    def write(self, target: IO[bytes], about: dict[str, Any]) -> str:
        """Write everything to `target` and return the digest of the lines."""
        digest = hashlib.sha256()
        directory: dict[str, Any] = {"about": about, "sections": {}}
        at = 0
        for section in sorted(self._sections):
            file = self._sections[section]
            size = file.tell()
            file.seek(0)
            directory["sections"][section] = {
                "start": at, "size": size, "rows": self.counts[section], "offsets": self._offsets[section],
            }  # fmt: skip
            digest.update(section.encode())
            for piece in iter(lambda: file.read(1 << 20), b""):  # noqa: B023 read at once
                digest.update(piece)
                target.write(piece)
            at += size
        target.write(json.dumps(directory, separators=(",", ":")).encode() + b"\n")
        target.write(b"%020d" % at)
        return digest.hexdigest()

    def close(self) -> None:
        for file in self._sections.values():
            file.close()


class PlanReader:
    """Reads a plan file that is open for reading at random places."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(-20, 2)
        file.seek(int(file.read(20)))
        directory = json.loads(file.readline())
        self.about: dict[str, Any] = directory["about"]
        self._sections: dict[str, dict[str, Any]] = directory["sections"]

    def count(self, section: str) -> int:
        return int(self._sections[section]["rows"]) if section in self._sections else 0

    def page(self, section: str, number: int, size: int = _STEP) -> list[Line]:
        """Page `number` (from 1) of a section."""
        if section not in self._sections:
            return []
        about = self._sections[section]
        first = (number - 1) * size
        if first >= about["rows"]:
            return []
        self._file.seek(about["start"] + about["offsets"][first // _STEP])
        for _ in range(first % _STEP):
            self._file.readline()
        return [json.loads(self._file.readline()) for _ in range(min(size, about["rows"] - first))]

    def lines(self, section: str) -> Iterator[Line]:
        """All lines of a section; several sections may be read at the same time."""
        if section not in self._sections:
            return
        about = self._sections[section]
        at, left = about["start"], about["rows"]
        while left:
            self._file.seek(at)
            batch = [self._file.readline() for _ in range(min(left, 500))]
            at += sum(len(line) for line in batch)
            left -= len(batch)
            for line in batch:
                yield json.loads(line)

    def in_file_order(self, sections: list[str]) -> Iterator[tuple[str, Line]]:
        """Lines of several sections as the rows stood in the file."""

        def named(section: str) -> Iterator[tuple[tuple[int, int], str, Line]]:
            for line in self.lines(section):
                yield (line.get("h", 0), line["n"]), section, line

        for _, section, line in heapq.merge(*(named(one) for one in sections), key=lambda entry: entry[0]):
            yield section, line

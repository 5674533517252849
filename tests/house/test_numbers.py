"""Numbers that people type into an address or a form go through one reader."""

import re

from tests.house.source import PACKAGE, modules

# `isdigit` is also true of "²", where `int` breaks, and says nothing of 5,000 digits or of a key beyond 63 bits.
TRUSTING = re.compile(r"\.(isdigit|isnumeric|isdecimal)\(\)|\bint\(\s*(self\.)?request\.(GET|POST)\b")


def test_web_reads_numbers_with_whole_number():
    found = [
        f"{path.relative_to(PACKAGE.parent)}:{line}"
        for path in modules()
        if "web" in path.relative_to(PACKAGE).parts and "tests" not in path.parts
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if TRUSTING.search(text)
    ]
    assert not found, "use kit.numbers.whole_number:\n" + "\n".join(found)

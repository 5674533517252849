"""The files themselves: nothing of one machine in them, links that lead somewhere, text in one Unicode form."""

import re
import unicodedata

from tests.house.source import ROOT, own_files

TEXT = {".py", ".md", ".html", ".txt", ".toml", ".css", ".js", ".po", ".in", ".json", ".csv", ".typ", ".svg", ""}
# Put together here so that this file does not find itself.
FOREIGN = re.compile(
    "|".join(
        [
            "/wo" + "rk/",
            "/ro" + "ot/",
            "/ho" + "me/",
            "/opt/" + "wheels",
            "pypi" + r"\.org",
            "python" + "hosted",
            "npm" + "js",
        ]
    )
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<to>[^)#\s]+)(?:#[^)]*)?\)|!\[[^\]]*\]\((?P<picture>[^)\s]+)\)")


def texts():
    for path in own_files():
        if path.suffix in TEXT and path.name != "LICENSE":
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue  # a test file in an old encoding is what it is on purpose


def test_no_place_of_one_machine_and_no_package_host():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        if FOREIGN.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert not found, "\n".join(found)


def test_text_is_composed():
    decomposed = [
        str(path.relative_to(ROOT))
        for path, text in texts()
        if "tests" not in path.parts and not unicodedata.is_normalized("NFC", text)
    ]
    assert not decomposed, f"write Vietnamese in composed letters (NFC): {decomposed}"


def test_links_between_documents_lead_somewhere():
    broken = []
    for path, text in texts():
        if path.suffix != ".md":
            continue
        for link in LINK.finditer(text):
            to = link["to"] or link["picture"]
            if not re.match(r"[a-z]+:", to) and not (path.parent / to).exists():
                broken.append(f"{path.relative_to(ROOT)}: {to}")
    assert not broken, "\n".join(broken)


def test_compiled_and_private_files_stay_out():
    private = [
        str(p.relative_to(ROOT)) for p in own_files() if p.suffix in (".mo", ".pyc", ".sqlite3") or p.name == ".env"
    ]
    assert not private

"""Every check that needs no test database: check.py [NAME ...]. All run, all findings show, one failure fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str | Path, **environment: str) -> bool:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout.strip())
    return done.returncode == 0


def listed(*patterns: str) -> list[str]:
    """The project's own files: tracked, and new ones that git does not ignore."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in found.stdout.split("\0") if name and (ROOT / name).exists()]


def style() -> bool:
    return run(BIN / "ruff", "check", "--quiet", "--output-format", "concise", ".")


def layout() -> bool:
    return run(BIN / "ruff", "format", "--check", "--output-format", "concise", ".")


def templates() -> bool:
    pages = listed("src/*.html")
    return not pages or run(BIN / "djade", "--target-version", "5.2", "--check", *pages)


def types() -> bool:
    return run(sys.executable, "-m", "mypy", "--no-error-summary")


def fences() -> bool:
    return run(BIN / "lint-imports", "--no-logo")


def catalogues() -> bool:
    return run(sys.executable, "scripts/messages.py", "--check")


def migrations() -> bool:
    with tempfile.TemporaryDirectory() as data:
        return run(
            sys.executable, "-m", "quantriet", "makemigrations", "--check", "--dry-run", "--verbosity", "1",
            QUANTRIET_DATA=data,
        )  # fmt: skip


def system() -> bool:
    with tempfile.TemporaryDirectory() as data:
        return run(sys.executable, "-m", "quantriet", "check", "--fail-level", "WARNING", QUANTRIET_DATA=data)


def locks() -> bool:
    """No address of any package index in a lock, and a hash for each package."""
    good = True
    for name in listed("requirements/*"):
        text = (ROOT / name).read_text("utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"https?://|file://|--(extra-)?index-url|--find-links|--trusted-host", line):
                print(f"{name}:{number}: an address: {line.strip()}")
                good = False
        if name.endswith(".txt"):
            bare = re.findall(r"^[a-zA-Z0-9].*==[^\\]*$", text, re.M)
            for line in bare:
                print(f"{name}: without a hash: {line}")
                good = False
    return good


def deployment() -> bool:
    return run(sys.executable, "scripts/deployment.py")


def house() -> bool:
    """The fences that need no database; the others run with the tests."""
    options = ["-q", "-p", "no:randomly", "--show-capture=no", "-m", "not django_db"]
    return run(sys.executable, "-m", "pytest", *options, "tests/house")


CHECKS: dict[str, Callable[[], bool]] = {
    check.__name__: check
    for check in (style, layout, templates, fences, locks, deployment, catalogues, system, migrations, types, house)
}


def main() -> None:
    wanted = sys.argv[1:] or list(CHECKS)
    if not CHECKS.keys() >= set(wanted):
        sys.exit(f"usage: check.py [{' '.join(CHECKS)}]")
    failed = []
    for name in wanted:
        start = time.monotonic()
        good = CHECKS[name]()
        print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        if not good:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}   (`make fix` mends style, layout and templates)")


if __name__ == "__main__":
    main()

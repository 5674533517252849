"""Run bench programs: python -m bench [NAME ...]. Prints one table; fails when a limit is missed.

Each program runs in a process of its own, with its data in a folder of its own, so that none warms or burdens the next.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile

import bench
from bench.registry import PROGRAMS

OTHER_MODULES = {"__main__", "registry"}


def find_programs() -> None:
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name not in OTHER_MODULES:
            importlib.import_module(f"bench.{module.name}")


def measure(name: str) -> int:
    """Run one program here; its rows go to the standard output."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantriet.config.settings")
    import django

    django.setup()
    find_programs()
    missed = 0
    for figure in PROGRAMS[name]():
        print(figure.row(), flush=True)
        missed += not figure.held
    return min(missed, 1)


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        sys.exit(measure(sys.argv[2]))
    # Only names are read in this process: a module of bench/ must be importable before Django is set up.
    find_programs()
    wanted = sys.argv[1:] or sorted(PROGRAMS)
    unknown = set(wanted) - PROGRAMS.keys()
    if unknown:
        sys.exit(
            f"no such program: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(PROGRAMS)) or 'none yet'}"
        )
    print("| Figure | Measured | Limit | Ratio | Verdict |\n|---|---|---|---|---|", flush=True)
    failed = []
    for name in wanted:
        print(f"| **{name}** | | | | |", flush=True)
        with tempfile.TemporaryDirectory(prefix="quantriet-bench-", ignore_cleanup_errors=True) as data:
            surroundings = {**os.environ, "QUANTRIET_DATA": data}
            done = subprocess.run([sys.executable, "-m", "bench", "--here", name], env=surroundings)
        if done.returncode:
            failed.append(name)
    if failed:
        sys.exit(f"limits missed or broken off: {', '.join(failed)}")


if __name__ == "__main__":
    main()

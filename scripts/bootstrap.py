"""Make the environment in .venv, once per change of the locks. Standard library only.

    python3 scripts/bootstrap.py [core|postgres|dev]

A lock contains the ones before it, so an environment made for `dev` also serves `core`. What was installed is remembered
by the hash of its lock; a second call only compares and returns in well under a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "quantriet-stamp.json"
LEVELS = ("core", "postgres", "dev")
OLDEST = (3, 11)


def python_of_venv() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def digest_of(level: str) -> str:
    lock = (ROOT / "requirements" / f"{level}.txt").read_bytes()
    # The interpreter and the place belong to the stamp: an environment does not survive either of them changing.
    return hashlib.sha256(lock + f"|{sys.version_info[:2]}|{ROOT}".encode()).hexdigest()


def installed_level() -> str | None:
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        level = stamp["level"]
        return level if python_of_venv().exists() and stamp["digest"] == digest_of(level) else None
    except (OSError, ValueError, KeyError):
        return None


def make_environment() -> None:
    try:
        import ensurepip  # noqa: F401  (only asked for: Debian splits it off)
        import venv
    except ImportError:
        sys.exit(
            "Python has no 'venv' here. Install it and call again: "
            f"apt-get install python3-venv   (or python{OLDEST[0]}.{OLDEST[1]}-venv)"
        )
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(VENV)


def install(level: str) -> None:
    python = python_of_venv()
    if not python.exists() or not STAMP.exists():
        print("Making the environment in .venv (once, about a minute) ...", flush=True)
        make_environment()
    STAMP.unlink(missing_ok=True)
    lock = ROOT / "requirements" / f"{level}.txt"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)])
    if done.returncode:
        sys.exit(
            "The packages could not be installed (see above). Mend the network or the package index and call again."
        )
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    (Path(site) / "quantriet.pth").write_text(f"{ROOT / 'src'}\n", "utf-8")
    STAMP.write_text(json.dumps({"level": level, "digest": digest_of(level)}), "utf-8")


def compile_catalogues() -> None:
    """Compile each catalogue whose text is newer than its compiled form."""
    for po in (ROOT / "src").glob("quantriet/*/locale/*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            subprocess.run([str(python_of_venv()), str(ROOT / "scripts/messages.py"), "--compile"], check=True)
            return


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else "core"
    if wanted not in LEVELS:
        sys.exit(f"usage: bootstrap.py [{'|'.join(LEVELS)}]")
    if sys.version_info < OLDEST:
        sys.exit(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11"
        )
    if wanted == "core" and os.environ.get("DATABASE_URL", "").startswith("postgres"):
        wanted = "postgres"
    present = installed_level()
    if present is None or LEVELS.index(present) < LEVELS.index(wanted):
        install(wanted)
    compile_catalogues()


if __name__ == "__main__":
    main()

"""See that Chromium, LibreOffice and fonts are there; install what is missing where apt can.

Tests that need them fail without them: a proof that was skipped is no proof.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# What is looked for, and the Debian packages that bring it.
WANTED = {
    ("chromium", "chromium-browser", "google-chrome"): ["chromium"],
    ("soffice", "libreoffice"): ["libreoffice-writer-nogui", "libreoffice-calc-nogui"],
}
# Parts that have no command of their own, by a file of theirs.
PARTS = {Path("/usr/lib/libreoffice/program/libsdlo.so"): "libreoffice-impress-nogui"}
FONTS = {
    Path("/usr/share/fonts/truetype/liberation"): "fonts-liberation",
    Path("/usr/share/fonts/truetype/dejavu"): "fonts-dejavu-core",
}


def missing_packages() -> list[str]:
    missing = [name for names, packages in WANTED.items() if not any(map(shutil.which, names)) for name in packages]
    if sys.platform == "linux":
        missing += [
            package for folder, package in (FONTS | PARTS).items() if not folder.exists() and shutil.which("apt-get")
        ]
    return missing


def main() -> None:
    missing = missing_packages()
    if not missing:
        return
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        sys.exit(
            f"Missing for the tests: {' '.join(missing)}. Install them (as root: apt-get install {' '.join(missing)})."
        )
    print(f"Installing {' '.join(missing)} ...", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([apt, "update", "-qq"], **quiet)
    done = subprocess.run([apt, "install", "-y", "-qq", "--no-install-recommends", *missing], **quiet)
    if done.returncode or missing_packages():
        sys.exit(f"apt could not install: {' '.join(missing_packages() or missing)}")


if __name__ == "__main__":
    main()

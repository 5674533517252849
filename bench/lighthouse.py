"""Lighthouse's four figures of the portal's first page, of a document's page and of the handbook's first page.

lighthouse      its own slow phone (mobile form factor, slow 4G, processor slowed 4 times), three rounds, the middle figure:
                at least 95 of 100 each. Needs Node.js; its npm package of the version below is fetched on the first run.

A figure is told as what is missing from 100, at most 5. Pages of a member close themselves to search engines on purpose
(robots, no description), so what Lighthouse calls SEO is told of the handbook without a limit.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.member_page import signed_in
from bench.portal import seed_commune, served
from bench.registry import Figure, program

VERSION = "13.5.0"
ROUNDS = 3
MOST_MISSING = 5.0
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


@program("lighthouse")
def lighthouse() -> Iterator[Figure]:
    from quantriet.config.demo.people import PASSWORD

    assert shutil.which("npx"), "lighthouse is an npm package: install Node.js first"
    pk = seed_commune()
    with served() as port:
        member = signed_in(port, "dangvien", PASSWORD)
        cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
        pages = {
            "the first page": ("/", ""),
            "a document": (f"/documents/{pk}/", ""),
            "the handbook": ("/me/", cookies),
        }
        for name, (address, cookie) in pages.items():
            rounds = [_looked_at(f"http://127.0.0.1:{port}{address}", cookie) for _round in range(ROUNDS)]
            for category in CATEGORIES:
                figure = statistics.median(one["categories"][category]["score"] * 100 for one in rounds)
                limit = None if cookie and category == "seo" else MOST_MISSING
                yield Figure(f"{name}: {category} {figure:.0f}, missing from 100", 100 - figure, limit=limit)
            painted = statistics.median(one["audits"]["largest-contentful-paint"]["numericValue"] for one in rounds)
            yield Figure(f"{name}: largest piece painted", painted, unit="ms")


def _looked_at(address: str, cookie: str, tries: int = 3) -> dict[str, Any]:
    """One round: what Lighthouse writes down of a page; again when its browser recorded nothing."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder:
        headers, report = Path(folder, "headers.json"), Path(folder, "report.json")
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        ended = subprocess.run(
            [
                "npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json", f"--output-path={report}",
                f"--only-categories={','.join(CATEGORIES)}", f"--extra-headers={headers}",
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
            ],
            env={**os.environ, "CHROME_PATH": chromium},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
        )  # fmt: skip
        if ended.returncode and tries > 1:
            return _looked_at(address, cookie, tries - 1)
        assert not ended.returncode, ended.stderr[-800:]
        told: dict[str, Any] = json.loads(report.read_text())
    assert told.get("runtimeError") is None, told["runtimeError"]
    assert told["finalDisplayedUrl"] == address, f"{address} led to {told['finalDisplayedUrl']}"
    return told

"""Which readings of a public page are counted: those of people, as far as a simple rule tells. No cookie, no address."""

from __future__ import annotations

import re

# Programs that say what they are; whoever hides it is counted, so that the figure is an upper bound.
_PROGRAMS = re.compile(
    r"bot|crawl|spider|slurp|archiv|preview|scan|monitor|fetch|http|curl|wget|python|java/|go-|ruby|perl|headless|lighthouse",
    re.I,
)


def is_reader(*, method: str, agent: str, purpose: str, is_signed_in: bool) -> bool:
    """`agent` is what the program calls itself, `purpose` says that a page was only fetched ahead. People of the office, who
    are signed in, are not the public."""
    return method == "GET" and not is_signed_in and bool(agent) and not purpose and not _PROGRAMS.search(agent)

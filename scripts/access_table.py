"""Write docs/access.md, every address of the product and who may open it, and docs/access-matrix.md, what each role is told.

    access_table.py           write the files
    access_table.py --check   only compare

The first comes from the URL resolver, the second from it and the rows of tests/access/things.py. The claim is
`view.access`, set by the page decorators of quantriet.org.web.pages: "public", "signed-in" or a permission.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/access.md"


class Address(NamedTuple):
    route: str
    name: str
    view: Callable[..., Any]
    converters: dict[str, Any]

    @property
    def room(self) -> str:
        parts = self.view.__module__.split(".")
        return parts[1] if parts[0] == "quantriet" else parts[0]

    @property
    def claim(self) -> str | None:
        """What the view asks of its caller; None when nobody said."""
        return getattr(self.view, "access", None)


def addresses() -> list[Address]:
    from django.urls import URLPattern, URLResolver, get_resolver

    def walk(patterns: list[Any], before: str, converters: dict[str, Any]) -> Iterator[Address]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            found = {**converters, **getattr(pattern.pattern, "converters", {})}
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route, found)
            elif isinstance(pattern, URLPattern):
                yield Address("/" + re.sub(r"[\^$]", "", route), pattern.name or "", pattern.callback, found)

    return sorted(walk(get_resolver().url_patterns, "", {}), key=lambda address: (address.route, address.name))


def table() -> str:
    rows = [
        f"| `{address.route}` | {address.name} | {address.room} | {address.claim or '**nobody said**'} |"
        for address in addresses()
    ]
    head = [
        "# Who may open what",
        "",
        "Written by `make access` from the addresses themselves; a test keeps it in step. `public`: everyone. `signed-in`: any",
        "account, and the page shows only what is its own. Anything else is a permission that the account must hold somewhere in",
        "the tree; which rows it then sees is decided by the room's `access` module. Strangers to a row get 404, insiders without",
        "the right 403.",
        "",
        "| Address | Name | Room | Asks for |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantriet.config.settings")
    import django

    django.setup()
    sys.path.insert(0, str(ROOT))
    from tests.access import matrix  # its rows make things, so it reads models: only after the set-up

    if gaps := matrix.gaps():
        sys.exit("\n".join(gaps))
    for path, text in ((TABLE, table()), (matrix.PAGE, matrix.page())):
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if "--check" in sys.argv:
            sys.exit(f"{path.relative_to(ROOT)} is out of step: make access")
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

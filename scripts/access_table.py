"""Write docs/access.md, every address of the product and who may open it, and docs/access-matrix.md, what each role is told.

    access_table.py           write the files
    access_table.py --check   only compare

The first comes from the URL resolver, the second from it and the rows of tests/access/things.py. The claim is
`view.access`, set by the page decorators of quantriet.org.web.pages: "public", "signed-in" or a permission;
an address for machines has a line for each of its operations, `token:` and the scope (quantriet.org.web.door).
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
    method: str = ""  # of an operation for machines

    @property
    def room(self) -> str:
        operations = getattr(self.view, "operations", {})
        module = operations[self.method].module if self.method else self.view.__module__
        parts = module.split(".")
        return parts[1] if parts[0] == "quantriet" else parts[0]

    @property
    def claim(self) -> str | None:
        """What the view asks of its caller; None when nobody said."""
        if self.method:
            return str(self.view.operations[self.method].claim)  # type: ignore[attr-defined]
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
                for method in getattr(pattern.callback, "operations", {"": None}):
                    address = "/" + re.sub(r"[\^$]", "", route)
                    yield Address(address, pattern.name or "", pattern.callback, found, method)

    return sorted(
        walk(get_resolver().url_patterns, "", {}), key=lambda address: (address.route, address.name, address.method)
    )


def pages() -> list[Address]:
    """Addresses for people."""
    return [address for address in addresses() if not address.method]


def operations() -> list[Address]:
    """Addresses for machines, one for each operation."""
    return [address for address in addresses() if address.method]


def table() -> str:
    rows = [
        f"| `{f'{address.method} {address.route}'.strip()}` | {address.name} | {address.room} | {address.claim or '**nobody said**'} |"
        for address in addresses()
    ]
    head = [
        "# Who may open what",
        "",
        "Written by `make access` from the addresses themselves; a test keeps it in step. `public`: everyone. `signed-in`: any",
        "account, and the page shows only what is its own. Anything else is a permission that the account must hold somewhere in",
        "the tree; which rows it then sees is decided by the room's `access` module. Strangers to a row get 404, insiders without",
        "the right 403. `token:`: an operation for machines, with the scope that its key must have; without a key 401, without the",
        "scope 403, and then the same rows as on the desk.",
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

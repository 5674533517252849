"""Numbers: as Vietnamese offices write them (1.234.567,5 and 97,5%), and as they come from outside."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

MOST_KEY = 2**63 - 1  # of a row in either database


def whole_number(typed: object, *, least: int = 0, most: int = MOST_KEY) -> int | None:
    """The whole number that somebody typed into an address or a form; None for anything else, of whatever alphabet or length.

    The one reader of numbers from outside: `isdigit` is also true of "²" and of 5,000 digits, at which `int` breaks, and
    a database breaks at a key beyond 63 bits.
    """
    text = typed.strip() if isinstance(typed, str) else ""
    if not text.isascii() or not text.isdecimal() or len(text) > 19:
        return None
    number = int(text)
    return number if least <= number <= most else None


def whole_numbers(typed: Iterable[object]) -> list[int]:
    """Those of the values that are keys, in their order: ticked boxes, lists in an address."""
    return [number for one in typed if (number := whole_number(one)) is not None]


class MoreThan(int):
    """A count that was not carried further: there are more, and nobody waits for how many."""


def show_number(value: int | float | Decimal, places: int = 0) -> str:
    """4412 → "4.412"; 1234567.5 with one place → "1.234.567,5"; MoreThan(20000) → "hơn 20.000"."""
    if places == 0 and isinstance(value, int):  # most of what a page of counts writes
        shown = f"{value:,}".replace(",", ".")
        return f"hơn {shown}" if type(value) is MoreThan else shown
    quantum = Decimal(1).scaleb(-places)
    rounded = Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    return f"{rounded:,.{places}f}".translate(str.maketrans(",.", ".,"))


def share(part: int, whole: int) -> Decimal | None:
    """Per cent of `part` in `whole`, exact; None when there is no whole."""
    return Decimal(part) * 100 / Decimal(whole) if whole else None


# One rule for shares on screens, papers, sheets and in verdicts: one decimal, 91 is "91,0%"; only nothing and everything
# stand bare, and what is neither never looks like it (99,96 is "99,9%", 0,04 is "0,1%").


def rounded_share(value: int | float | Decimal, places: int = 1) -> Decimal:
    """A share in per cent with the decimals that are printed."""
    exact = Decimal(str(value))
    step = Decimal(1).scaleb(-places)
    rounded = exact.quantize(step, rounding=ROUND_HALF_UP)
    if exact < 100 <= rounded:
        return Decimal(100) - step
    if rounded <= 0 < exact:
        return step
    return rounded


def printed_share(part: int, whole: int) -> Decimal | None:
    """The share of `part` in `whole` as it is printed, to reckon with what the reader sees; None without a whole."""
    exact = share(part, whole)
    return None if exact is None else rounded_share(exact)


def show_share(value: int | float | Decimal, places: int = 1) -> str:
    """A share in per cent: 91.3 → "91,3%", 91 → "91,0%", 100 → "100%", 0 → "0%"."""
    rounded = rounded_share(value, places)
    return f"{show_number(rounded, 0 if rounded in (0, 100) else places)}%"


def show_percent(part: int, whole: int, places: int = 1) -> str:
    """95 of 210 → "45,2%"; "–" when there is no whole."""
    exact = share(part, whole)
    return "–" if exact is None else show_share(exact, places)

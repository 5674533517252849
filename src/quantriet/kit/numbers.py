"""Numbers as Vietnamese offices write them: 1.234.567,5 and 97,5%."""

from decimal import ROUND_HALF_UP, Decimal


def show_number(value: int | float | Decimal, places: int = 0) -> str:
    """4412 → "4.412"; 1234567.5 with one place → "1.234.567,5"."""
    quantum = Decimal(1).scaleb(-places)
    rounded = Decimal(str(value)).quantize(quantum, rounding=ROUND_HALF_UP)
    return f"{rounded:,.{places}f}".translate(str.maketrans(",.", ".,"))


def share(part: int, whole: int) -> Decimal | None:
    """Per cent of `part` in `whole`, exact; None when there is no whole."""
    return Decimal(part) * 100 / Decimal(whole) if whole else None


def show_percent(part: int, whole: int, places: int = 1) -> str:
    """95 of 210 → "45,2%"; "–" when there is no whole. A share that is not whole never rounds up to 100."""
    value = share(part, whole)
    if value is None:
        return "–"
    ceiling = Decimal(100) - Decimal(1).scaleb(-places)
    if value < 100 and value > ceiling:
        value = ceiling
    text = show_number(value, places)
    return text.removesuffix("," + "0" * places) + "%"

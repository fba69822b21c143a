"""What is written in a cell: nothing, a number, a truth value, a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np

from ..arrays import Array

# In small letters: what says everywhere that nothing is there, and what does so among numbers and dates, but among
# words may be one of them: a garage is single, double or none.
MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "?"})
BLANKS = frozenset({
    "none", "nil", "missing", "unknown", "n.a.", "n.d.", "tbd", "-", ".", "--", "−", "–", "—",
    "#value!", "#div/0!", "#ref!", "#num!", "#name?",
})  # fmt: skip


def spelled(words: Collection[str]) -> frozenset[str]:
    """Words in small letters with each letter small or a capital: sets meet quicker than texts are changed.

    >>> sorted(spelled(["na"]))
    ['NA', 'Na', 'nA', 'na']
    """
    return frozenset("".join(spelt) for word in words for spelt in product(*zip(word, word.upper(), strict=True)))


ALL_MISSING, ALL_BLANKS = spelled(MISSING), spelled(BLANKS)
TRUTH = [("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"), ("1.0", "0.0")]
TRUE = {true for true, _ in TRUTH}
FALSE = {false for _, false in TRUTH}

ISO = "iso"  # 2026-01-31, 2026-01-31T23:59:59+01:00
_HALVES = ("%I:%M %p", "%I:%M%p", "%I:%M:%S %p", "%I:%M:%S%p")  # of a day
TIMES = ("%H:%M", "%H:%M:%S", *_HALVES, "%I %p", "%I%p")  # alone, they are of no day
_DAYS = (
    "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
_ENDS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", *(f" {time}" for time in _HALVES))
FORMATS = (ISO, *TIMES, *(day + end for day in _DAYS for end in _ENDS))
SIGNS = "$€£¥%"  # that may stand at one end of each of a column's numbers
BRACKETS = "()"  # around negative ones, as accountants write them
EXACT = 2**53  # up to here every whole number is a float, too
TRIED = 20  # values on which a format is tried before all of them

SWAPPED = str.maketrans(",.", ".,")  # the marks of numbers

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_UNIT = re.compile(
    r"[\d.,]\s*(?![ap]m$)([^\W\d_]{1,8}(?:/[^\W\d_]{1,8})?[²³]?|°[CF]?)$", re.IGNORECASE
)  # 1 pm is a time
_BEGINS = re.compile(r"[(+−–-]*[$€£¥%]?\s*[(+−–-]?[\d.,]")  # a number, with what may stand before it
_MINUS = re.compile("[−–](?=[\\d.,$€£¥])")  # as typesetters write it
_LONG = re.compile(r"([+-]?\d{16,307})(?:\.0*)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}([.' \u00a0\u202f]\d{3})+)?(,\d+)?([eE][+-]?\d+)?")


def is_missing(text: str) -> bool:
    """Whether a cell says that nothing is there.

    >>> is_missing(" NA "), is_missing("0")
    (True, False)
    """
    return text.strip().lower() in MISSING


def as_text(value: Any) -> str | None:
    """A value of any kind as a cell's text: whole floats as integers, None for what is missing.

    >>> as_text(3.0), as_text(True), as_text(" a "), as_text(float("nan"))
    ('3', 'True', 'a', None)
    """
    if type(value) is str:  # most cells of a file are, which is quicker this way
        text = value.strip()
        return None if text.lower() in MISSING else text
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # pandas' marks for a missing value
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, float | np.floating):
        value = int(value) if float(value).is_integer() else float(value)
    text = str(value).strip()
    return None if is_missing(text) else text


def lacking(cells: Array) -> Array:
    """Which cells (N,) hold nothing."""
    if cells.dtype.kind in "fM":
        return np.isnan(cells) if cells.dtype.kind == "f" else np.isnat(cells)
    return np.array([cell is None for cell in cells.tolist()], bool)


def cell_of(cells: Array, row: int) -> Any:
    """A cell as Python has it, for an error to show."""
    return cells[row : row + 1].tolist()[0]


def without_blanks(cells: Array) -> Array:
    """The cells of a column of numbers, dates or truth values, None for those that only say that nothing is there.

    >>> without_blanks(np.array(["3", "none", None], object)).tolist()
    ['3', None, None]
    """
    blank = ALL_BLANKS.intersection(cells.tolist()) if cells.dtype.kind == "O" else set()
    if not blank:
        return cells
    found: Array = np.empty(len(cells), object)
    found[:] = [None if cell in blank else cell for cell in cells.tolist()]
    return found


def with_minus(text: str) -> str:
    """A number's text with the minus of a keyboard, whatever stands before its digits."""
    return _MINUS.sub("-", text)


def plain_number(text: str) -> str:
    """A number with a decimal point, as Python reads it.

    >>> plain_number("−5")
    '-5'
    """
    if "_" in text:  # Python's own mark between digits
        raise ValueError(text)
    return with_minus(text)


def grouped_number(text: str) -> str:
    """A number with commas between thousands, as Python reads it.

    >>> grouped_number("1,234.5")
    '1234.5'
    """
    text = plain_number(text)
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def comma_number(text: str) -> str:
    """A number with a decimal comma, and perhaps points or spaces between thousands, as Python reads it.

    >>> comma_number("1.234,5")
    '1234.5'
    """
    text = with_minus(text)
    if not _COMMA.fullmatch(text):
        raise ValueError(text)
    return re.sub(r"[.' \u00a0\u202f]", "", text).replace(",", ".")


STYLES: dict[str, Callable[[str], str]] = {
    "plain": plain_number,
    "grouped": grouped_number,
    "comma": comma_number,
}  # of numbers


def decimal_of(forms: Iterable[str]) -> str:
    """The decimal mark of columns whose numbers are written so: a comma where it is that of any.

    >>> decimal_of(["plain", "comma €"]), decimal_of(["plain"])
    (',', '.')
    """
    return "," if any(form.startswith("comma") for form in forms) else "."


def with_decimal(text: str, decimal: str) -> str:
    """A number that is written with a decimal point, and perhaps commas between thousands, with this mark.

    >>> with_decimal("2,004.5", ","), with_decimal("2,004.5", ".")
    ('2.004,5', '2,004.5')
    """
    return text.translate(SWAPPED) if decimal == "," else text


def mark_at(text: str) -> str:
    """The sign of a currency, or of percent, at one end of a number's text, or the unit behind it; "" for none.

    >>> mark_at("-$1,200.50"), mark_at("95.5cm"), mark_at("7"), mark_at("Oslo")
    ('$', 'cm', '', '')
    """
    if not _BEGINS.match(text):  # most words are known by their first letter
        return ""
    signs = (mark for mark in SIGNS if mark in text and bare(text, mark) != with_minus(text))
    return next(signs, "") or (found[1] if (found := _UNIT.search(text)) else "")


def bare(text: str, mark: str) -> str:
    """A text without this sign at one end.

    >>> bare("-$5", "$"), bare("12,5 %", "%"), bare("5", "%")
    ('-5', '12,5', '5')
    """
    text = with_minus(text)
    if text.startswith((mark, f"-{mark}")):
        return text.replace(mark, "", 1).strip()
    return text.removesuffix(mark).strip()


def unbracketed(text: str) -> str:
    """A number in brackets with a minus in their place.

    >>> unbracketed("(1,200.50)"), unbracketed("7")
    ('-1,200.50', '7')
    """
    inside = text[1:-1].strip()
    return f"-{inside}" if text.startswith("(") and text.endswith(")") and inside[:1] not in "+-−–" else text


def marked(text: str, marks: Collection[str]) -> str:
    """A number's text without a column's marks, of which brackets are one.

    >>> marked("($1,200.50)", ["()", "$"]), marked("$(3)", ["()", "$"]), marked("(3)", [])
    ('-1,200.50', '-3', '(3)')
    """
    for mark in marks:
        text = unbracketed(text) if mark == BRACKETS else bare(text, mark)
    return unbracketed(text) if BRACKETS in marks else text


def moment(text: str, form: str) -> datetime:
    """The date and time that a text in this format says; one with a time zone in UTC.

    >>> moment("31.12.2025", "%d.%m.%Y")
    datetime.datetime(2025, 12, 31, 0, 0)
    """
    found = datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def numbers(cells: Array, style: str) -> tuple[Array, Array]:
    """(numbers (N,) float64 with NaN for none, which cells (N,) are none though something is written there). style: one
    of STYLES, with a column's marks behind it: the sign at each number, brackets: "grouped () $"."""
    if cells.dtype.kind == "f":
        return cells, np.zeros(len(cells), bool)
    style, *marks = style.split(" ")
    plain = STYLES.get(style, plain_number)

    def read(text: str) -> float:
        return float(plain(marked(text, marks)))

    if marks:
        return _mapped(cells, read, np.nan, np.float64)
    try:
        texts = ["nan" if cell is None else cell for cell in cells]
        if plain is plain_number and "_" not in "".join(texts):
            return np.array(texts, object).astype(np.float64), np.zeros(len(cells), bool)
        values = np.fromiter((np.nan if cell is None else read(cell) for cell in cells), np.float64, len(cells))
        return values, np.zeros(len(cells), bool)
    except (ValueError, TypeError, OverflowError):
        return _mapped(cells, read, np.nan, np.float64)


def moments(cells: Array, form: str) -> tuple[Array, Array]:
    """(moments (N,) datetime64[us] with NaT for none, which cells (N,) are none though something is written there)."""
    if cells.dtype.kind == "M":
        return cells, np.zeros(len(cells), bool)
    return _mapped(cells, lambda text: moment(text, form), np.datetime64("NaT"), "datetime64[us]")


def _mapped(cells: Array, read: Callable[[str], Any], none: Any, dtype: Any) -> tuple[Array, Array]:
    """What `read` makes of each cell's text, each different text read once."""
    table: dict[Any, Any] = {}
    bad: set[Any] = set()
    for cell in dict.fromkeys(cells.tolist()):
        try:
            table[cell] = none if cell is None else read(cell)
        except (ValueError, TypeError, OverflowError, AttributeError):
            table[cell] = none
            bad.add(cell)
    values = np.array([table[cell] for cell in cells.tolist()], dtype)
    return values, np.array([cell in bad for cell in cells.tolist()], bool)


def style_of(texts: Collection[str], decimal: str = ".") -> tuple[str, int]:
    """(the style in which most of these different texts are numbers, how many of them are). `decimal`: what this file
    is likely to write.

    >>> style_of(["1,5", "2"], decimal=","), style_of(["1,500", "2"]), style_of(["1,5", "2"])
    (('comma', 2), ('grouped', 2), ('comma', 2))
    """
    order = ["plain", "comma", "grouped"] if decimal == "," else ["plain", "grouped", "comma"]
    found: dict[str, int] = {}
    for style in order:
        found[style] = sum(is_number(style, text) for text in texts)
        if found[style] == len(texts):
            return style, found[style]
    best = max(order, key=lambda style: found[style])
    return best, found[best]


def rounded(texts: Collection[str], style: str) -> tuple[str, str]:
    """(a whole number among these different texts that no float is, another one that the same float stands for); "" for
    none.

    >>> rounded(["9007199254740992", "9007199254740993", "1.5"], "plain"), rounded(["9007199254740993"], "plain")
    (('9007199254740993', '9007199254740992'), ('9007199254740993', ''))
    """
    style, *marks = style.split(" ")
    found = (_LONG.fullmatch(STYLES[style](marked(text, marks))) for text in texts if len(text) > 15)
    wholes = sorted({int(whole[1]) for whole in found if whole}, key=abs)
    rough = [whole for whole in wholes if int(float(whole)) != whole]
    by_float: dict[float, set[int]] = {}
    for whole in wholes:
        by_float.setdefault(float(whole), set()).add(whole)
    for whole in rough:
        for other in by_float[float(whole)] - {whole}:
            return str(whole), str(other)
    return (str(rough[0]) if rough else ""), ""


def format_of(texts: Collection[str]) -> list[str]:
    """The formats in which all of these texts are dates or times.

    >>> format_of(["03/04/2025"]), format_of(["2025-01-31", "2025-02-01"])
    (['%d/%m/%Y', '%m/%d/%Y'], ['iso'])
    """
    few = list(texts)[:TRIED]
    if not few or not all(any(map(str.isdigit, text)) and 3 <= len(text) <= 40 for text in few):
        return []
    likely = [form for form in FORMATS if all(reads(moment, text, form) for text in few)]
    return [form for form in likely if all(reads(moment, text, form) for text in texts)]


def is_number(style: str, text: str) -> bool:
    """Whether a text is a number in this style."""
    return reads(lambda text: float(STYLES[style](text)), text)


def reads(read: Callable[..., Any], *given: str) -> bool:
    """Whether a text can be read in this way."""
    try:
        read(*given)
    except (ValueError, OverflowError):
        return False
    return True


def truth(text: str) -> float:
    """1 for a word that says yes, 0 for one that says no.

    >>> truth("Yes"), truth("0")
    (1.0, 0.0)
    """
    word = text.lower()
    if word in TRUE:
        return 1.0
    if word in FALSE:
        return 0.0
    raise ValueError(text)


def are_truths(texts: Collection[str]) -> bool:
    """Whether these different texts are the two words of one kind of truth value.

    >>> are_truths(["No", "Yes"]), are_truths(["no", "true"])
    (True, False)
    """
    return {text.lower() for text in texts} in [set(pair) for pair in TRUTH]

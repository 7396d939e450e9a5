"""Arithmetic, read from what people type and bounded in what it may cost."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty"),
)
_LARGE = {"hundred": 100, "thousand": 1000, "a hundred": 100, "a thousand": 1000}
WORDS = {word: number for number, word in enumerate(_SMALL)} | _LARGE
SIGNS = {
    "and": "+",
    "plus": "+",
    "minus": "-",
    "less": "-",
    "times": "*",
    "x": "*",
    "×": "*",
    "divided by": "/",
    "over": "/",
    "÷": "/",
    "to the power of": "**",
    "^": "**",
}
LONGEST = 200
MOST_BITS = 4096
Number = int | float

_OF_TWO: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_PARTS = "|".join(re.escape(word) for word in sorted({**WORDS, **SIGNS}, key=len, reverse=True))
_WORD = re.compile(rf"\b(?:{_PARTS})\b|[×÷^]")
_SUM = re.compile(r"[\d.()\s+*/%-]*\d[\d.()\s+*/%-]*")


class CannotCalculateError(ValueError):
    """It is no arithmetic, or more of it than is taken."""


def expression_in(text: str) -> str | None:
    """Find arithmetic in a question: digits, or numbers and signs in words; None without any."""
    plain = _WORD.sub(lambda found: _plain(found[0]), text[:LONGEST].lower())
    for found in _SUM.finditer(plain):
        candidate = " ".join(found[0].split())
        if any(sign in candidate[1:] for sign in "+-*/%") and _parses(candidate):
            return candidate
    return None


def calculate(expression: str) -> Number:
    """Work out an expression of numbers, brackets and + - * / // % **.

    Raises:
        CannotCalculateError: with what is wrong.
    """
    if len(expression) > LONGEST:
        raise CannotCalculateError(f"it is longer than {LONGEST} characters")
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body)
        if isinstance(value, float) and not math.isfinite(value):
            raise CannotCalculateError("its value is too large")
        return value
    except (SyntaxError, RecursionError, MemoryError):
        raise CannotCalculateError("it is no arithmetic") from None
    except ZeroDivisionError:
        raise CannotCalculateError("it divides by zero") from None
    except OverflowError:
        raise CannotCalculateError("its value is too large") from None


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=bool()):
            raise CannotCalculateError("it is no arithmetic")
        case ast.Constant(value=int() | float() as value):
            return _bounded(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _bounded(_power(_value(left), _value(right)))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OF_TWO:
            return _bounded(_OF_TWO[type(sign)](_value(left), _value(right)))
    raise CannotCalculateError("it is no arithmetic")


def _power(base: Number, exponent: Number) -> Number:
    # The size of the result is known before it is worked out.
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and exponent > 0 and int(base).bit_length() * exponent > MOST_BITS:
        raise CannotCalculateError("its value is too large")
    found = base**exponent
    if isinstance(found, complex):
        raise CannotCalculateError("its value is no real number")
    return found


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise CannotCalculateError("its value is too large")
    return value


def _plain(word: str) -> str:
    return f" {SIGNS[word]} " if word in SIGNS else f" {WORDS[word]} "


def _parses(candidate: str) -> bool:
    try:
        ast.parse(candidate, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True

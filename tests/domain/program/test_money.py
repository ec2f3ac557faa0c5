"""Money: exact in, exact out, and in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.program.money import CURRENCIES, LARGEST, exponent, in_words, to_decimal, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("199.00", "CNY", 19_900),
        ("199", "CNY", 19_900),
        ("199.9", "CNY", 19_990),
        ("0.01", "CNY", 1),
        ("0", "CNY", 0),
        ("0.000", "CNY", 0),
        ("1.990000000000000000000000000000000000", "CNY", 199),
        ("-5.00", "CNY", -500),
        (5000, "CNY", 500_000),
        (Decimal("5E+3"), "CNY", 500_000),
        (Decimal("0E+999999"), "CNY", 0),
        ("500", "JPY", 500),
        ("500.0", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("10000000000000", "CNY", LARGEST),
        ("1000000000000000", "JPY", LARGEST),
    ],
)
def test_to_minor(amount: str | Decimal | int, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        ("1.999", "CNY", "CNY has 2 decimal places, 1.999 has more"),
        ("1.5", "JPY", "JPY has 0 decimal places, 1.5 has more"),
        ("0.00000000000000000000000000000000000001", "CNY", "has more"),
        (Decimal("1e-999999"), "CNY", "has more"),
        ("10000000000000.01", "CNY", "beyond"),
        ("1000000000000001", "JPY", "beyond"),
        (Decimal("1e999999"), "CNY", "beyond"),
        (10**30, "CNY", "beyond"),
        ("1e3", "CNY", "not a decimal"),
        ("1_000", "CNY", "not a decimal"),
        (" 5", "CNY", "not a decimal"),
        ("５", "CNY", "not a decimal"),
        ("", "CNY", "not a decimal"),
        ("5.", "CNY", "not a decimal"),
        ("NaN", "CNY", "not a decimal"),
        ("Infinity", "CNY", "not a decimal"),
        (Decimal("NaN"), "CNY", "not a decimal"),
        (Decimal("Infinity"), "CNY", "not a decimal"),
        ("9" * 100_000, "CNY", "beyond"),
    ],
)
def test_refused(amount: str | Decimal | int, currency: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refusal:
        to_minor(amount, currency)
    assert len(str(refusal.value)) < 120


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(sorted(CURRENCIES)))
def test_there_and_back(minor: int, currency: str) -> None:
    assert to_minor(to_decimal(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (500_000, "CNY", "¥5,000"),
        (19_990, "CNY", "¥199.90"),
        (5, "CNY", "¥0.05"),
        (0, "CNY", "¥0"),
        (-500_000, "CNY", "-¥5,000"),
        (10_000, "USD", "US$100"),
        (9_999, "USD", "US$99.99"),
        (123_456_789, "EUR", "€1,234,567.89"),
        (100, "GBP", "£1"),
        (5000, "JPY", "JP¥5,000"),
        (5000, "KRW", "₩5,000"),
        (1234, "KWD", "KWD 1.234"),
        (1005, "KWD", "KWD 1.005"),
        (2000, "CHF", "CHF 20"),
        (100_000, "HKD", "HK$1,000"),
        (100_000, "TWD", "NT$1,000"),
    ],
)
def test_in_words(minor: int, currency: str, words: str) -> None:
    assert in_words(minor, currency) == words


@pytest.mark.parametrize(
    ("currency", "places"),
    [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("TND", 3)],
)
def test_decimal_places(currency: str, places: int) -> None:
    assert exponent(currency) == places

"""Money is an integer of the currency's smallest unit; only words and requests know decimals."""

from decimal import Decimal, InvalidOperation

# ISO 4217 minor units where they are not 2.
_EXPONENTS = dict.fromkeys(
    ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF").split(), 0
) | dict.fromkeys(("BHD IQD JOD KWD LYD OMR TND").split(), 3)

LARGEST = 10**15
"""Smallest units; far above any order, far below what DynamoDB or a JSON reader would round."""


def exponent(currency: str) -> int:
    """Decimal places of the currency: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: str | Decimal | int, currency: str) -> int:
    """'199.00' CNY → 19900. Raises ValueError where the currency has no unit that small."""
    try:
        scaled = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not a decimal number") from None
    if not scaled.is_finite() or abs(scaled) > LARGEST:
        raise ValueError(f"{amount} is beyond the largest amount")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{currency} has {exponent(currency)} decimal places, {amount} has more")
    return int(scaled)


def to_decimal(minor: int, currency: str) -> str:
    """19900 CNY → '199.00'."""
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"

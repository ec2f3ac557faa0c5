"""Money is an integer of the currency's smallest unit; only words and requests know decimals."""

import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches

from membership.program.flaws import unsound

_PLACES: Mapping[int, str] = {
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
        CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
        HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
        MUR MVR MWK MXN MYR MZN NAD NGN NIO NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
        SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST
        XCD XCG YER ZAR ZMW ZWG
    """,
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_EXPONENTS = {code: places for places, codes in _PLACES.items() for code in codes.split()}

CURRENCIES = frozenset(_EXPONENTS)
"""Every code of ISO 4217 in which people pay."""

_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "JP¥",  # ¥ alone is the yuan here: no program has both, but readers may
    "KRW": "₩",
    "MOP": "MOP$",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "RUB": "₽",
    "SGD": "S$",
    "THB": "฿",
    "TRY": "₺",
    "TWD": "NT$",
    "UAH": "₴",
    "USD": "US$",
    "VND": "₫",
}

_ALSO_CALLED = {"RMB": "CNY", "YUAN": "CNY", "¥": "CNY", "元": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}

LARGEST = 10**15
"""Smallest units; far above any order, far below what DynamoDB or a JSON reader would round."""

_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def known_currency(code: str) -> str:
    """The code, if it is one. Raises Unsound with the nearest one."""
    if code not in CURRENCIES:
        close = get_close_matches(code.upper(), sorted(CURRENCIES), n=1, cutoff=0.75)
        nearest = _ALSO_CALLED.get(code.upper()) or "".join(close)
        remedy = f"Did you mean {nearest}?" if nearest else "Write its three letters, as CNY."
        raise unsound("is not the code of a currency", remedy)
    return code


def exponent(currency: str) -> int:
    """Decimal places of the currency: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: str | Decimal | int, currency: str) -> int:
    """'199.00' CNY → 19900, exactly. Raises ValueError where the currency has no unit that small."""
    if isinstance(amount, str) and not _DECIMAL.fullmatch(amount):
        raise ValueError(f"{_short(amount)} is not a decimal number")
    value = Decimal(amount)
    if not value.is_finite():
        raise ValueError(f"{_short(amount)} is not a decimal number")
    if not value:
        return 0
    sign, digits, scale = value.as_tuple()
    assert isinstance(scale, int)
    shift = scale + exponent(currency)
    if len(digits) + shift > 16:  # before any arithmetic: 1e999999 has a million digits
        raise ValueError(f"{_short(amount)} is beyond the largest amount")
    if shift < 0:
        if any(digits[shift:]):
            raise ValueError(f"{currency} has {exponent(currency)} decimal places, {_short(amount)} has more")
        digits, shift = digits[:shift], 0
    minor = int("".join(map(str, digits))) * int(10**shift)
    if minor > LARGEST:
        raise ValueError(f"{_short(amount)} is beyond the largest amount")
    return -minor if sign else minor


def _short(amount: object) -> str:
    return text if len(text := str(amount)) <= 40 else text[:40] + "…"


def to_decimal(minor: int, currency: str) -> str:
    """19900 CNY → '199.00'."""
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"


def in_words(minor: int, currency: str) -> str:
    """500000 CNY → '¥5,000', 9990 USD → 'US$99.90': decimals only where they say something."""
    whole, part = divmod(abs(minor), 10 ** exponent(currency))
    figure = f"{whole:,}" + (f".{part:0{exponent(currency)}}" if part else "")
    return ("-" if minor < 0 else "") + (_SYMBOLS.get(currency) or f"{currency} ") + figure


def to_smallest(measure: str, amount: Decimal, currency: str) -> int:
    """An amount of a metric in its smallest unit. Raises ValueError where it has none so small."""
    if measure == "money":
        return to_minor(amount, currency)
    if amount != amount.to_integral_value():
        raise ValueError(f"is counted in whole numbers, not {amount}")
    return int(amount)

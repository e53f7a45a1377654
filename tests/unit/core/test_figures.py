"""Numbers are shown with three significant digits, and never mislead."""

from __future__ import annotations

import math

import pytest

from modelpack_gui.core.figures import (
    count,
    duration,
    full,
    microseconds,
    milliseconds,
    percent,
    plural,
    rounded,
    signed,
    significant,
    size,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.01234, "0.0123"),
        (1.0, "1.00"),
        (-2.345, "-2.35"),
        (9.996, "10.0"),
        (0.9996, "1.00"),
        (0.00009999, "0.000100"),
        (123.4, "123"),
        (12345.0, "12,345"),
        (1.234e-7, "1.23e-07"),
        (4.5e9, "4.50e+09"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_significant_digits(value: float | None, shown: str) -> None:
    assert significant(value) == shown


def test_more_digits_can_be_asked_for() -> None:
    assert significant(1.23456, 5) == "1.2346"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (776_936.0, "780,000"),
        (123.4, "120"),
        (0.944, "0.94"),
        (2.0, "2"),
        (99.7, "100"),
        (4.5e-6, "4.5e-06"),
        (3.4e8, "3.4e+08"),
        (math.inf, "inf"),
    ],
)
def test_in_a_sentence_a_large_number_is_rounded_too(value: float, shown: str) -> None:
    assert rounded(value) == shown


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1.234e-7, 123456.789])
def test_the_full_value_reads_back_as_the_same_number(value: float) -> None:
    assert float(full(value)) == value


def test_a_missing_value_copies_as_nothing() -> None:
    assert full(None) == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (312_000, "312 kB"), (97_800_000, "97.8 MB"), (2**31, "2.15 GB")],
)
def test_bytes_are_in_decimal_units(value: int, shown: str) -> None:
    assert size(value) == shown


def test_bytes_just_below_the_next_unit_are_not_a_thousand_of_the_smaller() -> None:
    assert size(999_700) == "1.00 MB"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.34, "340 ms"), (2.44, "2.4 s"), (59.9, "59.9 s"), (60, "1 min 00 s"), (185, "3 min 05 s")],
)
def test_durations_as_a_person_says_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 nodes"), (1, "1 node"), (12, "12 nodes"), (1200, "1,200 nodes")]
)
def test_one_is_singular(number: int, shown: str) -> None:
    assert plural(number, "node") == shown


def test_irregular_plurals_can_be_given() -> None:
    assert plural(2, "axis", "axes") == "2 axes"


def test_thousands_are_separated() -> None:
    assert count(1234567) == "1,234,567"


def test_a_change_has_its_sign() -> None:
    assert [signed(value) for value in (1.2, -239_269.0, 0.0)] == ["+1.20", "−239,269", "0"]


def test_a_short_time_has_the_unit_that_suits_it() -> None:
    assert [microseconds(us) for us in (0.4567, 999.4, 999.6, 98_600.0, 2_340_000.0)] == [
        "0.457 µs",
        "999 µs",
        "1.00 ms",
        "98.6 ms",
        "2.34 s",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123.4, "123 ms"),
        (12.34, "12.3 ms"),
        (1.234, "1.23 ms"),
        (0.1234, "0.123 ms"),
        (0.0123, "0.0123 ms"),
        (1234.5, "1,234 ms"),
    ],
)
def test_latencies_have_three_digits(value: float, text: str) -> None:
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0 %"), (1.0, "100 %"), (3.9, "390 %"), (0.0012, "0.12 %"), (4e-7, "<0.001 %"), (1e-5, "0.001 %")],
)
def test_shares_are_told_without_exponents(share: float, shown: str) -> None:
    assert percent(share) == shown

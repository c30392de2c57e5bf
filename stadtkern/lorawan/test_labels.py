"""QR labels of the LoRa Alliance (TR005)."""

import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.errors import BadInput
from stadtkern.lorawan.labels import Label, checksum, picture, read_label

pytestmark = pytest.mark.usefixtures("english")
EXAMPLE = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C"
"""The example of the recommendation, with its check sum."""


def test_the_example_of_the_recommendation_is_read() -> None:
    label = read_label(f" {EXAMPLE}\n")
    assert label == Label(
        join_eui="1122334455667788",
        dev_eui="AABBCCDDEEFF0011",
        vendor=0xAABB,
        profile=0x1122,
        owner_token="AABBCCDDEEFF",
        serial="YYWWNNNNNN",
        proprietary="FOOBAR",
    )
    assert label.text == EXAMPLE


@pytest.mark.parametrize("text", ["70B3D57ED0050101", "70-b3-d5-7e-d0-05-01-01", "70:B3:D5:7E:D0:05:01:01"])
def test_a_bare_eui_is_taken(text: str) -> None:
    assert read_label(text).dev_eui == "70B3D57ED0050101"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with"),
        ("https://example.org", "begins with"),
        ("LW:D1:1122334455667788:AABBCCDDEEFF0011:AABB1122", "begins with"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011", "begins with"),
        ("LW:D0:112233445566778:AABBCCDDEEFF0011:AABB1122", "16 hexadecimal digits"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF001G:AABB1122", "16 hexadecimal digits"),
        ("LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB112", "8 hexadecimal digits"),
        (EXAMPLE.replace("FOOBAR", "FOOBAZ"), "misread"),
        (EXAMPLE[:-4] + "XXXX", "misread"),
        (EXAMPLE[:-6] + ":SX", "does not know"),
        (EXAMPLE[:-6] + ":XX", "does not know"),
        ("L" * 501, "too long"),
    ],
)
def test_a_wrong_label_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_label(text)


EUI = st.text("0123456789ABCDEF", min_size=16, max_size=16)
WORD = st.text(string.ascii_uppercase + string.digits, max_size=12)


LABELS = st.builds(
    Label,
    join_eui=EUI,
    dev_eui=EUI,
    vendor=st.integers(0, 0xFFFF),
    profile=st.integers(0, 0xFFFF),
    serial=WORD,
    owner_token=WORD,
)


@given(LABELS)
def test_what_is_printed_is_read_again(label: Label) -> None:
    assert read_label(label.text) == label


@given(st.text(max_size=80))
def test_any_text_is_read_or_explained(text: str) -> None:
    with suppress(BadInput):
        assert len(read_label(text).dev_eui) == 16


def test_the_check_sum_is_that_of_modbus() -> None:
    assert checksum("123456789") == 0x4B37  # the check value in the catalogue of CRCs
    assert picture("x").startswith("data:image/svg+xml")

"""The interface says what it is."""

from stadtkern.standards.sensorthings.standard import standard


def test_begins_where_the_design_says() -> None:
    assert standard.prefix == "sta/v1.1/"

"""A list of links."""

from stadtkern.dashboards.fixtures import Show


def test_link_elsewhere_names_its_site(show: Show) -> None:
    page = show("links", links=[{"text": "NINA", "address": "https://warnung.bund.de/meldungen"}])
    assert '<a href="https://warnung.bund.de/meldungen">NINA</a>' in page
    assert "(warnung.bund.de)" in page


def test_own_page_needs_no_site(show: Show) -> None:
    page = show(
        "links", links=[{"type": "item", "id": "1", "value": {"text": "Register", "address": "/de/sensors/"}}]
    )
    assert '<a href="/de/sensors/">Register</a></li>' in page


def test_half_a_link_is_left_out(show: Show) -> None:
    assert "There are no links here yet." in show(
        "links", links=[{"text": "", "address": "https://example.org"}]
    )

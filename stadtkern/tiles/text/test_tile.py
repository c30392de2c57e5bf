"""Text with a picture."""

import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from stadtkern.dashboards.fixtures import Show


def test_text_keeps_its_paragraphs(show: Show) -> None:
    assert "<p>Am <b>Montag</b> gesperrt.</p>" in show("text", text="<p>Am <b>Montag</b> gesperrt.</p>")


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Wagtail leaves a spooled file open
@pytest.mark.django_db
def test_picture_has_its_words(show: Show) -> None:
    image = get_image_model().objects.create(title="bridge.png", file=get_test_image_file())
    page = show("text", image=image.pk, alternative="Brücke nach Gubin")
    assert 'alt="Brücke nach Gubin"' in page
    assert "bridge.png" not in page.partition("<img")[2].partition("alt=")[2].partition('"')[0]


def test_deleted_picture_is_left_out(show: Show) -> None:
    page = show("text", image=424242, text="<p>Text bleibt</p>")
    assert "<img" not in page
    assert "Text bleibt" in page
    assert "cannot be shown" not in page

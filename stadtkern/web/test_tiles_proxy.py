"""The tile proxy: only our region, only pictures, kept, asked once, quick when the source is away."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.base.http import Answer, FetchError
from stadtkern.web import tiles_proxy
from stadtkern.web.base_maps import BASE_MAPS

GUBEN = "/tiles/topplus-grey/12/2215/1353.png"
TILE = tiles_proxy.PNG + b"a tile"


class Source:
    """Answers like a tile server, and counts."""

    def __init__(self, body: bytes = TILE) -> None:
        self.body = body
        self.asked: list[str] = []
        self.is_down = False

    async def get(self, url: str, **_others: Any) -> Answer:  # noqa: ANN401
        """Answer after a moment."""
        self.asked.append(url)
        await asyncio.sleep(0.01)
        if self.is_down:
            raise FetchError("sgx.geodatenzentrum.de cannot be reached")
        return Answer(body=self.body, status=200, url=url)


@pytest.fixture
def source(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:  # noqa: ANN401
    """Stand in for the outside world: a source of tiles, and an empty cache."""
    settings.DATA_DIR = tmp_path
    source = Source()
    monkeypatch.setattr(tiles_proxy, "client", lambda: source)
    tiles_proxy.FAILED_AT.clear()
    yield source
    tiles_proxy.FAILED_AT.clear()


def ask(*paths: str) -> list[Any]:
    """Ask for several tiles at the same time."""

    async def all_of_them() -> list[Any]:
        client = AsyncClient()
        return list(await asyncio.gather(*(client.get(path) for path in paths)))

    return asyncio.run(all_of_them())


def test_tile_is_fetched_in_row_column_order_and_kept(source: Source) -> None:
    first, second = ask(GUBEN)[0], ask(GUBEN)[0]
    assert first.content == second.content == TILE
    assert "max-age=86400" in first["Cache-Control"]
    assert len(source.asked) == 1
    assert source.asked[0].endswith("/12/1353/2215.png")


def test_many_who_wait_for_one_tile_ask_once(source: Source) -> None:
    answers = ask(*[GUBEN] * 5)
    assert {answer.content for answer in answers} == {TILE}
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/unknown/12/2215/1353.png",
        "/tiles/topplus-grey/12/1/1.png",
        "/tiles/topplus-grey/2/2/1.png",
        "/tiles/topplus-grey/25/2215/1353.png",
        "/tiles/topplus-grey/12/999999/1353.png",
    ],
)
def test_tile_elsewhere_is_refused_without_asking(source: Source, path: str) -> None:
    assert ask(path)[0].status_code == 404
    assert not source.asked


def test_source_out_of_reach_gives_an_empty_tile_and_is_left_alone(source: Source) -> None:
    source.is_down = True
    first, second = ask(GUBEN)[0], ask("/tiles/topplus-grey/12/2216/1353.png")[0]
    assert first.content == second.content == tiles_proxy.EMPTY
    assert first["Cache-Control"] == "no-store"
    assert len(source.asked) == 1


def test_old_tile_is_better_than_none(source: Source, tmp_path: Path) -> None:
    ask(GUBEN)
    path = tmp_path / "tiles/topplus-grey/12/2215/1353.png"
    os.utime(path, (0, 0))
    source.is_down = True
    assert ask(GUBEN)[0].content == TILE


def test_error_page_instead_of_a_picture_is_not_kept(source: Source, tmp_path: Path) -> None:
    source.body = b"<html>over quota</html>"
    assert ask(GUBEN)[0].content == tiles_proxy.EMPTY
    assert not list(tmp_path.glob("tiles/*/*/*/*"))


def test_oldest_tiles_go_first(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / f"source/12/1/{number}.png"
        tiles_proxy.keep(path, b"x" * 100)
        os.utime(path, (number, number))
    assert tiles_proxy.prune(tmp_path, 500) == 6
    assert sorted(p.stem for p in tmp_path.glob("*/*/*/*")) == ["6", "7", "8", "9"]
    assert tiles_proxy.prune(tmp_path, 500) == 0


def test_bounds_of_a_tile() -> None:
    west, south, east, north = tiles_proxy.tile_bounds(12, 2215, 1353)
    assert west < 14.717 < east
    assert south < 51.951 < north
    assert tiles_proxy.tile_bounds(0, 0, 0) == pytest.approx((-180, -85.0511, 180, 85.0511), abs=1e-4)


def test_every_base_map_names_its_licence() -> None:
    for base_map in BASE_MAPS.values():
        assert base_map.licence
        assert base_map.attribution.startswith("©")
        assert base_map.url.startswith("https://sgx.geodatenzentrum.de/")
        assert "{z}/{y}/{x}" in base_map.url


def test_visitors_cannot_fill_the_disk_between_two_retention_jobs(source: Source, settings: Any) -> None:  # noqa: ANN401
    settings.TILES_MOST_BYTES = 10 * len(TILE)
    for column in range(2200, 2230):
        ask(f"/tiles/topplus-grey/12/{column}/1353.png")
    assert len(source.asked) == 30
    kept = [path for path in tiles_proxy.cache_folder().glob("*/*/*/*") if path.suffix == ".png"]
    assert 1 <= len(kept) <= 10


def test_missing_tiles_do_not_fill_the_log(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    async def missing(url: str, **_others: Any) -> Answer:  # noqa: ANN401
        raise FetchError(f"{url} answers 404 Not Found", status=404)

    source.get = missing  # type: ignore[method-assign]  # another server
    ask(GUBEN)
    assert not caplog.records

"""Virtual series: computed back to the first reading, and right again whenever an input changes."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from stadtkern.base.errors import BadInput
from stadtkern.governance.models import DataProfile
from stadtkern.observations.derived import work as work_module
from stadtkern.observations.derived.conftest import NOON, Put, make, results
from stadtkern.observations.derived.kinds import KINDS, formula_of
from stadtkern.observations.derived.models import DerivedStream, DirtyRange, LookupTable
from stadtkern.observations.derived.services import progress, save_derived, stored_draft
from stadtkern.observations.derived.work import work
from stadtkern.observations.models import Datastream, LatestObservation, Observation, Rollup
from stadtkern.observations.quality import QualityFlag

pytestmark = pytest.mark.django_db
Alignment = DerivedStream.Alignment
RATING = {"name": "rating", "x_unit": "cm", "y_unit": "m3/s", "between": "log"}


def test_history_is_computed_and_new_readings_follow(put: Put) -> None:
    level = put("water_level", {45: 100, 30: 200, 15: 400})
    table = LookupTable(rows=[[100, 2], [200, 8], [400, 32]], **RATING)
    derived = make("lookup(rating, h)", {"h": level}, prop="discharge", unit="m3/s", tables=(table,))
    assert work() == 3
    assert results(derived.datastream) == {45: 2, 30: 8, 15: 32}
    put("water_level", {0: 300})
    assert work() == 1
    assert results(derived.datastream)[0] == 18  # Q = 2 (h/100)^2
    assert work() == 0
    assert derived.datastream.key == "derived:made:discharge"


def test_late_and_changed_readings_are_computed_anew(put: Put) -> None:
    level = put("water_level", {60: 100, 30: 110, 0: 120})
    Datastream.objects.update(duplicates="replace")
    derived = make("h * 2", {"h": level}, prop="water_level", unit="cm")
    work()
    put("water_level", {45: 105})
    assert work() == 1
    put("water_level", {30: 112})
    assert work() == 1
    assert results(derived.datastream) == {60: 200, 45: 210, 30: 224, 0: 240}
    assert Rollup.objects.filter(datastream=derived.datastream, width=60).count() == 2


def test_result_whose_input_is_gone_goes_too(put: Put) -> None:
    level = put("water_level", {30: 200, 0: 300})
    derived = make("h", {"h": level}, prop="water_level", unit="cm")
    work()
    Observation.objects.filter(datastream=level, phenomenon_time=NOON - timedelta(minutes=30)).delete()
    save_derived(stored_draft(derived))
    work()
    assert results(derived.datastream) == {0: 300}
    Observation.objects.filter(datastream=level).delete()
    DirtyRange.objects.create(derived=derived, first=NOON - timedelta(hours=1), last=NOON)
    work()
    assert results(derived.datastream) == {}
    assert not LatestObservation.objects.filter(pk=derived.pk).exists()


def test_same_time_needs_every_series(put: Put) -> None:
    one, two = put("pm10", {30: 10, 15: 20}), put("pm10", {15: 5, 0: 7}, thing="gubin")
    derived = make("a + b", {"a": one, "b": two}, prop="pm10", unit="ug/m3")
    work()
    assert results(derived.datastream) == {15: 25}
    put("pm10", {0: 30})
    work()
    assert results(derived.datastream) == {15: 25, 0: 37}


def test_newest_of_the_others_within_its_tolerance(put: Put) -> None:
    heat = put("air_temperature", {60: 30, 30: 31, 0: 32})
    damp = put("relative_humidity", {65: 60, 58: 80})
    derived = make(
        "heat_index(t, rh)", {"t": heat, "rh": damp}, prop="apparent_temperature", unit="Cel",
        alignment=Alignment.LAST, tolerance=timedelta(minutes=40),
    )  # fmt: skip
    work()
    assert sorted(results(derived.datastream)) == [30, 60]
    put("relative_humidity", {10: 70})  # in order for its series, but behind what was computed
    work()
    assert sorted(results(derived.datastream)) == [0, 30, 60]


def test_means_of_hours_wait_for_the_end_of_the_hour(put: Put) -> None:
    dust = put("pm10", {180: 10, 150: 20, 120: 30, 60: 50, 0: 99})
    ozone = put("ozone", {170: 100, 110: 20})
    derived = make(
        "max(lqi_pm10(p), lqi_ozone(o))", {"p": dust, "o": ozone}, prop="air_quality_index", unit="1",
        alignment=Alignment.MEAN,
    )  # fmt: skip
    work()
    assert results(derived.datastream) == {180: 3, 120: 3, 60: 3}


def test_days_are_local_days(put: Put) -> None:
    # in Berlin the 23rd begins at 23:00 UTC
    level = put("water_level", {13 * 60 + 30: 100, 12 * 60 + 30: 200, 60: 300})
    derived = make("h", {"h": level}, prop="water_level", unit="cm", alignment=Alignment.MEAN, bucket=1440)
    work()
    assert results(derived.datastream) == {37 * 60: 100}


def test_quality_follows_from_the_inputs(put: Put) -> None:
    level = put("water_level", {30: 100}, quality="questionable")
    put("water_level", {15: 100}, quality="bad")
    put("water_level", {0: 500})
    table = LookupTable(rows=[[50, 1], [200, 8]], **RATING)
    derived = make("lookup(rating, h)", {"h": level}, prop="discharge", unit="m3/s", tables=(table,))
    work()
    flags = Observation.objects.filter(datastream=derived.pk).order_by("phenomenon_time")
    assert list(flags.values_list("quality", flat=True)) == [
        QualityFlag.QUESTIONABLE,
        QualityFlag.BAD,
        QualityFlag.QUESTIONABLE,
    ]
    assert work() == 0


def test_series_of_series_follow_each_other(put: Put) -> None:
    level = put("water_level", {15: 100})
    first = make("h + 1", {"h": level}, prop="water_level", unit="cm", slug="first")
    second = make("h + 1", {"h": first.datastream}, prop="water_level", unit="m", slug="second")
    work()
    work()
    put("water_level", {0: 200})
    work()
    work()
    assert results(second.datastream) == {15: 1.02, 0: 2.02}


def test_circles_are_refused(put: Put) -> None:
    level = put("water_level", {15: 100})
    first = make("h", {"h": level}, prop="water_level", unit="cm", slug="first")
    second = make("h", {"h": first.datastream}, prop="water_level", unit="cm", slug="second")
    draft = stored_draft(first)
    draft.inputs[0].datastream = second.datastream
    with pytest.raises(BadInput, match="from itself"):
        save_derived(draft)


def test_wrong_units_name_both(put: Put) -> None:
    level, heat = put("water_level", {0: 1}), put("air_temperature", {0: 1})
    with pytest.raises(BadInput, match=r"Cel.*cm"):
        make("h + t", {"h": level, "t": heat}, prop="water_level", unit="cm")
    assert not DerivedStream.objects.exists()
    assert not Datastream.objects.filter(key__startswith="derived:").exists()


def test_nothing_becomes_public_by_computing(put: Put, profile: DataProfile) -> None:
    level = put("water_level", {0: 1})
    make("h", {"h": level}, prop="water_level", unit="cm", profile=profile)
    Datastream.objects.filter(pk=level.pk).update(profile=None)
    with pytest.raises(BadInput, match="public"):
        make("h", {"h": level}, prop="water_level", unit="cm", profile=profile, slug="other")


def test_long_history_is_computed_in_pieces_with_progress(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = {day * 1440: float(day) for day in range(200)}
    level = put("water_level", minutes)
    derived = make("h", {"h": level}, prop="water_level", unit="cm")
    monkeypatch.setattr(work_module, "BUDGET", 0.0)
    monkeypatch.setattr(work_module, "LONGEST_STEP", timedelta(days=20))
    seen = []
    while DirtyRange.objects.exists():
        work()
        seen.append(progress(list(DirtyRange.objects.all())))
        assert len(seen) < 250
    assert seen == sorted(seen)
    assert len(seen) > 5
    assert len(results(derived.datastream)) == 200


def test_work_without_news_asks_little(put: Put, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make("h", {"h": put("water_level", {0: 1})}, prop="water_level", unit="cm")
    work()
    work()
    with django_assert_num_queries(3):
        work()


def test_kinds_make_formulas() -> None:
    assert formula_of("air_quality", ["pm10", "ozone"], "") == "max(lqi_pm10(pm10), lqi_ozone(ozone))"
    assert formula_of("mean", ["a", "b"], "") == "mean(a, b)"
    assert formula_of("formula", ["a"], "a * 2") == "a * 2"
    assert set(KINDS) >= {"discharge", "heat_index", "wind_chill", "dew_point", "absolute_humidity", "sum"}

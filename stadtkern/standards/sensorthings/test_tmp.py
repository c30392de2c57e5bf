import pytest
def test_x(town, ask):
    for p in ["","Things","Locations","HistoricalLocations","Datastreams","MultiDatastreams","Sensors","ObservedProperties","Observations","FeaturesOfInterest"]:
        print(p, str(ask(p))[:1500])
    print(ask(f"Datastreams({town.level.pk})/Observations", top=2, count="true"))

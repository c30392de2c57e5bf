"""The forcing of a scenario, as the solver takes it."""

from stadtkern.hazards.flood import solver
from stadtkern.hazards.flood.forcing.structures import pumps_out, structures
from stadtkern.hazards.flood.forcing.water import boundaries, drainage, infiltration, inflows, rains
from stadtkern.hazards.flood.scenario.model import Scenario
from stadtkern.hazards.flood.terrain.build import Ground


def build_forcing(scenario: Scenario, ground: Ground) -> solver.Forcing:
    """Read all series and rasters that drive the water, and place them on the grid.

    Raises
    ------
    BadScenario
        if one of the files cannot be used, or something lies outside of the terrain.
    """
    return solver.Forcing(
        boundaries=tuple(boundaries(scenario, ground)),
        rain=tuple(rains(scenario, ground)),
        infiltration=infiltration(scenario, ground),
        drainage=drainage(scenario, ground),
        inflows=(*inflows(scenario, ground), *pumps_out(scenario, ground)),
        structures=structures(scenario, ground),
    )

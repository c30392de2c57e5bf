"""What drives the water: from the tables of a scenario to the forcing of the solver."""

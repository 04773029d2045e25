"""robolab: learn robot trajectories in simulation first, then verify and deploy them."""

__version__ = "0.1.0"

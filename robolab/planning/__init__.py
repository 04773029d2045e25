"""From a problem to a path: inverse kinematics, learned and sampling planners, and why there is none."""

"""Fast kinematics and distances: compiled for one configuration, batched in torch for many."""

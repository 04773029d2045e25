"""Paths, trajectories, programs, and the timing that makes one from the other."""

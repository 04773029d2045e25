"""Grasp poses for objects nobody has described, from a depth image, learned from own attempts."""

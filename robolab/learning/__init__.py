"""Policies that map a motion problem of one cell to a whole trajectory, trained without demonstrations."""

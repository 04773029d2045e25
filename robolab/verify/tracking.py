"""What the run in the physics showed: tracking error, saturation, and where objects ended."""

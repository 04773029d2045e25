"""What fingertips feel, and the grip that is just enough."""

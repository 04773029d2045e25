"""The physics: worlds, motors, grippers, and the controller that runs a program in them."""

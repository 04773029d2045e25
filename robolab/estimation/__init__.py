"""What an arm's own signals tell: its dynamics, and the load it carries."""

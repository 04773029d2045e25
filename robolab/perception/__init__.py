"""From what cameras see to what planners avoid."""

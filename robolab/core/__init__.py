"""What every other package may use: errors, registries, random streams, files, transforms."""

"""Finding faces of cases: the network that tells neighbours apart, how it is taught, and how well all of it sees."""

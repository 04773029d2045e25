"""The whole way: from a scene file to a verified program and its files."""

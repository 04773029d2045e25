"""The command line: one file a command, each handing its work to `jobs` or a package below."""

"""The command `ekino-till`: a folder on disk and a shell make a ticketing system."""

"""The public log: what was entered, committed to so that nobody can alter it unseen."""

"""The web process: every room's API, pages and streams, mounted by hand."""

"""The demonstration country: its cinemas, its tills and its viewers, speaking as any vendor would."""

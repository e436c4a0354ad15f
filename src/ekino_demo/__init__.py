"""The demonstration country: its cinemas, tills and viewers, speaking as any vendor would."""

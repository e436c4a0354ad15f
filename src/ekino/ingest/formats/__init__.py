"""Other people's formats, one file each: from their rows to ticket events."""

"""What the pages of organisations may ask."""

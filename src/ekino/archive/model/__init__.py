"""What history is made of, and what may be asked of it. Pure."""

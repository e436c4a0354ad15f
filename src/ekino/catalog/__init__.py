"""What may be sold and where: organisations, venues, halls, films, releases, showings."""

"""The country itself: who owns which hall, what is showing, and on which day."""

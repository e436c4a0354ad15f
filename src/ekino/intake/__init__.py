"""What others hand in or let us read: files and systems, entered by the register's own door."""

"""Rules of the room: what a ticket turns out to be, and how a claim moves on."""

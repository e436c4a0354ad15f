"""e-Kino: the national register of cinema, concert and theatre ticket sales."""

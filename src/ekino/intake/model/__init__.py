"""Rules of files that are handed in: values in, values out."""

"""The contract with ticketing systems as files and pages, made from the code that keeps it."""

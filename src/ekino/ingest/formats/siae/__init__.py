"""SIAE's fiscal ticketing documents (Italy): LOG, LTA, RMG, RPM and RCA, one file each."""

"""The configuration of each reverse proxy of the lab, one file for each program."""

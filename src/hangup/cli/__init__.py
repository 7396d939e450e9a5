"""The command line: options in, a report and an exit status out."""
